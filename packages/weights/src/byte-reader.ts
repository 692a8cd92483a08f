/** Reads a file's numbers and strings in order, through a bounded buffer; every length is checked before it is used. */
import type { FileHandle } from 'node:fs/promises';

const BUFFER_BYTES = 1024 * 1024;

/** What is wrong with a file's own structure, in words for people. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

export class ByteReader {
  readonly size: number;
  readonly #file: FileHandle;
  #buffer: Buffer = Buffer.alloc(0);
  /** File position of the buffer's first byte. */
  #base = 0;
  #position = 0;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  get position(): number {
    return this.#position;
  }

  async u8(): Promise<number> {
    return (await this.bytes(1)).readUInt8();
  }

  async u32(): Promise<number> {
    return (await this.bytes(4)).readUInt32LE();
  }

  /** A 64-bit count or offset; beyond 2^53 nothing in a file can be. */
  async u64(what: string): Promise<number> {
    const value = (await this.bytes(8)).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedError(`${what} is ${value}`);
    return Number(value);
  }

  /** The next `length` bytes, valid until the next call. */
  async bytes(length: number): Promise<Buffer> {
    this.#require(length);
    const offset = this.#position - this.#base;
    if (offset < 0 || offset + length > this.#buffer.byteLength) await this.#fill(length);
    const start = this.#position - this.#base;
    this.#position += length;
    return this.#buffer.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#require(length);
    this.#position += length;
  }

  #require(length: number): void {
    if (length > this.size - this.#position) {
      throw new MalformedError(
        `it ends at byte ${this.size}, inside a field that starts at ${this.#position}`,
      );
    }
  }

  async #fill(length: number): Promise<void> {
    const buffer = Buffer.alloc(Math.max(length, Math.min(BUFFER_BYTES, this.size - this.#position)));
    let filled = 0;
    while (filled < buffer.byteLength) {
      const { bytesRead } = await this.#file.read(
        buffer,
        filled,
        buffer.byteLength - filled,
        this.#position + filled,
      );
      if (bytesRead === 0) throw new MalformedError('it became shorter while it was read');
      filled += bytesRead;
    }
    this.#buffer = buffer;
    this.#base = this.#position;
  }
}
