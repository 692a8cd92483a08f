import { describe, expect, test } from '@jest/globals';
import { drawBinomial } from '../src/binomial-draw.ts';
import { bootstrapBounds } from '../src/bca.ts';
import { createRandom } from '../src/xoshiro.ts';
import { resampleSums } from '../src/resample.ts';

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: ArrayLike<number>): number => {
  const middle = mean(values);
  return mean(Array.from(values, (value) => (value - middle) ** 2));
};

describe('xoshiro128**', () => {
  test('steps as its authors published', () => {
    const random = createRandom(0);
    random.state.set([1, 2, 3, 4]);
    // The first outputs from the state 1, 2, 3, 4, by the authors' C code.
    expect([random.bits(), random.bits(), random.bits(), random.bits()]).toEqual([
      11520, 0, 5927040, 70819200,
    ]);
  });
  test('one seed, one sequence; another seed, another', () => {
    const [one, same, other] = [createRandom(5), createRandom(5), createRandom(6)];
    expect(one.bits()).toBe(same.bits());
    expect(one.bits()).not.toBe(other.bits());
  });
  test('below n: each alike', () => {
    const random = createRandom(1);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) {
      const drawn = random.below(7);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    const chi = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chi).toBeLessThan(27.9); // 6 degrees of freedom, 1 in 10,000
  });
});

describe('binomial draws', () => {
  test.each([
    [5, 0.3],
    [100, 0.01],
    [40, 0.5],
    [1000, 0.02],
    [1000, 0.3],
    [100_000, 0.01024],
    [3000, 0.9],
  ])('of %p at %p have their mean and variance', (n, p) => {
    const random = createRandom(n);
    const draws = Array.from({ length: 8000 }, () => drawBinomial(n, p, random));
    const spread = n * p * (1 - p);
    expect(Math.abs(mean(draws) - n * p)).toBeLessThan(5 * Math.sqrt(spread / 8000));
    // The kurtosis of a binomial is near 3: its variance's own error is sqrt(2/N).
    expect(Math.abs(variance(draws) / spread - 1)).toBeLessThan(5 * Math.sqrt((2 + 1 / spread) / 8000));
    expect(draws.every((draw) => draw >= 0 && draw <= n)).toBe(true);
  });
  test('ends', () => {
    const random = createRandom(1);
    expect([drawBinomial(0, 0.5, random), drawBinomial(9, 0, random), drawBinomial(9, 1, random)]).toEqual([
      0, 0, 9,
    ]);
  });
});

describe('resamples', () => {
  test.each([1, 30, 1024, 1025, 3000])('of %p rows take as many rows, each alike', (n) => {
    const random = createRandom(n);
    const rows = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) {
      rows[2 * i] = 1;
      rows[2 * i + 1] = random.uniform();
    }
    const draws = 2000;
    const sums = resampleSums(rows, 2, draws, 3);
    const seconds: number[] = [];
    const counts = new Set<number>();
    for (let draw = 0; draw < draws; draw++) {
      counts.add(sums[2 * draw] ?? NaN);
      seconds.push(sums[2 * draw + 1] ?? NaN);
    }
    expect([...counts]).toEqual([n]);
    const values = Array.from({ length: n }, (_, i) => rows[2 * i + 1] ?? NaN);
    const expected = n * variance(values);
    expect(Math.abs(mean(seconds) - n * mean(values))).toBeLessThanOrEqual(
      5 * Math.sqrt(expected / draws) + 1e-9,
    );
    if (n > 1) expect(Math.abs(variance(seconds) / expected - 1)).toBeLessThan(5 * Math.sqrt(2 / draws));
  });
  test('one column alone is drawn from the same distribution', () => {
    const rows = Float64Array.from({ length: 2100 }, (_, i) => (i < 2048 ? 0 : 1));
    const sums = resampleSums(rows, 1, 4000, 9);
    const expected = 52 * (1 - 52 / 2100);
    expect(Math.abs(mean(sums) - 52)).toBeLessThan(5 * Math.sqrt(expected / 4000));
    expect(Math.abs(variance(sums) / expected - 1)).toBeLessThan(5 * Math.sqrt(2 / 4000));
    const early = Float64Array.from({ length: 2100 }, (_, i) => (i < 100 ? 1 : 0));
    const hits = resampleSums(early, 1, 4000, 10);
    expect(Math.abs(mean(hits) - 100)).toBeLessThan(5 * Math.sqrt(100 / 4000));
  });
});

describe('bounds that are none', () => {
  const half = ([sum = NaN]: readonly number[]): number => sum / 2;
  test.each([
    ['one item', [1]],
    ['items all alike', [1, 1, 1]],
    ['an item without a number', [1, NaN, 2]],
  ])('%s', (_why, rows) => {
    expect(bootstrapBounds(Float64Array.from(rows), 1, half, 0.95, { draws: 200 })).toMatchObject({
      low: -Infinity,
      high: Infinity,
    });
  });
});
