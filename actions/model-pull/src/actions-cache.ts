/** GitHub's actions cache in a pull: what it has comes from there, what it hasn't is kept after the job's last step. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseActionsCache } from '@sluice/actions-cache/availability';
import { MAX_ENTRY_BYTES, planEntries, sizeOf } from '@sluice/actions-cache/entries';
import type { Content } from '@sluice/actions-cache/entries';
import { keepEntries } from '@sluice/actions-cache/keep';
import type { KeptEntry } from '@sluice/actions-cache/keep';
import { CacheInFront } from '@sluice/actions-cache/restore';
import type { Origin } from '@sluice/actions-cache/restore';
import { CacheService } from '@sluice/actions-cache/service';
import type { ActionContext } from '@sluice/runtime/action';
import { formatBytes } from '@sluice/runtime/units';
import type { Inputs } from './inputs.gen.ts';
import type { PulledFile } from './pulled.ts';

type CacheContext = Pick<ActionContext, 'log' | 'env' | 'signal' | 'addSecret'>;

/** What main leaves for post. */
export interface ToKeep {
  mode: 'auto' | 'always';
  stallMs: number;
  entries: KeptEntry[];
}

export interface CachedOrigin {
  front: CacheInFront;
  /** The entries to keep, once all files are in the store. */
  toKeep(blobs: string): Promise<ToKeep | undefined>;
}

/** The origin with GitHub's cache in front of it; undefined: this job has none. */
export function putCacheInFront(
  origin: Origin & { contents?: readonly Content[] },
  inputs: Inputs,
  context: CacheContext,
): CachedOrigin | undefined {
  const { actionsCache: mode, timeout: stallMs } = inputs;
  const { log, env } = context;
  const files = origin.contents;
  if (mode === 'never' || !files) return undefined;
  const choice = chooseActionsCache(mode, env);
  if (!choice.access) {
    if (mode === 'always') log.notice(`GitHub's cache is not used: ${choice.why}`);
    return undefined;
  }
  const { access } = choice;
  const plan = planEntries(files);
  for (const file of plan.tooLarge) {
    log.notice(
      `${file.path} (${formatBytes(file.bytes)}) is not kept in GitHub's cache: an entry has at most ` +
        formatBytes(MAX_ENTRY_BYTES),
    );
  }
  const service = new CacheService(access, { ...context, stallMs });
  const readable = access.readable ? plan : { ...plan, places: new Map<string, never>() };
  const front = new CacheInFront(origin, { service, plan: readable, files, log, stallMs });
  const toKeep = async (blobs: string): Promise<ToKeep | undefined> => {
    // Where a run may write and not read, only the service knows what it has.
    const entries = access.readable ? plan.entries.filter((entry) => front.absent.has(entry)) : plan.entries;
    if (!access.writable || entries.length === 0) return undefined;
    const all = sizeOf(plan.entries);
    // The first 10 GiB of a repository cost nothing; more would push out its other caches, or cost money.
    if (mode === 'auto' && all > MAX_ENTRY_BYTES) {
      log.notice(
        `${formatBytes(all)} are not kept in GitHub's cache, as a repository has ${formatBytes(MAX_ENTRY_BYTES)} ` +
          'there without paying; `actions-cache: always` keeps them all the same',
      );
      return undefined;
    }
    return { mode, stallMs, entries: await Promise.all(entries.map((entry) => placesOf(entry, blobs))) };
  };
  return { front, toKeep };
}

/** Restored files count as cached, and are told. */
export function countRestored(
  files: readonly PulledFile[],
  { front }: CachedOrigin,
  log: CacheContext['log'],
): PulledFile[] {
  const restored = files.filter(({ etag, fromCache }) => !fromCache && front.restored.has(etag));
  const bytes = sizeOf([...new Map(restored.map((file) => [file.etag, file])).values()]);
  if (restored.length > 0)
    log.info(`${restored.length} of these files, ${formatBytes(bytes)}, came from GitHub's cache`);
  return files.map((file) => (restored.includes(file) ? { ...file, fromCache: true } : file));
}

async function placesOf(
  entry: { key: string; files: readonly Content[] },
  blobs: string,
): Promise<KeptEntry> {
  const files = await Promise.all(
    entry.files.map(async ({ etag, bytes }) => {
      const place = join(blobs, etag);
      return { place, bytes, mtimeMs: (await stat(place)).mtimeMs };
    }),
  );
  return { key: entry.key, files };
}

/** After the job's last step. */
export async function keepInCache(toKeep: ToKeep, context: CacheContext): Promise<void> {
  const { access } = chooseActionsCache(toKeep.mode, context.env);
  if (!access) return;
  const service = new CacheService(access, { ...context, stallMs: toKeep.stallMs });
  const kept = await keepEntries(service, toKeep.entries, { ...context, stallMs: toKeep.stallMs });
  context.log.info(
    `GitHub's cache: ${kept.entries} of ${toKeep.entries.length} entries kept, ${formatBytes(kept.bytes)}`,
  );
}
