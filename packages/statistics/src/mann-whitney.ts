/**
 * The Mann-Whitney test with the Hodges-Lehmann shift and its confidence interval, by the normal approximation with
 * corrections for ties and continuity, solved as R's `wilcox.test(conf.int = TRUE, exact = FALSE)` does: by Brent's method
 * with R's absolute tolerance of 1e-4, which Kayenta has too. Values in seconds lose by it; give milliseconds.
 */
import { normalQuantile } from './normal.ts';

export interface Shift {
  /** Of x over y. */
  estimate: number;
  low: number;
  high: number;
}

/** @throws RangeError where all values are tied */
export function locationShift(x: readonly number[], y: readonly number[], confidence: number): Shift {
  const low = least(x) - most(y);
  const high = most(x) - least(y);
  const root = (quantile: number): number => {
    const [fLow, fHigh] = [shiftStatistic(low, quantile, x, y), shiftStatistic(high, quantile, x, y)];
    if (fLow <= 0) return low;
    if (fHigh >= 0) return high;
    return brent(low, high, fLow, fHigh, (mu) => shiftStatistic(mu, quantile, x, y));
  };
  const z = normalQuantile((1 - confidence) / 2);
  const [fLow, fHigh] = [shiftStatistic(low, 0, x, y), shiftStatistic(high, 0, x, y)];
  const estimate = brent(low, high, fLow, fHigh, (mu) => shiftStatistic(mu, 0, x, y));
  return { estimate, low: root(-z), high: root(z) };
}

/** The standardised rank sum of x - mu among y, less a quantile: it falls as mu grows, and is 0 at the bound sought. */
export function shiftStatistic(
  mu: number,
  quantile: number,
  x: readonly number[],
  y: readonly number[],
): number {
  const [m, n] = [x.length, y.length];
  const ranks = rankTogether(
    x.map((value) => value - mu),
    y,
  );
  const ties = new Map<number, number>();
  for (const rank of ranks) ties.set(rank, (ties.get(rank) ?? 0) + 1);
  const tied = [...ties.values()].reduce((sum, count) => sum + count ** 3 - count, 0);
  const distance = ranks.slice(0, m).reduce((sum, rank) => sum + rank, 0) - (m * (m + 1)) / 2 - (m * n) / 2;
  const correction = Math.sign(distance) * 0.5;
  const sigma = Math.sqrt(((m * n) / 12) * (m + n + 1 - tied / ((m + n) * (m + n - 1))));
  if (sigma === 0) throw new RangeError('there is no shift between values that are all tied');
  return (distance - correction) / sigma - quantile;
}

/** Ranks from 1 of both samples together, x first; ties share the mean of theirs. */
export function rankTogether(x: readonly number[], y: readonly number[]): number[] {
  const all = [...x, ...y];
  const order = all.map((_, index) => index).sort((a, b) => (all[a] ?? 0) - (all[b] ?? 0));
  const ranks = new Array<number>(all.length).fill(0);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && all[order[to + 1] ?? 0] === all[order[from] ?? 0]) to += 1;
    for (let i = from; i <= to; i += 1) ranks[order[i] ?? 0] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return ranks;
}

/** In two passes, as Apache Commons Math has it. */
export function meanOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return mean + values.reduce((sum, value) => sum + (value - mean), 0) / values.length;
}

const TOLERANCE = 1e-4;
const MOST_STEPS = 1001;

/** Brent's root finder as in R's zeroin.c (Brent 1973): bisection, secant and inverse quadratic steps. */
function brent(ax: number, bx: number, fax: number, fbx: number, f: (at: number) => number): number {
  if (fax === 0) return ax;
  if (fbx === 0) return bx;
  let [a, b, c] = [ax, bx, ax];
  let [fa, fb, fc] = [fax, fbx, fax];
  for (let i = 0; i < MOST_STEPS; i += 1) {
    const before = b - a;
    if (Math.abs(fc) < Math.abs(fb)) {
      [a, b, c] = [b, c, b];
      [fa, fb, fc] = [fb, fc, fb];
    }
    const tolerance = 2 * Number.EPSILON * Math.abs(b) + TOLERANCE / 2;
    let step = (c - b) / 2;
    if (Math.abs(step) <= tolerance || fb === 0) return b;
    if (Math.abs(before) >= tolerance && Math.abs(fa) > Math.abs(fb)) {
      const span = c - b;
      let p: number;
      let q: number;
      if (a === c) {
        p = (span * fb) / fa;
        q = 1 - fb / fa;
      } else {
        const [r, s, t] = [fa / fc, fb / fc, fb / fa];
        p = t * (span * r * (r - s) - (b - a) * (s - 1));
        q = (r - 1) * (s - 1) * (t - 1);
      }
      if (p > 0) q = -q;
      else p = -p;
      if (p < 0.75 * span * q - Math.abs(tolerance * q) / 2 && p < Math.abs((before * q) / 2)) step = p / q;
    }
    if (Math.abs(step) < tolerance) step = step > 0 ? tolerance : -tolerance;
    a = b;
    fa = fb;
    b += step;
    fb = f(b);
    if ((fb > 0 && fc > 0) || (fb < 0 && fc < 0)) {
      c = a;
      fc = fa;
    }
  }
  return b;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}
