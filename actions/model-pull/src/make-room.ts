/** Garbage collection, before what comes needs its space. */
import type { Collected, CollectOptions } from '@sluice/model-store/garbage';
import type { RepoFolder } from '@sluice/model-store/layout';
import type { Logger } from '@sluice/runtime/logger';
import { formatBytes, formatDuration } from '@sluice/runtime/units';
import type { Inputs } from './inputs.gen.ts';

export async function makeRoom(
  inputs: Inputs,
  folder: RepoFolder,
  commit: string,
  incoming: number,
  log: Logger,
): Promise<void> {
  if (inputs.maxCacheSize === undefined && inputs.maxAge === undefined) return;
  await collect(inputs, folder.cacheDir, { incoming, keep: { root: folder.root, commit } }, log);
}

/** Collects by the inputs `max-cache-size` and `max-age`, and says what went. */
export async function collect(
  { maxCacheSize, maxAge }: Inputs,
  cacheDir: string,
  rest: Pick<CollectOptions, 'incoming' | 'keep'>,
  log: Logger,
): Promise<Collected> {
  const { collectGarbage } = await import('@sluice/model-store/garbage');
  const collected = await collectGarbage(cacheDir, { maxBytes: maxCacheSize, maxAgeMs: maxAge, ...rest });
  const { removed, freedBytes, bytes } = collected;
  for (const one of removed) {
    const ago = formatDuration(Date.now() - one.lastUsed);
    log.untrusted(`removed from the cache: ${one.repo}@${one.commit.slice(0, 12)}, last used ${ago} ago`);
  }
  if (removed.length > 0) log.info(`garbage collection freed ${formatBytes(freedBytes)}`);
  if (maxCacheSize !== undefined && bytes + rest.incoming > maxCacheSize) {
    const come = rest.incoming > 0 ? `, ${formatBytes(rest.incoming)} come` : '';
    log.warning(
      `the cache has ${formatBytes(bytes)}${come}: more than \`max-cache-size\` ${formatBytes(maxCacheSize)}, ` +
        (rest.keep ? 'as jobs use the rest or this model is larger' : 'as jobs use the rest'),
    );
  }
  return collected;
}
