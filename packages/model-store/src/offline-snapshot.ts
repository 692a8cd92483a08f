/** What the cache holds for a revision when no network may be asked, every byte verified by its blob's name. */
import { readdir, readlink, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { readFileIfThere } from '@sluice/runtime/files';
import type { RepoFolder } from './layout.ts';
import { isCommit } from './layout.ts';
import type { ListedFile } from './snapshot-files.ts';
import { listingPath } from './snapshot-files.ts';

export interface OfflineSnapshot {
  commit: string;
  files: ListedFile[];
  /** true: the list is the commit's own; false: it is what happens to lie in the snapshot folder. */
  complete: boolean;
}

/** Resolves a revision by the cache's refs, and lists the commit's files. Nothing there is a ConfigError. */
export async function findOffline(
  folder: RepoFolder,
  repo: string,
  revision: string,
): Promise<OfflineSnapshot> {
  const commit = isCommit(revision) ? revision : await readRef(folder, revision);
  const mend = 'pull it once without `offline`, or point `cache-dir` at a cache that holds it';
  if (commit === undefined) {
    throw new ConfigError(
      `offline (input \`offline\` or \`HF_HUB_OFFLINE\`): ${folder.cacheDir} knows no ${repo} at ${revision}; ${mend}`,
    );
  }
  const listed = parseTree(await readFileIfThere(join(folder.trees, `${commit}.json`)));
  if (listed) return { commit, files: listed, complete: true };
  const files = await listSnapshot(join(folder.snapshots, commit));
  if (files.length === 0) {
    throw new ConfigError(
      `offline (input \`offline\` or \`HF_HUB_OFFLINE\`): ${folder.cacheDir} holds no file of ${repo} at ${commit}; ${mend}`,
    );
  }
  return { commit, files, complete: false };
}

/** All files of a commit as a pull has kept them, ours or huggingface_hub's own; undefined when none has. */
export async function readListing(folder: RepoFolder, commit: string): Promise<ListedFile[] | undefined> {
  const kept = parseTree(await readFileIfThere(listingPath(folder, commit)));
  return kept ?? parseTree(await readFileIfThere(join(folder.trees, `${commit}.json`)));
}

/** Older tools left a newline behind; reading is lenient, writing is not. */
async function readRef(folder: RepoFolder, revision: string): Promise<string | undefined> {
  const commit = (await readFileIfThere(join(folder.refs, ...revision.split('/'))))?.trim();
  return commit !== undefined && isCommit(commit) ? commit : undefined;
}

function parseTree(text: string | undefined): ListedFile[] | undefined {
  if (text === undefined) return undefined;
  try {
    const tree = JSON.parse(text) as {
      format_version?: unknown;
      files?: Record<string, Record<string, unknown>>;
    };
    if (tree.format_version !== 1 || typeof tree.files !== 'object') return undefined;
    return Object.entries(tree.files).map(([path, entry]) => readEntry(path, entry));
  } catch {
    // As huggingface_hub does: a list that can't be read is a list that isn't there.
    return undefined;
  }
}

function readEntry(path: string, entry: Record<string, unknown>): ListedFile {
  const { size, blob_id: blobId, lfs_sha256: sha256, xet_hash: xetHash } = entry;
  if (typeof size !== 'number' || typeof blobId !== 'string') throw new Error(`bad entry ${path}`);
  const lfs = typeof sha256 === 'string';
  const etag = lfs ? sha256 : blobId;
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag)) throw new Error(`bad hash of ${path}`);
  return { path, bytes: size, etag, blobId, lfs, xetHash: typeof xetHash === 'string' ? xetHash : null };
}

/** Files of a snapshot folder that are links to blobs named by a hash; a plain file can't be verified. */
async function listSnapshot(snapshot: string): Promise<ListedFile[]> {
  const entries = await readdir(snapshot, { recursive: true, withFileTypes: true }).catch(() => []);
  const files: ListedFile[] = [];
  for (const entry of entries) {
    if (!entry.isSymbolicLink()) continue;
    const absolute = join(entry.parentPath, entry.name);
    const etag = basename(await readlink(absolute));
    const info = await stat(absolute).catch(() => undefined);
    if (!info?.isFile() || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag)) continue;
    const path = relative(snapshot, absolute).split(sep).join('/');
    files.push({ path, bytes: info.size, etag, blobId: etag, lfs: etag.length === 64, xetHash: null });
  }
  return files;
}
