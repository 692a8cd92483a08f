/** One missing blob: under the lock that all jobs share, by whoever gets it first. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { formatDuration } from '@sluice/runtime/units';
import { openBlobFile, WrongContent } from './blob-file.ts';
import type { BlobFile, BlobIdentity } from './blob-file.ts';
import type { CacheState } from './check-cached.ts';
import type { HashResult } from './content-hash.ts';
import { tryLock, waitForLock } from './file-lock.ts';
import type { FileLock } from './file-lock.ts';
import type { RepoFolder } from './layout.ts';
import { StartOver } from './transfer.ts';
import type { FileAccess, Transfer } from './transfer.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface FetchContext {
  folder: RepoFolder;
  transfer: Transfer;
  workers: WorkerPool;
  log: Logger;
  signal: AbortSignal;
  /** Whether the blob is there by now, and right. */
  check(): Promise<CacheState>;
  /** Told of the new blob while its lock is still held: who waits for it finds what is noted. */
  onFetched(sha256: string): Promise<void>;
  /** Told of bytes that need not come, as an earlier try left them. */
  onResumed?(bytes: number): void;
  /** Silence of another job's download after which it is no longer waited for; default 5 min. */
  quietMs?: number;
}

export interface Fetched {
  sha256: string;
  bytes: number;
  /** Bytes that came over the net. */
  fetchedBytes: number;
  resumedBytes: number;
  /** Another job brought it while this one waited. */
  joined: boolean;
}

export function lockPath(folder: RepoFolder, etag: string): string {
  return join(folder.locks, `${etag}.lock`);
}

export async function fetchBlob(
  identity: BlobIdentity,
  access: FileAccess,
  context: FetchContext,
): Promise<Fetched> {
  const { folder, log, signal } = context;
  const path = lockPath(folder, identity.etag);
  let lock: FileLock | undefined = await tryLock(path, { signal });
  if (!lock) {
    log.info(`${identity.path}: another job on this disk is fetching it; waiting for that`);
    lock = await waitWhileItGrows(path, identity, context);
  }
  try {
    // The lock may have come free because its owner had finished.
    const state = await context.check();
    if (state.kind === 'hit') {
      const { sha256, bytes } = state;
      return { sha256, bytes, fetchedBytes: 0, resumedBytes: 0, joined: true };
    }
    const fetched = await download(identity, access, context);
    await context.onFetched(fetched.sha256);
    return fetched;
  } finally {
    await lock?.release();
  }
}

/** Beginnings of a file that can't be gone on with, before it is given up. */
const MAX_STARTS = 5;

/** Bytes of an earlier try that turn out wrong, or that can't be gone on with, are thrown away, and all is fetched once more. */
async function download(identity: BlobIdentity, access: FileAccess, context: FetchContext): Promise<Fetched> {
  const { folder, workers, signal, log } = context;
  for (let starts = 1; ; starts++) {
    const file = await openBlobFile(folder, identity, workers, signal);
    const { resumedBytes } = file;
    try {
      const { sha256, bytes } = await fill(file, access, context);
      return { sha256, bytes, resumedBytes, fetchedBytes: bytes - resumedBytes, joined: false };
    } catch (error) {
      if (error instanceof StartOver && starts < MAX_STARTS) log.untrusted(describeError(error));
      else if (error instanceof WrongContent && access.distrust?.() === true) continue;
      else if (error instanceof WrongContent && resumedBytes > 0) {
        log.warning(
          `${identity.path}: with the bytes of an earlier, ended download its hash is wrong; it is fetched anew`,
        );
      } else throw error;
    }
  }
}

async function fill(file: BlobFile, access: FileAccess, context: FetchContext): Promise<HashResult> {
  const { path } = file.identity;
  try {
    if (file.resumedBytes > 0) {
      context.log.info(
        `${path}: going on after ${Math.floor((100 * file.resumedBytes) / file.end)}% that an ended download left`,
      );
      context.onResumed?.(file.resumedBytes);
    }
    await context.transfer.fetch(file, access);
    return await file.finish();
  } catch (error) {
    await file.abandon(error);
    throw error;
  }
}

const QUIET_MS = 5 * 60_000;

/** Waits for the lock as long as the other job's file grows; then goes on without: the names are unique. */
async function waitWhileItGrows(
  path: string,
  identity: BlobIdentity,
  context: FetchContext,
): Promise<FileLock | undefined> {
  const { folder, log, signal, quietMs = QUIET_MS } = context;
  const giveUp = new AbortController();
  const watch = async (ended: AbortSignal): Promise<void> => {
    let since = Date.now();
    let grown = -1;
    while (!ended.aborted) {
      await sleep(Math.min(1000, quietMs / 4), undefined, { signal: ended }).catch(() => undefined);
      const now = await writtenBytes(folder, identity.etag);
      if (now !== grown) [grown, since] = [now, Date.now()];
      if (Date.now() - since > quietMs) giveUp.abort(new Error('the other job is silent'));
    }
  };
  const ended = new AbortController();
  const watching = watch(ended.signal);
  try {
    return await waitForLock(path, { signal: AbortSignal.any([signal, giveUp.signal]) });
  } catch (error) {
    if (signal.aborted || !giveUp.signal.aborted) throw error;
    log.notice(
      `${identity.path}: the job that has it wrote nothing for ${formatDuration(quietMs)}; it is fetched here as well`,
    );
    return undefined;
  } finally {
    ended.abort();
    await watching;
  }
}

/** Time and size of what any client writes for this blob, as one number that changes when it does. */
async function writtenBytes(folder: RepoFolder, etag: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(folder.blobs).catch(() => [])) {
    if (!name.startsWith(etag)) continue;
    const info = await stat(join(folder.blobs, name)).catch(() => undefined);
    sum += (info?.mtimeMs ?? 0) + (info?.size ?? 0);
  }
  return sum;
}
