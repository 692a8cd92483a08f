import { describe, expect, test } from '@jest/globals';
import { chooseVersion, makeSequence } from '../src/choose.ts';

const servers = [
  { version: 'v1', weight: 0.95, ready: true },
  { version: 'v2', weight: 0.05, ready: true },
  { version: 'v3', weight: 0, ready: true },
];

function count(candidates: typeof servers, points: Iterable<number>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const point of points) {
    const version = chooseVersion(candidates, point) ?? 'none';
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

const grid = (size: number): number[] => Array.from({ length: size }, (_, index) => (index + 0.5) / size);

describe('chooseVersion', () => {
  test('gives exactly the weights over an even grid of points', () => {
    expect(count(servers, grid(10_000))).toEqual({ v1: 9_500, v2: 500 });
  });

  test('scales the others up when one is not ready', () => {
    const three = [
      { version: 'a', weight: 0.5, ready: false },
      { version: 'b', weight: 0.3, ready: true },
      { version: 'c', weight: 0.2, ready: true },
    ];
    expect(count(three, grid(1_000))).toEqual({ b: 600, c: 400 });
  });

  test('never gives a request to weight 0, not even when nobody else is ready', () => {
    const down = servers.map((server) => ({ ...server, ready: server.version === 'v3' }));
    expect(count(down, grid(100))).toEqual({ none: 100 });
    expect(chooseVersion([], 0.5)).toBeUndefined();
  });

  test('covers the last point whatever the rounding', () => {
    const thirds = ['a', 'b', 'c'].map((version) => ({ version, weight: 1 / 3, ready: true }));
    expect(chooseVersion(thirds, 1 - Number.EPSILON / 2)).toBe('c');
  });
});

describe('makeSequence', () => {
  const take = (next: () => number, length: number): number[] => Array.from({ length }, next);

  test.each([0, 0.3, 0.77])('a share of 5 %% is 4 to 6 of any 100 requests in a row (start %d)', (start) => {
    const next = makeSequence(start);
    for (let window = 0; window < 500; window += 1) {
      const { v2 = 0 } = count(servers, take(next, 100));
      expect(v2).toBeGreaterThanOrEqual(4);
      expect(v2).toBeLessThanOrEqual(6);
    }
  });

  test.each([2, 3, 7])(
    'every %d-th request, as of clients that take turns, gets the same shares',
    (stride) => {
      const points = take(makeSequence(0.1), 10_000 * stride).filter((_, index) => index % stride === 0);
      const { v2 = 0 } = count(servers, points);
      expect(Math.abs(v2 - 500)).toBeLessThan(10);
    },
  );
});
