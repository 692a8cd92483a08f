/**
 * Oracles of the sources with an API of their own: HDFS (Hadoop's mini cluster) and W&B's official client.
 * `node e2e/oracles/hosts/run.ts` prints a line per check, then `N passed, N failed`; exit 1 when one failed or could not run.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '@sluice/runtime/errors';
import { prepareVenv } from '../hub/venv.ts';
import { Checks } from '../sources/checks.ts';
import { checkHdfs } from './check-hdfs.ts';
import { checkWandb } from './check-wandb.ts';

const scratch = await mkdtemp(join(tmpdir(), 'sluice-hosts-'));
const all: Checks[] = [];

/** A group of checks; one that can't run is a failed check that says why. */
async function group(name: string, work: (folder: string) => Promise<Checks>): Promise<void> {
  const folder = join(scratch, name);
  await mkdir(folder);
  try {
    all.push(await work(folder));
  } catch (error) {
    const checks = new Checks(name);
    checks.tell('ran to its end', false, describeError(error));
    all.push(checks);
  }
}

try {
  const lock = join(import.meta.dirname, 'requirements-wandb.txt');
  await group('wandb', async (folder) => checkWandb(await prepareVenv(lock), folder));
  await group('webhdfs', checkHdfs);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
const passed = all.reduce((sum, checks) => sum + checks.passed, 0);
const failed = all.reduce((sum, checks) => sum + checks.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
