/**
 * Real registries as oracles of ours. `node e2e/oracles/registries/run.ts` prints a line per check, then
 * `N passed, N failed`; exit 1 when one failed. What can't run counts as failed.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { describeError } from '@sluice/runtime/errors';
import { prepareVenv } from '../hub/venv.ts';
import { Checks } from '../sources/checks.ts';
import { checkMlflowAuth } from './check-mlflow-auth.ts';
import { checkMlflow } from './check-mlflow.ts';

const scratch = await mkdtemp(join(tmpdir(), 'sluice-registries-'));
const all: Checks[] = [];

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

/** Packages beside a shared environment, which is left as it is. */
async function packagesBeside(python: string, lockFile: string): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(lockFile))
    .digest('hex')
    .slice(0, 16);
  const cache = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice');
  const folder = join(cache, `packages-${hash}`);
  if (await stat(folder).catch(() => undefined)) return folder;
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  await run(python, [...install, '--target', folder, '--requirement', lockFile], { timeoutMs: 120_000 });
  return folder;
}

try {
  const python = await prepareVenv(join(import.meta.dirname, '../sources/requirements-mlflow.txt'));
  await group('mlflow', (folder) => checkMlflow(python, folder));
  await group('mlflow-auth', async (folder) => {
    const lock = join(import.meta.dirname, 'requirements-mlflow-auth.txt');
    return checkMlflowAuth(python, await packagesBeside(python, lock), folder);
  });
} finally {
  await rm(scratch, { recursive: true, force: true });
}
const passed = all.reduce((sum, checks) => sum + checks.passed, 0);
const failed = all.reduce((sum, checks) => sum + checks.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
