/**
 * A sequential test of the difference of two rates, of counts alone: which arm a request went to, in which order and in
 * which proportion, doesn't matter, so it holds while traffic moves from step to step.
 *
 * The evidence is a mixture of likelihoods over both rates, divided by the greatest likelihood that any pair under the
 * null could give (universal inference: Wasserman, Ramdas, Balakrishnan 2020, section 7; the mixture as numerator makes it
 * predictable). Under every single pair of rates the same mixture over that pair's likelihood is a martingale from 1, and
 * dividing by the greatest one only makes it smaller: by Ville's inequality P(ever E >= 1/alpha) <= alpha.
 *
 * It needs about two thirds of the requests that two separate confidence sequences need, each at half of alpha.
 */
import { logBeta } from './special.ts';

export interface RateCount {
  hits: number;
  n: number;
}

/** A Beta prior for each arm, and its share of the mixture. Any choice is valid; it only tunes where power is. */
interface Prior {
  share: number;
  candidate: readonly [number, number];
  reference: readonly [number, number];
}

/** Against "no more than the margin above": a candidate that errs at some rate beside a reference that seldom does. */
const WORSE: readonly Prior[] = [
  { share: 0.8, candidate: [1, 6], reference: [0.5, 30] },
  { share: 0.2, candidate: [1, 1], reference: [0.5, 0.5] },
];

/** Against "more than the margin above": both seldom. */
const EQUAL: readonly Prior[] = [
  { share: 0.8, candidate: [0.5, 50], reference: [0.5, 30] },
  { share: 0.2, candidate: [0.5, 0.5], reference: [0.5, 0.5] },
];

/**
 * ln E against "the candidate's rate is at most the reference's plus `margin`" (`above`), or "at least" it (`below`).
 * 0 or less where the counts don't speak against it. Proven at alpha when it reaches -ln(alpha).
 *
 * @param margin difference of rates, -1 to 1
 */
export function rateDifferenceLogEvidence(
  candidate: RateCount,
  reference: RateCount,
  margin: number,
  side: 'above' | 'below',
): number {
  for (const { hits, n } of [candidate, reference]) {
    if (!(hits >= 0 && n >= hits && Number.isFinite(n)))
      throw new RangeError(`needs 0 <= hits <= n, got ${hits} of ${n}`);
  }
  if (candidate.n === 0 || reference.n === 0) return 0;
  const difference = candidate.hits / candidate.n - reference.hits / reference.n - margin;
  if (side === 'above' ? difference <= 0 : difference >= 0) return 0;
  // No pair of rates lies on the null's side: it can't be true, but that is arithmetic and no evidence.
  if (side === 'above' ? margin <= -1 : margin >= 1) return 0;
  return (
    mixture(candidate, reference, side === 'above' ? WORSE : EQUAL) -
    bestOnBoundary(candidate, reference, margin)
  );
}

function mixture(candidate: RateCount, reference: RateCount, priors: readonly Prior[]): number {
  const logs = priors.map(
    (prior) =>
      Math.log(prior.share) + marginal(candidate, prior.candidate) + marginal(reference, prior.reference),
  );
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0));
}

/** ln of the chance of this very sequence when its rate was drawn from Beta(a, b). */
function marginal({ hits, n }: RateCount, [a, b]: readonly [number, number]): number {
  return logBeta(a + hits, b + n - hits) - logBeta(a, b);
}

/**
 * The greatest ln likelihood where candidate = reference + margin: the counts lie outside the null, and the likelihood is
 * concave, so it is greatest on the border.
 */
function bestOnBoundary(candidate: RateCount, reference: RateCount, margin: number): number {
  let low = Math.max(0, -margin);
  let high = Math.min(1, 1 - margin);
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (slope(candidate, middle + margin) + slope(reference, middle) > 0) low = middle;
    else high = middle;
  }
  const rate = (low + high) / 2;
  return logLikelihood(candidate, rate + margin) + logLikelihood(reference, rate);
}

function slope({ hits, n }: RateCount, rate: number): number {
  return (hits === 0 ? 0 : hits / rate) - (n === hits ? 0 : (n - hits) / (1 - rate));
}

function logLikelihood({ hits, n }: RateCount, rate: number): number {
  return (hits === 0 ? 0 : hits * Math.log(rate)) + (n === hits ? 0 : (n - hits) * Math.log1p(-rate));
}
