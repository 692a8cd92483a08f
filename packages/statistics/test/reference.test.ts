import { describe, expect, test } from '@jest/globals';
import { meanInterval, moments } from '../src/mean.ts';
import { holm } from '../src/multiple.ts';
import { normalCdf, normalQuantile, studentCdf, studentQuantile } from '../src/normal.ts';
import { mcnemar, pairedDifference, pairedProportionBounds } from '../src/paired.ts';
import { percentile, samplesForPercentile } from '../src/percentile.ts';
import { clopperPearson, wilson } from '../src/proportion.ts';
import { incompleteBeta, incompleteBetaInverse, logGamma } from '../src/special.ts';

/**
 * Reference values: scipy 1.17.1 (special.gammaln, betainc, betaincinv; stats.norm, t, ttest_rel, ttest_1samp), numpy.percentile
 * and statsmodels 0.15.0 (proportion_confint, mcnemar, multipletests). Tango's interval: its constrained likelihood maximised
 * numerically in scipy, not by the closed form used here.
 */

/** Relative closeness; absolute near zero. */
function near(actual: number, expected: number, relative = 1e-10): void {
  const scale = Math.max(Math.abs(expected), 1e-300);
  const error = Math.abs(actual - expected) / scale;
  if (expected !== 0 && error > relative)
    throw new Error(`${actual} is not ${expected} (relative error ${error})`);
  if (expected === 0) expect(Math.abs(actual)).toBeLessThan(1e-14);
}

describe('special functions', () => {
  test.each([
    [0.001, 6.907178885383853],
    [0.5, 0.5723649429247],
    [1, 0],
    [2.5, 0.2846828704729192],
    [10, 12.801827480081469],
    [49.9, 144.17564605375034],
    [50, 144.56574394634487],
    [123.4, 469.3360974421906],
    [1e6, 12815504.569147611],
  ])('logGamma(%p)', (x, expected) => near(logGamma(x), expected, 1e-12));

  test.each([
    [0.1, 0.5, 0.5, 0.20483276469913345],
    [0.5, 2, 3, 0.6875],
    [0.75, 160, 41, 0.05784982913671249],
    [0.9, 1e4, 1e3, 0.0006152955672975032],
    [0.001, 0.5, 200, 0.4727558929747644],
    [0.999, 300, 0.5, 0.438654268870091],
    [0.5, 1e6, 1e6, 0.5],
    [0.4995, 1e6, 1e6, 0.07864957758091215],
  ])('incompleteBeta(%p, %p, %p)', (x, a, b, expected) => near(incompleteBeta(x, a, b), expected, 1e-8));

  test.each([
    [0.05, 160, 41, 0.7477504679917851],
    [0.95, 1, 200, 0.014867039231272054],
    [0.025, 0.5, 0.5, 0.001541333133436012],
    [0.975, 5001, 5000, 0.5098486194100196],
  ])('incompleteBetaInverse(%p, %p, %p)', (p, a, b, expected) =>
    near(incompleteBetaInverse(p, a, b), expected),
  );

  test.each([
    [-8, 6.22096057427174e-16],
    [-5, 2.866515718791933e-7],
    [-3.0001, 0.0013494549132607172],
    [-2.9999, 0.001350341282954925],
    [-1.96, 0.024997895148220435],
    [0, 0.5],
    [0.3, 0.6179114221889526],
    [1.6448536269514722, 0.95],
    [4, 0.9999683287581669],
  ])('normalCdf(%p)', (z, expected) => near(normalCdf(z), expected, 1e-12));

  test.each([
    [1e-12, -7.034483825301131],
    [1e-4, -3.7190164854556804],
    [0.025, -1.9599639845400545],
    [0.3, -0.5244005127080409],
    [0.5, 0],
    [0.9, 1.2815515655446004],
    [0.95, 1.6448536269514722],
    [0.975, 1.959963984540054],
    [0.999999, 4.753424308817087],
  ])('normalQuantile(%p)', (p, expected) => near(normalQuantile(p), expected, 1e-12));

  test.each([
    [-2, 3, 0.06966298427942152],
    [1.5, 9, 0.9160746719714625],
    [12.7, 1, 0.9749878361553279],
    [-30, 5, 3.8593243102480265e-7],
  ])('studentCdf(%p, %p)', (t, df, expected) => near(studentCdf(t, df), expected));

  test.each([
    [0.95, 1, 6.313751514675037],
    [0.975, 4, 2.7764451051977934],
    [0.95, 9, 1.833112932656237],
    [0.99, 29, 2.4620213601504126],
    [0.95, 1000, 1.6463788172854643],
    [0.05, 7, -1.8945786050900066],
    [1e-6, 12, -8.504302718054584],
  ])('studentQuantile(%p, %p)', (p, df, expected) => near(studentQuantile(p, df), expected));
});

