/** The bundle with no `model`: garbage collection alone, as the starter workflow model-cache-gc.yml runs it. */
import { mkdir, mkdtemp, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import type { ActionOutcome } from '@sluice/testing/runner';
import { runAction } from '@sluice/testing/runner';

const DAY_MS = 24 * 3_600_000;
let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-collect-'));
});

/** A repository of one revision and one blob, as huggingface_hub leaves it. */
async function cached(name: string, ageDays: number, bytes: number): Promise<void> {
  const root = join(workspace, 'cache', `models--acme--${name}`);
  const commit = 'a'.repeat(40);
  const snapshot = join(root, 'snapshots', commit);
  for (const folder of [snapshot, join(root, 'refs'), join(root, 'blobs')])
    await mkdir(folder, { recursive: true });
  const blob = join(root, 'blobs', 'b'.repeat(64));
  await writeFile(blob, Buffer.alloc(bytes));
  await symlink(`../../blobs/${'b'.repeat(64)}`, join(snapshot, 'model.bin'));
  await writeFile(join(root, 'refs', 'main'), commit);
  const then = new Date(Date.now() - ageDays * DAY_MS);
  for (const path of [blob, snapshot]) await utimes(path, then, then);
}

function collect(inputs: Record<string, string>): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: { 'cache-dir': 'cache', ...inputs },
    env: { HF_TOKEN: '', HF_ENDPOINT: '', HF_HUB_CACHE: '', HF_HOME: '' },
  });
}
const left = async () =>
  (await readdir(join(workspace, 'cache'))).filter((name) => name.startsWith('models--'));

test('max-age: what was not used goes, and what it freed is told', async () => {
  await cached('old', 40, 3000);
  await cached('new', 1, 500);
  const run = await collect({ 'max-age': '30d' });
  expect([run.exitCode, run.outputs['verdict'], run.outputs['outcome']]).toEqual([0, 'pass', 'success']);
  expect(run.outputs).toMatchObject({ 'freed-bytes': '3000', 'cache-bytes': '500' });
  expect(run.outputs['path']).toBeUndefined();
  expect(run.stdout).toContain('removed 1 snapshot, freed 3.00 kB; the cache has 500 B');
  expect(run.summary).toMatch(/acme\/old.*aaaaaaaaaaaa/);
  expect(await left()).toEqual(['models--acme--new']);
});

test('max-cache-size: the least recently used first, until it fits', async () => {
  for (const [name, age] of [
    ['a', 3],
    ['b', 1],
    ['c', 2],
  ] as const)
    await cached(name, age, 1000);
  const run = await collect({ 'max-cache-size': '1500B' });
  expect(run.outputs).toMatchObject({ 'freed-bytes': '2000', 'cache-bytes': '1000' });
  expect(await left()).toEqual(['models--acme--b']);
  const again = await collect({ 'max-cache-size': '1500B' });
  expect(again.outputs).toMatchObject({ verdict: 'pass', 'freed-bytes': '0' });
});

test('validate removes nothing', async () => {
  await cached('old', 40, 3000);
  const run = await collect({ 'max-age': '30d', validate: 'true' });
  expect([run.exitCode, await left()]).toEqual([0, ['models--acme--old']]);
});

test('a cache that is not there is told', async () => {
  const run = await collect({ 'max-age': '30d' });
  expect([run.exitCode, run.outputs['freed-bytes']]).toEqual([0, '0']);
  expect(run.stdout).toMatch(/::warning::there is no .*cache on this machine/);
});

test('a model that was forgotten is no collection', async () => {
  await cached('old', 40, 3000);
  const none = await collect({});
  expect([none.exitCode, none.outputs['outcome']]).toEqual([1, 'config-error']);
  expect(none.stdout).toContain('input `model` is required and was not given');
  const half = await collect({ 'max-age': '30d', revision: 'main', dest: 'out' });
  expect([half.exitCode, half.outputs['outcome']]).toEqual([1, 'config-error']);
  expect(half.stdout).toContain('input `revision` has no meaning without `model`');
  expect(half.stdout).toContain('input `dest` has no meaning without `model`');
  expect(await left()).toEqual(['models--acme--old']);
});
