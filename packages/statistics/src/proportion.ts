import { normalQuantile } from './normal.ts';
import { incompleteBetaInverse } from './special.ts';
import type { Bounds } from './sequential.ts';

/** Intervals for one proportion, from a count. Two-sided at `confidence` unless the name says otherwise. */

/**
 * Clopper-Pearson exact interval (1934): low = Beta⁻¹(α/2; s, n−s+1), high = Beta⁻¹(1−α/2; s+1, n−s).
 * Never shorter than promised. No samples: [0, 1].
 */
export function clopperPearson(successes: number, n: number, confidence: number): Bounds {
  const tail = (1 - confidence) / 2;
  return {
    low: clopperPearsonLower(successes, n, 1 - tail),
    high: clopperPearsonUpper(successes, n, 1 - tail),
  };
}

/** One-sided exact lower bound: the rate is at least this, with `confidence`. */
export function clopperPearsonLower(successes: number, n: number, confidence: number): number {
  checkCount(successes, n, confidence);
  return successes === 0 ? 0 : incompleteBetaInverse(1 - confidence, successes, n - successes + 1);
}

/** One-sided exact upper bound: the rate is at most this, with `confidence`. 0 of n gives about 3/n at 95 %. */
export function clopperPearsonUpper(successes: number, n: number, confidence: number): number {
  checkCount(successes, n, confidence);
  return successes === n ? 1 : incompleteBetaInverse(confidence, successes + 1, n - successes);
}

/**
 * Wilson score interval (1927). `successes` may be a half count (wins + ties/2).
 * centre (s + z²/2)/(n + z²), half width z/(n+z²)·sqrt(s(n−s)/n + z²/4).
 */
export function wilson(successes: number, n: number, confidence: number): Bounds {
  return wilsonAt(successes, n, normalQuantile(1 - (1 - confidence) / 2));
}

/** The ends of Wilson's interval, each alone at `confidence`. */
export function wilsonOneSided(successes: number, n: number, confidence: number): Bounds {
  return wilsonAt(successes, n, normalQuantile(confidence));
}

function wilsonAt(successes: number, n: number, z: number): Bounds {
  checkCount(successes, n, 0.5);
  if (n === 0) return { low: 0, high: 1 };
  const square = z * z;
  const centre = (successes + square / 2) / (n + square);
  const half = (z / (n + square)) * Math.sqrt((successes * (n - successes)) / n + square / 4);
  // The score at 0 of n and n of n ends exactly at 0 and 1; rounding would leave 1e-18 there.
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === n ? 1 : Math.min(1, centre + half),
  };
}

function checkCount(successes: number, n: number, confidence: number): void {
  if (!(successes >= 0 && n >= successes && Number.isFinite(n))) {
    throw new RangeError(`a count needs 0 <= successes <= n, got ${successes} of ${n}`);
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`confidence must be between 0 and 1, got ${confidence}`);
  }
}
