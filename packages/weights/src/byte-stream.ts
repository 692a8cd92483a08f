/** Where bytes come from: a file or a part of one (any order), or something that is unpacked on the way (forward only). */
import type { FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import type { Transform } from 'node:stream';
import { MalformedError } from './byte-reader.ts';

export interface RandomSource {
  readonly size: number;
  /** The bytes from `position`, fewer than `length` only at the end. */
  read(position: number, length: number): Promise<Buffer>;
}

export interface ByteStream {
  /** The next bytes, about `length`; empty at the end. */
  next(length: number): Promise<Buffer>;
  /** Passes over up to `length` bytes; answers how many there were. */
  skip(length: number): Promise<number>;
  close(): void;
}

/** How many unpacked bytes one file may cost: what bounds a bomb. */
export interface Budget {
  left: number;
}

export function fileSource(handle: FileHandle, size: number): RandomSource {
  return {
    size,
    async read(position, length) {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - position)));
      let filled = 0;
      while (filled < buffer.byteLength) {
        const { bytesRead } = await handle.read(
          buffer,
          filled,
          buffer.byteLength - filled,
          position + filled,
        );
        if (bytesRead === 0) throw new MalformedError('it became shorter while it was read');
        filled += bytesRead;
      }
      return buffer;
    },
  };
}

export function memorySource(bytes: Buffer): RandomSource {
  return {
    size: bytes.byteLength,
    read: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
  };
}

/** A part of another source; it must lie inside. */
export function partOf(source: RandomSource, start: number, size: number): RandomSource {
  if (start < 0 || size < 0 || start + size > source.size) {
    throw new MalformedError(`a part from ${start} of ${size} bytes leaves the file of ${source.size}`);
  }
  return {
    size,
    read: (position, length) => source.read(start + position, Math.max(0, Math.min(length, size - position))),
  };
}

export function streamOf(source: RandomSource): ByteStream {
  let position = 0;
  return {
    async next(length) {
      const bytes = await source.read(position, length);
      position += bytes.byteLength;
      return bytes;
    },
    skip(length) {
      const step = Math.min(length, source.size - position);
      position += step;
      return Promise.resolve(step);
    },
    close: () => undefined,
  };
}

/** What `decoder` makes of `packed`; every byte that comes out is taken from the budget. */
export function unpack(packed: ByteStream, decoder: Transform, budget: Budget): ByteStream {
  const chunks = async function* () {
    for (;;) {
      const chunk = await packed.next(64 * 1024);
      if (chunk.byteLength === 0) return;
      yield chunk;
    }
  };
  pipeline(Readable.from(chunks()), decoder, () => undefined);
  const unpacked = decoder[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  let rest: Buffer = Buffer.alloc(0);
  const next = async (): Promise<Buffer> => {
    if (rest.byteLength > 0) {
      const chunk = rest;
      rest = Buffer.alloc(0);
      return chunk;
    }
    const result = await unpacked.next().catch((error: unknown) => {
      if (error instanceof MalformedError) throw error;
      throw new MalformedError('what it holds can not be unpacked');
    });
    if (result.done === true) return Buffer.alloc(0);
    budget.left -= result.value.byteLength;
    if (budget.left < 0) throw new MalformedError('it unpacks to more than is looked at');
    return result.value;
  };
  return {
    next,
    async skip(length) {
      let skipped = 0;
      while (skipped < length) {
        const chunk = await next();
        if (chunk.byteLength === 0) break;
        const step = Math.min(chunk.byteLength, length - skipped);
        rest = chunk.subarray(step);
        skipped += step;
      }
      return skipped;
    },
    close: () => {
      decoder.destroy();
    },
  };
}

/** All that is left of a stream, if that is no more than `limit` bytes. */
export async function readAll(stream: ByteStream, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = await stream.next(Math.min(limit + 1, 1024 * 1024));
    if (chunk.byteLength === 0) return Buffer.concat(chunks);
    size += chunk.byteLength;
    if (size > limit) return null;
    chunks.push(chunk);
  }
}
