/**
 * Oracles of the sources with an API of their own: HDFS (Hadoop's mini cluster) and W&B's official client.
 * `node e2e/oracles/hosts/run.ts` prints a line per check, then `N passed, N failed`; exit 1 when one failed or could not run.
 */
import { join } from 'node:path';
import { prepareVenv } from '../hub/venv.ts';
import { runGroups } from '../sources/groups.ts';
import { checkHdfs } from './check-hdfs.ts';
import { checkWandb } from './check-wandb.ts';

await runGroups('hosts', async ({ all, group }) => {
  const lock = join(import.meta.dirname, 'requirements-wandb.txt');
  await group('wandb', async (folder) => all.push(await checkWandb(await prepareVenv(lock), folder)));
  await group('webhdfs', async (folder) => all.push(await checkHdfs(folder)));
});
