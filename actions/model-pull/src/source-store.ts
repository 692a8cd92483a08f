/**
 * Where files of sources other than a hub are kept: in the hub cache's own layout, as `models--sluice--<key>` with plain
 * files below `snapshots/<sha1 of the revision>`, so that cache scanners and our garbage collection know them. What we
 * note of them lies in `.locks/`, which readers of the cache skip.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashFile } from '@sluice/model-store/content-hash';
import type { RepoFolder } from '@sluice/model-store/layout';
import { repoFolder } from '@sluice/model-store/layout';
import type { VerifiedBlobs } from '@sluice/model-store/verified';
import { readFileIfThere, writeFileAtomic } from '@sluice/runtime/files';
import type { RemoteFile } from '@sluice/sources/source';

/** A file as it was when it came. */
export interface KeptFile {
  path: string;
  bytes: number;
  sha256: string;
  /** What the source called this content, see `identityOf`; null: nothing that names it. */
  identity: string | null;
}

/** What is known of one revision. */
export interface SourceNote {
  source: string;
  revision: string;
  /** Paths of all files that the revision has, pulled or not. */
  listed: string[];
  files: KeptFile[];
}

/** One source's folder; `parts` are all that tells it from another (hashed, so that none can be read back). */
export function sourceFolder(cacheDir: string, parts: readonly unknown[]): RepoFolder {
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  return repoFolder(cacheDir, `sluice/${key}`);
}

/** Cache scanners want 40 hex digits; a revision may be any text. */
export function snapshotName(revision: string): string {
  return createHash('sha1').update(revision).digest('hex');
}

/** The source's own name for a file's content; null when it has none: then the file is fetched each time. */
export function identityOf(file: Pick<RemoteFile, 'hash' | 'etag'>): string | null {
  if (file.hash !== null) return `${file.hash.algorithm}:${file.hash.value}`;
  return file.etag === null ? null : `etag:${file.etag}`;
}

/** The sha256 of a kept file, by its looks or by its bytes; undefined when it is gone or spoilt. */
export async function checkKept(
  folder: RepoFolder,
  commit: string,
  kept: KeptFile,
  options: { verify: 'fast' | 'full'; verified: VerifiedBlobs; signal: AbortSignal },
): Promise<'hit' | 'absent' | 'spoilt'> {
  const place = join(folder.snapshots, commit, ...kept.path.split('/'));
  const info = await stat(place).catch(() => undefined);
  if (!info) return 'absent';
  if (!info.isFile() || info.size !== kept.bytes) return 'spoilt';
  const key = verifiedKey(commit, kept.path);
  if (options.verify === 'fast' && options.verified.find(key, info) === kept.sha256) return 'hit';
  // 64 characters ask for sha256.
  const { sha256 } = await hashFile(place, { bytes: info.size, etag: kept.sha256 }, options.signal);
  if (sha256 !== kept.sha256) return 'spoilt';
  options.verified.add(key, info, sha256, true);
  return 'hit';
}

/** A folder for what is coming; finished files of a pull that was killed are still in it, broken ones are not. */
export async function openStage(folder: RepoFolder, commit: string): Promise<string> {
  const stage = join(folder.locks, `${commit}.stage`);
  await mkdir(stage, { recursive: true });
  for (const entry of await readdir(stage, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith('.incomplete'))
      await rm(join(entry.parentPath, entry.name), { force: true });
  }
  return stage;
}

/** Moves a verified file from the stage to its name; a hard link in somebody's `dest` keeps its bytes. */
export async function placeKept(
  folder: RepoFolder,
  commit: string,
  stage: string,
  file: KeptFile,
  verified: VerifiedBlobs,
): Promise<void> {
  const parts = file.path.split('/');
  const place = join(folder.snapshots, commit, ...parts);
  await mkdir(dirname(place), { recursive: true });
  await rename(join(stage, ...parts), place);
  verified.add(verifiedKey(commit, file.path), await stat(place), file.sha256, false);
}

/** Undefined as well when it can't be read: then all is fetched. */
export async function readNote(folder: RepoFolder, commit: string): Promise<SourceNote | undefined> {
  const note = parseJson(await readFileIfThere(notePath(folder, commit))) as SourceNote | undefined;
  return typeof note?.revision === 'string' && Array.isArray(note.files) ? note : undefined;
}

/** `asked` is the input `revision`: offline, the revision that it last led to is taken. */
export async function writeNote(
  folder: RepoFolder,
  commit: string,
  note: SourceNote,
  asked: string,
): Promise<void> {
  await writeFileAtomic(notePath(folder, commit), JSON.stringify(note));
  await writeFileAtomic(askedPath(folder, asked), note.revision);
}

export async function lastRevision(folder: RepoFolder, asked: string): Promise<string | undefined> {
  return readFileIfThere(askedPath(folder, asked));
}

function notePath(folder: RepoFolder, commit: string): string {
  return join(folder.locks, `${commit}.source.json`);
}

function askedPath(folder: RepoFolder, asked: string): string {
  return join(folder.locks, `asked-${snapshotName(asked)}`);
}

function verifiedKey(commit: string, path: string): string {
  return `${commit}/${path}`;
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
