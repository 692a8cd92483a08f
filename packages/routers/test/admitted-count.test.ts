import { describe, expect, test } from '@jest/globals';
import { approximateCounts, replicasFor } from '../src/replica-counts.ts';
import { admittedCount } from '../src/replicas.ts';

describe('approximateCounts', () => {
  // The table of Argo Rollouts' own test (utils/replicaset/canary_test.go, v1.10.1, Apache-2.0): replicas, weight, surge, canary, stable.
  test.each([
    [0, 0, 0, 0, 0],
    [0, 50, 0, 0, 0],
    [0, 100, 0, 0, 0],
    [0, 0, 1, 0, 0],
    [0, 50, 1, 0, 0],
    [0, 100, 1, 0, 0],
    [1, 0, 0, 0, 1],
    [1, 1, 0, 0, 1],
    [1, 49, 0, 0, 1],
    [1, 50, 0, 1, 0],
    [1, 99, 0, 1, 0],
    [1, 100, 0, 1, 0],
    [1, 0, 1, 0, 1],
    [1, 1, 1, 1, 1],
    [1, 49, 1, 1, 1],
    [1, 50, 1, 1, 1],
    [1, 99, 1, 1, 1],
    [1, 100, 1, 1, 0],
    [2, 0, 0, 0, 2],
    [2, 1, 0, 1, 1],
    [2, 50, 0, 1, 1],
    [2, 99, 0, 1, 1],
    [2, 100, 0, 2, 0],
    [2, 0, 1, 0, 2],
    [2, 1, 1, 1, 2],
    [2, 50, 1, 1, 1],
    [2, 99, 1, 2, 1],
    [2, 100, 1, 2, 0],
    [3, 10, 0, 1, 2],
    [3, 25, 0, 1, 2],
    [3, 33, 0, 1, 2],
    [3, 34, 0, 1, 2],
    [3, 49, 0, 1, 2],
    [3, 50, 0, 2, 1],
    [3, 10, 1, 1, 3],
    [3, 25, 1, 1, 3],
    [3, 33, 1, 1, 2],
    [3, 34, 1, 1, 2],
    [3, 49, 1, 2, 2],
    [3, 50, 1, 2, 2],
    [10, 0, 1, 0, 10],
    [10, 1, 0, 1, 9],
    [10, 14, 0, 1, 9],
    [10, 15, 0, 2, 8],
    [10, 16, 0, 2, 8],
    [10, 99, 0, 9, 1],
    [10, 100, 1, 10, 0],
    [10, 0, 1, 0, 10],
    [10, 1, 1, 1, 10],
    [10, 18, 1, 2, 9],
    [10, 19, 1, 2, 9],
    [10, 20, 1, 2, 8],
    [10, 23, 1, 2, 8],
    [10, 24, 1, 3, 8],
    [10, 25, 1, 3, 8],
    [10, 99, 1, 10, 1],
    [10, 100, 1, 10, 0],
  ])('%d pods at %d %%, surge %d', (total, weight, surge, canary, stable) => {
    expect(approximateCounts(total, weight / 100, surge === 1)).toEqual({ canary, stable });
  });
});

describe('replicasFor', () => {
  test.each([
    // share, total, surge, routed, stable, canary
    [0, 2, true, true, 2, 1],
    [0.05, 2, true, true, 2, 1],
    [0.5, 2, true, true, 2, 1],
    [0.51, 2, true, true, 2, 2],
    [1, 2, true, true, 2, 2],
    [0.29, 100, true, true, 100, 29],
    [0, 2, false, true, 1, 1],
    [0.9, 2, false, true, 1, 1],
    [1, 2, false, true, 0, 2],
    [0.9, 4, false, true, 1, 3],
    [0, 1, true, true, 1, 1],
    [0, 1, false, true, 0, 1],
    [0, 4, true, false, 4, 1],
    [0, 4, false, false, 3, 1],
    [0.25, 4, false, false, 3, 1],
    [1, 4, true, false, 0, 4],
    [0.5, 0, true, true, 0, 1],
  ])('share %d of %d, surge %s, routed %s', (share, total, surge, routed, stable, canary) => {
    expect(replicasFor(share, total, { surge, routed })).toEqual({ stable, canary });
  });
});

describe('admittedCount', () => {
  test.each([
    // share, stable, canary, admitted
    [0, 4, 2, 0],
    [0.01, 9, 3, 1],
    [0.1, 9, 3, 1],
    [0.25, 9, 3, 3],
    [0.2, 9, 3, 2],
    [1, 0, 3, 3],
    [0.5, 2, 0, 0],
  ])('share %d with %d stable and %d canary pods', (share, stable, canary, count) => {
    expect(admittedCount(share, stable, canary)).toBe(count);
  });
});
