/**
 * Real servers and tools as oracles of our sources: S3 (moto), Google's and Azure's storage, DVC, MLflow, an OCI registry. `node e2e/oracles/sources/run.ts`
 * prints a line per check, then `N passed, N failed`; exit 1 when one failed. What can't run counts as failed.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '@sluice/runtime/errors';
import { prepareVenv } from '../hub/venv.ts';
import { checkClouds } from './check-clouds.ts';
import { checkDvc, checkDvcOverS3 } from './check-dvc.ts';
import { checkMlflow } from './check-mlflow.ts';
import { checkOci } from './check-oci.ts';
import { checkS3 } from './check-s3.ts';
import { Checks } from './checks.ts';

const scratch = await mkdtemp(join(tmpdir(), 'sluice-sources-'));
const all: Checks[] = [];

/** A group of checks; one that can't run is a failed check that says why. */
async function group<T>(name: string, work: (folder: string) => Promise<T>): Promise<T | undefined> {
  const folder = join(scratch, name);
  await mkdir(folder);
  try {
    return await work(folder);
  } catch (error) {
    const checks = new Checks(name);
    checks.tell('ran to its end', false, describeError(error));
    all.push(checks);
    return undefined;
  }
}

const lock = (name: string): string => join(import.meta.dirname, `requirements-${name}.txt`);

/** DVC's objects are put into the clouds too, so these follow it. */
async function dvcAndClouds(): Promise<void> {
  const repository = await group('dvc', async (folder) => checkDvc(await prepareVenv(lock('dvc')), folder));
  if (repository) all.push(repository.checks);
  await group('clouds', async (folder) => {
    all.push(...(await checkClouds(await prepareVenv(lock('dvc')), folder, repository)));
  });
  await group('s3', async (folder) => {
    const python = await prepareVenv(lock('moto'));
    const checks = await checkS3(python, folder, repository?.objects ?? folder, async (env) => {
      if (repository) await checkDvcOverS3(repository, env);
    });
    all.push(checks);
  });
}

try {
  await group('oci', async (folder) => all.push(await checkOci(folder)));
  // MLflow's server takes long to start, on one core: the others run meanwhile.
  await Promise.all([
    dvcAndClouds(),
    group('mlflow', async (folder) => all.push(await checkMlflow(await prepareVenv(lock('mlflow')), folder))),
  ]);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
const passed = all.reduce((sum, checks) => sum + checks.passed, 0);
const failed = all.reduce((sum, checks) => sum + checks.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
