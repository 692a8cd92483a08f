import {
  chmod,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { repoFolder } from '@sluice/model-store/layout';
import type { RepoFolder } from '@sluice/model-store/layout';
import { openHubFile } from './support.ts';
import { findOffline } from '@sluice/model-store/offline-snapshot';
import type { PullResult } from '@sluice/model-store/pull-snapshot';
import { pullSnapshot, refuseOutsidePaths } from '@sluice/model-store/pull-snapshot';
import { ConfigError, describeError, GateError, InfraError } from '@sluice/runtime/errors';
import { plainLogger } from '@sluice/runtime/logger';
import { HubClient } from '@sluice/sources/hub-client';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';

const repo = 'acme/tiny';
const WEIGHTS = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251));
const files = {
  'config.json': '{}',
  'copy/config.json': '{}',
  'empty.txt': '',
  'model.safetensors': WEIGHTS,
  'sub/deep/b.gguf': Buffer.from('GGUF'),
};

let hub: FixtureHub;
let folder: RepoFolder;
let lines: string[];
beforeAll(async () => {
  hub = await startHub({
    repos: [
      { id: repo, revisions: [{ name: 'v1', files }] },
      { id: 'acme/evil', revisions: [{ name: 'v1', files: { 'ok.txt': 'x', '../../out.txt': 'x' } }] },
    ],
  });
});
afterAll(() => hub.close());
beforeEach(async () => {
  folder = repoFolder(await mkdtemp(join(tmpdir(), 'sluice-store-')), repo);
  hub.requests.length = 0;
  hub.faults.length = 0;
  lines = [];
});

