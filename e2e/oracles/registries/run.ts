/**
 * Real registries as oracles of ours. `node e2e/oracles/registries/run.ts` prints a line per check, then
 * `N passed, N failed`; exit 1 when one failed. What can't run counts as failed.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { prepareVenv } from '../hub/venv.ts';
import { runGroups } from '../sources/groups.ts';
import { checkHub } from './check-hub.ts';
import { checkMlflowAuth } from './check-mlflow-auth.ts';
import { checkMlflow } from './check-mlflow.ts';
import { checkMoto } from './check-moto.ts';
import { checkOci } from './check-oci.ts';
import { checkRollback } from './check-rollback.ts';

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

await runGroups('registries', async ({ all, group }) => {
  await group('hub', async (folder) => {
    const client = await prepareVenv(join(import.meta.dirname, '../hub/requirements-2.4.0.txt'));
    all.push(await checkHub(client, folder));
  });
  await group('oci', async (folder) => all.push(await checkOci(folder)));
  await group('moto', async (folder) => {
    const moto = await prepareVenv(join(import.meta.dirname, '../sources/requirements-moto.txt'));
    all.push(await checkMoto(moto, folder));
  });
  const python = await prepareVenv(join(import.meta.dirname, '../sources/requirements-mlflow.txt'));
  await group('mlflow', async (folder) => all.push(await checkMlflow(python, folder)));
  await group('rollback', async (folder) => all.push(await checkRollback(python, folder)));
  await group('mlflow-auth', async (folder) => {
    const lock = join(import.meta.dirname, 'requirements-mlflow-auth.txt');
    all.push(await checkMlflowAuth(python, await packagesBeside(python, lock), folder));
  });
});
