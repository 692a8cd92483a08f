/** The small files of a repository's cache folder: links, refs, file lists, and the root's tag. */
import { readlinkSync } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isErrno, readFileIfThere } from '@sluice/runtime/files';
import type { RepoFolder } from './layout.ts';
import { place, writePlaced } from './place-file.ts';

/** One entry of `trees/<commit>.json`. */
export interface ListedFile {
  path: string;
  bytes: number;
  etag: string;
  blobId: string;
  lfs: boolean;
  xetHash: string | null;
}

/** Fixed text, so that backup programs skip the cache (huggingface_hub, _local_folder.py). */
const CACHEDIR_TAG = [
  'Signature: 8a477f597d28d172789f06886806bc55',
  '# This file is a cache directory tag created by huggingface_hub.',
  '# For information about cache directory tags, see:',
  '#\thttps://bford.info/cachedir/',
  '',
].join('\n');

export async function tagCacheDir(cacheDir: string): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  try {
    await writeFile(join(cacheDir, 'CACHEDIR.TAG'), CACHEDIR_TAG, { flag: 'wx' });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

export function pointerPath(folder: RepoFolder, commit: string, path: string): string {
  return join(folder.snapshots, commit, ...path.split('/'));
}

/** What the file system may lack; tests hand in one that does. */
export interface LinkAbility {
  symlink: (target: string, path: string) => Promise<void>;
}

/**
 * Makes `snapshots/<commit>/<path>` a relative link to `blobs/<etag>`. Where the file system has no links
 * (`HF_HUB_DISABLE_SYMLINKS`, Windows, network file systems), the blob is copied, as readers there expect a plain file. A
 * copy has its blob's time: one that looks as it did is not made again.
 */
export async function linkFile(
  folder: RepoFolder,
  commit: string,
  path: string,
  etag: string,
  env: NodeJS.ProcessEnv,
  { symlink: makeLink }: LinkAbility = { symlink },
): Promise<void> {
  const pointer = pointerPath(folder, commit, path);
  const blob = join(folder.blobs, etag);
  const target = relative(dirname(pointer), blob);
  if (linkTarget(pointer) === target || (await isCopy(pointer, blob))) return;
  await place(folder, pointer, async (temporary) => {
    if (disabled(env)) return copyBlob(blob, temporary);
    await makeLink(target, temporary).catch((error: unknown) => copyWithoutLinks(error, blob, temporary));
  });
}

/** Without a thread: a cache that is whole asks this of every file, and the thread costs more than the call. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** `refs/<revision>` holds the commit without a newline: a newline breaks every reader. */
export async function writeRef(folder: RepoFolder, revision: string, commit: string): Promise<void> {
  const path = join(folder.refs, ...revision.split('/'));
  if ((await readFileIfThere(path)) !== commit) await writePlaced(folder, path, commit);
}

/**
 * Writes `trees/<commit>.json`, the full list of a commit's files. Only for pulls of the whole commit: a reader that
 * finds the list and misses one of its files calls the snapshot incomplete.
 */
export async function writeTree(
  folder: RepoFolder,
  commit: string,
  files: readonly ListedFile[],
): Promise<void> {
  const path = join(folder.trees, `${commit}.json`);
  const text = treeText(files);
  if ((await readFileIfThere(path)) !== text) await writePlaced(folder, path, text);
}

/** The same list of our own, for every pull: a commit's files never change, so it need not be asked for again. */
export async function keepListing(
  folder: RepoFolder,
  commit: string,
  files: readonly ListedFile[],
): Promise<void> {
  const path = listingPath(folder, commit);
  if (!(await lstatIfThere(path))) await writePlaced(folder, path, treeText(files));
}

export function listingPath(folder: RepoFolder, commit: string): string {
  return join(folder.locks, `${commit}.files.json`);
}

function treeText(files: readonly ListedFile[]): string {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const entries = sorted.map((file) => [
    file.path,
    {
      size: file.bytes,
      blob_id: file.blobId,
      ...(file.lfs && { lfs_sha256: file.etag, lfs_size: file.bytes }),
      ...(file.xetHash !== null && { xet_hash: file.xetHash }),
    },
  ]);
  const tree = { format_version: 1, files: Object.fromEntries(entries) as unknown };
  return JSON.stringify(tree, null, 1);
}

/** The plain file or link at a path, or undefined. */
export async function lstatIfThere(path: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

function disabled(env: NodeJS.ProcessEnv): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((env['HF_HUB_DISABLE_SYMLINKS'] ?? '').toUpperCase());
}

/** Codes of systems and users that may not make links; any other error is one. */
const NO_LINKS = ['EPERM', 'EACCES', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP', 'EINVAL'];

async function copyWithoutLinks(error: unknown, blob: string, to: string): Promise<void> {
  if (!NO_LINKS.some((code) => isErrno(error, code))) throw error;
  await copyBlob(blob, to);
}

async function copyBlob(blob: string, to: string): Promise<void> {
  await copyFile(blob, to);
  const { atime, mtime } = await stat(blob);
  // A blob may not be written to; its copy must be replaceable where a read-only file is not (Windows).
  await chmod(to, 0o644);
  await utimes(to, atime, mtime);
}

async function isCopy(pointer: string, blob: string): Promise<boolean> {
  const there = await lstatIfThere(pointer);
  if (!there?.isFile()) return false;
  const info = await stat(blob);
  // Times are set to the millisecond.
  return there.size === info.size && Math.abs(Number(there.mtimeMs) - info.mtimeMs) < 1;
}
