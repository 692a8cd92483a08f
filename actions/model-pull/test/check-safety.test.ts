import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { plainLogger } from '@sluice/runtime/logger';
import { checkSafety } from '../src/check-safety.ts';
import type { SafetyOptions } from '../src/check-safety.ts';

const FILES = ['deep/model.pkl', 'notes.md', 'modeling.py'];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-safety-'));
  await mkdir(join(folder, 'deep'));
  await writeFile(join(folder, 'deep/model.pkl'), 'cmymodel\nModel\n)R.');
  await writeFile(join(folder, 'notes.md'), '# notes');
  await writeFile(join(folder, 'modeling.py'), 'print(1)');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function check(options: Partial<SafetyOptions>) {
  const files = FILES.map((path) => ({ path, at: join(folder, path), bytes: 0 }));
  return checkSafety(files, {
    mode: 'strict',
    allowFormats: [],
    allowGlobals: [],
    connections: 4,
    log: plainLogger(() => undefined),
    signal: new AbortController().signal,
    ...options,
  });
}

test('an unsafe file is named with its reason, and code is told', async () => {
  const { state, problems, notices, formats } = await check({});
  expect(state).toBe('unsafe');
  expect(problems).toEqual([
    'deep/model.pkl is a pickle that calls `mymodel.Model`; `allow-globals: mymodel.Model` lets it in',
  ]);
  expect(notices).toEqual([expect.stringContaining('modeling.py is Python code')]);
  expect(formats['deep/model.pkl']).toBe('pickle');
});

test('allow-globals and allow-formats let it in; warn only tells; off does not look', async () => {
  expect((await check({ allowGlobals: ['mymodel.Model'] })).state).toBe('safe');
  expect((await check({ allowGlobals: ['mymodel.Other'] })).state).toBe('unsafe');
  expect((await check({ allowFormats: ['pickle'] })).state).toBe('safe');
  expect((await check({ mode: 'warn' })).state).toBe('unsafe');
  expect(await check({ mode: 'off' })).toMatchObject({ state: 'off', problems: [] });
});