describe('proportions', () => {
  test.each([
    [0, 10, 0.95, 0, 0.3084971078187607],
    [10, 10, 0.95, 0.6915028921812392, 1],
    [160, 200, 0.9, 0.7477504679917851, 0.8454490123331307],
    [3, 720, 0.95, 0.0008600924722398624, 0.012128084733514228],
    [1, 2, 0.99, 0.0025031328369998357, 0.9974968671630001],
  ])('clopperPearson(%p, %p, %p)', (s, n, confidence, low, high) => {
    const bounds = clopperPearson(s, n, confidence);
    near(bounds.low, low);
    near(bounds.high, high);
  });

  test.each([
    [0, 10, 0.95, 0, 0.2775327998628892],
    [10, 10, 0.95, 0.7224672001371107, 1],
    [160, 200, 0.9, 0.7496107366528738, 0.8423809669542609],
    [160.5, 200, 0.9, 0.7522916805704957, 0.844633287233365],
    [3, 720, 0.95, 0.001418032969342762, 0.012178119476426438],
  ])('wilson(%p, %p, %p)', (s, n, confidence, low, high) => {
    const bounds = wilson(s, n, confidence);
    near(bounds.low, low);
    near(bounds.high, high);
  });

  test('nothing counted: nothing known', () => {
    expect(wilson(0, 0, 0.95)).toEqual({ low: 0, high: 1 });
    expect(clopperPearson(0, 0, 0.95)).toEqual({ low: 0, high: 1 });
  });
  test('a count that cannot be is refused', () => {
    expect(() => wilson(11, 10, 0.95)).toThrow(RangeError);
    expect(() => clopperPearson(NaN, 10, 0.95)).toThrow(RangeError);
  });
});

