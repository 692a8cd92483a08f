/**
 * Real servers and tools as oracles of our sources: S3 (moto), Google's and Azure's storage, DVC, MLflow, an OCI registry. `node e2e/oracles/sources/run.ts`
 * prints a line per check, then `N passed, N failed`; exit 1 when one failed. What can't run counts as failed.
 */
import { join } from 'node:path';
import { prepareVenv } from '../hub/venv.ts';
import { checkClouds } from './check-clouds.ts';
import { checkDvc, checkDvcOverS3 } from './check-dvc.ts';
import { checkMlflow } from './check-mlflow.ts';
import { checkOci } from './check-oci.ts';
import { checkS3 } from './check-s3.ts';
import { runGroups } from './groups.ts';
import type { Groups } from './groups.ts';

const lock = (name: string): string => join(import.meta.dirname, `requirements-${name}.txt`);

/** DVC's objects are put into the clouds too, so these follow it. */
async function dvcAndClouds({ all, group }: Groups): Promise<void> {
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

await runGroups('sources', async (groups) => {
  const { all, group } = groups;
  await group('oci', async (folder) => all.push(await checkOci(folder)));
  // MLflow's server takes long to start, on one core: the others run meanwhile.
  await Promise.all([
    dvcAndClouds(groups),
    group('mlflow', async (folder) => all.push(await checkMlflow(await prepareVenv(lock('mlflow')), folder))),
  ]);
});
