import { bisect, incompleteBeta, logBeta } from './special.ts';

/**
 * Always-valid bounds (confidence sequences): the chance that the true value is EVER outside, however often one looks
 * and whenever one stops, is at most alpha. A fixed-n interval (Wilson, t) looked at again and again has no such promise.
 */

export interface Bounds {
  low: number;
  high: number;
}

/** `two`: both ends hold together at alpha. `lower`/`upper`: only that end, at the whole of alpha; the other is trivial. */
export type Side = 'two' | 'lower' | 'upper';

export interface BernoulliOptions {
  side?: Side;
  /** Beta(a, b) over the true rate that the mixture is tuned by; any choice is valid. Jeffreys' 1/2, 1/2 by default. */
  a?: number;
  b?: number;
}

/**
 * ln E(p) of the beta-binomial mixture, E(p) = B(a+s, b+n-s) / (B(a,b) p^s (1-p)^(n-s)).
 * Under the true p it is a martingale from 1, so by Ville's inequality P(ever E >= 1/alpha) <= alpha
 * (Robbins 1970; Howard, Ramdas, McAuliffe, Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences").
 */
export function bernoulliLogEvidence(successes: number, n: number, p: number, a = 0.5, b = 0.5): number {
  const failures = n - successes;
  const logLikelihood = term(successes, Math.log(p)) + term(failures, Math.log1p(-p));
  return logBeta(a + successes, b + failures) - logBeta(a, b) - logLikelihood;
}

/** 0 * -Infinity is 0 here: a success never seen says nothing against p = 0. */
function term(count: number, logChance: number): number {
  return count === 0 ? 0 : count * logChance;
}

/**
 * Confidence sequence for one proportion: `successes` of `n`, both counted from the start of the watch.
 *
 * Two-sided: {p : E(p) < 1/alpha}, solved by bisection in log space on either side of s/n (ln E is convex in p with its
 * minimum there). One-sided: the same with the mixture cut off to the rates beyond p, E = B-mixture over q > p divided by
 * its prior mass; for q > p the likelihood ratio is a supermartingale for every true rate <= p, so the whole alpha is spent on one end.
 *
 * @returns [0, 1] when n is 0. The interval never has zero width.
 * @throws RangeError for counts that aren't 0 <= successes <= n, or an alpha outside (0, 1).
 */
export function bernoulliBounds(
  successes: number,
  n: number,
  alpha: number,
  options: BernoulliOptions = {},
): Bounds {
  checkAlpha(alpha);
  if (!(successes >= 0 && n >= successes && Number.isFinite(n))) {
    throw new RangeError(`bernoulliBounds needs 0 <= successes <= n, got ${successes} of ${n}`);
  }
  if (n === 0) return { low: 0, high: 1 };
  const { side = 'two', a = 0.5, b = 0.5 } = options;
  const bar = -Math.log(alpha);
  const rate = successes / n;
  // Upper bounds are lower bounds of the failures: one formula, mirrored.
  const low = side === 'upper' ? 0 : lowerEnd(successes, n, rate, bar, side, a, b);
  const high = side === 'lower' ? 1 : 1 - lowerEnd(n - successes, n, 1 - rate, bar, side, b, a);
  return { low, high };
}

/**
 * The one-sided twin of {@link bernoulliLogEvidence}: ln E against "the true rate is at most p", from the mixture over the rates above p.
 */
export function bernoulliLogEvidenceAbove(successes: number, n: number, p: number, a = 0.5, b = 0.5): number {
  const posterior = 1 - incompleteBeta(p, a + successes, b + n - successes);
  const prior = 1 - incompleteBeta(p, a, b);
  return bernoulliLogEvidence(successes, n, p, a, b) + Math.log(posterior) - Math.log(prior);
}

function lowerEnd(s: number, n: number, rate: number, bar: number, side: Side, a: number, b: number): number {
  if (s === 0) return 0;
  const evidenceOf = side === 'two' ? bernoulliLogEvidence : bernoulliLogEvidenceAbove;
  const logEvidence = (p: number) => evidenceOf(s, n, p, a, b);
  // ln E falls from +Infinity at p = 0 towards s/n; p is excluded while ln E >= ln(1/alpha).
  return bisect((p) => bar - logEvidence(p), 0, rate);
}

/**
 * Confidence sequence for the difference candidate − reference of two independent proportions, each with its own count
 * (the arms need not be equally large). Each arm gets alpha/2 of the error (union bound): valid, a little wide.
 */
