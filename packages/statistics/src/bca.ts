import { normalCdf, normalQuantile } from './normal.ts';
import { resampleSums } from './resample.ts';
import type { Bounds } from './sequential.ts';

/**
 * Bootstrap bounds for what is no mean of its items: a statistic of column sums over the items, such as a perplexity
 * exp(−Σ log-likelihood / Σ words), a ratio, or the difference of two of them over the same items.
 */

export interface BootstrapOptions {
  /** Default 10,000. */
  draws?: number;
  /** Default 1: the same data give the same bounds. */
  seed?: number;
}

export interface Bootstrap extends Bounds {
  estimate: number;
  /** Standard deviation of the draws. */
  se: number;
}

export type Statistic = (sums: readonly number[]) => number;

/**
 * One-sided bounds, each alone at `confidence`, by the bias-corrected and accelerated percentile method
 * (BCa: Efron 1987; Efron and Tibshirani 1993, chapter 14), the acceleration from the jackknife.
 *
 * @param rows n × columns values, row by row: what each item adds to the sums
 * @returns unbounded ends below 2 items, and where all draws are alike or the statistic isn't finite: equal values say
 *   nothing of their spread
 */
export function bootstrapBounds(
  rows: Float64Array,
  columns: number,
  statistic: Statistic,
  confidence: number,
  { draws = 10_000, seed = 1 }: BootstrapOptions = {},
): Bootstrap {
  const n = rows.length / columns;
  const totals = sumColumns(rows, columns);
  const estimate = statistic(totals);
  if (n < 2) return { estimate, se: 0, low: -Infinity, high: Infinity };
  const sums = resampleSums(rows, columns, draws, seed);
  const values = new Float64Array(draws);
  const row = new Array<number>(columns).fill(0);
  for (let draw = 0; draw < draws; draw++) {
    for (let column = 0; column < columns; column++) row[column] = sums[draw * columns + column] ?? NaN;
    values[draw] = statistic(row);
  }
  const acceleration = jackknifeAcceleration(rows, columns, totals, statistic);
  return { estimate, se: deviation(values), ...bcaBounds(values, estimate, acceleration, confidence) };
}

/**
 * BCa ends from draws. z0 = Φ⁻¹(share of draws below the estimate, ties half); the end at α is the draws' quantile at
 * Φ(z0 + (z0 + z)/(1 − a(z0 + z))), z = Φ⁻¹(α), linear between order statistics. Sorts `values` in place.
 *
 * @param acceleration a of the formula; 0 leaves bias correction alone
 */
export function bcaBounds(
  values: Float64Array,
  estimate: number,
  acceleration: number,
  confidence: number,
): Bounds {
  values.sort();
  const [first = NaN, last = NaN] = [values[0], values[values.length - 1]];
  const share =
    (countBelow(values, estimate, false) + countBelow(values, estimate, true)) / (2 * values.length);
  const isUsable = Number.isFinite(first) && Number.isFinite(last) && first < last;
  if (!isUsable || !(share > 0 && share < 1) || !Number.isFinite(acceleration)) {
    return { low: -Infinity, high: Infinity };
  }
  const z0 = normalQuantile(share);
  const end = (alpha: number): number => {
    const z = z0 + normalQuantile(alpha);
    return quantileOfSorted(values, normalCdf(z0 + z / (1 - acceleration * z)));
  };
  return { low: end(1 - confidence), high: end(confidence) };
}

/** a = Σ U³ / (6 (Σ U²)^1.5), U = mean of the leave-one-out values less each. 0 where they are all alike. */
export function jackknifeAcceleration(
  rows: Float64Array,
  columns: number,
  totals: readonly number[],
  statistic: Statistic,
): number {
  const n = rows.length / columns;
  const without = new Float64Array(n);
  const rest = new Array<number>(columns).fill(0);
  let mean = 0;
  for (let i = 0; i < n; i++) {
    for (let column = 0; column < columns; column++) {
      rest[column] = (totals[column] ?? NaN) - (rows[i * columns + column] ?? NaN);
    }
    // A sum over n − 1 items stands for one over n: ratios don't mind, totals and means do.
    const value = statistic(rest.map((sum) => (sum * n) / (n - 1)));
    without[i] = value;
    mean += value / n;
  }
  let [squares, cubes] = [0, 0];
  for (const value of without) {
    const distance = mean - value;
    squares += distance * distance;
    cubes += distance * distance * distance;
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}

function sumColumns(rows: Float64Array, columns: number): number[] {
  const totals = new Array<number>(columns).fill(0);
  rows.forEach((value, i) => {
    totals[i % columns] = (totals[i % columns] ?? 0) + value;
  });
  return totals;
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** How many sorted values lie below `bar`, or at it too. */
function countBelow(sorted: Float64Array, bar: number, orAt: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = sorted[middle] ?? NaN;
    if (value < bar || (orAt && value === bar)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function quantileOfSorted(sorted: Float64Array, p: number): number {
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low + (high - low) * (position - below);
}
