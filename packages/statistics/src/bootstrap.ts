/** Bootstrap over whole runs: requests of one run share its luck, so they can't be drawn apart. */
import { percentile } from './percentile.ts';
import { seededRandom } from './random.ts';

const RESAMPLES = 4_000;

export interface RatioBounds {
  /** Geometric mean of candidate / baseline over the pairs. */
  ratio: number;
  /** One-sided bounds, each alone at the confidence asked for. */
  low: number;
  high: number;
  n: number;
}

/**
 * The ratio of paired runs (the i-th of each side ran one after the other) with bounds of the percentile bootstrap over
 * pairs, on the logarithm. Undefined with fewer than two pairs, or where a value isn't above 0: a ratio says nothing then.
 *
 * @throws RangeError when the two aren't of one length.
 */
export function bootstrapRatio(
  candidate: readonly number[],
  baseline: readonly number[],
  confidence: number,
  seed = 1,
): RatioBounds | undefined {
  if (candidate.length !== baseline.length)
    throw new RangeError(`paired runs differ in number: ${candidate.length} and ${baseline.length}`);
  const logs = candidate.map((value, i) => Math.log(value / (baseline[i] ?? NaN)));
  const n = logs.length;
  if (n < 2 || !logs.every(Number.isFinite)) return undefined;
  const random = seededRandom(seed);
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < n; i += 1) sum += logs[Math.floor(random() * n)] ?? NaN;
    return sum / n;
  });
  const sorted = [...means.sort()];
  const at = (share: number): number => Math.exp(percentile(sorted, share * 100) ?? NaN);
  const ratio = Math.exp(logs.reduce((sum, value) => sum + value, 0) / n);
  return { ratio, low: at(1 - confidence), high: at(confidence), n };
}
