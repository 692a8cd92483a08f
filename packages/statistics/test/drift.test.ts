import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  chiSquareHomogeneity,
  countBins,
  jensenShannon,
  kolmogorovSmirnov,
  kolmogorovTail,
  populationStability,
  quantileEdges,
  wasserstein,
} from '@sluice/statistics/drift';
import { chiSquareTail } from '@sluice/statistics/gamma';
import { meanCosineDistance, meanDiscrepancy } from '@sluice/statistics/vector-drift';

/** Values of scipy, written by e2e/oracles/data/reference.py. */
const reference = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/drift.json'), 'utf8')) as {
  samples: { x: number[]; y: number[]; ks: number; ks_p: number; wasserstein: number; deciles: number[] }[];
  counts: { p: number[]; q: number[]; psi: number; js: number; chi2: number; chi2_p: number }[];
  vectors: { x: number[][]; y: number[][]; mmd: number; width: number; mmd_p: number; cosine: number }[];
  kolmogorov: [number, number][];
  chi2: [number, number, number][];
};

/** Relative where the value is small: a p-value of 1e-20 has to be right too. */
const expectSame = (ours: number | undefined, theirs: number): void => {
  expect(Math.abs((ours ?? NaN) - theirs)).toBeLessThanOrEqual(1e-9 * Math.min(1, Math.abs(theirs) || 1));
};

describe("as scipy's", () => {
  test.each(reference.samples)('Kolmogorov–Smirnov (exact) and Wasserstein, D = $ks', (sample) => {
    const [x, y] = [Float64Array.from(sample.x), Float64Array.from(sample.y)];
    const tested = kolmogorovSmirnov(x, y);
    expectSame(tested?.statistic, sample.ks);
    expectSame(tested?.p, sample.ks_p);
    expectSame(wasserstein(x, y), sample.wasserstein);
  });
  test.each(reference.vectors)('MMD of vectors, its permutation test and cosine, p = $mmd_p', (sample) => {
    const [x, y] = [sample.x, sample.y].map((rows) => rows.map((row) => Float64Array.from(row)));
    const tested = meanDiscrepancy(x ?? [], y ?? []);
    expectSame(tested?.statistic, sample.mmd);
    expectSame(tested?.width, sample.width);
    expectSame(meanCosineDistance(x ?? [], y ?? []), sample.cosine);
    // Both are shares of 5,000 draws.
    const share = sample.mmd_p;
    expect(Math.abs((tested?.p ?? NaN) - share)).toBeLessThan(
      4 * Math.sqrt((2 * share * (1 - share)) / 5000) + 4e-4,
    );
    // Which side is the reference doesn't matter.
    expectSame(meanDiscrepancy(y ?? [], x ?? [], { draws: 9 })?.statistic, sample.mmd);
  });
  test.each(reference.counts)('PSI, Jensen–Shannon and chi-square, PSI = $psi', ({ p, q, ...theirs }) => {
    expectSame(populationStability(p, q), theirs.psi);
    expectSame(jensenShannon(p, q), theirs.js);
    const tested = chiSquareHomogeneity(p, q);
    expectSame(tested?.statistic, theirs.chi2);
    expectSame(tested?.p, theirs.chi2_p);
  });
  test('tails of Kolmogorov and chi-square', () => {
    for (const [z, tail] of reference.kolmogorov) expectSame(kolmogorovTail(z), tail);
    for (const [x, df, tail] of reference.chi2) expectSame(chiSquareTail(x, df), tail);
  });
  test('deciles are bins of ten per cent', () => {
    const { x, deciles } = reference.samples[0] ?? { x: [], deciles: [] };
    const edges = quantileEdges(Float64Array.from(x), 10);
    edges.forEach((edge, i) => expectSame(edge, deciles[i] ?? NaN));
    expect(countBins(Float64Array.from(x), edges)).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 4, 4]);
  });
});

describe('drift is never overlooked', () => {
  const psiOf = (before: number[], after: number[]): number | undefined => {
    const [x, y] = [Float64Array.from(before).sort(), Float64Array.from(after).sort()];
    const edges = quantileEdges(x, 10);
    return populationStability(countBins(x, edges), countBins(y, edges));
  };
  test.each([
    ['a constant that moves down', Array(50).fill(3), Array(50).fill(2)],
    ['a constant that moves up', Array(50).fill(3), Array(50).fill(4)],
    ['zero that becomes negative', Array(50).fill(0), Array(50).fill(-1)],
    [
      'a common value that becomes a rare one',
      [0].concat(Array<number>(49).fill(1)),
      [1].concat(Array<number>(49).fill(0)),
    ],
    ['all beyond the largest', Array.from({ length: 50 }, (_, i) => i), Array(50).fill(1000)],
  ] as [string, number[], number[]][])('%s', (_, before, after) => {
    expect(psiOf(before, after)).toBeGreaterThan(1);
    expect(psiOf(before, before)).toBe(0);
  });
  test('nothing to compare gives nothing', () => {
    expect(populationStability([0, 0], [1, 2])).toBeUndefined();
    expect(jensenShannon([], [])).toBeUndefined();
    expect(chiSquareHomogeneity([5, 0], [7, 0])).toBeUndefined();
    expect(kolmogorovSmirnov(new Float64Array(), new Float64Array(3))).toBeUndefined();
    expect(wasserstein(new Float64Array(2), new Float64Array())).toBeUndefined();
  });
});
