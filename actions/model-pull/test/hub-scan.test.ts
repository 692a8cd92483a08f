/** The hub's own scan, through the committed bundle. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import { NO_HUB_SETTINGS, runAction } from '@sluice/testing/runner';

let hub: FixtureHub;
let workspace: string;
beforeAll(async () => {
  const many = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`f${index}.txt`, `${index}`]));
  hub = await startHub({
    repos: [
      {
        id: 'acme/scanned',
        revisions: [
          {
            name: 'v1',
            files: { 'a.json': '{}', 'b.md': '#' },
            scans: { 'a.json': 'safe', 'b.md': 'queued' },
          },
          { name: 'v2', files: { 'a.json': '[]', 'b.md': '#' }, scans: { 'b.md': 'unsafe' } },
          { name: 'many', files: many, scans: { 'f119.txt': 'unsafe', 'f9.txt': 'unsafe' } },
          { name: 'silent', files: { 'a.json': '{ }' } },
        ],
      },
    ],
  });
});
afterAll(() => hub.close());
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-scan-'));
  hub.requests.length = 0;
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

const pull = (inputs: Record<string, string>) =>
  runAction('model-pull', {
    cwd: workspace,
    inputs: {
      model: 'acme/scanned',
      'cache-dir': 'cache',
      'min-free-space': '0B',
      endpoint: hub.url,
      ...inputs,
    },
    env: NO_HUB_SETTINGS,
    timeoutMs: 30_000,
  });
const named = () => readdir(join(workspace, 'cache/models--acme--scanned/snapshots')).catch(() => []);
/** Lists of files that were asked: the plain one, then 50 entries a page. */
const trees = () => hub.requests.filter(({ path }) => path.includes('/tree/')).length;

test('what it says is shown; a full hit does not ask', async () => {
  const run = await pull({ revision: 'v1' });
  expect([run.exitCode, trees()]).toEqual([0, 2]);
  expect(run.summary).toMatch(/hub's own scan.*1 safe, 1 queued/);
  expect(run.stdout).toContain('b.md is "queued" in the hub\'s own scan');
  hub.requests.length = 0;
  expect((await pull({ revision: 'v1' })).outputs['cache-hit']).toBe('full');
  expect([hub.requests.length, trees()]).toEqual([1, 0]);
});

test('unsafe fails before any file has a name; warn tells; off does not ask', async () => {
  const strict = await pull({ revision: 'v2' });
  expect([strict.exitCode, strict.outputs['safety'], await named()]).toEqual([1, 'unsafe', []]);
  expect(strict.stdout).toContain("b.md is unsafe by the hub's own scan");
  expect(trees()).toBe(2);
  expect((await pull({ revision: 'v2', safety: 'off', 'cache-dir': 'second' })).exitCode).toBe(0);
  expect(trees()).toBe(3);
  const warn = await pull({ revision: 'v2', safety: 'warn', 'cache-dir': 'third' });
  expect([warn.exitCode, warn.stdout]).toEqual([
    0,
    expect.stringContaining('::warning::safety: b.md is unsafe'),
  ]);
});

test('every page is read, and only files that were asked for count', async () => {
  const run = await pull({ revision: 'many' });
  expect([run.exitCode, trees()]).toEqual([1, 4]);
  expect(run.stdout).toContain('f119.txt is unsafe');
  const part = await pull({ revision: 'many', exclude: 'f119.txt, f9.txt', 'cache-dir': 'second' });
  expect([part.exitCode, part.summary]).toEqual([0, expect.stringContaining('118 unscanned')]);
});
