/** Classic histograms of Prometheus: what their buckets say exactly, and between which bounds where they don't. */
import type { Increase } from './counter-increase.ts';

/** One distribution: how many values lie in each bucket. */
export interface Buckets {
  /** Upper bounds, ascending; the last one is Infinity. */
  bounds: number[];
  /** Of each bucket by itself. */
  counts: number[];
  n: number;
  sum: number;
}

/**
 * The increases of `<name>_bucket`, `_sum` and `_count`, summed over the series. Where two targets have different buckets,
 * the bounds that both have are kept: those are exact.
 *
 * @returns undefined when the histogram isn't there
 */
export function bucketsOf(increases: readonly Increase[], name: string): Buckets | undefined {
  const byTarget = new Map<string, Map<number, number>>();
  let sum = 0;
  for (const { labels, by } of increases) {
    if (labels['__name__'] === `${name}_sum`) sum += by;
    if (labels['__name__'] !== `${name}_bucket`) continue;
    const bound = boundOf(labels['le'] ?? '');
    const target = JSON.stringify(Object.entries(labels).filter(([label]) => label !== 'le'));
    let counts = byTarget.get(target);
    if (counts === undefined) byTarget.set(target, (counts = new Map<number, number>()));
    counts.set(bound, (counts.get(bound) ?? 0) + by);
  }
  const targets = [...byTarget.values()];
  const first = targets[0];
  if (first === undefined) return undefined;
  const shared = [...first.keys()].filter((bound) => targets.every((counts) => counts.has(bound)));
  const bounds = shared.sort((a, b) => a - b);
  if (bounds.at(-1) !== Infinity) return undefined;
  const below = bounds.map((bound) => targets.reduce((all, counts) => all + (counts.get(bound) ?? 0), 0));
  const counts = below.map((count, index) => Math.max(0, count - (below[index - 1] ?? 0)));
  return { bounds, counts, n: below.at(-1) ?? 0, sum };
}

function boundOf(le: string): number {
  return le === '+Inf' ? Infinity : Number(le);
}

/**
 * The mean is exact (sum by count). The variance takes the values of a bucket as spread evenly over it, which is more than
 * latencies mostly have; those of the last bucket as up to twice its bound.
 */
export function momentsOf(
  { bounds, counts, n, sum }: Buckets,
  scale = 1,
): { n: number; mean: number; variance: number } {
  if (n === 0) return { n: 0, mean: 0, variance: 0 };
  const mean = sum / n;
  let squares = 0;
  for (const [index, count] of counts.entries()) {
    const low = bounds[index - 1] ?? 0;
    const bound = bounds[index] ?? Infinity;
    const high = Number.isFinite(bound) ? bound : 2 * low;
    squares += count * (((low + high) / 2 - mean) ** 2 + (high - low) ** 2 / 12);
  }
  return { n, mean: mean * scale, variance: n < 2 ? 0 : (squares / (n - 1)) * scale * scale };
}

export interface Beyond {
  n: number;
  /** Values that are surely greater than the bar. */
  hits: number;
  /** Values that may be. */
  atMost: number;
  /** The bounds that the bar lies between, where it is none of them. */
  between?: [number, number];
}

/** How many values are greater than the bar; both in the histogram's own unit. */
export function beyond({ bounds, counts, n }: Buckets, bar: number): Beyond {
  const above = (from: number): number => counts.slice(from).reduce((all, count) => all + count, 0);
  const at = bounds.findIndex((bound) => bound >= bar * (1 - 1e-9));
  const exact = Math.abs((bounds[at] ?? Infinity) - bar) <= 1e-9 * Math.max(1, Math.abs(bar));
  if (exact) return { n, hits: above(at + 1), atMost: above(at + 1) };
  return {
    n,
    hits: above(at + 1),
    atMost: above(at),
    between: [bounds[at - 1] ?? 0, bounds[at] ?? Infinity],
  };
}
