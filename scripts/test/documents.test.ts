/** What the documents name is there: files that they link to, commands that they print. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../action-metadata.ts';
import { documents } from '../yaml-snippets.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

test.each(documents())('%s: every link leads to a file', (file) => {
  const text = read(file).replace(/^```[\s\S]*?^```$/gm, '');
  for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    expect([file, target, existsSync(join(ROOT, dirname(file), target))]).toEqual([file, target, true]);
  }
});

test.each(documents())('%s: every npm script and program is there', (file) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const [, run, name] of read(file).matchAll(/npm (run )?([\w:-]+)/g)) {
    if (run !== undefined || name === 'test') expect(Object.keys(scripts)).toContain(name);
  }
  for (const [, program = ''] of read(file).matchAll(
    /\b(?:node|bash) ([\w./-]+\.(?:ts|mjs|sh)|\.ci\/run)/g,
  )) {
    expect([file, program, existsSync(join(ROOT, program))]).toEqual([file, program, true]);
  }
});

test('both READMEs name all commands and actions alike', () => {
  const named = (text: string): string[] =>
    [...new Set(text.match(/npm (?:run demo|test)|\(actions\/[\w-]+\)|docs\/[\w-]+\.md/g))].sort();
  expect(named(read('README.zh-CN.md'))).toEqual(named(read('README.md')));
});
