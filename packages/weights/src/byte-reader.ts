/** Reads a file's numbers and strings in order, through a bounded buffer; every length is checked before it is used. */
import type { RandomSource } from './byte-stream.ts';

const BUFFER_BYTES = 1024 * 1024;

/** What is wrong with a file's own structure, in words for people. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

export class ByteReader {
  readonly size: number;
  readonly #source: RandomSource;
  readonly #ahead: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** File position of the buffer's first byte. */
  #base = 0;
  #position = 0;

  /** @param ahead bytes that are read at once, where so many are left */
  constructor(source: RandomSource, ahead = BUFFER_BYTES) {
    this.#source = source;
    this.#ahead = ahead;
    this.size = source.size;
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

  /** Back to where `position` was. */
  rewind(position: number): void {
    this.#position = position;
  }

  #require(length: number): void {
    if (length > this.size - this.#position) {
      throw new MalformedError(
        `it ends at byte ${this.size}, inside a field that starts at ${this.#position}`,
      );
    }
  }

  /**
   * Passes over `count` strings (a 64-bit length, then bytes): vocabularies have hundreds of thousands, too many to
   * wait for one by one.
   */
  async skipStrings(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const offset = this.#position - this.#base;
      if (offset >= 0 && offset + 8 <= this.#buffer.byteLength) {
        const length = this.#buffer.readUInt32LE(offset);
        if (this.#buffer.readUInt32LE(offset + 4) === 0 && length <= this.size - this.#position - 8) {
          this.#position += 8 + length;
          continue;
        }
      }
      this.skip(await this.u64('the length of a string'));
    }
  }

  async #fill(length: number): Promise<void> {
    const wanted = Math.max(length, Math.min(this.#ahead, this.size - this.#position));
    this.#buffer = await this.#source.read(this.#position, wanted);
    this.#base = this.#position;
  }
}