describe('pairs', () => {
  test.each([
    [0, 5, 0.0625, 0.03125],
    [10, 3, 0.09228515625, 0.057373046875],
    [6, 6, 1, 0.88720703125],
    [40, 22, 0.030015864349067285, 0.02257497267325717],
    [1, 0, 1, 0.5],
    [200, 150, 0.008720036530555947, 0.007524139788171158],
  ])('mcnemar(%p, %p)', (gained, lost, exact, midP) => {
    const p = mcnemar(gained, lost);
    near(p.exact, exact);
    near(p.midP, midP);
  });
  test('mcnemar of no discordant pair is 1', () => expect(mcnemar(0, 0)).toEqual({ exact: 1, midP: 1 }));

  test.each([
    [5, 3, 42, 0.95, -0.05945198116224596, 0.1435142688531283],
    [12, 20, 200, 0.975, -0.08499199694885796, 0.013978346607295111],
    [0, 0, 10, 0.95, -0.21294197008340798, 0.21294197008340798],
    [0, 7, 30, 0.95, -0.3147758223136494, -0.10595997427361682],
    [30, 30, 940, 0.95, -0.01298992989289071, 0.012989929876586363],
  ])('Tango: %p gained, %p lost, %p same, %p', (gained, lost, same, confidence, low, high) => {
    const bounds = pairedProportionBounds({ gained, lost, same }, confidence);
    near(bounds.low, low, 1e-6);
    near(bounds.high, high, 1e-6);
  });

  test("paired t: one-sided 95 % ends are scipy's two-sided 90 %", () => {
    const d = pairedDifference([0.3, 0.9, 0.5, 0.7, 0.2, 0.8], [0.4, 0.7, 0.5, 0.9, 0.1, 0.2], 0.95);
    expect(d.method).toBe('t');
    near(d.difference, 0.1);
    near(d.low, -0.1326777441547879);
    near(d.high, 0.3326777441547878);
  });
  test('pass and fail items take the score interval', () => {
    const d = pairedDifference([1, 1, 0, 1], [1, 0, 1, 1], 0.95, 1);
    expect(d).toMatchObject({ n: 4, difference: 0, method: 'score' });
    expect(d.low).toBeLessThan(-0.3);
  });
  test('all lost and all gained stay within -1 and 1', () => {
    expect(pairedProportionBounds({ gained: 0, lost: 8, same: 0 }, 0.95).low).toBe(-1);
    expect(pairedProportionBounds({ gained: 8, lost: 0, same: 0 }, 0.95).high).toBe(1);
    expect(pairedProportionBounds({ gained: 0, lost: 0, same: 0 }, 0.95)).toEqual({ low: -1, high: 1 });
  });
  test('alike everywhere is never certain', () => {
    const alike = [0.5, 0.25, 0.75];
    expect(pairedDifference(alike, alike, 0.95).low).toBe(-Infinity);
    expect(pairedDifference(alike, alike, 0.95, 1).low).toBeCloseTo(-2.7055 / 5.7055, 4);
    expect(pairedDifference([], [], 0.95).low).toBeLessThan(-0.99);
  });
  test('lists of two lengths are refused', () => {
    expect(() => pairedDifference([1], [1, 0], 0.95)).toThrow('differ in length');
  });
});

describe('means, percentiles, many tests', () => {
  test('t interval', () => {
    const bounds = meanInterval(moments([1, 2, 4, 8, 16.5]), 0.95);
    near(bounds.low, -1.523468574237624);
    near(bounds.high, 14.123468574237624);
  });
  test('one value, or equal values, bound nothing', () => {
    expect(meanInterval(moments([3]), 0.95)).toEqual({ low: -Infinity, high: Infinity });
    expect(meanInterval(moments([3, 3, 3]), 0.95)).toEqual({ low: -Infinity, high: Infinity });
    expect(moments([]).mean).toBeNaN();
  });
  test.each([
    [[11.276, 11.686], 50, 11.481],
    [[5, 1, 9, 3, 3, 7, 100], 0, 1],
    [[5, 1, 9, 3, 3, 7, 100], 10, 2.2],
    [[5, 1, 9, 3, 3, 7, 100], 50, 5],
    [[5, 1, 9, 3, 3, 7, 100], 95, 72.7],
    [[5, 1, 9, 3, 3, 7, 100], 99, 94.54],
    [[5, 1, 9, 3, 3, 7, 100], 100, 100],
  ])('percentile of %j at %p', (values, p, expected) => near(percentile(values, p) ?? NaN, expected));
  test('percentile of nothing is undefined', () => expect(percentile([], 50)).toBeUndefined());
  test.each([
    [99, 0.95, 299],
    [99, 0.99, 459],
    [95, 0.95, 59],
  ])('requests to claim p%p at %p', (p, confidence, n) =>
    expect(samplesForPercentile(p, confidence)).toBe(n),
  );
  test('Holm', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005, 0.2]);
    [0.04, 0.09, 0.09, 0.025, 0.2].forEach((expected, i) => near(adjusted[i] ?? NaN, expected));
  });
});
