import { meanInterval, moments } from './mean.ts';
import { normalQuantile } from './normal.ts';
import { bisect, logGamma } from './special.ts';
import type { Bounds } from './sequential.ts';

/** Differences candidate − baseline on the same items. */

/** Counts of a pass/fail comparison item by item. */
export interface PairedCounts {
  /** Items only the candidate got right. */
  gained: number;
  /** Items only the baseline got right. */
  lost: number;
  /** Items where both agree (both right or both wrong). */
  same: number;
}

export interface PairedDifference {
  n: number;
  difference: number;
  /** One-sided bounds, each alone at the confidence asked for. */
  low: number;
  high: number;
  /** Standard error used for sample-size arithmetic; 0 when nothing differed. */
  se: number;
  method: 'score' | 't';
  /** The counts behind a score interval. */
  counts?: PairedCounts;
}

/**
 * McNemar's test, two-sided p from the discordant pairs alone: exact binomial, and Lancaster's mid-p (exact minus half the
 * probability of the observed table; Fagerland, Lydersen, Laake 2013). Both 1 when nothing differed.
 */
export function mcnemar(gained: number, lost: number): { exact: number; midP: number } {
  const n = gained + lost;
  if (n === 0) return { exact: 1, midP: 1 };
  const k = Math.min(gained, lost);
  const at = (i: number) => Math.exp(logGamma(n + 1) - logGamma(i + 1) - logGamma(n - i + 1) - n * Math.LN2);
  let tail = 0;
  for (let i = 0; i <= k; i++) tail += at(i);
  const exact = Math.min(1, 2 * tail);
  const midP = gained === lost ? 1 - at(k) / 2 : Math.min(1, 2 * tail - at(k));
  return { exact, midP };
}

/**
 * Tango's score interval (1998) for the difference of paired proportions, the ends each alone at `confidence`:
 * {Δ : |gained − lost − nΔ| / sqrt(n(2q + Δ(1−Δ))) < z}, with q, the chance of a lost item, estimated under Δ.
 * It keeps a width of about z²/n when nothing differed, where the t interval has none.
 */
export function pairedProportionBounds(counts: PairedCounts, confidence: number): Bounds {
  const { gained, lost, same } = counts;
  const n = gained + lost + same;
  if (n === 0) return { low: -1, high: 1 };
  const z = normalQuantile(confidence);
  const score = (delta: number) => {
    const a = 2 * n;
    const b = -gained - lost + (2 * n - gained + lost) * delta;
    const c = -lost * delta * (1 - delta);
    const q = (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a);
    const variance = n * (2 * q + delta * (1 - delta));
    const distance = gained - lost - n * delta;
    if (variance <= 0) return distance === 0 ? 0 : Math.sign(distance) * Infinity;
    return distance / Math.sqrt(variance);
  };
  const difference = (gained - lost) / n;
  // The score falls as Δ grows: +z at the lower end, −z at the upper.
  return {
    low: gained - lost === -n ? -1 : bisect((delta) => z - score(delta), -1, difference),
    high: gained - lost === n ? 1 : bisect((delta) => -z - score(delta), difference, 1),
  };
}

/**
 * Items in all at which the same shares of gained and lost items would give bounds that `settles` accepts; undefined beyond
 * 10⁸. Searched, since the score interval of few discordant items narrows with n and not with its root.
 */
export function samplesForPairs(
  counts: PairedCounts,
  confidence: number,
  settles: (bounds: Bounds) => boolean,
): number | undefined {
  const n = counts.gained + counts.lost + counts.same;
  if (n === 0) return undefined;
  const holds = (size: number) => {
    const factor = size / n;
    const scaled = { gained: counts.gained * factor, lost: counts.lost * factor, same: counts.same * factor };
    return settles(pairedProportionBounds(scaled, confidence));
  };
  let low = n;
  let high = n;
  while (!holds(high)) {
    low = high;
    high *= 2;
    if (high > 100_000_000) return undefined;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Counts of item-wise pass/fail scores; undefined when a score is neither 0 nor 1. */
export function pairedCounts(
  candidate: readonly number[],
  baseline: readonly number[],
): PairedCounts | undefined {
  checkPaired(candidate, baseline);
  const counts = { gained: 0, lost: 0, same: 0 };
  for (const [i, c] of candidate.entries()) {
    const b = baseline[i];
    if ((c !== 0 && c !== 1) || (b !== 0 && b !== 1)) return undefined;
    if (c > b) counts.gained++;
    else if (c < b) counts.lost++;
    else counts.same++;
  }
  return counts;
}

/**
 * The mean difference with one-sided bounds: Tango's score interval where every score is 0 or 1, paired t otherwise.
 *
 * @param range largest possible difference of one item (1 for shares). With it, differences that are all alike still get
 *   a width: an item that differs by the whole range may have stayed unseen with chance z²/(n+z²). Without, they get none of
 *   the certainty either: the bounds are infinite.
 * @throws RangeError when the two aren't of one length.
 */
export function pairedDifference(
  candidate: readonly number[],
  baseline: readonly number[],
  confidence: number,
  range?: number,
): PairedDifference {
  const counts = pairedCounts(candidate, baseline);
  const differences = candidate.map((value, i) => value - (baseline[i] ?? NaN));
  const { n, mean, se } = moments(differences);
  if (counts && n > 0) {
    return {
      n,
      difference: mean,
      ...pairedProportionBounds(counts, confidence),
      se,
      method: 'score',
      counts,
    };
  }
  if (n >= 2 && se === 0 && range !== undefined) {
    const z = normalQuantile(confidence);
    const slack = (range * z * z) / (n + z * z);
    return { n, difference: mean, low: mean - slack, high: mean + slack, se, method: 't' };
  }
  return { n, difference: mean, ...meanInterval({ n, mean, se }, confidence, 'one'), se, method: 't' };
}

function checkPaired(candidate: readonly number[], baseline: readonly number[]): void {
  if (candidate.length !== baseline.length) {
    throw new RangeError(`paired values differ in length: ${candidate.length} and ${baseline.length}`);
  }
}
