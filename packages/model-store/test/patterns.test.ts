import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { selectPaths } from '@sluice/model-store/patterns';

interface Table {
  paths: string[];
  cases: { pattern: string; matches: string[] }[];
}
/** Answers of huggingface_hub itself, recorded. */
const table = JSON.parse(readFileSync(join(import.meta.dirname, 'data/patterns.json'), 'utf8')) as Table;
const select = (paths: readonly string[], include: string[], exclude: string[] = []) =>
  selectPaths(
    paths.map((path) => ({ path })),
    include,
    exclude,
  ).map(({ path }) => path);

describe('patterns select what huggingface_hub selects', () => {
  test.each(table.cases)('$pattern', ({ pattern, matches }) => {
    expect(select(table.paths, [pattern])).toEqual(matches);
  });

  test('exclude is stronger, several patterns add up, none means all', () => {
    const paths = ['a.bin', 'b.bin', 'c.txt', 'sub/d.bin'];
    expect(select(paths, [])).toEqual(paths);
    expect(select(paths, ['*.bin', '*.txt'], ['b*', 'sub/'])).toEqual(['a.bin', 'c.txt']);
  });

  test('many stars do not hang', () => {
    const start = performance.now();
    expect(select(['a'.repeat(300)], [`${'*a'.repeat(6)}**********************b`])).toEqual([]);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
