/**
 * Reads a tar stream (POSIX ustar and pax, GNU long names) entry by entry. Only regular files are handed on; links and
 * devices are named, so that the caller can refuse them. Sizes and sums are checked: a broken archive is an InfraError.
 */
import type { Readable } from 'node:stream';
import { InfraError } from '@sluice/runtime/errors';

export interface TarEntry {
  path: string;
  type: 'file' | 'folder' | 'other';
  bytes: number;
}

const BLOCK = 512;
/** Longest pax or GNU name record that is read into memory. */
const MAX_EXTRA_BYTES = 64 * 1024;

/**
 * Calls `onFile` for each entry, in order. `content` must be read to its end before `onFile` returns; what is left of it
 * is skipped.
 */
export async function readTar(
  stream: Readable,
  onEntry: (entry: TarEntry, content: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const source = new ByteSource(stream);
  let extra: { path?: string; size?: number } = {};
  for (;;) {
    const header = await source.take(BLOCK);
    // The end is two blocks of zeros; some writers leave them out.
    if (header.length === 0 || header.every((byte) => byte === 0)) break;
    if (header.length < BLOCK) throw new InfraError('the archive is cut off within a header');
    const { name, size, type } = readHeader(header);
    if ('xLKg'.includes(type)) {
      if (size > MAX_EXTRA_BYTES) throw new InfraError('the archive holds a name record that is too long');
      const data = await source.take(size);
      await source.take(padding(size));
      if (type === 'x') extra = { ...extra, ...readPax(data) };
      if (type === 'L') extra.path = text(data);
      continue;
    }
    const bytes = extra.size ?? size;
    const kind = type === '0' || type === '\0' || type === '7' ? 'file' : type === '5' ? 'folder' : 'other';
    const path = (extra.path ?? name).replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
    extra = {};
    // An old writer's folder is a file whose name ends in a slash.
    const entry: TarEntry = { path, type: kind === 'file' && name.endsWith('/') ? 'folder' : kind, bytes };
    const content = source.chunks(bytes);
    await onEntry(entry, content);
    await drain(content);
    await source.take(padding(bytes));
  }
  // The rest is padding; it is read so that the caller's hash sees every byte.
  await drain(source.chunks(Number.POSITIVE_INFINITY));
}

async function drain(content: AsyncIterable<Buffer>): Promise<void> {
  const pieces = content[Symbol.asyncIterator]();
  while ((await pieces.next()).done !== true);
}

function readHeader(header: Buffer): { name: string; size: number; type: string } {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (sum !== readNumber(header.subarray(148, 156)))
    throw new InfraError('the archive holds a broken header');
  const prefix =
    header.subarray(257, 263).toString('latin1') === 'ustar\0' ? text(header.subarray(345, 500)) : '';
  const name = text(header.subarray(0, 100));
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: readNumber(header.subarray(124, 136)),
    type: String.fromCharCode(header[156] ?? 0),
  };
}

/** Octal digits, or base 256 where the first bit is set (sizes from 8 GiB on). */
function readNumber(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    let value = BigInt((field[0] ?? 0) & 0x7f);
    for (const byte of field.subarray(1)) value = (value << 8n) | BigInt(byte);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new InfraError('the archive names an impossible size');
    return Number(value);
  }
  const digits = text(field).trim();
  if (!/^[0-7]*$/.test(digits)) throw new InfraError('the archive holds a broken number');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** pax records: `<length> <key>=<value>\n`. */
function readPax(data: Buffer): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < data.length;) {
    const blank = data.indexOf(0x20, at);
    const length = Number(data.subarray(at, blank).toString('latin1'));
    if (blank < 0 || !Number.isSafeInteger(length) || length < 4 || at + length > data.length)
      throw new InfraError('the archive holds a broken pax record');
    const record = data.subarray(blank + 1, at + length - 1).toString('utf8');
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path') found.path = value;
    if (key === 'size' && /^\d{1,15}$/.test(value)) found.size = Number(value);
    at += length;
  }
  return found;
}

function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? field.length : end).toString('utf8');
}

function padding(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK;
}

/** A stream's bytes, so many at a time. */
class ByteSource {
  readonly #iterator: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#iterator = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** Exactly `count` bytes, or fewer at the stream's end. */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.#pieces(count)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** `count` bytes as they come; one that is asked again goes on where it stopped. */
  chunks(count: number): AsyncIterable<Buffer> {
    const pieces = this.#pieces(count);
    return { [Symbol.asyncIterator]: () => ({ next: () => pieces.next() }) };
  }

  async *#pieces(count: number): AsyncGenerator<Buffer, undefined> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0) {
        const next = await this.#iterator.next();
        if (next.done === true) {
          if (Number.isFinite(count) && count !== BLOCK) throw new InfraError('the archive is cut off');
          return undefined;
        }
        this.#rest = next.value;
      }
      const part = this.#rest.subarray(0, Math.min(left, this.#rest.length));
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
    return undefined;
  }
}
