import { wilsonOneSided } from './proportion.ts';
import type { Bounds } from './sequential.ts';

/**
 * Difference of two independent proportions, Newcombe's hybrid score interval (1998, "Interval estimation for the difference
 * between independent proportions", method 10), each end alone at `confidence`: the two Wilson intervals' nearer ends combined,
 * low = d − sqrt((p − l₁)² + (u₂ − q)²), high = d + sqrt((u₁ − p)² + (q − l₂)²). Keeps a width at 0 and 1, where the
 * normal interval has none. Counts may be halves (ties).
 */
export function newcombeDifference(
  one: { successes: number; n: number },
  other: { successes: number; n: number },
  confidence: number,
): Bounds & { difference: number; se: number } {
  const p = one.successes / one.n;
  const q = other.successes / other.n;
  const a = wilsonOneSided(one.successes, one.n, confidence);
  const b = wilsonOneSided(other.successes, other.n, confidence);
  const difference = p - q;
  return {
    difference,
    se: Math.sqrt((p * (1 - p)) / one.n + (q * (1 - q)) / other.n),
    low: difference - Math.hypot(p - a.low, b.high - q),
    high: difference + Math.hypot(a.high - p, q - b.low),
  };
}