async function pull(
  options: { name?: string; only?: string[]; stallMs?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<PullResult> {
  const log = plainLogger((line) => lines.push(line));
  const { signal } = new AbortController();
  const name = options.name ?? repo;
  const client = new HubClient({
    endpoint: hub.url,
    token: undefined,
    log,
    signal,
    stallTimeoutMs: options.stallMs ?? 5000,
    retries: 1,
  });
  const commit = hub.commit(name, 'main');
  const tree = await client.listTree(name, commit);
  const wanted = tree.filter(({ path }) => options.only?.includes(path) ?? true);
  return pullSnapshot(
    { folder, commit, ref: 'main', files: wanted, whole: wanted.length === tree.length, listing: tree },
    {
      connections: 3,
      log,
      signal,
      env: options.env ?? {},
      pauseMs: 1,
      open: (path, range, ended) => openHubFile(client, name, commit, path, range, ended),
    },
  );
}

const fetched = () =>
  hub.requests.filter(({ path }) => path.includes('/resolve/') || path.startsWith('/repos/'));
const blobs = async () => (await readdir(folder.blobs)).sort();
const failed = (work: Promise<unknown>) =>
  work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error as Error,
  );

describe('the layout', () => {
  test("is huggingface_hub's, byte for byte", async () => {
    const result = await pull();
    const commit = hub.commit(repo, 'main');
    expect(await readFile(join(folder.refs, 'main'), 'utf8')).toBe(commit);
    expect(await readlink(join(result.snapshot, 'config.json'))).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
    expect(await readlink(join(result.snapshot, 'sub/deep/b.gguf'))).toMatch(
      /^(\.\.\/){4}blobs\/[0-9a-f]{64}$/,
    );
    for (const [path, content] of Object.entries(files)) {
      expect((await readFile(join(result.snapshot, path))).equals(Buffer.from(content))).toBe(true);
    }
    // config.json and its copy are one blob, fetched once.
    expect(await blobs()).toHaveLength(4);
    expect(fetched().filter(({ path }) => path.endsWith('config.json'))).toHaveLength(1);
    for (const blob of await blobs()) expect((await stat(join(folder.blobs, blob))).mode & 0o777).toBe(0o444);
    expect(await readFile(join(folder.cacheDir, 'CACHEDIR.TAG'), 'utf8')).toMatch(
      /^Signature: 8a477f597d28d172789f06886806bc55\n/,
    );
    const tree = JSON.parse(await readFile(join(folder.trees, `${commit}.json`), 'utf8')) as {
      format_version: number;
      files: object;
    };
    expect(tree.format_version).toBe(1);
    expect(Object.keys(tree.files)).toEqual(Object.keys(files).sort());
    expect((await stat(join(folder.trees, `${commit}.json`))).mode & 0o777).toBe(0o644);
  });

  test('a partial pull keeps no file list', async () => {
    await pull({ only: ['config.json'] });
    await expect(readdir(folder.trees)).rejects.toThrow('ENOENT');
  });

  test('without links, files are plain', async () => {
    const result = await pull({ env: { HF_HUB_DISABLE_SYMLINKS: '1' } });
    expect((await lstat(join(result.snapshot, 'model.safetensors'))).isFile()).toBe(true);
  });

  test('a path that leaves the folder: nothing is written', async () => {
    const error = await failed(pull({ name: 'acme/evil' }));
    expect(error).toBeInstanceOf(GateError);
    expect(error.message).toContain('"../../out.txt"');
    expect(await readdir(folder.cacheDir)).toEqual([]);
  });
});

test.each([
  ['twice', ['a.txt', 'a.txt'], 'it is listed twice'],
  ['as file and folder', ['a', 'a/b/c'], 'it is a file and a folder'],
  ['outside', ['ok', '/etc/passwd'], 'it is absolute'],
])('a path listed %s is refused', (_, paths, why) => {
  expect(() => refuseOutsidePaths(paths.map((path) => ({ path })))).toThrow(why);
});

describe('a second pull', () => {
  test('verifies and fetches nothing', async () => {
    await pull();
    hub.requests.length = 0;
    const again = await pull();
    expect(fetched()).toEqual([]);
    expect(again.downloadedBytes).toBe(0);
    expect(again.files.every(({ fromCache }) => fromCache)).toBe(true);
  });

  test.each([
    [
      'the same size and one other byte',
      Buffer.concat([WEIGHTS.subarray(0, -1), Buffer.from([0])]),
      'wrong hash',
    ],
    ['another size', Buffer.from('short'), 'has 5 bytes instead of 300000'],
  ])('names and replaces a blob of %s', async (_, bytes, why) => {
    const first = await pull();
    const blob = join(first.snapshot, 'model.safetensors');
    await chmod(blob, 0o644);
    await writeFile(blob, bytes);
    const second = await pull();
    expect(second.repaired).toEqual(['model.safetensors']);
    expect(lines.join('')).toMatch(new RegExp(`warning: model.safetensors: its copy in the cache .*${why}`));
    expect((await readFile(blob)).equals(WEIGHTS)).toBe(true);
  });

  test('never writes through a blob that is a link into a shared store', async () => {
    const first = await pull();
    const etag = first.files.find(({ path }) => path === 'model.safetensors')?.etag ?? '';
    const shared = join(folder.cacheDir, 'shared');
    await writeFile(shared, "somebody else's");
    await rm(join(folder.blobs, etag));
    await symlink(shared, join(folder.blobs, etag));
    await pull();
    expect(await readFile(shared, 'utf8')).toBe("somebody else's");
    expect((await lstat(join(folder.blobs, etag))).isFile()).toBe(true);
  });
});

test('two pulls into one cache at once both end whole', async () => {
  const [first, second] = await Promise.all([pull(), pull()]);
  for (const result of [first, second]) {
    for (const [path, content] of Object.entries(files)) {
      expect((await readFile(join(result.snapshot, path))).equals(Buffer.from(content))).toBe(true);
    }
  }
  expect(await blobs()).toHaveLength(4);
});

describe('a bad network', () => {
  test('a broken connection goes on where it stopped', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'break', afterBytes: 100_000, times: 1 });
    const result = await pull({ only: ['model.safetensors'] });
    expect(result.files[0]?.bytes).toBe(WEIGHTS.byteLength);
    expect(
      hub.requests.filter(({ origin }) => origin === 'cdn').map(({ range, status }) => [range, status]),
    ).toEqual([
      [null, 200],
      ['bytes=100000-', 206],
    ]);
  });

  test('a silent connection counts as broken', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'stall', afterBytes: 65_536 });
    await pull({ only: ['model.safetensors'], stallMs: 1000 });
    expect(hub.requests.at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  test('a server that ignores the range is read from the start', async () => {
    hub.faults.push(
      { origin: 'cdn', kind: 'break', afterBytes: 100_000 },
      { origin: 'cdn', kind: 'ignore-range' },
    );
    const result = await pull({ only: ['model.safetensors'] });
    expect((await readFile(join(result.snapshot, 'model.safetensors'))).equals(WEIGHTS)).toBe(true);
  });

  test('a flipped byte gets no name, and leaves nothing', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'corrupt', offset: 150_000 });
    const error = await failed(pull({ only: ['model.safetensors'] }));
    expect(error).toBeInstanceOf(InfraError);
    expect(error.message).toContain('the source says');
    expect(await blobs()).toEqual([]);
  });

  test('a flipped byte of a small file is seen by its Git id', async () => {
    hub.faults.push({ origin: 'hub', kind: 'corrupt', offset: 0, path: '/resolve/' });
    expect((await failed(pull({ only: ['config.json'] }))).message).toContain('whose Git id is');
  });

  test('a connection that breaks for ever ends', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'break', afterBytes: 0, times: 100 });
    const error = await failed(pull({ only: ['model.safetensors'] }));
    expect(error).toBeInstanceOf(InfraError);
    expect(describeError(error)).toContain('gave up at byte 0 of 300000');
    expect(await blobs()).toEqual([]);
  });

  test('one failure ends the others and leaves no half file', async () => {
    hub.faults.push(
      { origin: 'cdn', kind: 'stall', afterBytes: 10, path: '/repos/' },
      { origin: 'hub', kind: 'status', status: 404, path: 'empty.txt' },
    );
    hub.faults.push({ origin: 'hub', kind: 'status', status: 404, path: 'config.json' });
    await failed(pull());
    expect((await blobs()).filter((name) => name.endsWith('.incomplete'))).toEqual([]);
  });
});

describe('offline', () => {
  test('finds what a whole pull left', async () => {
    await pull();
    const found = await findOffline(folder, repo, 'main');
    expect([found.commit, found.complete, found.files.length]).toEqual([hub.commit(repo, 'main'), true, 5]);
  });

  test('takes what lies in the snapshot when there is no list', async () => {
    await pull({ only: ['config.json', 'sub/deep/b.gguf'] });
    const found = await findOffline(folder, repo, hub.commit(repo, 'main'));
    expect([found.complete, found.files.map(({ path }) => path).sort()]).toEqual([
      false,
      ['config.json', 'sub/deep/b.gguf'],
    ]);
  });

  test("an unknown revision is the user's to mend", async () => {
    await expect(findOffline(folder, repo, 'v9')).rejects.toThrow(ConfigError);
    await expect(findOffline(folder, repo, 'v9')).rejects.toThrow('pull it once without `offline`');
  });
});
