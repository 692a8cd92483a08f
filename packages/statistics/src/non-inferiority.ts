import { normalQuantile } from './normal.ts';
import { samplesForPairs, type PairedCounts } from './paired.ts';
import { detectableEffect } from './power.ts';
import { clopperPearsonLower, clopperPearsonUpper, wilsonOneSided } from './proportion.ts';

/** Three-way decisions on one-sided bounds: what isn't shown either way is inconclusive, never a pass. */

export type Decision = 'pass' | 'fail' | 'inconclusive';

export interface Comparison {
  decision: Decision;
  /** The change, made so that positive is better. */
  gain: number;
  low: number;
  high: number;
  /** Smallest true drop beyond the allowed one that this many samples find 4 times in 5. */
  detectable: number | undefined;
  /** Samples in all at which the same observed change would decide; undefined when none would, or nothing is known of the spread. */
  needed: number | undefined;
}

const neverBeyond = 100_000_000;

/**
 * Non-inferiority: H0 "the candidate is worse by `margin` or more". Pass when the lower bound of the gain is above −margin,
 * fail when its upper bound is below −margin. A negative margin asks for more than equality (`better-than … by`).
 *
 * @param difference candidate − baseline with one-sided bounds at `confidence`
 * @param higherIsBetter turns the sign for costs, latencies, perplexity
 */
export function decideNonInferiority(
  difference: { n: number; difference: number; low: number; high: number; se: number; counts?: PairedCounts },
  margin: number,
  higherIsBetter: boolean,
  confidence: number,
): Comparison {
  const gain = higherIsBetter ? difference.difference : -difference.difference;
  const low = higherIsBetter ? difference.low : -difference.high;
  const high = higherIsBetter ? difference.high : -difference.low;
  const z = normalQuantile(confidence);
  // The bound's own half width is the larger of the two estimates when the standard error collapsed to 0.
  const spread = Math.max(difference.se, Number.isFinite(gain - low) ? (gain - low) / z : 0);
  const detectable = spread > 0 ? detectableEffect(1, spread * spread, { confidence }) : undefined;
  const decision: Decision =
    Number.isFinite(low) && low > -margin ? 'pass' : high < -margin ? 'fail' : 'inconclusive';
  return {
    decision,
    gain,
    low,
    high,
    detectable,
    needed:
      decision === 'inconclusive'
        ? samplesToDecide(difference, gain + margin, margin, higherIsBetter, confidence, spread)
        : undefined,
  };
}

/** `lead` is how far the gain seen lies from the bar: only a positive one can become a pass, a negative one a failure. */
function samplesToDecide(
  { n, counts }: { n: number; counts?: PairedCounts },
  lead: number,
  margin: number,
  higherIsBetter: boolean,
  confidence: number,
  spread: number,
): number | undefined {
  if (lead === 0 || !(spread > 0)) return undefined;
  if (counts !== undefined) {
    return samplesForPairs(counts, confidence, ({ low, high }) => {
      const [worst, best] = higherIsBetter ? [low, high] : [-high, -low];
      return lead > 0 ? worst > -margin : best < -margin;
    });
  }
  const needed = Math.ceil(n * ((normalQuantile(confidence) * spread) / lead) ** 2);
  return needed <= neverBeyond ? Math.max(needed, n + 1) : undefined;
}

/** How a proportion's bound is made: exact for counts, the score for half counts (ties). */
export type ProportionMethod = 'clopper-pearson' | 'wilson';

/** One-sided bounds of a proportion, each alone at `confidence`. Half counts are only possible by Wilson. */
export function proportionBounds(
  successes: number,
  n: number,
  confidence: number,
): { low: number; high: number; method: ProportionMethod } {
  if (!Number.isInteger(successes)) {
    return { ...wilsonOneSided(successes, n, confidence), method: 'wilson' };
  }
  return {
    low: clopperPearsonLower(successes, n, confidence),
    high: clopperPearsonUpper(successes, n, confidence),
    method: 'clopper-pearson',
  };
}

/**
 * Samples at which the rate seen so far would decide a bar: the smallest n whose count round-down (for a bar from below; up for
 * one from above) has its bound past the bar. Undefined when the rate lies on the wrong side of it or beyond 10⁸ samples.
 */
export function samplesForProportion(
  rate: number,
  bar: number,
  side: 'above' | 'below',
  confidence: number,
  from: number,
): number | undefined {
  if (side === 'above' ? rate <= bar : rate >= bar) return undefined;
  const holds = (n: number) => {
    if (side === 'above') return clopperPearsonLower(Math.floor(rate * n + 1e-9), n, confidence) > bar;
    return clopperPearsonUpper(Math.ceil(rate * n - 1e-9), n, confidence) < bar;
  };
  // Doubling to bracket, then halving: the bound is near enough monotone in n that the last few are walked.
  let high = Math.max(1, from);
  while (!holds(high)) {
    high *= 2;
    if (high > neverBeyond) return undefined;
  }
  let low = Math.max(1, from);
  while (high - low > 64) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  for (let n = low; n <= high; n++) if (holds(n)) return n;
  return high;
}
