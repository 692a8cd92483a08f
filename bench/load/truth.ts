/** How far a load generator's times are from those that the server stamped. */
import { percentile } from '@sluice/statistics/percentile';
import type { Stamps } from './server.ts';

/** What a generator says of one request, ms. */
export interface Told {
  /** Of the request, or of its answer. */
  key: string;
  /** When it was sent, of any clock of its own. */
  sent: number;
  ttft: number;
  /** Between chunks; a mean where no more is told. */
  gaps: number[] | { mean: number };
}

export interface Accuracy {
  requests: number;
  /** |told - stamped|, ms. */
  ttft: { p50: number; p99: number };
  gap: { p50: number; p99: number };
  /** From the even grid of a constant rate to the sending, ms; the grid lies where the earliest request is on it. */
  schedule: { p50: number; p99: number };
}

/** Throws when requests can't be matched: an accuracy over a part would be none. */
export function compare(told: readonly Told[], truth: readonly Stamps[], rate: number): Accuracy {
  const byKey = new Map(
    truth.flatMap((stamps) => [
      [stamps.id, stamps],
      [stamps.key, stamps],
    ]),
  );
  const ttft: number[] = [];
  const gap: number[] = [];
  for (const request of told) {
    const stamps = byKey.get(request.key);
    if (stamps === undefined) throw new Error(`the server knows no request '${request.key}'`);
    ttft.push(Math.abs(request.ttft - ((stamps.written[0] ?? NaN) - stamps.received)));
    const gaps = stamps.written.slice(1).map((at, i) => at - (stamps.written[i] ?? NaN));
    if (!Array.isArray(request.gaps)) {
      gap.push(Math.abs(request.gaps.mean - sum(gaps) / gaps.length));
      continue;
    }
    const own = request.gaps;
    // Chunks that came in one piece were told as one: their sum is compared.
    if (own.length === gaps.length) gap.push(...own.map((value, i) => Math.abs(value - (gaps[i] ?? NaN))));
    else gap.push(Math.abs(sum(own) - sum(gaps)));
  }
  const sent = told.map((request) => request.sent).sort((a, b) => a - b);
  const offsets = sent.map((at, i) => at - (i * 1000) / rate);
  // No loop over arguments: there may be more of them than a call takes.
  const first = offsets.reduce((least, value) => Math.min(least, value), Infinity);
  return {
    requests: told.length,
    ttft: spread(ttft),
    gap: spread(gap),
    schedule: spread(offsets.map((offset) => offset - first)),
  };
}

function spread(values: readonly number[]): { p50: number; p99: number } {
  return { p50: percentile(values, 50) ?? NaN, p99: percentile(values, 99) ?? NaN };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
