/** Ranges within a file, over threads and without, from a hub that behaves badly in every way. */
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { listPartials } from '@sluice/model-store/journal';
import { repoFolder } from '@sluice/model-store/layout';
import type { RepoFolder } from '@sluice/model-store/layout';
import { pullSnapshot } from '@sluice/model-store/pull-snapshot';
import type { PullResult } from '@sluice/model-store/pull-snapshot';
import { describeError } from '@sluice/runtime/errors';
import { plainLogger } from '@sluice/runtime/logger';
import { HubClient } from '@sluice/sources/hub-client';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import { openHubFile } from './support.ts';

const PIECE = 1024 * 1024;
const BIG = Buffer.alloc(4.5 * PIECE + 4321);
for (let at = 0; at + 4 <= BIG.byteLength; at += 4) BIG.writeUInt32LE((at * 2654435761) >>> 0, at);
const SCRIPT = join(import.meta.dirname, 'fixtures/transfer-worker.ts');

let hub: FixtureHub;
let folder: RepoFolder;
let lines: string[];
beforeAll(async () => {
  hub = await startHub({
    repos: [
      { id: 'acme/big', revisions: [{ name: 'v1', files: { 'a.safetensors': BIG, 'config.json': '{}' } }] },
    ],
  });
});
afterAll(() => hub.close());
beforeEach(async () => {
  folder = repoFolder(await mkdtemp(join(tmpdir(), 'sluice-transfer-')), 'acme/big');
  hub.requests.length = 0;
  hub.faults.length = 0;
  lines = [];
});

async function pull(
  threads: boolean,
  options: { connections?: number; stallMs?: number; bandwidthLimit?: number; signal?: AbortSignal } = {},
): Promise<PullResult> {
  const log = plainLogger((line) => lines.push(line));
  const signal = options.signal ?? new AbortController().signal;
  const stallMs = options.stallMs ?? 3000;
  const client = new HubClient({
    endpoint: hub.url,
    token: undefined,
    log,
    signal,
    stallTimeoutMs: stallMs,
    retries: 2,
  });
  const commit = hub.commit('acme/big', 'main');
  const files = await client.listTree('acme/big', commit);
  return pullSnapshot(
    { folder, commit, ref: 'main', files, whole: true, listing: files },
    {
      connections: options.connections ?? 4,
      bandwidthLimit: options.bandwidthLimit,
      pieceBytes: PIECE,
      pauseMs: 1,
      stallMs,
      log,
      signal,
      env: {},
      open: (path, range, ended) => openHubFile(client, 'acme/big', commit, path, range, ended),
      ...(threads && {
        workerScript: SCRIPT,
        locate: (path: string, ended: AbortSignal) => client.locateFile('acme/big', commit, path, ended),
      }),
    },
  );
}

const cdn = () => hub.requests.filter(({ origin, bytes }) => origin === 'cdn' && bytes > 1);
const sent = () => cdn().reduce((sum, { bytes }) => sum + bytes, 0);
const bytesOf = async (result: PullResult) => readFile(join(result.snapshot, 'a.safetensors'));
const leftovers = async () =>
  [...(await readdir(folder.blobs)), ...(await readdir(folder.locks))].filter((name) =>
    /\.(incomplete|journal|tmp)$/.test(name),
  );
const failure = (work: Promise<unknown>) =>
  work.then(
    () => 'it succeeded',
    (error: unknown) => describeError(error),
  );

