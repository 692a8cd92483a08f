/** @huggingface/hub's XetBlob behind our guarded client, against the fixture's Xet storage. */
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { plainLogger } from '@sluice/runtime/logger';
import { HubClient } from '@sluice/sources/hub-client';
import { openXet, xetFrom } from '@sluice/sources/xet-source';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';

const TOKEN = 'hub-token-without-prefix';
const repo = 'acme/xet';
/** Floats that repeat, and noise: chunks that pack well and chunks that don't. */
const BYTES = Buffer.from(
  Uint8Array.from({ length: 1_300_000 }, (_, i) =>
    i < 700_000 ? (i % 4) * 7 + (i >> 9) : (i * i * 31) >> 3,
  ),
);

let hub: FixtureHub;
let secrets: string[];
beforeAll(async () => {
  hub = await startHub({
    repos: [{ id: repo, revisions: [{ name: 'v1', files: { 'a.gguf': BYTES } }], private: true, xet: true }],
    token: TOKEN,
  });
});
afterAll(() => hub.close());
beforeEach(() => {
  hub.requests.length = 0;
  secrets = [];
});

async function read(start: number, end: number, endpoint = hub.url): Promise<Buffer> {
  const log = plainLogger(() => undefined);
  const { signal } = new AbortController();
  const token = { value: TOKEN, from: 'test' };
  const client = new HubClient({ endpoint: hub.url, token, log, signal, stallTimeoutMs: 5000, retries: 0 });
  const commit = hub.commit(repo, 'main');
  const [file] = await client.listTree(repo, commit);
  if (!file || file.xetHash === null) throw new Error('the tree names no Xet hash');
  const tokenUrl = client.xetTokenUrl(repo, commit);
  const options = {
    endpoint,
    token,
    tokenUrl,
    log,
    stallTimeoutMs: 5000,
    addSecret: (one: string) => void secrets.push(one),
  };
  return buffer(await openXet({ ...file, xetHash: file.xetHash }, start, end, options, signal));
}

describe('Xet', () => {
  test.each([
    [0, BYTES.byteLength],
    [0, 1],
    [59_999, 60_001],
    [419_990, 840_010],
    [BYTES.byteLength - 1, BYTES.byteLength],
  ])('bytes %i to %i, over all ways to pack a chunk', async (start, end) => {
    expect((await read(start, end)).equals(BYTES.subarray(start, end))).toBe(true);
  });

  test("the hub's token stays with the hub, the storage's with the storage; xorbs get none", async () => {
    await read(0, 100_000);
    await read(100_000, 200_000);
    expect(hub.requests.some(({ origin }) => origin === 'xet')).toBe(true);
    for (const { origin, path, authorized } of hub.requests)
      expect([path, authorized]).toEqual([path, origin === 'hub' || path.startsWith('/v2/')]);
    // The fixture refuses the wrong one of the two, so each arrived where it belongs.
    expect(hub.requests.every(({ status }) => status < 400)).toBe(true);
  });

  test('a storage without encryption behind an encrypted hub is refused', async () => {
    await expect(read(0, 10, 'https://hub.example')).rejects.toThrow(/is not encrypted; refused/);
  });

  test('only what HTTP does not give comes this way, unless asked', () => {
    expect([
      xetFrom({}),
      xetFrom({ SLUICE_XET_FROM_BYTES: '0' }),
      xetFrom({ SLUICE_XET_FROM_BYTES: 'x' }),
    ]).toEqual([50e9, 0, 50e9]);
  });
});
