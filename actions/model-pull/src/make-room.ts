/** Garbage collection, before what comes needs its space. */
import type { RepoFolder } from '@sluice/model-store/layout';
import type { Logger } from '@sluice/runtime/logger';
import { formatBytes, formatDuration } from '@sluice/runtime/units';
import type { Inputs } from './inputs.gen.ts';

export async function makeRoom(
  { maxCacheSize, maxAge }: Inputs,
  folder: RepoFolder,
  commit: string,
  incoming: number,
  log: Logger,
): Promise<void> {
  if (maxCacheSize === undefined && maxAge === undefined) return;
  const { collectGarbage } = await import('@sluice/model-store/garbage');
  const { removed, freedBytes, bytes } = await collectGarbage(folder.cacheDir, {
    maxBytes: maxCacheSize,
    maxAgeMs: maxAge,
    incoming,
    keep: { root: folder.root, commit },
  });
  for (const one of removed) {
    const ago = formatDuration(Date.now() - one.lastUsed);
    log.untrusted(`removed from the cache: ${one.repo}@${one.commit.slice(0, 12)}, last used ${ago} ago`);
  }
  if (removed.length > 0) log.info(`garbage collection freed ${formatBytes(freedBytes)}`);
  if (maxCacheSize !== undefined && bytes + incoming > maxCacheSize) {
    log.warning(
      `the cache has ${formatBytes(bytes)}, ${formatBytes(incoming)} come: more than \`max-cache-size\` ` +
        `${formatBytes(maxCacheSize)}, as jobs use the rest or this model is larger`,
    );
  }
}
