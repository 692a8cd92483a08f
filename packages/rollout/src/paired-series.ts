/**
 * What is read at looks (a queue, a value of PromQL) as something that a sequential test can judge.
 *
 * Assumed, because no request stands behind such numbers: that each version's readings come from a stationary process whose
 * memory is about that of an autoregression of first order. Readings follow one another closely, so `n` of them count
 * as n (1 - r) / (1 + r) independent ones, r being the correlation of one with the next (Bartlett 1935; r below 0 counts
 * as 0). Two versions are compared by their differences at the same moments, so that what moves both (the hour, the load)
 * cancels out.
 */
import type { Moments } from './evidence.ts';

/** `n` is the effective number; `read` the readings themselves. */
export interface Readings extends Moments {
  read: number;
}

export function readingsOf(values: readonly number[]): Readings {
  const read = values.length;
  if (read < 2) return { n: read, read, mean: values[0] ?? 0, variance: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / read;
  let squares = 0;
  let lagged = 0;
  for (const [index, value] of values.entries()) {
    squares += (value - mean) ** 2;
    if (index > 0) lagged += (value - mean) * ((values[index - 1] ?? 0) - mean);
  }
  const correlation = squares === 0 ? 0 : Math.min(0.98, Math.max(0, lagged / squares));
  const n = Math.max(1, (read * (1 - correlation)) / (1 + correlation));
  return { n, read, mean, variance: squares / (read - 1) };
}

/** `mine - factor * theirs` at the moments that both were read. */
export function differences(
  mine: readonly [number, number][],
  theirs: readonly [number, number][],
  factor = 1,
): number[] {
  const other = new Map(theirs);
  return mine.flatMap(([at, value]) => {
    const beside = other.get(at);
    return beside === undefined ? [] : [value - factor * beside];
  });
}
