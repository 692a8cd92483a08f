import { expect, test } from '@jest/globals';
import { bootstrapRatio } from '../src/bootstrap.ts';
import { exponential, normal, seededRandom } from '../src/random.ts';

test('the ratio is the geometric mean of pairs, and equal ratios have no spread', () => {
  const bounds = bootstrapRatio([2, 4, 6, 8, 10], [1, 2, 3, 4, 5], 0.95);
  expect(bounds?.ratio).toBeCloseTo(2, 12);
  expect(bounds?.low).toBeCloseTo(2, 12);
  expect(bounds?.high).toBeCloseTo(2, 12);
  expect(bounds?.n).toBe(5);
});

test('bounds hold the truth about as often as they say, for runs that are noisy', () => {
  const random = seededRandom(11);
  let covered = 0;
  const rounds = 60;
  for (let round = 0; round < rounds; round += 1) {
    const noise = (): number => Math.exp(normal(random, 0, 0.1));
    const base = Array.from({ length: 10 }, noise);
    const candidate = Array.from({ length: 10 }, () => 1.5 * noise());
    const bounds = bootstrapRatio(candidate, base, 0.95, round);
    if (bounds !== undefined && bounds.high >= 1.5) covered += 1;
  }
  // Percentile bounds of ten runs are a little narrow: 91 % or so instead of 95.
  expect(covered / rounds).toBeGreaterThan(0.8);
  expect(covered / rounds).toBeLessThan(1);
});

test('nothing is said of one pair, of a zero, of what is missing', () => {
  expect(bootstrapRatio([1], [2], 0.95)).toBeUndefined();
  expect(bootstrapRatio([1, 0], [2, 2], 0.95)).toBeUndefined();
  expect(bootstrapRatio([1, NaN], [2, 2], 0.95)).toBeUndefined();
  expect(() => bootstrapRatio([1, 2], [1], 0.95)).toThrow('differ in number');
});

test('random numbers: the seed brings them back, and they are uniform, exponential, normal', () => {
  const [a, b, c] = [seededRandom(5), seededRandom(5), seededRandom(6)];
  expect([a(), a(), a()]).toEqual([b(), b(), b()]);
  expect(a()).not.toBe(c());
  const counts = Array.from({ length: 16 }, () => 0);
  const random = seededRandom(1);
  for (let i = 0; i < 16_000; i += 1) {
    const bin = Math.floor(random() * 16);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const chi2 = counts.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
  // 99.9 % of a chi-square with 15 degrees of freedom.
  expect(chi2).toBeLessThan(37.7);
  const mean = (draw: () => number): number =>
    Array.from({ length: 20_000 }, draw).reduce((sum, value) => sum + value, 0) / 20_000;
  expect(mean(() => exponential(random, 3))).toBeCloseTo(3, 0);
  expect(mean(() => normal(random, 5, 2))).toBeCloseTo(5, 1);
  expect(mean(() => (normal(random, 5, 2) - 5) ** 2)).toBeCloseTo(4, 0);
});
