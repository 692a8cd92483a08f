/** The small files of a repository's cache folder: links, refs, file lists, and the root's tag. */
import { readlinkSync } from 'node:fs';
import { copyFile, lstat, mkdir, symlink, writeFile } from 'node:fs/promises';
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

/**
 * Makes `snapshots/<commit>/<path>` a relative link to `blobs/<etag>`. Where the file system has no links
 * (`HF_HUB_DISABLE_SYMLINKS`, Windows), the blob is copied, as readers there expect a plain file.
 */
export async function linkFile(
  folder: RepoFolder,
  commit: string,
  path: string,
  etag: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const pointer = pointerPath(folder, commit, path);
  const blob = join(folder.blobs, etag);
  const target = relative(dirname(pointer), blob);
  if (linkTarget(pointer) === target) return;
  await place(folder, pointer, async (temporary) => {
    if (disabled(env)) await copyFile(blob, temporary);
    else await symlink(target, temporary).catch((error: unknown) => copyWithoutLinks(error, blob, temporary));
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

async function copyWithoutLinks(error: unknown, blob: string, to: string): Promise<void> {
  if (!['EPERM', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP'].some((code) => isErrno(error, code))) throw error;
  await copyFile(blob, to);
}
