import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { plainLogger } from '@sluice/runtime/logger';
import { checkSafety } from '../src/check-safety.ts';
import { KnownInspections, rulesOf } from '../src/known-inspections.ts';

const SAFE = 'a note of 18 signs';
const EVIL = 'cmymodel\nModel\n)R.';
let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-known-'));
  file = join(folder, 'model.pkl');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function check(rules: string): Promise<string> {
  const { state } = await checkSafety([{ path: 'model.pkl', at: file, bytes: EVIL.length }], {
    mode: 'strict',
    allowFormats: [],
    allowGlobals: [],
    connections: 1,
    log: plainLogger(() => undefined),
    signal: new AbortController().signal,
    known: await KnownInspections.open(folder, rules),
  });
  return state;
}

test('a file that looks as it did is not read again; other looks or rules are', async () => {
  expect(SAFE).toHaveLength(EVIL.length);
  const then = new Date(1_700_000_000_000);
  await writeFile(file, SAFE);
  await utimes(file, then, then);
  expect(await check('rules')).toBe('safe');
  // The same inode, size and time with other bytes, as only a forger writes them: this shows that nothing was read.
  await writeFile(file, EVIL);
  await utimes(file, then, then);
  expect(await check('rules')).toBe('safe');
  expect(await check('newer rules')).toBe('unsafe');
  expect(await check('rules')).toBe('safe');
  await writeFile(file, EVIL);
  expect(await check('rules')).toBe('unsafe');
});

test('lines that are torn or not ours cost a look, no more', async () => {
  const notes = join(folder, '.locks', 'inspected.ndjson');
  await writeFile(
    notes,
    `${(await readFile(notes, 'utf8')).slice(0, 40)}\nnull\n{"path":"model.pkl","rules":"rules"}\n`,
  );
  await writeFile(file, EVIL);
  expect(await check('rules')).toBe('unsafe');
  expect(await check('rules')).toBe('unsafe');
  expect((await readFile(notes, 'utf8')).trim().split('\n')).toHaveLength(4);
});

test('the rules are the code and the lists', async () => {
  const bundle = join(folder, 'index.js');
  const lists = { allowFormats: ['zip'], allowGlobals: ['a.B'] };
  await writeFile(bundle, '1');
  const first = rulesOf(bundle, lists);
  expect(rulesOf(bundle, lists)).toBe(first);
  expect(rulesOf(bundle, { ...lists, allowGlobals: [] })).not.toBe(first);
  await writeFile(join(folder, '7.index.js'), '2');
  expect(rulesOf(bundle, lists)).not.toBe(first);
  expect(rulesOf(join(folder, 'index.ts'), lists)).toBeUndefined();
});