describe.each([
  ['threads', true],
  ['one thread', false],
])('%s', (_, threads) => {
  test('a file comes in ranges, each once, over one resolved address', async () => {
    const result = await pull(threads);
    expect((await bytesOf(result)).equals(BIG)).toBe(true);
    expect(cdn().map(({ status }) => status)).toEqual([206, 206, 206, 206, 206]);
    expect(sent()).toBe(BIG.byteLength);
    expect(hub.requests.filter(({ path }) => path.includes('a.safetensors')).length).toBeLessThanOrEqual(4);
    expect(await leftovers()).toEqual([]);
  });

  test('a range that breaks off goes on where it stopped', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'break', afterBytes: 750_000, times: 3 });
    const result = await pull(threads);
    expect((await bytesOf(result)).equals(BIG)).toBe(true);
    expect(sent()).toBeLessThan(BIG.byteLength * 1.02);
    expect(lines.join('')).toContain('the connection broke off');
  });

  test('a silent connection counts as broken', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'stall', afterBytes: 600_000, times: 3 });
    const result = await pull(threads, { stallMs: 300 });
    expect((await bytesOf(result)).equals(BIG)).toBe(true);
    expect(lines.join('')).toContain('no byte came for 0.3 s');
  });

  test('a CDN that ignores ranges is read by one connection', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'ignore-range', times: 100 });
    const result = await pull(threads);
    expect((await bytesOf(result)).equals(BIG)).toBe(true);
    expect(await leftovers()).toEqual([]);
  });

  test.each([401, 403, 404, 410])('an address that has ended (%s) is asked for again', async (status) => {
    await pull(threads, { connections: 1 });
    const blobs = await readdir(folder.blobs);
    expect(blobs).toHaveLength(2);
    folder = repoFolder(await mkdtemp(join(tmpdir(), 'sluice-transfer-')), 'acme/big');
    // The first answers set the address; then it ends.
    const order = setInterval(() => {
      if (cdn().length < 7) return;
      clearInterval(order);
      hub.faults.push({ origin: 'cdn', kind: 'status', status });
    }, 1);
    const result = await pull(threads, { connections: 1 });
    clearInterval(order);
    expect((await bytesOf(result)).equals(BIG)).toBe(true);
  });

  test('a range found wrong (416) falls back to the whole file', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'status', status: 416, ranged: true, times: 30 });
    const result = await pull(threads);
    expect((await bytesOf(result)).equals(BIG)).toBe(true);
  });

  test('429 and 503 are waited out', async () => {
    hub.faults.push(
      { origin: 'cdn', kind: 'rate-limit', seconds: 0, times: 3 },
      { origin: 'hub', kind: 'rate-limit', seconds: 0, path: '/resolve/' },
      { origin: 'cdn', kind: 'status', status: 503, headers: { 'Retry-After': '0' }, times: 2 },
    );
    expect((await bytesOf(await pull(threads))).equals(BIG)).toBe(true);
  });

  test('a flipped byte gives no name and leaves nothing', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'corrupt', offset: 500_000, path: '/repos/', times: 1 });
    // The first range is the probe of the address where threads fetch: one byte, which the fault does not reach.
    if (threads) hub.faults.push({ origin: 'cdn', kind: 'corrupt', offset: 500_000, times: 1 });
    expect(await failure(pull(threads))).toContain('whose sha256 is');
    expect((await readdir(folder.blobs)).filter((name) => name.length !== 40)).toEqual([]);
    expect(await leftovers()).toEqual([]);
  });

  test('what a cancelled pull got is gone on with', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'stall', afterBytes: 500_000, times: 20 });
    const controller = new AbortController();
    const watch = setInterval(() => {
      void listPartials(folder).then((partials) => {
        if (partials.some(({ done }) => done.covered > 1.5 * PIECE)) controller.abort(new Error('cancelled'));
      });
    }, 10);
    expect(await failure(pull(threads, { signal: controller.signal }))).toContain('cancelled');
    expect((await readdir(folder.blobs)).some((name) => name.endsWith('.incomplete'))).toBe(true);
    clearInterval(watch);
    hub.faults.length = 0;
    hub.requests.length = 0;
    const result = await pull(threads);
    expect((await bytesOf(result)).equals(BIG)).toBe(true);
    expect(result.resumedBytes).toBeGreaterThan(PIECE);
    const rest = BIG.byteLength - result.resumedBytes;
    expect([rest, rest + 2]).toContain(result.downloadedBytes);
    expect(sent()).toBe(rest);
    expect(await leftovers()).toEqual([]);
  });
});

test('the bandwidth limit holds', async () => {
  const started = performance.now();
  await pull(true, { bandwidthLimit: 6 * PIECE });
  expect(performance.now() - started).toBeGreaterThan(600);
});
