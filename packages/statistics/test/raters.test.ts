import { describe, expect, test } from '@jest/globals';
import { cohensKappa } from '../src/kappa.ts';
import { lengthControlledRate } from '../src/length-control.ts';
import { moments } from '../src/mean.ts';

/** Reference values: statsmodels 0.15.0, `cohens_kappa` and a binomial GLM with HC0 errors on tanh(Δ/sd(Δ)). */

const scores = [1, 1, 0.5, 0, 1, 0, 0.5, 1, 1, 0, 1, 0.5];
const lengths = [120, 40, -10, -80, 200, 30, 0, 15, -60, -20, 75, 5];

describe("Cohen's kappa", () => {
  test('as statsmodels, with its standard error', () => {
    const table = [
      [20, 5, 3],
      [4, 10, 2],
      [1, 3, 12],
    ];
    const pairs = table.flatMap((row, one) =>
      row.flatMap((count, other) =>
        Array.from({ length: count }, (): [string, string] => [`${one}`, `${other}`]),
      ),
    );
    const { kappa, se, agreement, n } = cohensKappa(pairs);
    expect(n).toBe(60);
    expect(agreement).toBeCloseTo(0.7, 12);
    expect(kappa).toBeCloseTo(0.5384615384615384, 12);
    expect(se).toBeCloseTo(0.09019307856532517, 12);
  });
  test('one answer for everything says nothing; nothing says nothing', () => {
    expect(
      cohensKappa([
        ['a', 'a'],
        ['a', 'a'],
      ]).kappa,
    ).toBeUndefined();
    expect(cohensKappa([]).kappa).toBeUndefined();
  });
});

describe('length-controlled win rate', () => {
  test("as statsmodels' regression; the spread of its values is the sandwich", () => {
    const fit = lengthControlledRate(scores, lengths);
    expect(fit?.rate).toBeCloseTo(0.5778964965628618, 9);
    const { mean, se, n } = moments(fit?.pseudoValues ?? []);
    expect(mean).toBeCloseTo(0.5778964965628618, 9);
    expect(se * Math.sqrt((n - 1) / n)).toBeCloseTo(0.1409242785634652, 9);
  });
  test('wins that length explains are taken away; equal lengths take nothing', () => {
    // Two equal models, and a judge who likes the longer one three times in four.
    const long = Array.from({ length: 400 }, (_, at) => (at % 2 === 0 ? 100 : at % 10 === 1 ? -100 : 90));
    const wins = long.map((length, at) => ((at >> 1) % 4 === 0 ? (length > 0 ? 0 : 1) : length > 0 ? 1 : 0));
    expect(moments(wins).mean).toBeGreaterThan(0.65);
    expect(lengthControlledRate(wins, long)?.rate).toBeCloseTo(0.5, 1);
    expect(lengthControlledRate([1, 0, 0.5, 1], [0, 0, 0, 0])?.rate).toBe(0.625);
  });
  test('no number where there is none: separation, one side always wins, one fixed difference', () => {
    expect(lengthControlledRate([1, 1, 0, 0], [5, 4, -4, -5])).toBeUndefined();
    expect(lengthControlledRate([1, 1, 1], [3, -1, 2])).toBeUndefined();
    expect(lengthControlledRate([1, 0], [7, 7])).toBeUndefined();
    expect(lengthControlledRate([], [])).toBeUndefined();
  });
});
