import { describe, expect, test } from '@jest/globals';
import { splitWeight } from '../src/weights.ts';

describe('splitWeight', () => {
  test.each([
    // weight, share, highest other, stable, canary, factor
    [1, 0, 0, 1, 0, 1],
    [1, 1, 0, 0, 1, 1],
    [1, 0.1, 0, 90, 10, 100],
    [1, 0.05, 0, 95, 5, 100],
    [1, 0.005, 0, 995, 5, 1000],
    [100, 0.25, 0, 75, 25, 1],
    [90, 0.05, 10, 855, 45, 10],
    [3, 1 / 3, 0, 200, 100, 100],
    [1_000_000, 0.123, 0, 877_000, 123_000, 1],
    [1, 0.0001, 0, 9999, 1, 10_000],
    // Nothing finer fits: near, and never at nothing.
    [1, 1 / 3, 0, 666_667, 333_333, 1_000_000],
    [1, 1e-9, 0, 999_999, 1, 1_000_000],
    [1, 1 - 1e-9, 0, 1, 999_999, 1_000_000],
  ])('%d at %d beside %d', (weight, share, highest, stable, canary, factor) => {
    expect(splitWeight(weight, share, highest)).toEqual({ stable, canary, factor });
  });

  test('nothing to divide beside a giant', () => {
    expect(splitWeight(1, 0.05, 500_000)).toBeUndefined();
  });
});
