/**
 * Whole gates beside real systems: MLflow and a judge (E10), a Kubeflow pipeline (E20), what reads telemetry.
 * `node e2e/oracles/gates/run.ts` prints a line per check, then `N passed, N failed`; exit 1 when one failed.
 */
import { join } from 'node:path';
import { prepareVenv } from '../hub/venv.ts';
import { runGroups } from '../sources/groups.ts';
import { checkE10 } from './check-e10.ts';
import { checkE20 } from './check-e20.ts';
import { checkTelemetry } from './check-telemetry.ts';

const HERE = import.meta.dirname;

await runGroups('gates', async ({ all, group }) => {
  await group('telemetry', async () =>
    all.push(await checkTelemetry(await prepareVenv(join(HERE, 'requirements-telemetry.txt')))),
  );
  await group('E10', async (folder) =>
    all.push(await checkE10(await prepareVenv(join(HERE, '../sources/requirements-mlflow.txt')), folder)),
  );
  await group('E20', async (folder) =>
    all.push(await checkE20(await prepareVenv(join(HERE, 'requirements-kfp.txt')), folder)),
  );
});
