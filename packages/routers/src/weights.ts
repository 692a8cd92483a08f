/** Whole-number weights for a share, as all weighted routes have them. Pure. */

/** Of the Gateway API's `weight`; the others allow as much or more. */
const MOST = 1_000_000;
/** A total below this shows no percent. */
const FINE = 100;

export interface SplitWeights {
  stable: number;
  canary: number;
  /** What the weights of all other backends are multiplied by, so that their part of the traffic stays. */
  factor: number;
}

/**
 * Divides a backend's weight between stable and canary: exactly where a power of ten makes the share whole, else as near
 * as the largest weight allows. A share between 0 and 1 leaves neither side at 0.
 *
 * @param weight of the stable before the canary came, at least 1
 * @param share 0 to 1
 * @param highest of the other backends' weights
 * @returns undefined where the others' weights are so large that nothing is left to divide
 */
export function splitWeight(weight: number, share: number, highest = 0): SplitWeights | undefined {
  if (share <= 0) return { stable: weight, canary: 0, factor: 1 };
  if (share >= 1) return { stable: 0, canary: weight, factor: 1 };
  let factor = 1;
  for (;;) {
    const exact = weight * factor * share;
    const whole = Math.abs(exact - Math.round(exact)) < 1e-9 * weight * factor;
    const larger = factor * 10 * Math.max(weight, highest);
    const inside = Math.round(exact) > 0 && Math.round(exact) < weight * factor;
    if ((whole && inside && weight * factor >= FINE) || larger > MOST) break;
    factor *= 10;
  }
  const total = weight * factor;
  if (total < 2) return undefined;
  const canary = Math.min(Math.max(Math.round(total * share), 1), total - 1);
  return { stable: total - canary, canary, factor };
}
