/**
 * Brings a commit's files into the cache: what is there already is verified, what is missing or spoilt is downloaded,
 * then links, ref and file list are written, in the order in which a reader may meet them: blobs first, the ref last.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GateError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import type { Located } from '@sluice/sources/source';
import { isBound } from './blob-file.ts';
import type { BlobIdentity } from './blob-file.ts';
import { checkCached } from './check-cached.ts';
import type { CacheState } from './check-cached.ts';
import { fetchBlob } from './fetch-blob.ts';
import type { Fetched } from './fetch-blob.ts';
import { holdSnapshot } from './hold.ts';
import { dropPartial, isAbandoned, listPartials } from './journal.ts';
import type { RepoFolder } from './layout.ts';
import { describePathFault } from '@sluice/runtime/safe-path';
import { removeDeadTemporaries } from './place-file.ts';
import { mapPool } from './pool.ts';
import type { ListedFile } from './snapshot-files.ts';
import { keepListing, linkFile, tagCacheDir, writeRef, writeTree } from './snapshot-files.ts';
import { Transfer } from './transfer.ts';
import type { ByteRange, FileAccess, OpenedBody } from './transfer.ts';
import { VerifiedBlobs } from './verified.ts';
import { WorkerPool } from './worker-pool.ts';

export interface PlannedFile extends BlobIdentity {
  /** false: its server has no ranges. */
  ranges?: boolean;
}

/** A verified file, and where its bytes lie now. */
export interface PlacedFile {
  path: string;
  bytes: number;
  /** Hex. */
  sha256: string;
  at: string;
}

export interface PullPlan {
  folder: RepoFolder;
  commit: string;
  /** Branch or tag that becomes a ref; null when the commit itself was asked. */
  ref: string | null;
  /** What to bring. */
  files: readonly PlannedFile[];
  /** All files of a hub's commit when they are known: kept, so that the next pull need not ask. */
  listing?: readonly ListedFile[];
  /** `files` is all of `listing`: then readers of the cache get it too. */
  whole?: boolean;
}

export interface PullOptions {
  open(path: string, range: ByteRange | undefined, signal: AbortSignal): Promise<OpenedBody>;
  /** Connections at once, at the most. */
  connections: number;
  bandwidthLimit?: number | undefined;
  verify?: 'fast' | 'full';
  /**
   * The address that gives a large file's ranges, or undefined; and the script that answers to
   * `--role=transfer-worker`: then threads move and hash. Without them this thread does, and hashes at the end.
   */
  locate?(path: string, signal: AbortSignal): Promise<Located | undefined>;
  /** See FileAccess. */
  distrust?(path: string): boolean;
  workerScript?: string | undefined;
  /** Silence on a connection that counts as broken, where threads move; default 30 s. */
  stallMs?: number;
  log: Logger;
  signal: AbortSignal;
  env: NodeJS.ProcessEnv;
  /** Called once between checking the cache and downloading; may throw, e.g. when the disk can't hold what is missing. */
  beforeFetch?(missing: { files: number; bytes: number; bytesToWrite: number }): Promise<void>;
  /** Told where each path's bytes are, before any has its name in the snapshot; `false`: none gets one. */
  beforeLink?: (files: readonly PlacedFile[]) => Promise<boolean>;
  onProgress?(doneBytes: number, totalBytes: number): void;
  pauseMs?: number;
  pieceBytes?: number;
}

export interface PulledFile {
  path: string;
  bytes: number;
  sha256: string;
  etag: string;
  fromCache: boolean;
}

export interface PullResult {
  snapshot: string;
  files: PulledFile[];
  /** Bytes that came over the net. */
  downloadedBytes: number;
  /** Bytes that earlier downloads, ended before their time, had left. */
  resumedBytes: number;
  /** Files that another job brought while this one waited. */
  joined: number;
  /** Files whose bytes on disk were not what their name says, and were fetched again. */
  repaired: string[];
}

interface Known {
  bytes: number;
  sha256: string;
  fromCache: boolean;
}

export async function pullSnapshot(plan: PullPlan, options: PullOptions): Promise<PullResult> {
  refuseOutsidePaths(plan.files);
  const { folder, commit } = plan;
  const { log, signal } = options;
  await holdSnapshot(folder, commit, signal);
  const verified = await VerifiedBlobs.open(folder);
  const check = (file: PlannedFile, stop: AbortSignal, verify = options.verify ?? 'full') =>
    checkCached(folder, commit, file, { verify, verified, signal: stop });
  // One content may lie at several paths: it is hashed and fetched once.
  const contents = [...new Map(plan.files.map((file) => [file.etag, file])).values()];
  const states = await mapPool(contents, 8, signal, check);
  const known = new Map<string, Known>();
  const missing: PlannedFile[] = [];
  const repaired: string[] = [];
  for (const [index, file] of contents.entries()) {
    const state = states[index];
    if (state?.kind === 'hit')
      known.set(file.etag, { sha256: state.sha256, bytes: state.bytes, fromCache: true });
    else missing.push(file);
    if (state?.kind === 'spoilt') {
      repaired.push(file.path);
      log.warning(`${file.path}: its copy in the cache ${state.why}; it is fetched again`);
    }
  }
  const sums = { downloadedBytes: 0, resumedBytes: 0, joined: 0 };
  const bytes = sizeOf(missing);
  const there = await clearUp(folder, missing);
  await options.beforeFetch?.({ files: missing.length, bytes, bytesToWrite: Math.max(0, bytes - there) });
  await tagCacheDir(folder.cacheDir);
  await fetchMissing(missing, options, folder, {
    check: async (file, stop) => {
      // Nothing is noted of a file that is not there: the usual case costs no reading.
      if (await stat(join(folder.blobs, file.etag)).catch(() => undefined)) await verified.refresh();
      return check(file, stop, 'fast');
    },
    note: async (file, sha256) => {
      verified.add(file.etag, await stat(join(folder.blobs, file.etag)), sha256, false);
      await verified.save();
    },
    store: (file, fetched) => {
      const { sha256, bytes: size, joined } = fetched;
      known.set(file.etag, { sha256, bytes: size, fromCache: joined });
      sums.downloadedBytes += fetched.fetchedBytes;
      sums.resumedBytes += fetched.resumedBytes;
      sums.joined += fetched.joined ? 1 : 0;
    },
  });
  await verified.save();
  const files = plan.files.map((file) => {
    const content = known.get(file.etag);
    if (!content) throw new InfraError(`${file.path}: neither found nor fetched`);
    return { path: file.path, etag: file.etag, ...content };
  });
  const placed = files.map((file) => ({ ...file, at: join(folder.blobs, file.etag) }));
  const admitted = (await options.beforeLink?.(placed)) ?? true;
  if (admitted) await nameFiles(plan, options.env);
  return { snapshot: join(folder.snapshots, commit), files, ...sums, repaired };
}

