/**
 * Brings a commit's files into the cache: what is there already is hashed, what is missing or spoilt is downloaded,
 * then links, ref and file list are written, in the order in which a reader may meet them: blobs first, the ref last.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describeError, GateError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { downloadBlob } from './blob-download.ts';
import { hashFile } from './content-hash.ts';
import type { RepoFolder } from './layout.ts';
import { describePathFault } from './layout.ts';
import { mapPool } from './pool.ts';
import type { ListedFile } from './snapshot-files.ts';
import { linkFile, lstatIfThere, pointerPath, tagCacheDir, writeRef, writeTree } from './snapshot-files.ts';

export interface PullPlan {
  folder: RepoFolder;
  commit: string;
  /** Branch or tag that becomes a ref; null when the commit itself was asked. */
  ref: string | null;
  /** What to bring. */
  files: readonly ListedFile[];
  /** All files of the commit when `files` is all of them: then the list is kept too. */
  whole: boolean;
}

export interface PullOptions {
  open(path: string, start: number, signal: AbortSignal): Promise<{ body: Readable; start: number }>;
  /** Files at once. */
  connections: number;
  log: Logger;
  signal: AbortSignal;
  env: NodeJS.ProcessEnv;
  /** Called once between checking the cache and downloading; may throw, e.g. when the disk can't hold what is missing. */
  beforeFetch?(missing: { files: number; bytes: number }): Promise<void>;
  onProgress?(doneBytes: number, totalBytes: number): void;
  pauseMs?: number;
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
  downloadedBytes: number;
  /** Files whose bytes on disk were not what their name says, and were fetched again. */
  repaired: string[];
}

export async function pullSnapshot(plan: PullPlan, options: PullOptions): Promise<PullResult> {
  refuseOutsidePaths(plan.files);
  const { folder, commit } = plan;
  const { log, signal, connections } = options;
  // One content may lie at several paths: it is hashed and fetched once.
  const contents = [...new Map(plan.files.map((file) => [file.etag, file])).values()];
  const states = await mapPool(contents, connections, signal, (file, stop) =>
    checkCached(folder, commit, file, stop),
  );
  const known = new Map<string, { sha256: string; fromCache: boolean }>();
  const missing: ListedFile[] = [];
  const repaired: string[] = [];
  for (const [index, file] of contents.entries()) {
    const state = states[index];
    if (state?.kind === 'hit') known.set(file.etag, { sha256: state.sha256, fromCache: true });
    else missing.push(file);
    if (state?.kind === 'spoilt') {
      repaired.push(file.path);
      log.warning(`${file.path}: its copy in the cache ${state.why}; it is fetched again`);
    }
  }
  const total = missing.reduce((sum, file) => sum + file.bytes, 0);
  await options.beforeFetch?.({ files: missing.length, bytes: total });
  await tagCacheDir(folder.cacheDir);
  let done = 0;
  await mapPool(missing, connections, signal, async (file, stop) => {
    const result = await downloadBlob(
      folder.blobs,
      { ...file, open: (start, ended) => options.open(file.path, start, ended) },
      {
        log,
        signal: stop,
        ...(options.pauseMs !== undefined && { pauseMs: options.pauseMs }),
        onBytes: (bytes) => options.onProgress?.((done += bytes), total),
      },
    );
    known.set(file.etag, { sha256: result.sha256, fromCache: false });
  });
  for (const file of plan.files) await linkFile(folder, commit, file.path, file.etag, options.env);
  if (plan.whole) await writeTree(folder, commit, plan.files);
  if (plan.ref !== null) await writeRef(folder, plan.ref, commit);
  const files = plan.files.map((file) => {
    const content = known.get(file.etag);
    if (!content) throw new InfraError(`${file.path}: neither found nor fetched`);
    return { path: file.path, bytes: file.bytes, etag: file.etag, ...content };
  });
  return { snapshot: join(folder.snapshots, commit), files, downloadedBytes: total, repaired };
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

type CacheState = { kind: 'hit'; sha256: string } | { kind: 'absent' } | { kind: 'spoilt'; why: string };

/** Looks at the blob, then at what the snapshot shows (where links are off, the only copy may be there). */
async function checkCached(
  folder: RepoFolder,
  commit: string,
  file: ListedFile,
  signal: AbortSignal,
): Promise<CacheState> {
  const blob = join(folder.blobs, file.etag);
  // A blob may itself be a link, into the shared store of huggingface_hub 2.x: it is read through, never written.
  if (!(await lstatIfThere(blob))) {
    const pointer = await lstatIfThere(pointerPath(folder, commit, file.path));
    return pointer?.isFile() ? { kind: 'spoilt', why: 'is no link to a blob' } : { kind: 'absent' };
  }
  try {
    const { size } = await stat(blob);
    if (size !== file.bytes) return { kind: 'spoilt', why: `has ${size} bytes instead of ${file.bytes}` };
    const { etag, sha256 } = await hashFile(blob, file, signal);
    if (etag !== file.etag) return { kind: 'spoilt', why: 'has the right size and the wrong hash' };
    return { kind: 'hit', sha256 };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'spoilt', why: `can't be read (${describeError(error)})` };
  }
}
