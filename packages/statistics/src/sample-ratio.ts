/**
 * Whether a split is the one that was asked for: a sequential test of counts against fixed shares, valid at every look.
 *
 * The evidence is the Bayes factor of a Dirichlet mixture against the shares (Lindon, Malek 2022, "Anytime-valid inference
 * for multinomial count data", NeurIPS), here of two arms. Under the shares it is a martingale from 1, so that it ever
 * reaches 1/alpha with a chance of at most alpha (Ville). Pearson's chi-square of one look is told beside it, as people
 * know it; looked at again and again it errs ever more often.
 */
import { chiSquareTail } from './gamma.ts';
import { logBeta } from './special.ts';

/** How narrow the mixture lies around the shares: mismatches are of some percent, seldom of a half. */
const CONCENTRATION = 200;

export interface SampleRatio {
  /** ln of the evidence against the shares. */
  logEvidence: number;
  /** Of this look alone. */
  chiSquare: number;
  pOfThisLook: number;
}

/** @param share the first count's, between 0 and 1 */
export function sampleRatio(first: number, second: number, share: number): SampleRatio {
  if (!(share > 0 && share < 1)) throw new RangeError(`share must lie between 0 and 1, not ${share}`);
  const n = first + second;
  if (n === 0) return { logEvidence: 0, chiSquare: 0, pOfThisLook: 1 };
  const [a, b] = [CONCENTRATION * share, CONCENTRATION * (1 - share)];
  const logEvidence =
    logBeta(a + first, b + second) - logBeta(a, b) - first * Math.log(share) - second * Math.log1p(-share);
  const chiSquare = (first - n * share) ** 2 / (n * share * (1 - share));
  return { logEvidence, chiSquare, pOfThisLook: chiSquareTail(chiSquare, 1) };
}
