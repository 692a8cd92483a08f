import { describe, expect, test } from '@jest/globals';
import { nearest, parseEnum, parseList, parseNumber, parseShare, parseWords } from '../src/input-parsers.ts';
import { formatBytes, formatDuration, parseDuration, parseSize } from '../src/units.ts';

test.each([
  ['30s', 30_000],
  ['250ms', 250],
  ['1h30m', 5_400_000],
  ['7d', 604_800_000],
  ['0.5s', 500],
  ['0', 0],
  ['5', undefined],
  ['5 parsecs', undefined],
  ['-5s', undefined],
])('parseDuration(%s) is %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  ['2GB', 2e9],
  ['2GiB', 2 ** 31],
  ['1.5 kB', 1500],
  ['42', 42],
  ['2 GBs', undefined],
])('parseSize(%s) is %s', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test('durations and sizes for people', () => {
  expect([850, 1234, 65_000, 7_800_000, 90_000_000].map(formatDuration)).toEqual([
    '850ms',
    '1.23s',
    '1m 05s',
    '2h 10m',
    '1d 01h',
  ]);
  expect([512, 16_060_000_000].map(formatBytes)).toEqual(['512 B', '16.1 GB']);
});

describe('parseWords, POSIX quoting', () => {
  test.each([
    ['--ctx 512  --flag', ['--ctx', '512', '--flag']],
    [`--a 'b c' "d \\" e" f\\ g`, ['--a', 'b c', 'd " e', 'f g']],
    [`''`, ['']],
    [`a"b"'c'd`, ['abcd']],
    ['$(rm -rf /); *', ['$(rm', '-rf', '/);', '*']],
    ['"\\n"', ['\\n']],
  ])('%s', (text, words) => {
    expect(parseWords(text)).toEqual({ value: words });
  });
  test('an open quote is a fault, not a guess', () => {
    expect(parseWords(`--a 'b`)).toEqual({ fault: "has an opening ' without a closing one" });
  });
});

test('a list with a line break is split at line breaks only', () => {
  expect(parseList('a, b ,,c')).toEqual(['a', 'b', 'c']);
  expect(parseList('a, b\nc\n')).toEqual(['a, b', 'c']);
});

test('a bare 95 is no share: it could mean either', () => {
  expect(parseShare('95%')).toEqual({ value: 0.95 });
  expect(parseShare('0.95')).toEqual({ value: 0.95 });
  expect(parseShare('95')).toHaveProperty('fault');
});

test('numbers are whole texts and within limits', () => {
  expect(parseNumber('12x')).toHaveProperty('fault');
  expect(parseNumber('1.5', { integer: true })).toHaveProperty('fault');
  expect(parseNumber('0', { min: 1 })).toEqual({ fault: 'is below the least value 1' });
});

test('an enum names what is built, and the near value', () => {
  expect(parseEnum('blue-green', ['canary', 'blue-green'], ['blue-green'])).toEqual({
    fault: 'is not built yet in this version; use one of: canary',
  });
  expect(parseEnum('canray', ['canary', 'rolling'], [])).toEqual({
    fault: 'is not one of: canary, rolling (did you mean canary?)',
  });
  expect(nearest('thresholds', ['results', 'threshold'])).toBe('threshold');
  expect(nearest('xyzzy', ['results'])).toBeUndefined();
});
