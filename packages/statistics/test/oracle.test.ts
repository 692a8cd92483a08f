import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findDifferences, type Entry } from './differences.ts';

/** Written by e2e/oracles/statistics/reference.py with scipy and statsmodels; the Python oracle makes it anew and compares. */
const entries = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/reference.json'), 'utf8'),
) as Entry[];

describe('values of scipy and statsmodels', () => {
  test.each([...Map.groupBy(entries, ({ name }) => name)])('%s', (_name, group) => {
    expect(group.flatMap(findDifferences)).toEqual([]);
  });
  test('a wrong value is found', () => {
    expect(findDifferences({ name: 'holm', arguments: [[0.01]], expected: [0.0100001] })).toHaveLength(1);
    expect(findDifferences({ name: 'holms', arguments: [[0.01]], expected: [0.01] })).toHaveLength(1);
  });
});
