import { upperGamma } from './gamma.ts';

/**
 * Exact one-sided upper confidence bound of a Poisson mean when `count` events were seen: the μ with P(X <= count; μ) =
 * 1 - confidence, which is χ²(confidence; 2·count + 2)/2 (Garwood 1936). P(X <= k; μ) = Q(k + 1, μ), DLMF 8.4.10. Bisection,
 * to the last bits.
 *
 * @param confidence in (0, 1)
 */
export function poissonUpper(count: number, confidence: number): number {
  if (!Number.isInteger(count) || count < 0 || !(confidence > 0 && confidence < 1))
    throw new RangeError(`poissonUpper needs a count and a confidence, got ${count}, ${confidence}`);
  const alpha = 1 - confidence;
  let [low, high] = [0, count + 1];
  while (upperGamma(count + 1, high) > alpha) high *= 2;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (upperGamma(count + 1, middle) > alpha) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
