/**
 * The directory of a zip file, read as PyTorch's reader reads it (the central directory decides; flags, checksums and
 * local names do not), and every way in which another reader would see something else.
 */
import { MalformedError } from './byte-reader.ts';
import type { RandomSource } from './byte-stream.ts';

export interface ZipEntry {
  name: string;
  /** 0 stored, 8 deflate. */
  method: number;
  /** Where its data starts. */
  start: number;
  packed: number;
  size: number;
}

export interface ZipDirectory {
  entries: ZipEntry[];
  problems: string[];
}

const END_BYTES = 22;
const MAX_TAIL = 65_535 + END_BYTES;
const MAX_DIRECTORY = 64 * 1024 * 1024;
const MAX_ENTRIES = 500_000;
const END = Buffer.from('PK\x05\x06', 'latin1');
/** Encrypted, strongly encrypted, masked headers. */
const CRYPT_FLAGS = 0x1 | 0x40 | 0x2000;
/** Room for a data descriptor between entries. */
const MAX_GAP = 24;

interface Central extends ZipEntry {
  header: number;
  flags: number;
}

/** Throws MalformedError when there is no directory to go by. */
export async function readZip(source: RandomSource): Promise<ZipDirectory> {
  const problems: string[] = [];
  const { offset, size, count } = await findDirectory(source, problems);
  if (size > MAX_DIRECTORY || count > MAX_ENTRIES) throw new MalformedError('its directory is too large');
  const central = parseDirectory(await source.read(offset, size), count);
  const names = new Set<string>();
  for (const entry of central) {
    if (names.has(entry.name)) problems.push(`names ${quote(entry.name)} twice`);
    names.add(entry.name);
    if ((entry.flags & CRYPT_FLAGS) !== 0) problems.push(`says that ${quote(entry.name)} is encrypted`);
    if (leavesRoot(entry.name)) problems.push(`holds ${quote(entry.name)}, outside of its own folder`);
    if (entry.method === 0 && entry.packed !== entry.size) {
      problems.push(`gives two sizes for ${quote(entry.name)}`);
    }
    await locate(source, entry, problems);
  }
  checkLayout(central, offset, problems);
  return { entries: central, problems: [...new Set(problems)] };
}

/** Whether the file ends as a zip does, with a directory that can be read. */
export async function endsAsZip(source: RandomSource): Promise<boolean> {
  if (source.size < END_BYTES) return false;
  const tail = await source.read(Math.max(0, source.size - MAX_TAIL), MAX_TAIL);
  if (!tail.includes(END)) return false;
  return readZip(source).then(
    ({ entries }) => entries.length > 0,
    () => false,
  );
}

async function findDirectory(
  source: RandomSource,
  problems: string[],
): Promise<{ offset: number; size: number; count: number }> {
  const base = Math.max(0, source.size - MAX_TAIL);
  const tail = await source.read(base, MAX_TAIL);
  const at = tail.lastIndexOf(END, tail.byteLength - END_BYTES);
  if (at < 0) throw new MalformedError('its directory is missing');
  if (at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.byteLength) {
    problems.push('has bytes behind its end');
  }
  if (hasRival(tail, at)) problems.push('has more than one directory');
  let count = tail.readUInt16LE(at + 10);
  let size = tail.readUInt32LE(at + 12);
  let offset = tail.readUInt32LE(at + 16);
  let end = base + at;
  const locator = await source.read(Math.max(0, end - 20), 20);
  if (end >= 20 && locator.toString('latin1', 0, 4) === 'PK\x06\x07') {
    const record = Number(locator.readBigUInt64LE(8));
    const large = record + 56 <= source.size ? await source.read(record, 56) : Buffer.alloc(0);
    if (large.toString('latin1', 0, 4) !== 'PK\x06\x06')
      throw new MalformedError('its zip64 record is missing');
    count = Number(large.readBigUInt64LE(32));
    size = Number(large.readBigUInt64LE(40));
    offset = Number(large.readBigUInt64LE(48));
    end = record;
  }
  if (offset + size > end) throw new MalformedError('its directory lies outside of it');
  if (offset + size !== end) problems.push('has bytes before its start');
  return { offset, size, count };
}

