import { normalQuantile } from './normal.ts';

/**
 * Sizes of paired comparisons before anything is measured (Miller 2024, "Adding error bars to evals", section 5).
 * One-sided at `confidence`, as gates decide; a two-sided test at 95 % is `confidence` 0.975 here.
 */
export interface PowerOptions {
  /** One-sided. Default 0.95. */
  confidence?: number;
  /** Chance of finding the effect. Default 0.8. */
  power?: number;
}

/** Items needed to find a mean difference of `effect`: n = (z_conf + z_power)² · variance / effect², rounded up. */
export function samplesForEffect(
  effect: number,
  variance: number,
  { confidence = 0.95, power = 0.8 }: PowerOptions = {},
): number {
  if (!(effect > 0) || !(variance >= 0)) {
    throw new RangeError(`needs an effect above 0 and a variance of 0 or more, got ${effect}, ${variance}`);
  }
  const z = normalQuantile(confidence) + normalQuantile(power);
  return Math.max(1, Math.ceil((z * z * variance) / (effect * effect)));
}

/** Smallest mean difference that `n` items of this variance find: (z_conf + z_power) · sqrt(variance / n). */
export function detectableEffect(
  n: number,
  variance: number,
  { confidence = 0.95, power = 0.8 }: PowerOptions = {},
): number {
  if (!(n > 0) || !(variance >= 0)) {
    throw new RangeError(`needs items and a variance of 0 or more, got ${n}, ${variance}`);
  }
  return (normalQuantile(confidence) + normalQuantile(power)) * Math.sqrt(variance / n);
}
