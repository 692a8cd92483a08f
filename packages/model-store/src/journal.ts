/**
 * What of a file is on disk, so that a download that was killed goes on where it stopped. The bytes are in
 * `blobs/<etag>.<8hex>.incomplete`, the journal is `.locks/<repository>/<etag>.<8hex>.journal`: a line that says whose it
 * is, then a line per range written. It is appended after the bytes are: what it names is in the file. It is made
 * before the data and taken away after, so that no data of ours is ever without one.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno, readFileIfThere } from '@sluice/runtime/files';
import { Intervals } from './intervals.ts';
import type { RepoFolder } from './layout.ts';
import { ownerOf, ownerState } from './owner.ts';
import type { Owner } from './owner.ts';

/** As read: any of it may be missing or another. */
type Partially<T> = { [K in keyof T]?: unknown };

interface Header {
  version: 1;
  etag: string;
  bytes: number;
  owner: Owner;
}

/** A download that somebody began. */
export interface Partial {
  etag: string;
  bytes: number;
  owner: Owner;
  /** Its owner gave it up. */
  released: boolean;
  done: Intervals;
  data: string;
  journal: string;
  /** Bytes that the data takes on disk already. */
  allocated: number;
  /** Milliseconds since the last write; Infinity without data. */
  idleMs: number;
}

/** A job on another machine that has written nothing for so long is dead, or as good as. */
const QUIET_MS = 120_000;

export class Journal {
  readonly path: string;
  #file: number | undefined;

  constructor(path: string, file: number) {
    this.path = path;
    this.#file = file;
  }

  /** The range is on disk. */
  wrote(start: number, end: number): void {
    if (this.#file !== undefined) writeSync(this.#file, `${start} ${end}\n`);
  }

  /** Its owner gives it up, alive: whoever comes next may take it. */
  release(): void {
    if (this.#file !== undefined) writeSync(this.#file, 'released\n');
    this.close();
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

export interface Begun {
  journal: Journal;
  data: string;
  done: Intervals;
}

/** A new download of this process. */
export async function beginJournal(
  folder: RepoFolder,
  file: { etag: string; bytes: number | null },
): Promise<Begun> {
  const names = newNames(folder, file.etag);
  const journal = await startFile(folder, names.journal, file, new Intervals());
  return { journal, data: names.data, done: new Intervals() };
}

/**
 * Makes somebody's download this process's own: the journal is written anew under this owner's name, then the data is
 * renamed. undefined when somebody else was quicker.
 */
export async function adoptJournal(folder: RepoFolder, partial: Partial): Promise<Begun | undefined> {
  const names = newNames(folder, partial.etag);
  const journal = await startFile(folder, names.journal, partial, partial.done);
  try {
    await rename(partial.data, names.data);
  } catch (error) {
    journal.close();
    await rm(names.journal, { force: true });
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  await rm(partial.journal, { force: true });
  return { journal, data: names.data, done: partial.done };
}

/** All downloads begun in this repository's folder. */
export async function listPartials(folder: RepoFolder): Promise<Partial[]> {
  const names = await readdir(folder.locks).catch(() => []);
  const partials: Partial[] = [];
  for (const name of names) {
    const match = /^(.+)\.[0-9a-f]{8}\.journal$/.exec(name);
    if (!match) continue;
    const journal = join(folder.locks, name);
    const read = parseJournal((await readFileIfThere(journal).catch(() => undefined)) ?? '');
    const data = join(folder.blobs, name.replace(/journal$/, 'incomplete'));
    const info = await stat(data).catch(() => undefined);
    const header = read?.header ?? {
      etag: match[1] ?? '',
      bytes: 0,
      // Its first line is not written yet, or never will be: the file's own age tells.
      owner: { host: '', pid: 0, startTime: '' },
    };
    const written = info ?? (await stat(journal).catch(() => undefined));
    partials.push({
      etag: header.etag,
      bytes: header.bytes,
      owner: header.owner,
      released: read?.released ?? false,
      done: info ? (read?.done ?? new Intervals()) : new Intervals(),
      data,
      journal,
      allocated: (info?.blocks ?? 0) * 512,
      idleMs: written ? Date.now() - written.mtimeMs : Infinity,
    });
  }
  return partials;
}

/** Whether nobody works on it any more. */
export async function isAbandoned(partial: Partial): Promise<boolean> {
  if (partial.released) return true;
  const state = await ownerState(partial.owner);
  return state === 'dead' || (state === 'elsewhere' && partial.idleMs > QUIET_MS);
}

/** Takes data and journal away, in this order. */
export async function dropPartial(partial: { data: string; journal: string }): Promise<void> {
  await rm(partial.data, { force: true });
  await rm(partial.journal, { force: true });
}

/** The owner and the ranges; a last line that the kill cut short counts as not written. */
export function parseJournal(
  text: string,
): { header: Header; done: Intervals; released: boolean } | undefined {
  const lines = text.split('\n');
  lines.pop();
  const header = parseHeader(lines[0] ?? '');
  if (!header) return undefined;
  const done = new Intervals();
  for (const line of lines.slice(1)) {
    const match = /^(\d+) (\d+)$/.exec(line);
    if (match) done.add(Number(match[1]), Math.min(Number(match[2]), header.bytes));
  }
  return { header, done, released: lines.at(-1) === 'released' };
}

function parseHeader(line: string): Header | undefined {
  try {
    const header = JSON.parse(line) as Partially<Header>;
    const known = header.version === 1 && typeof header.etag === 'string' && typeof header.bytes === 'number';
    return known && typeof header.owner === 'object' ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
}

function newNames(folder: RepoFolder, etag: string): { data: string; journal: string } {
  // huggingface_hub 1.18+ names its own like this; older clients append to `<etag>.incomplete`, so never that.
  const name = `${etag}.${randomBytes(4).toString('hex')}`;
  return { data: join(folder.blobs, `${name}.incomplete`), journal: join(folder.locks, `${name}.journal`) };
}

async function startFile(
  folder: RepoFolder,
  path: string,
  { etag, bytes }: { etag: string; bytes: number | null },
  done: Intervals,
): Promise<Journal> {
  await mkdir(folder.locks, { recursive: true });
  await mkdir(folder.blobs, { recursive: true });
  // Of an unknown length nothing can be gone on with, and 0 says that.
  const header: Header = { version: 1, etag, bytes: bytes ?? 0, owner: await ownerOf() };
  const file = openSync(path, 'ax', 0o644);
  const spans = done.spans.map(({ start, end }) => `${start} ${end}\n`);
  writeSync(file, `${JSON.stringify(header)}\n${spans.join('')}`);
  return new Journal(path, file);
}
