import { describe, expect, test } from '@jest/globals';
import { admittedCount } from '../src/replicas.ts';

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