export function bernoulliDifferenceBounds(
  candidate: { successes: number; n: number },
  reference: { successes: number; n: number },
  alpha: number,
  options: BernoulliOptions = {},
): Bounds {
  const { side = 'two' } = options;
  const opposite: Side = side === 'lower' ? 'upper' : side === 'upper' ? 'lower' : 'two';
  const c = bernoulliBounds(candidate.successes, candidate.n, alpha / 2, options);
  const r = bernoulliBounds(reference.successes, reference.n, alpha / 2, { ...options, side: opposite });
  return { low: c.low - r.high, high: c.high - r.low };
}

export interface MeanSummary {
  n: number;
  mean: number;
  /** Sample variance (n − 1 or n below, no matter at these sizes). */
  variance: number;
}

export interface MeanOptions {
  side?: Side;
  /** Below this many samples nothing is claimed: the guarantee is asymptotic. Default 30. */
  minSamples?: number;
}

/**
 * The mixture's scale that makes the two-sided sequence tightest at `n` samples
 * (Waudby-Smith et al. 2024, eq. 9: sqrt((−2 ln α + ln(−2 ln α) + 1) / n)).
 */
export function rhoFor(n: number, alpha: number): number {
  checkAlpha(alpha);
  // For alpha near 1 the inner logarithm turns negative; the scale only tunes width, so a floor keeps it real.
  const l = -2 * Math.log(alpha);
  return Math.sqrt(Math.max(0.1, l + Math.log(l) + 1) / n);
}

/**
 * Asymptotic confidence sequence for a mean, by the normal mixture
 * (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2024, "Time-uniform central limit theory and asymptotic confidence sequences"):
 *   two-sided  mean ± s·sqrt(2(nρ²+1)/(n²ρ²) · ln(sqrt(nρ²+1)/α))             (their Theorem 2.2)
 *   one-sided  mean − s·sqrt(2(nρ²+1)/(n²ρ²) · ln(1 + sqrt(nρ²+1)/(2α)))      (their appendix, half-normal mixture)
 *
 * The guarantee is asymptotic: for strongly skewed values (a few giant latencies) raise `minSamples`, or ask for the share
 * over a bar instead, with {@link bernoulliBounds}, which holds at every n.
 *
 * @param rho scale of the mixture; default: tightest at 500 samples.
 * @returns unbounded below `minSamples`, and where the variance is 0: equal values so far say nothing of their spread.
 */
export function meanBounds(
  summary: MeanSummary,
  alpha: number,
  rho: number = rhoFor(500, alpha),
  options: MeanOptions = {},
): Bounds {
  checkAlpha(alpha);
  const { n, mean, variance } = summary;
  const { side = 'two', minSamples = 30 } = options;
  if (!(variance >= 0) || !Number.isFinite(mean)) {
    throw new RangeError(`meanBounds needs a finite mean and a variance >= 0, got ${mean}, ${variance}`);
  }
  if (n < minSamples || n < 2 || variance === 0) return { low: -Infinity, high: Infinity };
  const scaled = n * rho * rho + 1;
  const logTerm =
    side === 'two' ? Math.log(Math.sqrt(scaled) / alpha) : Math.log1p(Math.sqrt(scaled) / (2 * alpha));
  const width = Math.sqrt(variance * ((2 * scaled) / (n * n * rho * rho)) * logTerm);
  return {
    low: side === 'upper' ? -Infinity : mean - width,
    high: side === 'lower' ? Infinity : mean + width,
  };
}

/**
 * Confidence sequence for the difference candidate − reference of two independent means; alpha/2 for each arm (union bound).
 */
export function meanDifferenceBounds(
  candidate: MeanSummary,
  reference: MeanSummary,
  alpha: number,
  rho: number = rhoFor(500, alpha / 2),
  options: MeanOptions = {},
): Bounds {
  const { side = 'two' } = options;
  const opposite: Side = side === 'lower' ? 'upper' : side === 'upper' ? 'lower' : 'two';
  const c = meanBounds(candidate, alpha / 2, rho, options);
  const r = meanBounds(reference, alpha / 2, rho, { ...options, side: opposite });
  return { low: c.low - r.high, high: c.high - r.low };
}

function checkAlpha(alpha: number): void {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`alpha must be between 0 and 1, got ${alpha}`);
}
