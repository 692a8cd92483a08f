import { expect, test } from '@jest/globals';
import { intervalChart } from '@sluice/report/intervals';

const chart = (rows: Parameters<typeof intervalChart>[0]['rows'], line?: number): string =>
  intervalChart({ title: 'shares', rows, unit: ' %', ...(line === undefined ? {} : { line }) }).html;
const numbers = (text: string, pattern: RegExp): number[] =>
  [...text.matchAll(pattern)].map(([, x]) => Number(x));

test('value, bounds and bar stand where their numbers say', () => {
  const drawn = chart([
    { label: 'accuracy', value: 90, low: 85, high: 95, bar: 88, tone: 'good' },
    { label: 'f1', value: 50, tone: 'bad' },
  ]);
  const [first = 0, second = 0] = numbers(drawn, /<circle cx="([\d.]+)"/gu);
  const interval = /x1="([\d.]+)" x2="([\d.]+)" y1="14" y2="14"/u.exec(drawn);
  expect(second).toBeLessThan(first);
  expect(Number(interval?.[1])).toBeLessThan(first);
  expect(Number(interval?.[2])).toBeGreaterThan(first);
  // One unit is as wide anywhere: 90 lies halfway between 85 and 95.
  expect((Number(interval?.[1]) + Number(interval?.[2])) / 2).toBeCloseTo(first, 0);
  expect(drawn.match(/<circle/gu)).toHaveLength(2);
});

test('hostile labels are escaped, nothing draws nothing', () => {
  expect(chart([{ label: '<script>', value: 1, tone: 'warn' }], 0)).not.toContain('<script>');
  expect(chart([])).toContain('no data');
  expect(chart([{ label: 'x', value: Number.NaN, tone: 'bad' }])).toContain('no data');
});
