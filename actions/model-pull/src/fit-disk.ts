/** Whether `dest` can hold what is laid out there. The cache's own disk is asked by every pull, `fit` or not. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { chooseCacheDir } from '@sluice/model-store/layout';
import { requireSpace } from '@sluice/model-store/disk-space';
import type { Inputs } from './inputs.gen.ts';

/**
 * InfraError when `dest` lies on another disk than the cache and can't hold the files that it lacks. On the cache's own
 * disk they become links, or copies that share their blocks.
 */
export async function requireDest(
  inputs: Inputs,
  files: readonly { path: string; bytes: number }[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { dest } = inputs;
  if (dest === undefined) return;
  const cache = chooseCacheDir(inputs.cacheDir, env, env['GITHUB_WORKSPACE'] ?? process.cwd());
  if ((await device(dest)) === (await device(cache.path))) return;
  let bytes = 0;
  for (const file of files) {
    const there = await stat(join(dest, ...file.path.split('/'))).catch(() => undefined);
    if (there?.size !== file.bytes) bytes += file.bytes;
  }
  await requireSpace(dest, bytes, inputs.minFreeSpace, 'dest');
}

/** Of the nearest folder that is there. */
async function device(path: string): Promise<number> {
  for (let folder = path; ; folder = dirname(folder)) {
    const there = await stat(folder).catch(() => undefined);
    if (there) return there.dev;
  }
}
