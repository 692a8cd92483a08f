/** A set of byte ranges, half open, kept sorted and merged: which parts of a file are on disk. */

export interface Span {
  start: number;
  /** The first byte that is no part of it. */
  end: number;
}

export class Intervals {
  #spans: Span[] = [];

  get covered(): number {
    return this.#spans.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Bytes from 0 on without a hole. */
  get prefix(): number {
    const first = this.#spans[0];
    return first?.start === 0 ? first.end : 0;
  }

  get spans(): readonly Span[] {
    return this.#spans;
  }

  add(start: number, end: number): void {
    if (end <= start) return;
    const before = this.#spans.filter((span) => span.end < start);
    const after = this.#spans.filter((span) => span.start > end);
    const touching = this.#spans.filter((span) => span.end >= start && span.start <= end);
    const merged = {
      start: Math.min(start, ...touching.map((span) => span.start)),
      end: Math.max(end, ...touching.map((span) => span.end)),
    };
    this.#spans = [...before, merged, ...after];
  }

  /** The holes between `start` and `end`. */
  gaps(start: number, end: number): Span[] {
    const gaps: Span[] = [];
    let at = start;
    for (const span of this.#spans) {
      if (span.end <= at) continue;
      if (span.start >= end) break;
      if (span.start > at) gaps.push({ start: at, end: span.start });
      at = span.end;
    }
    if (at < end) gaps.push({ start: at, end });
    return gaps;
  }
}
