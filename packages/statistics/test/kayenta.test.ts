/** Kayenta's public test cases, replayed. The suites' classifier by means is not the judge's, and left out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  classify,
  cles,
  meanRatio,
  outliers,
  score,
  type Label,
  type MetricSettings,
} from '../src/kayenta.ts';
import { locationShift, shiftStatistic } from '../src/mann-whitney.ts';
import { percentile } from '../src/percentile.ts';
import { seededRandom } from '../src/random.ts';

interface Cases {
  classifier: {
    name: string;
    control: number[];
    experiment: number[];
    settings: MetricSettings;
    expected: { label?: Label; critical?: boolean; deviation?: number | null };
  }[];
  shifts: {
    name: string;
    x: number[];
    y: number[];
    confidence: number;
    expected: number[];
    within: number;
  }[];
  statistic: { x: number[]; y: number[]; expected: [number, number][] };
  statistics: {
    name: string;
    measure: 'cles' | 'meanRatio' | 'percentile';
    p?: number;
    control: number[];
    experiment: number[];
    expected: number | null;
    within: number;
  }[];
  iqr: { name: string; values: number[]; expected: boolean[] }[];
}

const cases = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures', 'kayenta.json'), 'utf8'),
) as Cases;
const random = seededRandom(7);

describe('the label of a metric', () => {
  test.each(cases.classifier)('$name', ({ control, experiment, settings, expected }) => {
    const found = classify(control, experiment, settings, random);
    if (expected.label !== undefined) expect(found.label).toBe(expected.label);
    if (expected.critical !== undefined) expect(found.critical).toBe(expected.critical);
    if (expected.deviation !== undefined) expect(found.deviation).toBe(expected.deviation ?? NaN);
  });
});

describe('the Mann-Whitney test', () => {
  test.each(cases.shifts)('$name', ({ x, y, confidence, expected, within }) => {
    const { low, high, estimate } = locationShift(x, y, confidence);
    const [wantedLow = NaN, wantedHigh = NaN, wanted = NaN] = expected;
    expect(Math.abs(low - wantedLow)).toBeLessThan(1e-6);
    expect(Math.abs(high - wantedHigh)).toBeLessThan(1e-6);
    expect(Math.abs(estimate - wanted)).toBeLessThan(within);
  });

  test('its statistic', () => {
    const { x, y, expected } = cases.statistic;
    for (const [mu, wanted] of expected) expect(shiftStatistic(mu, 0, x, y)).toBeCloseTo(wanted, 5);
    expect(() => locationShift([1, 1], [1, 1], 0.95)).toThrow(RangeError);
  });
});

test.each(cases.statistics)('$name', ({ measure, p, control, experiment, expected, within }) => {
  const found =
    measure === 'percentile'
      ? percentile(control, p ?? 50)
      : (measure === 'cles' ? cles : meanRatio)(control, experiment);
  if (expected === null) expect(found).toBeNaN();
  else expect(Math.abs((found ?? NaN) - expected)).toBeLessThanOrEqual(within);
});

test.each(cases.iqr)('$name', ({ values, expected }) => {
  expect(outliers(values, 1.5, false)).toEqual(expected);
});

describe('the score (ScorerSuite)', () => {
  const of = (groups: string, label: Label, critical = false) => ({ groups: [groups], label, critical });
  test.each<[string, ReturnType<typeof of>[], Record<string, number>, number]>([
    ['one pass', [of('a', 'Pass')], {}, 100],
    ['one high', [of('a', 'High')], {}, 0],
    ['one without data', [of('a', 'Nodata')], {}, 0],
    ['two groups, one without data', [of('a', 'Pass'), of('a', 'Pass'), of('b', 'Nodata')], {}, 100],
    ['one group, two metrics', [of('a', 'Pass'), of('a', 'High')], {}, 50],
    ['one group, three metrics', [of('a', 'Pass'), of('a', 'High'), of('a', 'Low')], {}, 33.33],
    ['weights 75 and 25', [of('a', 'Pass'), of('a', 'Pass'), of('b', 'High')], { a: 75, b: 25 }, 75],
    ['equal weights', [of('a', 'Pass'), of('a', 'High'), of('b', 'High')], { a: 50, b: 50 }, 25],
    [
      'equal weights, one without data',
      [of('a', 'Pass'), of('a', 'Nodata'), of('b', 'High')],
      { a: 50, b: 50 },
      50,
    ],
    ['a critical failure', [of('a', 'Pass'), of('a', 'High', true)], {}, 0],
    ['a critical pass', [of('a', 'Low'), of('a', 'Pass', true)], {}, 50],
    ['critical without data', [of('a', 'Pass'), of('a', 'Nodata', true)], {}, 0],
    [
      'unequal weights, four metrics',
      [of('a', 'High'), of('a', 'Low'), of('a', 'Pass'), of('b', 'High')],
      { a: 15, b: 85 },
      5,
    ],
  ])('%s', (_, results, weights, expected) => {
    expect(score(results, weights)).toBe(expected);
  });
});
