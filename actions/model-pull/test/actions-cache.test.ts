/** The bundle on two machines of GitHub's, one after the other: what the first pulled, the second has from the cache. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FixtureCache } from '@sluice/testing/actions-cache/server';
import { startActionsCache } from '@sluice/testing/actions-cache/server';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import type { ActionOutcome } from '@sluice/testing/runner';
import { runAction } from '@sluice/testing/runner';

// Over 16 MiB: it gets an entry of its own.
const LARGE = Buffer.alloc(
  17 * 1024 * 1024,
  Uint8Array.from({ length: 8191 }, (_, i) => (i * 7) % 251),
);
const CONFIG = '{"model_type": "llama"}';

let hub: FixtureHub;
let cache: FixtureCache;
let root: string;
let machines = 0;
beforeAll(async () => {
  const files = {
    'shard.safetensors': LARGE,
    'config.json': CONFIG,
    'copy/config.json': CONFIG,
    'b.txt': 'bb',
  };
  hub = await startHub({
    repos: [
      { id: 'acme/big', revisions: [{ name: 'v1', files }] },
      {
        id: 'acme/lora',
        revisions: [
          {
            name: 'v1',
            files: { 'adapter_config.json': '{"peft_type": "LORA", "base_model_name_or_path": "acme/big"}' },
          },
        ],
      },
      {
        id: 'acme/bad',
        revisions: [{ name: 'v1', files: { 'x.pkl': Buffer.from("cos\nsystem\n(S'x'\ntR.") } }],
      },
    ],
  });
  root = await mkdtemp(join(tmpdir(), 'sluice-two-machines-'));
});
afterAll(async () => {
  await hub.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  cache = await startActionsCache();
  hub.requests.length = 0;
});
afterEach(async () => {
  await cache[Symbol.asyncDispose]();
});

/** A job on a machine that nobody used before: main, then post. */
async function job(inputs: Record<string, string> = {}, env: Record<string, string> = {}) {
  hub.requests.length = 0;
  cache.requests.length = 0;
  const cwd = join(root, String(machines++));
  const common = {
    cwd,
    inputs: { model: 'acme/big', 'cache-dir': 'cache', endpoint: hub.url, safety: 'off', ...inputs },
    env: {
      ...Object.fromEntries(
        ['TOKEN', 'ENDPOINT', 'HUB_CACHE', 'HOME', 'HUB_OFFLINE'].map((n) => [`HF_${n}`, '']),
      ),
      RUNNER_ENVIRONMENT: 'github-hosted',
      ACTIONS_CACHE_SERVICE_V2: 'True',
      ACTIONS_RESULTS_URL: cache.url,
      ACTIONS_RUNTIME_TOKEN: cache.token,
      ...env,
    },
    timeoutMs: 30_000,
  };
  const main = await runAction('model-pull', common);
  const downloads = hub.requests.filter(({ path, bytes }) => bytes > 1 && !path.startsWith('/api/'));
  const post = await runAction('model-pull', { ...common, post: true, state: main.state });
  return {
    main,
    post,
    downloads: downloads.map(({ origin, path }) => `${origin} ${path.split('/').at(-1)}`),
    cwd,
  };
}
const seen = ({ exitCode, outputs }: ActionOutcome) => [exitCode, outputs['outcome'], outputs['cache-hit']];
const keyOf = (start: string) => cache.entries.find(({ key }) => key.startsWith(start))?.key ?? '';
const LARGE_KEY = /^sluice-[0-9a-f]{64}$/;

