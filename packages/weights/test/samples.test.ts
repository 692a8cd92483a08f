/** Every way in that is known is closed, and each sample alone would be noticed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inspectFile } from '@sluice/weights/inspect';
import { BAD_CONTAINERS } from './bad-containers.ts';
import { BAD_MODELS } from './bad-models.ts';
import { BAD_PICKLES } from './bad-pickles.ts';

const SAMPLES = [...BAD_PICKLES, ...BAD_CONTAINERS, ...BAD_MODELS];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-samples-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the samples are many, and each is there once', () => {
  const names = SAMPLES.map(([name]) => name);
  expect(names.length).toBeGreaterThan(250);
  expect(new Set(names).size).toBe(names.length);
});

test.each(SAMPLES)('%s is unsafe', async (name, content) => {
  const file = join(folder, name);
  await writeFile(file, content);
  const { problem } = await inspectFile(name, file, new Set());
  expect(problem).toMatch(/^(is|has|holds|says|names|packs|gives|lets|hides|can|ends) .{8}/s);
});
