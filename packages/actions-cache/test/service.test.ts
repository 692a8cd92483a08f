/** Our client and GitHub's own (@actions/cache) on the same server: the fixture is right when both of them work. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { chooseActionsCache } from '@sluice/actions-cache/availability';
import { planEntries } from '@sluice/actions-cache/entries';
import { keepEntries } from '@sluice/actions-cache/keep';
import { CacheService } from '@sluice/actions-cache/service';
import { cutBlocks, uploadBlocks } from '@sluice/actions-cache/upload';
import { plainLogger } from '@sluice/runtime/logger';
import type { FixtureCache } from '@sluice/testing/actions-cache/server';
import { startActionsCache } from '@sluice/testing/actions-cache/server';

let cache: FixtureCache;
let folder: string;
let lines: string[];
let secrets: string[];
beforeAll(async () => {
  cache = await startActionsCache();
  folder = await mkdtemp(join(tmpdir(), 'sluice-actions-cache-'));
});
afterAll(async () => {
  await cache[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  cache.entries.length = 0;
  cache.requests.length = 0;
  cache.readOnly = false;
  cache.broken = undefined;
  lines = [];
  secrets = [];
});

const context = () => ({
  log: plainLogger((line) => lines.push(line)),
  signal: new AbortController().signal,
  addSecret: (value: string) => void secrets.push(value),
  stallMs: 5000,
});
const service = (token = cache.token) =>
  new CacheService({ url: cache.url, token, readable: true, writable: true }, context());

async function file(name: string, bytes: number) {
  const place = join(folder, name);
  await writeFile(place, Buffer.alloc(bytes, name));
  const { mtimeMs } = await stat(place);
  return { place, bytes, mtimeMs };
}

describe('an entry', () => {
  test('is kept in blocks over several files, found under its whole key alone, and not written twice', async () => {
    const files = [await file('a', 70_000), await file('b', 10), await file('c', 30_000)];
    const kept = await keepEntries(service(), [{ key: 'sluice-one', files }], {
      ...context(),
      blockBytes: 32_768,
    });
    expect(kept).toEqual({ entries: 1, bytes: 100_010 });
    const all = Buffer.concat(await Promise.all(files.map(({ place }) => readFile(place))));
    expect(cache.bytesOf('sluice-one')?.equals(all)).toBe(true);
    expect(cache.requests.filter(({ what }) => what === 'blob PUT')).toHaveLength(5);
    const url = await service().find('sluice-one');
    expect((await fetch(url ?? '', { headers: { range: 'bytes=69999-70001' } })).status).toBe(206);
    // The service finds keys that begin alike: not ours.
    expect(await service().find('sluice-o')).toBeUndefined();
    expect(await keepEntries(service(), [{ key: 'sluice-one', files }], context())).toMatchObject({
      entries: 0,
    });
    expect(lines.join('\n')).toContain("sluice-one is in GitHub's cache already");
    const signature = new URL(url ?? '').searchParams.get('sig') ?? '';
    expect(secrets).toContain(signature);
  });

  test('that fails is told and the others are kept; a run that may only read is told once', async () => {
    const good = await file('good', 1000);
    const changed = { ...(await file('changed', 1000)), mtimeMs: 1 };
    const entries = [
      { key: 'sluice-changed', files: [changed] },
      { key: 'sluice-good', files: [good] },
    ];
    expect(await keepEntries(service(), entries, context())).toEqual({ entries: 1, bytes: 1000 });
    expect(lines.join('\n')).toMatch(/sluice-changed is not kept.*changed was changed or removed/);
    cache.broken = { what: 'blob', status: 400 };
    await keepEntries(service(), [{ key: 'sluice-refused', files: [good] }], context());
    expect(lines.join('\n')).toMatch(/sluice-refused was not kept in GitHub's cache: .*HTTP 400/);
    // It was reserved and never finished: nobody finds it.
    cache.broken = undefined;
    expect(await service().find('sluice-refused')).toBeUndefined();
    cache.readOnly = true;
    lines = [];
    const two = ['x', 'y'].map((key) => ({ key, files: [good] }));
    expect(await keepEntries(service(), two, context())).toEqual({ entries: 0, bytes: 0 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('cache write denied');
  });

  test('a wrong token is an error on reading, and a denial on writing', async () => {
    await expect(service('wrong').find('x')).rejects.toThrow(/HTTP 401/);
    expect(await service('wrong').reserve('x')).toEqual({ kind: 'denied', why: 'invalid token' });
  });
});

describe("GitHub's own client", () => {
  test('saves to the fixture and restores from it', async () => {
    const workspace = join(folder, 'workspace');
    await mkdir(join(workspace, 'data'), { recursive: true });
    await writeFile(join(workspace, 'data/weights.bin'), Buffer.alloc(300_000, 'w'));
    const script = (call: string) =>
      `import * as cache from '${import.meta.resolve('@actions/cache')}'; console.log('RESULT', await cache.${call}(['data'], 'theirs-1'));`;
    const run = async (call: string) => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '-e', script(call)],
        {
          cwd: workspace,
          env: {
            PATH: process.env['PATH'],
            RUNNER_TEMP: folder,
            GITHUB_WORKSPACE: workspace,
            ACTIONS_CACHE_SERVICE_V2: 'True',
            ACTIONS_RESULTS_URL: cache.url,
            ACTIONS_RUNTIME_TOKEN: cache.token,
          },
        },
      );
      return stdout;
    };
    expect(await run('saveCache')).toContain('RESULT 1');
    await rm(join(workspace, 'data'), { recursive: true });
    expect(await run('restoreCache')).toContain('RESULT theirs-1');
    expect((await stat(join(workspace, 'data/weights.bin'))).size).toBe(300_000);
    // One key, another version: what they keep is not ours, and the other way round.
    expect(await service().find('theirs-1')).toBeUndefined();
  });
});

describe('pure parts', () => {
  const content = (etag: string, bytes: number) => ({ path: `${etag[0]}.bin`, etag, bytes });
  const sha = (digit: string) => digit.repeat(64);

  test('large files have an entry each, small ones share one whose key is their contents', () => {
    const MiB = 1024 * 1024;
    const files = [
      content(sha('a'), 20 * MiB),
      content(sha('b'), 5),
      content('c'.repeat(40), 7),
      content(sha('d'), 0),
      content(sha('e'), 41 * MiB),
      content('W-opaque', 9),
    ];
    const plan = planEntries(files, 40 * MiB);
    expect(plan.entries.map(({ key, bytes }) => [key.slice(0, 13), bytes])).toEqual([
      ['sluice-aaaaaa', 20 * MiB],
      ['sluice-pack-8', 12],
    ]);
    expect(plan.places.get('c'.repeat(40))?.offset).toBe(5);
    expect(plan.tooLarge.map(({ path }) => path)).toEqual(['e.bin']);
    const other = planEntries([content(sha('b'), 6)]).entries[0]?.key;
    expect(other).not.toBe(plan.entries[1]?.key);
    expect(planEntries(files, 40 * MiB).entries).toEqual(planEntries(files.toReversed(), 40 * MiB).entries);
  });

  test('blocks: equal but the last, over file borders', () => {
    const files = [
      { place: 'a', bytes: 5 },
      { place: 'b', bytes: 0 },
      { place: 'c', bytes: 4 },
    ];
    const bytes = cutBlocks(files, 4).map((block) =>
      block.map(({ place, start, bytes }) => [place, start, bytes]),
    );
    expect(bytes).toEqual([
      [['a', 0, 4]],
      [
        ['a', 4, 1],
        ['c', 0, 3],
      ],
      [['c', 3, 1]],
    ]);
  });

  test('a block that comes short is an error', async () => {
    const short = { place: (await file('short', 10)).place, bytes: 20 };
    await expect(uploadBlocks(cache.url, [short], context())).rejects.toThrow(/is shorter than it was/);
  });

  test.each([
    ['auto', { RUNNER_ENVIRONMENT: 'self-hosted' }, /no runner of GitHub/],
    ['auto', {}, undefined],
    ['always', { RUNNER_ENVIRONMENT: 'self-hosted' }, undefined],
    ['always', { ACTIONS_RUNTIME_TOKEN: '' }, /no address or token/],
    ['always', { GITHUB_SERVER_URL: 'https://git.acme.example' }, /version 1/],
    ['always', { GITHUB_SERVER_URL: 'https://acme.ghe.com' }, undefined],
    ['always', { ACTIONS_CACHE_MODE: 'none' }, /cache-mode/],
    ['never', {}, /never/],
  ] as const)('%s with %j', (mode, env, why) => {
    const choice = chooseActionsCache(mode, {
      RUNNER_ENVIRONMENT: 'github-hosted',
      ACTIONS_RESULTS_URL: 'https://results.example/',
      ACTIONS_RUNTIME_TOKEN: 't',
      ACTIONS_CACHE_SERVICE_V2: 'True',
      ...env,
    });
    if (why) expect(choice).toMatchObject({ why: expect.stringMatching(why) as unknown });
    else expect(choice.access).toMatchObject({ readable: true, writable: true });
  });
});
