/** The last requests as the router saw them, read by cursor. */
import type { RequestSample } from './types.ts';

export class SampleRing {
  readonly #capacity: number;
  readonly #ring: RequestSample[] = [];
  /**
   * Numbers go on from the clock, so that they grow over restarts of the supervisor as well: a driver's
   * cursor from before one never hides samples from after it. 1000 per millisecond stay free for counting.
   */
  #next: number;

  constructor(capacity = 100_000, start = Date.now() * 1_000) {
    this.#capacity = capacity;
    this.#next = start;
  }

  add(sample: Omit<RequestSample, 'seq'>): void {
    const seq = this.#next;
    this.#next += 1;
    const numbered = { seq, ...sample };
    if (this.#ring.length < this.#capacity) this.#ring.push(numbered);
    else this.#ring[this.#count(seq) % this.#capacity] = numbered;
    if (this.#ring.length === 1) this.#first = seq;
  }

  #first = 0;

  #count(seq: number): number {
    return seq - this.#first;
  }

  /** Samples with a number above `after`, oldest first, at most `limit`; `next` is the cursor to go on with. */
  read(after: number, limit = 10_000): { samples: RequestSample[]; next: number } {
    if (this.#ring.length === 0) return { samples: [], next: after };
    const oldest = this.#next - this.#ring.length;
    const samples: RequestSample[] = [];
    for (let seq = Math.max(oldest, after + 1); seq < this.#next && samples.length < limit; seq += 1) {
      const sample = this.#ring[this.#count(seq) % this.#capacity];
      if (sample !== undefined) samples.push(sample);
    }
    return { samples, next: samples.at(-1)?.seq ?? after };
  }
}
