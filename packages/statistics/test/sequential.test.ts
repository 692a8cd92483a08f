import { describe, expect, test } from '@jest/globals';
import { wilson } from '../src/proportion.ts';
import {
  bernoulliBounds,
  bernoulliDifferenceBounds,
  bernoulliLogEvidence,
  bernoulliLogEvidenceAbove,
  meanBounds,
  meanDifferenceBounds,
  rhoFor,
} from '../src/sequential.ts';

/** mulberry32: a small seeded generator, so that the miss rates below are the same on every machine. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const looks = 2000;

describe('bernoulliBounds over 2,000 looks', () => {
  test.each([
    [0.02, 0.05],
    [0.3, 0.05],
    [0.5, 0.1],
  ])('true rate %p, alpha %p: missed no more often than alpha, unlike a fixed-n interval', (p, alpha) => {
    const random = seeded(20_26);
    const runs = 120;
    let missed = 0;
    let wilsonMissed = 0;
    for (let run = 0; run < runs; run++) {
      let s = 0;
      let everOut = false;
      let wilsonOut = false;
      let worst = { evidence: -Infinity, s: 0, n: 0 };
      for (let n = 1; n <= looks; n++) {
        if (random() < p) s++;
        const evidence = bernoulliLogEvidence(s, n, p);
        if (evidence > worst.evidence) worst = { evidence, s, n };
        if (!wilsonOut && n >= 30 && n % 4 === 0) {
          const fixed = wilson(s, n, 1 - alpha);
          wilsonOut = p < fixed.low || p > fixed.high;
        }
      }
      // The interval of the worst look holds p exactly when no look ever excluded it.
      const bounds = bernoulliBounds(worst.s, worst.n, alpha);
      everOut = p < bounds.low || p > bounds.high;
      expect(everOut).toBe(worst.evidence >= -Math.log(alpha));
      if (everOut) missed++;
      if (wilsonOut) wilsonMissed++;
    }
    expect(missed / runs).toBeLessThanOrEqual(alpha);
    expect(wilsonMissed / runs).toBeGreaterThan(3 * alpha);
  });

  test('one-sided: the lower end alone is missed no more often than alpha', () => {
    const random = seeded(7);
    const [p, alpha, runs] = [0.1, 0.1, 60];
    let missed = 0;
    for (let run = 0; run < runs; run++) {
      let s = 0;
      let worst = { evidence: -Infinity, s: 0, n: 1 };
      for (let n = 1; n <= looks; n++) {
        if (random() < p) s++;
        // Only more successes than expected can exclude p from below; the cheap two-sided value bounds the dear one.
        if (s <= p * n || bernoulliLogEvidence(s, n, p) + 2 < worst.evidence) continue;
        const evidence = bernoulliLogEvidenceAbove(s, n, p);
        if (evidence > worst.evidence) worst = { evidence, s, n };
      }
      const out = bernoulliBounds(worst.s, worst.n, alpha, { side: 'lower' }).low > p;
      expect(out).toBe(worst.evidence >= -Math.log(alpha));
      if (out) missed++;
    }
    expect(missed / runs).toBeLessThanOrEqual(alpha);
    expect(missed).toBeGreaterThan(0);
  });
});

describe('bernoulliBounds, shape', () => {
  test('nothing seen: everything is possible', () => {
    expect(bernoulliBounds(0, 0, 0.05)).toEqual({ low: 0, high: 1 });
  });
  test('no success in 100: low is 0, high is where E(p) = 1/alpha', () => {
    const { low, high } = bernoulliBounds(0, 100, 0.05);
    expect(low).toBe(0);
    expect(high).toBeGreaterThan(0.03);
    expect(high).toBeLessThan(0.1);
    expect(Math.exp(bernoulliLogEvidence(0, 100, high))).toBeCloseTo(20, 6);
  });
  test('mirror: successes and failures change places', () => {
    const a = bernoulliBounds(30, 100, 0.05);
    const b = bernoulliBounds(70, 100, 0.05);
    expect(a.low).toBeCloseTo(1 - b.high, 12);
    expect(a.high).toBeCloseTo(1 - b.low, 12);
  });
  test('one end alone is nearer than both ends together', () => {
    const two = bernoulliBounds(30, 100, 0.05);
    expect(bernoulliBounds(30, 100, 0.05, { side: 'lower' }).low).toBeGreaterThan(two.low);
    expect(bernoulliBounds(30, 100, 0.05, { side: 'lower' }).high).toBe(1);
    expect(bernoulliBounds(30, 100, 0.05, { side: 'upper' }).high).toBeLessThan(two.high);
  });
  test('about 1.5 times as wide as a fixed-n interval at 500, and narrowing', () => {
    const sequence = bernoulliBounds(250, 500, 0.05);
    const fixed = wilson(250, 500, 0.95);
    const ratio = (sequence.high - sequence.low) / (fixed.high - fixed.low);
    expect(ratio).toBeGreaterThan(1.3);
    expect(ratio).toBeLessThan(1.9);
    const later = bernoulliBounds(50_000, 100_000, 0.05);
    expect(later.high - later.low).toBeLessThan(0.02);
  });
  test('a million requests without trouble', () => {
    const { low, high } = bernoulliBounds(1000, 1_000_000, 0.05);
    expect(low).toBeGreaterThan(0.0008);
    expect(high).toBeLessThan(0.0012);
  });
  test('a difference is sure only when both arms are', () => {
    const apart = bernoulliDifferenceBounds({ successes: 60, n: 200 }, { successes: 4, n: 200 }, 0.05);
    expect(apart.low).toBeGreaterThan(0);
    const young = bernoulliDifferenceBounds({ successes: 2, n: 3 }, { successes: 0, n: 400 }, 0.05);
    expect(young.low).toBeLessThan(0.5);
    expect(bernoulliDifferenceBounds({ successes: 0, n: 0 }, { successes: 0, n: 0 }, 0.05)).toEqual({
      low: -1,
      high: 1,
    });
  });
  test.each([
    [5, 3, 0.05],
    [-1, 3, 0.05],
    [1, 3, 0],
    [1, 3, 1],
  ])('%p of %p at alpha %p is refused', (s, n, alpha) => {
    expect(() => bernoulliBounds(s, n, alpha)).toThrow(RangeError);
  });
});

describe('meanBounds', () => {
  test.each([
    ['two' as const, 0.05],
    ['lower' as const, 0.05],
  ])('%s-sided over 2,000 looks at skewed latencies: missed no more often than alpha', (side, alpha) => {
    const random = seeded(99);
    const runs = 150;
    let missed = 0;
    let fixedMissed = 0;
    for (let run = 0; run < runs; run++) {
      let mean = 0;
      let squares = 0;
      let out = false;
      let fixedOut = false;
      for (let n = 1; n <= looks; n++) {
        // Sum of three exponentials, true mean 1: skewed as latencies are.
        const value = -Math.log((1 - random()) * (1 - random()) * (1 - random())) / 3;
        const delta = value - mean;
        mean += delta / n;
        squares += delta * (value - mean);
        if (n < 100) continue;
        const variance = squares / (n - 1);
        const bounds = meanBounds({ n, mean, variance }, alpha, undefined, { side, minSamples: 100 });
        out ||= bounds.low > 1 || bounds.high < 1;
        const z = side === 'two' ? 1.959963984540054 : 1.644853626951472;
        const half = z * Math.sqrt(variance / n);
        fixedOut ||= mean - half > 1 || (side === 'two' && mean + half < 1);
      }
      if (out) missed++;
      if (fixedOut) fixedMissed++;
    }
    expect(missed / runs).toBeLessThanOrEqual(alpha);
    expect(fixedMissed / runs).toBeGreaterThan(2 * alpha);
  });

  test('the formula, by hand: n 500, variance 4, rho 0.1, alpha 0.05', () => {
    const { low, high } = meanBounds({ n: 500, mean: 10, variance: 4 }, 0.05, 0.1);
    const width = 2 * Math.sqrt(((2 * 6) / (500 * 500 * 0.01)) * Math.log(Math.sqrt(6) / 0.05));
    expect(high - 10).toBeCloseTo(width, 12);
    expect(10 - low).toBeCloseTo(width, 12);
  });
  test('says nothing from few samples or from no spread', () => {
    const nothing = { low: -Infinity, high: Infinity };
    expect(meanBounds({ n: 10, mean: 1, variance: 1 }, 0.05)).toEqual(nothing);
    expect(meanBounds({ n: 1000, mean: 1, variance: 0 }, 0.05)).toEqual(nothing);
  });
  test('rhoFor makes its own sample size the tightest', () => {
    const widthAt = (rho: number) => {
      const { low, high } = meanBounds({ n: 500, mean: 0, variance: 1 }, 0.05, rho);
      return high - low;
    };
    const best = widthAt(rhoFor(500, 0.05));
    for (const other of [5, 50, 5_000, 50_000]) {
      expect(widthAt(rhoFor(other, 0.05))).toBeGreaterThanOrEqual(best);
    }
  });
  test('differences of means', () => {
    const slow = { n: 400, mean: 900, variance: 10_000 };
    const fast = { n: 400, mean: 300, variance: 10_000 };
    expect(meanDifferenceBounds(slow, fast, 0.05).low).toBeGreaterThan(500);
    expect(meanDifferenceBounds(slow, { ...fast, n: 3 }, 0.05).low).toBe(-Infinity);
  });
});
