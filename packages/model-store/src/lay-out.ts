/**
 * Lays verified files out in a folder of the user's (`dest`): by reflink, else hard link, else copy. Beside them goes
 * huggingface_hub's own note of each (`.cache/huggingface/download/<path>.metadata`), by which the next pull knows
 * the files of the last one and takes away those that are no longer part: an engine loads every shard it finds.
 */
import { randomBytes } from 'node:crypto';
import { constants, copyFile, link, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { InfraError } from '@sluice/runtime/errors';
import { isErrno, readFileIfThere, writeFileAtomic } from '@sluice/runtime/files';
import { hashFile } from './content-hash.ts';
import { mapPool } from './pool.ts';

export interface LayOutFile {
  path: string;
  bytes: number;
  sha256: string;
  etag: string;
}

export interface LayOutOptions {
  /** The snapshot folder, verified just now. */
  from: string;
  dest: string;
  commit: string;
  connections: number;
  signal: AbortSignal;
  /** What the file system may lack; tests hand in ones that do. */
  abilities?: DuplicateAbility;
}

export interface DuplicateAbility {
  reflink: (from: string, to: string) => Promise<void>;
  link: (from: string, to: string) => Promise<void>;
}

export type LayOutMethod = 'kept' | 'reflink' | 'hardlink' | 'copy';

export interface LayOutResult {
  methods: Record<LayOutMethod, number>;
  removed: string[];
}

const NODE: DuplicateAbility = {
  reflink: (from, to) => copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE),
  link,
};
const NOTES = ['.cache', 'huggingface', 'download'];

export async function layOut(files: readonly LayOutFile[], options: LayOutOptions): Promise<LayOutResult> {
  const { dest, from, commit, connections, signal, abilities = NODE } = options;
  await mkdir(dest, { recursive: true });
  const methods: LayOutResult['methods'] = { kept: 0, reflink: 0, hardlink: 0, copy: 0 };
  await mapPool(files, connections, signal, async (file, stop) => {
    const source = await realpath(join(from, ...file.path.split('/')));
    const target = join(dest, ...file.path.split('/'));
    methods[await place(source, target, file, stop, abilities)] += 1;
    const now = (Date.now() / 1000).toFixed(3);
    await writeFileAtomic(notePath(dest, file.path), `${commit}\n${file.etag}\n${now}\n`);
  });
  const removed = await removeFormer(dest, new Set(files.map(({ path }) => path)));
  return { methods, removed };
}

async function place(
  source: string,
  target: string,
  file: LayOutFile,
  signal: AbortSignal,
  abilities: DuplicateAbility,
): Promise<LayOutMethod> {
  const [here, there] = await Promise.all([stat(source), stat(target).catch(() => undefined)]);
  if (there !== undefined && there.ino === here.ino && there.dev === here.dev) return 'kept';
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const method = await duplicate(source, temporary, abilities);
    // A hard link is the verified blob itself; other bytes were written anew and are read back.
    if (method !== 'hardlink' && (await hashFile(temporary, file, signal)).sha256 !== file.sha256) {
      throw new InfraError(
        `${target}: the copy differs from the cache; the disk or its file system is failing`,
      );
    }
    await rename(temporary, target);
    return method;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function duplicate(
  source: string,
  target: string,
  { reflink, link: makeLink }: DuplicateAbility,
): Promise<LayOutMethod> {
  try {
    await reflink(source, target);
    return 'reflink';
  } catch {
    // Most file systems have none; what is left behind by the attempt goes.
    await rm(target, { force: true });
  }
  try {
    await makeLink(source, target);
    return 'hardlink';
  } catch (error) {
    if (
      !['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].some((code) =>
        isErrno(error, code),
      )
    )
      throw error;
  }
  await copyFile(source, target, constants.COPYFILE_EXCL);
  return 'copy';
}

/** Removes files that an earlier pull laid out, by its notes, and that this one does not have. */
async function removeFormer(dest: string, current: ReadonlySet<string>): Promise<string[]> {
  const notes = join(dest, ...NOTES);
  const entries = await readdir(notes, { recursive: true, withFileTypes: true });
  const removed: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.metadata')) continue;
    const note = join(entry.parentPath, entry.name);
    const path = relative(notes, note).split(sep).join('/').slice(0, -'.metadata'.length);
    if (current.has(path)) continue;
    const target = join(dest, ...path.split('/'));
    const etag = ((await readFileIfThere(note)) ?? '').split('\n')[1] ?? '';
    const info = await stat(target).catch(() => undefined);
    // A file that somebody changed since is theirs, and stays.
    if (info?.isFile() && (await hashFile(target, { bytes: info.size, etag })).value === etag) {
      await rm(target);
      removed.push(path);
    }
    await rm(note, { force: true });
  }
  return removed.sort();
}

function notePath(dest: string, path: string): string {
  return `${join(dest, ...NOTES, ...path.split('/'))}.metadata`;
}
