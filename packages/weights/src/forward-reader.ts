/** Reads a stream forward through a window, so that most of what a decoder asks for needs no waiting. */
import { MalformedError } from './byte-reader.ts';
import type { ByteStream } from './byte-stream.ts';

/** After `refill` this many bytes lie in the window, or all that are left. */
export const WINDOW_BYTES = 64 * 1024 + 64;
const FIRST_CHUNK = 2 * WINDOW_BYTES;
const CHUNK = 1024 * 1024;

export class ForwardReader {
  readonly #stream: ByteStream;
  #window: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Stream position of the window's first byte. */
  #base = 0;
  #ended = false;
  #chunk = FIRST_CHUNK;
  /** Positions that must not be crossed, innermost last. */
  readonly #limits: number[] = [];

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  get position(): number {
    return this.#base + this.#at;
  }

  /** Bytes that can be taken without waiting. */
  get ready(): number {
    const limit = this.#limits.at(-1);
    const there = this.#window.byteLength - this.#at;
    return limit === undefined ? there : Math.min(there, limit - this.position);
  }

  /** Whether `refill` would do nothing. */
  get full(): boolean {
    return this.ready >= WINDOW_BYTES || this.#ended || this.position + this.ready === this.#limits.at(-1);
  }

  async refill(): Promise<void> {
    while (!this.full) {
      const chunk = await this.#stream.next(this.#chunk);
      this.#chunk = CHUNK;
      if (chunk.byteLength === 0) this.#ended = true;
      this.#window = Buffer.concat([this.#window.subarray(this.#at), chunk]);
      this.#base += this.#at;
      this.#at = 0;
    }
  }

  async atEnd(): Promise<boolean> {
    await this.refill();
    return this.ready === 0;
  }

  /** The next bytes without passing over them; fewer at the end. */
  peek(length: number): Buffer {
    return this.#window.subarray(this.#at, this.#at + Math.min(length, this.ready));
  }

  /** Up to WINDOW_BYTES, valid for good. */
  take(length: number): Buffer {
    if (length > this.ready) throw new MalformedError(`it ends inside a field at byte ${this.position}`);
    this.#at += length;
    return this.#window.subarray(this.#at - length, this.#at);
  }

  u8(): number {
    if (this.ready < 1) throw new MalformedError(`it ends at byte ${this.position}`);
    this.#at += 1;
    return this.#window[this.#at - 1] ?? 0;
  }

  /** A line without its line feed, at most as long as the window. */
  line(): Buffer {
    const end = this.peek(WINDOW_BYTES).indexOf(0x0a);
    if (end < 0) throw new MalformedError(`a line at byte ${this.position} does not end`);
    const text = this.take(end + 1);
    return text.subarray(0, end);
  }

  async skip(length: number): Promise<void> {
    const limit = this.#limits.at(-1);
    const there = Math.min(length, this.#window.byteLength - this.#at);
    let left = length - there;
    if (limit !== undefined && this.position + length > limit) left = Infinity;
    this.#at += there;
    if (left === 0) return;
    const skipped = Number.isFinite(left) ? await this.#stream.skip(left) : 0;
    if (skipped < left) throw new MalformedError(`it ends inside a field at byte ${this.position}`);
    this.#base += this.#at + skipped;
    this.#window = Buffer.alloc(0);
    this.#at = 0;
  }

  /** Lets `look` see the next `length` bytes only, and goes behind them whatever it read. */
  async within<T>(length: number, look: () => Promise<T>): Promise<T> {
    const end = this.position + length;
    if (end > (this.#limits.at(-1) ?? Infinity)) throw new MalformedError('a field leaves the one around it');
    this.#limits.push(end);
    let result: T;
    try {
      result = await look();
    } finally {
      this.#limits.pop();
    }
    await this.skip(end - this.position);
    return result;
  }
}
