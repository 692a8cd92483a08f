/** One-sided bounds of a share, remembered: looks and estimates ask for the same counts again and again. */
import { bernoulliBounds } from '@sluice/statistics/sequential';

const KEPT = 50_000;
const known = new Map<string, number>();

/** The always-valid lower or upper bound of the rate behind `hits` of `n`, at `alpha` (see bernoulliBounds). */
export function countBound(side: 'lower' | 'upper', hits: number, n: number, alpha: number): number {
  const key = `${side} ${hits} ${n} ${alpha}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const bounds = bernoulliBounds(hits, n, alpha, { side });
  const bound = side === 'lower' ? bounds.low : bounds.high;
  if (known.size >= KEPT) known.clear();
  known.set(key, bound);
  return bound;
}
