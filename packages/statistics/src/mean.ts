import { studentQuantile } from './normal.ts';
import type { Bounds } from './sequential.ts';

export interface Moments {
  n: number;
  mean: number;
  /** Sample standard deviation, n − 1 below; 0 when n < 2. */
  sd: number;
  /** Standard error of the mean, sd/√n. */
  se: number;
}

/** Mean, sample standard deviation (ddof 1, as lm-eval) and standard error. NaN mean for no values. Welford's update. */
export function moments(values: readonly number[]): Moments {
  let mean = 0;
  let squares = 0;
  let n = 0;
  for (const value of values) {
    n++;
    const delta = value - mean;
    mean += delta / n;
    squares += delta * (value - mean);
  }
  if (n === 0) return { n, mean: NaN, sd: 0, se: 0 };
  const sd = n < 2 ? 0 : Math.sqrt(squares / (n - 1));
  return { n, mean, sd, se: sd / Math.sqrt(n) };
}

/**
 * t interval for a mean: mean ± t(df)·se, df = n − 1 unless given (clusters − 1 for a clustered se).
 * `one` puts the whole of 1 − confidence on each end by itself (two one-sided bounds), `two` halves it.
 * Unbounded when n < 2 or se is 0: equal values say nothing of their spread.
 */
export function meanInterval(
  summary: { n: number; mean: number; se: number },
  confidence: number,
  sided: 'one' | 'two' = 'two',
  df: number = summary.n - 1,
): Bounds {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`confidence must be between 0 and 1, got ${confidence}`);
  }
  const { n, mean, se } = summary;
  if (n < 2 || !(se > 0) || !(df > 0)) return { low: -Infinity, high: Infinity };
  const tail = sided === 'one' ? 1 - confidence : (1 - confidence) / 2;
  const half = studentQuantile(1 - tail, df) * se;
  return { low: mean - half, high: mean + half };
}
