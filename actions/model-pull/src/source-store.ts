/**
 * Where files of sources other than a hub are kept: in the hub cache's own layout, as `models--sluice--<key>` with
 * `snapshots/<sha1 of the revision>`, so that cache scanners and our garbage collection know them. What we note of them
 * lies in `.locks/`, which readers of the cache skip.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepoFolder } from '@sluice/model-store/layout';
import { repoFolder } from '@sluice/model-store/layout';
import type { PlannedFile } from '@sluice/model-store/pull-snapshot';
import { readFileIfThere, withFileLock, writeFileAtomic } from '@sluice/runtime/files';
import type { RemoteFile } from '@sluice/sources/source';

/** A file as it was when it came. */
export interface KeptFile {
  path: string;
  bytes: number;
  sha256: string;
  /** Name of its blob. */
  blob: string;
}

/** What is known of one revision. */
export interface SourceNote {
  version: 2;
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

/**
 * A source's file for the engine. Its blob is named by a hash that names the content, else by what the source calls it at
 * this path: another ETag is another blob, and what came of the one before is not gone on with. Where nothing names the
 * content it is fetched each time.
 */
export function planFile(
  file: Pick<RemoteFile, 'path' | 'bytes' | 'hash' | 'etag' | 'acceptsRanges'>,
): PlannedFile {
  const { path, bytes, hash, etag, acceptsRanges } = file;
  const known = { path, bytes, hash, ranges: acceptsRanges };
  if (hash?.algorithm === 'sha256' || hash?.algorithm === 'sha1-git') return { ...known, etag: hash.value };
  if (hash?.algorithm === 'md5' || hash?.algorithm === 'md5-dos2unix')
    return { ...known, etag: `${hash.algorithm}-${hash.value}` };
  const key = createHash('sha256')
    .update(JSON.stringify([path, bytes, hash, etag]))
    .digest('hex');
  if (hash === null && etag === null) return { ...known, etag: `once-${key}`, unbound: true };
  return { ...known, etag: `etag-${key}` };
}

/** The same from the cache alone. */
export function planKept({ path, bytes, sha256, blob }: KeptFile): PlannedFile {
  return { path, bytes, etag: blob, hash: { algorithm: 'sha256', value: sha256 } };
}

/** Undefined as well when it can't be read: then nothing is known. */
export async function readNote(folder: RepoFolder, commit: string): Promise<SourceNote | undefined> {
  const note = parseJson(await readFileIfThere(notePath(folder, commit))) as
    Partial<SourceNote> | null | undefined;
  const whole = note?.version === 2 && typeof note.revision === 'string' && Array.isArray(note.files);
  return whole ? (note as SourceNote) : undefined;
}

/**
 * Adds `files` to what is known of the revision: another job may bring other files of it at the same time. `asked` is the
 * input `revision`: offline, the revision that it last led to is taken.
 */
export async function addToNote(
  folder: RepoFolder,
  commit: string,
  { files, ...seen }: Omit<SourceNote, 'version'>,
  asked: string,
): Promise<void> {
  await mkdir(folder.locks, { recursive: true });
  await withFileLock(join(folder.locks, 'source.lock'), async () => {
    const before = (await readNote(folder, commit))?.files ?? [];
    const all = new Map([...before, ...files].map((file) => [file.path, file]));
    const note: SourceNote = { version: 2, ...seen, files: [...all.values()] };
    await writeFileAtomic(notePath(folder, commit), JSON.stringify(note));
    await writeFileAtomic(askedPath(folder, asked), note.revision);
  });
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

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