async function nameFiles(plan: PullPlan, env: NodeJS.ProcessEnv): Promise<void> {
  const { folder, commit } = plan;
  for (const file of plan.files) await linkFile(folder, commit, file.path, file.etag, env);
  if (plan.listing) await keepListing(folder, commit, plan.listing);
  if (plan.listing && plan.whole === true) await writeTree(folder, commit, plan.listing);
  if (plan.ref !== null) await writeRef(folder, plan.ref, commit);
}

/** Files of unknown length count nothing. */
function sizeOf(files: readonly PlannedFile[]): number {
  return files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
}

interface CacheAccess {
  check(file: PlannedFile, signal: AbortSignal): Promise<CacheState>;
  note(file: PlannedFile, sha256: string): Promise<void>;
  store(file: PlannedFile, fetched: Fetched): void;
}

/** Files beyond the number of connections wait for a lock or for their hash, and take no connection. */
const WAITING_FILES = 8;

async function fetchMissing(
  missing: readonly PlannedFile[],
  options: PullOptions,
  folder: RepoFolder,
  cache: CacheAccess,
): Promise<void> {
  if (missing.length === 0) return;
  const { log, signal, connections, pauseMs, pieceBytes, bandwidthLimit } = options;
  const total = sizeOf(missing);
  let done = 0;
  const advance = (bytes: number): void => options.onProgress?.((done += bytes), total);
  const workers = new WorkerPool(options.workerScript, signal);
  const stop = new AbortController();
  const transfer = new Transfer({
    connections,
    bandwidthLimit,
    log,
    signal: AbortSignal.any([signal, stop.signal]),
    onBytes: advance,
    ...(options.stallMs !== undefined && { stallMs: options.stallMs }),
    ...(pauseMs !== undefined && { pauseMs }),
    ...(pieceBytes !== undefined && { pieceBytes }),
  });
  try {
    await mapPool(missing, connections + WAITING_FILES, signal, async (file, ended) => {
      ended.addEventListener('abort', () => stop.abort(ended.reason), { once: true });
      const access: FileAccess = {
        open: (range, end) => options.open(file.path, range, end),
        locate: (end) => options.locate?.(file.path, end) ?? Promise.resolve(undefined),
        ranges: file.ranges,
        distrust: () => options.distrust?.(file.path) ?? false,
      };
      const fetched = await fetchBlob(file, access, {
        folder,
        transfer,
        workers,
        log,
        signal: ended,
        check: () => cache.check(file, ended),
        onFetched: (sha256) => cache.note(file, sha256),
        onResumed: advance,
      });
      if (fetched.joined) advance(fetched.bytes);
      cache.store(file, fetched);
    });
  } finally {
    transfer.close();
    await workers.close();
  }
}

/**
 * Takes away what ended jobs left of files that are not wanted now. Returns the bytes on disk that wanted ones can go
 * on with.
 */
async function clearUp(folder: RepoFolder, missing: readonly PlannedFile[]): Promise<number> {
  await removeDeadTemporaries(folder);
  const wanted = new Set(missing.filter(isBound).map(({ etag }) => etag));
  let there = 0;
  for (const partial of await listPartials(folder)) {
    if (!(await isAbandoned(partial))) continue;
    if (wanted.has(partial.etag)) there += partial.allocated;
    else await dropPartial(partial);
  }
  return there;
}

/** A path that would leave the cache, or hide another, is an attack or a broken hub: nothing is written. */
export function refuseOutsidePaths(files: readonly { path: string }[]): void {
  const seen = new Set<string>();
  const folders = new Set(files.flatMap(({ path }) => parents(path)));
  for (const { path } of files) {
    const clash = seen.has(path)
      ? 'it is listed twice'
      : folders.has(path)
        ? 'it is a file and a folder'
        : undefined;
    const fault = describePathFault(path) ?? clash;
    seen.add(path);
    if (fault !== undefined) {
      throw new GateError(
        `the hub lists the unsafe path ${JSON.stringify(path)}: ${fault}; nothing was written`,
      );
    }
  }
}

function parents(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
