/**
 * Percentiles by linear interpolation between order statistics (Hyndman & Fan type 7, numpy's default "linear").
 * The method is named in reports because tools differ: for {11.276, 11.686} p50 is 11.481 here and 11.276 by nearest rank.
 */

/** The `p`-th percentile (0 to 100) of unsorted values; undefined for none. */
export function percentile(values: readonly number[], p: number): number | undefined {
  if (!(p >= 0 && p <= 100)) throw new RangeError(`a percentile is between 0 and 100, got ${p}`);
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const position = (p / 100) * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low + (high - low) * (position - below);
}

/**
 * Fewest requests from which "p-th percentile <= bar" can be claimed with `confidence` when none was over it:
 * smallest n with (p/100)^n <= 1 − confidence (MLPerf LoadGen, early_stopping.cc: p99 at 95 % needs 299, p95 59).
 */
export function samplesForPercentile(p: number, confidence: number): number {
  if (!(p > 0 && p < 100)) throw new RangeError(`a percentile bound needs 0 < p < 100, got ${p}`);
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`confidence must be between 0 and 1, got ${confidence}`);
  }
  // A hair is taken off before rounding up so that an exact power isn't pushed one sample further by rounding error.
  return Math.ceil(Math.log(1 - confidence) / Math.log(p / 100) - 1e-9);
}
