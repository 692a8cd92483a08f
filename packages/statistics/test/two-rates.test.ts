import { describe, expect, test } from '@jest/globals';
import { rateDifferenceLogEvidence } from '../src/two-rates.ts';

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const above = (c: [number, number], r: [number, number], margin: number): number =>
  rateDifferenceLogEvidence({ hits: c[0], n: c[1] }, { hits: r[0], n: r[1] }, margin, 'above');

describe('evidence of a difference of two rates', () => {
  test('is none where the counts lie on the null’s side, or an arm is empty', () => {
    expect(above([1, 10], [1, 10], 0)).toBe(0);
    expect(above([5, 100], [0, 100], 0.05)).toBe(0);
    expect(above([9, 10], [0, 0], 0)).toBe(0);
    expect(above([10, 10], [0, 10], -1)).toBe(0);
    expect(() => above([11, 10], [0, 10], 0)).toThrow(RangeError);
  });

  test('is an e-value: over all counts that can be, its mean under a pair of the null is at most 1', () => {
    const choose = (n: number, k: number): number => {
      let ways = 1;
      for (let i = 0; i < k; i += 1) ways = (ways * (n - i)) / (i + 1);
      return ways;
    };
    const chance = (n: number, k: number, p: number): number => choose(n, k) * p ** k * (1 - p) ** (n - k);
    const meanOf = (
      nc: number,
      nr: number,
      pc: number,
      pr: number,
      margin: number,
      side: 'above' | 'below' = 'above',
    ): number => {
      let mean = 0;
      for (let c = 0; c <= nc; c += 1)
        for (let r = 0; r <= nr; r += 1) {
          const [mine, theirs] = [
            { hits: c, n: nc },
            { hits: r, n: nr },
          ];
          const evidence = rateDifferenceLogEvidence(mine, theirs, margin, side);
          const beyond = c / nc - r / nr - margin;
          // What doesn't speak against the null is told as 0, and is less.
          const value = (side === 'above' ? beyond > 0 : beyond < 0) ? Math.exp(evidence) : 0;
          mean += chance(nc, c, pc) * chance(nr, r, pr) * value;
        }
      return mean;
    };
    for (const [nc, nr] of [
      [20, 20],
      [5, 40],
      [30, 10],
    ] as const)
      for (const [pc, pr, margin] of [
        [0.1, 0.1, 0],
        [0.02, 0.02, 0],
        [0.5, 0.5, 0],
        [0.15, 0.1, 0.05],
        [0.05, 0.1, 0.05],
      ] as const)
        for (const side of pc < pr + margin ? (['above'] as const) : (['above', 'below'] as const))
          expect([side, Math.max(1, meanOf(nc, nr, pc, pr, margin, side))]).toEqual([side, 1]);
    // Of equal arms under a small margin: the nearest pair lies beside the end of what rates can be.
    expect(meanOf(20, 20, 0.06, 0.05, 0.01, 'below')).toBeLessThanOrEqual(1);
    // And it is no e-value for what it shall find.
    expect(meanOf(15, 15, 0.7, 0.1, 0)).toBeGreaterThan(20);
  });

  test('grows with the counts, and falls with the margin', () => {
    expect(above([60, 100], [10, 100], 0)).toBeGreaterThan(above([30, 50], [5, 50], 0));
    expect(above([60, 100], [10, 100], 0.1)).toBeLessThan(above([60, 100], [10, 100], 0));
    expect(above([60, 100], [0, 100], 0.05)).toBeGreaterThan(-Math.log(1e-9));
  });

  test('for equal rates within a margin it comes from the other side', () => {
    const below = rateDifferenceLogEvidence({ hits: 0, n: 120 }, { hits: 0, n: 120 }, 0.05, 'below');
    expect(below).toBeGreaterThan(-Math.log(0.05));
  });

  // On the null's very border, where errors are likeliest, looked at after every tenth request, unequal arms.
  test.each<[string, number, number, number]>([
    ['no margin, seldom', 0.01, 0.01, 0],
    ['no margin, often', 0.4, 0.4, 0],
    ['a margin of 5 points', 0.06, 0.01, 0.05],
  ])('at 5 % it errs in at most 5 % of 100 watches: %s', (_, candidate, reference, margin) => {
    let wrong = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = mulberry32(seed);
      const c: [number, number] = [0, 0];
      const r: [number, number] = [0, 0];
      for (let look = 0; look < 40; look += 1) {
        for (let i = 0; i < 10; i += 1) c[0] += random() < candidate ? 1 : 0;
        // The share moves from 1:4 to 1:1, as in a rollout.
        const others = look < 20 ? 40 : 10;
        for (let i = 0; i < others; i += 1) r[0] += random() < reference ? 1 : 0;
        c[1] += 10;
        r[1] += others;
        if (above(c, r, margin) < -Math.log(0.05)) continue;
        wrong += 1;
        break;
      }
    }
    expect(wrong).toBeLessThanOrEqual(5);
  });
});
