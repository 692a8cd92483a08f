import { createRandom } from './xoshiro.ts';

/** Up to this many differences all 2^n signs are tried. */
const EXACT_LIMIT = 16;

export interface Permutation {
  /** Two-sided: how often a mean at least this far from 0 comes out when each sign is a coin. */
  p: number;
  exact: boolean;
}

/**
 * Sign-flip permutation test of paired differences (Fisher 1935; Pitman 1937): under "no difference" each item's
 * difference could as well have the other sign. Differences of 0 take part and change nothing.
 *
 * All signs up to 16 items that differ. Beyond, `draws` random ones, p = (hits + 1)/(draws + 1), which is never too small
 * (Phipson and Smyth 2010). Ties are counted within 1e-14 of the largest sum, as scipy.stats.permutation_test does.
 */
export function signFlipTest(
  differences: readonly number[],
  { draws = 10_000, seed = 1 }: { draws?: number; seed?: number } = {},
): Permutation {
  const moved = Float64Array.from(differences.filter((difference) => difference !== 0));
  const n = moved.length;
  const seen = Math.abs(moved.reduce((sum, difference) => sum + difference, 0));
  const largest = moved.reduce((sum, difference) => sum + Math.abs(difference), 0);
  if (n === 0) return { p: 1, exact: true };
  const bar = seen - 1e-14 * largest;
  if (n <= EXACT_LIMIT) {
    let hits = 0;
    for (let signs = 0; signs < 1 << n; signs++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (signs >>> i) & 1 ? (moved[i] as number) : -(moved[i] as number);
      if (Math.abs(sum) >= bar) hits++;
    }
    return { p: hits / (1 << n), exact: true };
  }
  const random = createRandom(seed);
  let hits = 0;
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0;
    for (let start = 0; start < n; start += 32) {
      const signs = random.bits();
      const end = Math.min(32, n - start);
      for (let i = 0; i < end; i++) {
        const value = moved[start + i] as number;
        sum += (signs >>> i) & 1 ? value : -value;
      }
    }
    if (Math.abs(sum) >= bar) hits++;
  }
  return { p: (hits + 1) / (draws + 1), exact: false };
}
