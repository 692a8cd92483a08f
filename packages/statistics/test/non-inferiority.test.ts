import { describe, expect, test } from '@jest/globals';
import { decideNonInferiority, proportionBounds, samplesForProportion } from '../src/non-inferiority.ts';
import { pairedDifference, pairedProportionBounds } from '../src/paired.ts';

/** The difference of `n` items with these discordant counts, as pairedDifference makes it. */
function difference(gained: number, lost: number, same: number) {
  const n = gained + lost + same;
  const mean = (gained - lost) / n;
  const se = Math.sqrt(((gained + lost) / n - mean * mean) / n);
  const counts = { gained, lost, same };
  return { n, difference: mean, se, counts, ...pairedProportionBounds(counts, 0.95) };
}

describe('decideNonInferiority', () => {
  test('a small drop over many items passes a margin of 5 points', () => {
    const d = decideNonInferiority(difference(20, 25, 955), 0.05, true, 0.95);
    expect(d.decision).toBe('pass');
    expect(d.gain).toBeCloseTo(-0.005);
    expect(d.needed).toBeUndefined();
  });
  test('the samples said to be needed do decide, one fewer does not', () => {
    const d = decideNonInferiority(difference(2, 3, 45), 0.05, true, 0.95);
    const at = (n: number) =>
      pairedProportionBounds({ gained: (2 * n) / 50, lost: (3 * n) / 50, same: (45 * n) / 50 }, 0.95).low;
    expect(at(d.needed ?? 0)).toBeGreaterThan(-0.05);
    expect(at((d.needed ?? 0) - 1)).toBeLessThanOrEqual(-0.05);
  });
  test('without counts the half width shrinks with the root of n', () => {
    const d = decideNonInferiority(
      { n: 100, difference: 0, low: -0.2, high: 0.2, se: 0.1216 },
      0.1,
      true,
      0.95,
    );
    expect(d.needed).toBe(401);
  });
  test('a large drop fails', () => {
    expect(decideNonInferiority(difference(10, 200, 790), 0.05, true, 0.95).decision).toBe('fail');
  });
  test('a few items decide nothing and say what would', () => {
    const d = decideNonInferiority(difference(2, 3, 45), 0.05, true, 0.95);
    expect(d.decision).toBe('inconclusive');
    expect(d.needed).toBeGreaterThan(50);
    expect(d.needed).toBeLessThan(2000);
    expect(d.detectable).toBeGreaterThan(0.05);
  });
  test('ten identical items are not certainty (SE = 0)', () => {
    const same = new Array<number>(10).fill(1);
    const d = decideNonInferiority(pairedDifference(same, same, 0.95, 1), 0.05, true, 0.95);
    expect(d.decision).toBe('inconclusive');
    expect(d.low).toBeCloseTo(-0.2129, 3);
    // z²/(n + z²) < 0.05 from n = 52 on
    expect(d.needed).toBe(52);
  });
  test('lower is better: signs turn', () => {
    const slower = { n: 100, difference: 0.2, low: 0.15, high: 0.25, se: 0.03 };
    const d = decideNonInferiority(slower, 0.1, false, 0.95);
    expect(d).toMatchObject({ decision: 'fail', gain: -0.2, low: -0.25, high: -0.15 });
    expect(decideNonInferiority(slower, 0.3, false, 0.95).decision).toBe('pass');
  });
  test('a negative margin asks for a gain', () => {
    const equal = difference(50, 50, 900);
    expect(decideNonInferiority(equal, 0.03, true, 0.95).decision).toBe('pass');
    expect(decideNonInferiority(equal, -0.03, true, 0.95).decision).toBe('fail');
  });
  test('a bound that is nowhere decides nothing', () => {
    const d = decideNonInferiority(
      { n: 1, difference: 0, low: -Infinity, high: Infinity, se: 0 },
      0.1,
      true,
      0.95,
    );
    expect(d).toMatchObject({ decision: 'inconclusive', detectable: undefined, needed: undefined });
  });
});

describe('proportions against a bar of 75 %', () => {
  test.each([
    [165, 0.7746, 0.8676],
    [160, 0.7478, 0.8454],
    [130, 0.5907, 0.706],
    [140, 0.6424, 0.753],
  ])('%p of 200: exact one-sided bounds', (s, low, high) => {
    const bounds = proportionBounds(s, 200, 0.95);
    expect(bounds.low).toBeCloseTo(low, 3);
    expect(bounds.high).toBeCloseTo(high, 3);
    expect(bounds.method).toBe('clopper-pearson');
  });
  test('half counts go by the score', () => expect(proportionBounds(160.5, 200, 0.95).method).toBe('wilson'));
  test('samples needed: the smallest n at this rate whose bound is past the bar', () => {
    const n = samplesForProportion(0.8, 0.75, 'above', 0.95, 201) ?? 0;
    expect(proportionBounds(Math.floor(0.8 * n), n, 0.95).low).toBeGreaterThan(0.75);
    expect(n).toBe(220);
    expect(samplesForProportion(0.7, 0.75, 'above', 0.95, 201)).toBeUndefined();
    expect(samplesForProportion(0, 0.01, 'below', 0.95, 1)).toBe(299);
  });
});