describe("GitHub's cache", () => {
  test('gives the second machine every byte; the key is the content', async () => {
    const first = await job();
    expect(seen(first.main)).toEqual([0, 'success', 'none']);
    expect(first.downloads).toHaveLength(3);
    expect(first.post.exitCode).toBe(0);
    expect(first.post.stdout).toMatch(/GitHub's cache: 2 of 2 entries kept/);
    expect(cache.entries.map(({ key, size }) => [LARGE_KEY.test(key), size])).toEqual([
      [true, LARGE.byteLength],
      [false, CONFIG.length + 2],
    ]);
    const second = await job();
    expect(seen(second.main)).toEqual([0, 'success', 'full']);
    expect(second.downloads).toEqual([]);
    expect(second.main.outputs['digest']).toBe(first.main.outputs['digest']);
    expect(second.main.stdout).toContain("came from GitHub's cache");
    // Nothing new, nothing written; one question for each entry.
    expect(second.post.stdout).not.toContain('kept');
    const asked = cache.requests.filter(({ what }) => what === 'GetCacheEntryDownloadURL');
    expect(asked).toHaveLength(2);
    for (const text of [first.main.stdout, first.post.stdout, second.main.stdout])
      expect(text.replaceAll(/::add-mask::.*/g, '')).not.toMatch(/sig=|fixture-runtime-token/);
  });

  test('keeps an adapter too', async () => {
    const first = await job({ adapter: 'acme/lora' });
    expect(seen(first.main)).toEqual([0, 'success', 'none']);
    expect(first.post.exitCode).toBe(0);
    expect(cache.entries).toHaveLength(3);
    const second = await job({ adapter: 'acme/lora' });
    expect(seen(second.main)).toEqual([0, 'success', 'full']);
    expect(second.downloads).toEqual([]);
  });

  test('a poisoned entry is not believed: a warning, and the right bytes from the hub', async () => {
    const first = await job();
    const key = keyOf('sluice-') === keyOf('sluice-pack-') ? '' : keyOf('sluice-');
    cache.replace(key, Buffer.alloc(LARGE.byteLength, 'evil'));
    const second = await job();
    expect(seen(second.main)).toEqual([0, 'success', 'partial']);
    expect(second.main.stdout).toMatch(new RegExp(`::warning::shard.safetensors: .*${key} has a wrong hash`));
    expect(second.main.outputs['digest']).toBe(first.main.outputs['digest']);
    expect(second.downloads.length).toBeGreaterThan(0);
    expect(second.downloads.every((one) => one.startsWith('cdn '))).toBe(true);
    expect((await readdir(join(second.cwd, 'cache/models--acme--big/blobs'))).sort()).toHaveLength(3);
  });

  test.each([
    ['evicted after it was found', () => undefined, /HTTP 404/],
    [
      'cut short',
      () => LARGE.subarray(0, 5_000_000),
      /with other bytes \(bytes 0-4999999\/5000000\)|HTTP 416/,
    ],
  ])('an entry %s: from the hub', async (_, bytes, why) => {
    await job();
    cache.replace(keyOf('sluice-'), bytes());
    const second = await job();
    expect(seen(second.main)).toEqual([0, 'success', 'partial']);
    expect(second.main.stdout).toMatch(why);
    expect(second.downloads.length).toBeGreaterThan(0);
  });

  test('an entry that is gone is kept again; others are left alone', async () => {
    await job();
    cache.entries.splice(0, 1);
    const second = await job();
    expect(seen(second.main)).toEqual([0, 'success', 'partial']);
    expect(second.post.stdout).toMatch(/GitHub's cache: 1 of 1 entries kept/);
  });

  test('a broken service, a read-only run: the pull goes on, and so does the job', async () => {
    cache.broken = { what: 'service', status: 400 };
    const broken = await job();
    expect(seen(broken.main)).toEqual([0, 'success', 'none']);
    expect(broken.main.stdout.match(/::warning::GitHub's cache can't be asked/g)).toHaveLength(1);
    expect(broken.post.exitCode).toBe(0);
    cache.broken = undefined;
    cache.readOnly = true;
    const fork = await job();
    expect([fork.post.exitCode, cache.entries.length]).toEqual([0, 0]);
    expect(fork.post.stdout).toMatch(/::notice::this run may not write to GitHub's cache/);
  });

  test("not on a runner of one's own, unless asked; an unsafe model is never kept", async () => {
    const own = { RUNNER_ENVIRONMENT: 'self-hosted' };
    expect(seen((await job({}, own)).main)).toEqual([0, 'success', 'none']);
    expect(cache.requests).toEqual([]);
    await job({ 'actions-cache': 'always', include: 'b.txt' }, own);
    expect(cache.entries.map(({ size }) => size)).toEqual([2]);
    const bad = await job({ model: 'acme/bad', safety: 'strict' });
    expect(bad.main.exitCode).toBe(1);
    expect(cache.entries).toHaveLength(1);
  });
});