/** Another end whose comment reaches the file's end: a reader that checks that would take it. */
function hasRival(tail: Buffer, chosen: number): boolean {
  for (let at = tail.indexOf(END); at >= 0 && at < chosen; at = tail.indexOf(END, at + 1)) {
    if (at + END_BYTES + tail.readUInt16LE(at + 20) === tail.byteLength) return true;
  }
  return false;
}

function parseDirectory(bytes: Buffer, count: number): Central[] {
  const entries: Central[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.byteLength || bytes.toString('latin1', at, at + 4) !== 'PK\x01\x02') {
      throw new MalformedError('its directory is broken');
    }
    const nameLength = bytes.readUInt16LE(at + 28);
    const extraLength = bytes.readUInt16LE(at + 30);
    const next = at + 46 + nameLength + extraLength + bytes.readUInt16LE(at + 32);
    if (next > bytes.byteLength) throw new MalformedError('its directory is broken');
    const entry: Central = {
      name: bytes.toString('utf8', at + 46, at + 46 + nameLength),
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      header: bytes.readUInt32LE(at + 42),
      start: 0,
    };
    const extra = at + 46 + nameLength;
    applyZip64(entry, bytes.subarray(extra, extra + extraLength));
    entries.push(entry);
    at = next;
  }
  if (at !== bytes.byteLength) throw new MalformedError('its directory holds more than it counts');
  return entries;
}

function applyZip64(entry: Central, extra: Buffer): void {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const id = extra.readUInt16LE(at);
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    at += 4 + extra.readUInt16LE(at + 2);
    if (id !== 1) continue;
    let inside = 0;
    for (const key of ['size', 'packed', 'header'] as const) {
      if (entry[key] !== 0xffffffff) continue;
      if (inside + 8 > field.byteLength) throw new MalformedError('its directory is broken');
      entry[key] = Number(field.readBigUInt64LE(inside));
      inside += 8;
    }
  }
}

/** Finds an entry's data behind its local header, whose name and method should be the same. */
async function locate(source: RandomSource, entry: Central, problems: string[]): Promise<void> {
  if (entry.header + 30 > source.size) throw new MalformedError(`${quote(entry.name)} lies outside of it`);
  const fixed = await source.read(entry.header, 30 + 1024);
  if (fixed.byteLength < 30 || fixed.toString('latin1', 0, 4) !== 'PK\x03\x04') {
    throw new MalformedError(`${quote(entry.name)} has no header`);
  }
  const nameLength = fixed.readUInt16LE(26);
  entry.start = entry.header + 30 + nameLength + fixed.readUInt16LE(28);
  if (entry.start + entry.packed > source.size) {
    throw new MalformedError(`${quote(entry.name)} lies outside of it`);
  }
  const name = fixed.toString('utf8', 30, 30 + Math.min(nameLength, 1024));
  if (name !== entry.name.slice(0, name.length) || name === '') {
    problems.push(`names ${quote(entry.name)} ${quote(name)} in its local header`);
  }
  if (fixed.readUInt16LE(8) !== entry.method) {
    problems.push(`packs ${quote(entry.name)} in another way than it says`);
  }
  if ((fixed.readUInt16LE(6) & CRYPT_FLAGS) !== 0)
    problems.push(`says that ${quote(entry.name)} is encrypted`);
}

/** Entries must follow each other from the first byte to the directory: no overlap (a bomb), nothing hidden. */
function checkLayout(entries: readonly Central[], directory: number, problems: string[]): void {
  let at = 0;
  for (const entry of [...entries].sort((a, b) => a.header - b.header)) {
    if (entry.header < at) problems.push(`lets ${quote(entry.name)} overlap another entry`);
    else if (entry.header > at + MAX_GAP)
      problems.push(`hides ${entry.header - at} bytes before ${quote(entry.name)}`);
    at = Math.max(at, entry.start + entry.packed);
  }
  if (directory > at + MAX_GAP) problems.push(`hides ${directory - at} bytes before its directory`);
}

export function leavesRoot(name: string): boolean {
  return /^([/\\]|[a-zA-Z]:)/.test(name) || name.split(/[/\\]/).includes('..') || name.includes('\0');
}

export function quote(name: string): string {
  return `\`${name.slice(0, 80).replace(/[^\x20-\x7e]|`/g, '?')}\``;
}
