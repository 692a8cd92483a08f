import { expect, test } from '@jest/globals';
import { sampleRatio } from '../src/sample-ratio.ts';

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test('chi-square of one look is Pearson’s', () => {
  const { chiSquare, pOfThisLook } = sampleRatio(520, 480, 0.5);
  expect(chiSquare).toBeCloseTo(1.6, 12);
  // scipy.stats.chisquare([520, 480]).pvalue
  expect(pOfThisLook).toBeCloseTo(0.2059032107, 9);
  expect(sampleRatio(0, 0, 0.2)).toEqual({ logEvidence: 0, chiSquare: 0, pOfThisLook: 1 });
});

test('the evidence is one: over all counts its mean under the shares is 1', () => {
  for (const share of [0.5, 0.2]) {
    let mean = 0;
    let ways = 1;
    for (let k = 0; k <= 40; k += 1) {
      mean +=
        ways * share ** k * (1 - share) ** (40 - k) * Math.exp(sampleRatio(k, 40 - k, share).logEvidence);
      ways = (ways * (40 - k)) / (k + 1);
    }
    expect(mean).toBeCloseTo(1, 6);
  }
});

test('looked at every 50 users it errs seldom, where chi-square would in every fourth run; a lost tenth is found', () => {
  const random = mulberry32(7);
  const found = (lost: number): [boolean, boolean, number] => {
    const counts = [0, 0];
    let peeked = false;
    for (let n = 1; n <= 5_000; n += 1) {
      const arm = random() < 0.5 ? 0 : 1;
      if (arm === 1 && random() < lost) continue;
      counts[arm] = (counts[arm] ?? 0) + 1;
      if (n % 50 !== 0) continue;
      const { logEvidence, pOfThisLook } = sampleRatio(counts[0] ?? 0, counts[1] ?? 0, 0.5);
      if (pOfThisLook < 0.05) peeked = true;
      if (logEvidence >= Math.log(1_000)) return [true, peeked, n];
    }
    return [false, peeked, 5_000];
  };
  const equal = Array.from({ length: 25 }, () => found(0));
  expect(equal.filter(([wrong]) => wrong)).toEqual([]);
  expect(equal.filter(([, peeked]) => peeked).length).toBeGreaterThan(4);
  const broken = Array.from({ length: 8 }, () => found(0.15));
  expect(broken.filter(([right]) => right)).toHaveLength(8);
});
