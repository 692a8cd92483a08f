/** Files from a hub's Xet storage by the bundle: forced small, refused over HTTP, damaged, killed and gone on with. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import type { ActionRun } from '@sluice/testing/runner';
import { runAction } from '@sluice/testing/runner';

const TOKEN = 'hf_aTokenOfTheHub';
const BYTES = Buffer.from(Uint8Array.from({ length: 5_000_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24));

let hub: FixtureHub;
let workspace: string;
const files = { 'a.gguf': BYTES, 'config.json': '{}' };
beforeAll(async () => {
  hub = await startHub({
    repos: [{ id: 'acme/xet', revisions: [{ name: 'v1', files }], xet: true }],
    token: TOKEN,
  });
});
afterAll(() => hub.close());
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-xet-'));
  hub.requests.length = 0;
  hub.faults.length = 0;
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

const pull = (env: Record<string, string> = {}, more: Partial<ActionRun> = {}) =>
  runAction('model-pull', {
    cwd: workspace,
    inputs: { model: 'acme/xet', 'cache-dir': 'cache', endpoint: hub.url, safety: 'off', token: TOKEN },
    env: {
      HF_ENDPOINT: '',
      HF_HUB_CACHE: '',
      HF_HOME: '',
      HF_HUB_OFFLINE: '',
      SLUICE_XET_FROM_BYTES: '1000',
      ...env,
    },
    timeoutMs: 30_000,
    ...more,
  });
const blobs = () => readdir(join(workspace, 'cache/models--acme--xet/blobs'));
const from = (origin: string) => hub.requests.filter((one) => one.origin === origin);

describe('Xet', () => {
  test('large files come from the storage, hashed; the CDN is not asked, and the token stays with the hub', async () => {
    const run = await pull();
    expect([run.exitCode, run.outputs['cache-hit']]).toEqual([0, 'none']);
    expect((await readFile(join(run.outputs['path'] ?? '', 'a.gguf'))).equals(BYTES)).toBe(true);
    expect(from('cdn')).toEqual([]);
    expect(from('xet').length).toBeGreaterThan(1);
    const text = run.stdout.replaceAll(/::add-mask::.*/g, '');
    expect(text).not.toContain(hub.xet.token);
  });

  test('so does a file that the CDN refuses; plain HTTP is what is tried first', async () => {
    for (let i = 0; i < 9; i += 1) hub.faults.push({ origin: 'cdn', kind: 'status', status: 400 });
    const run = await pull({ SLUICE_XET_FROM_BYTES: '' });
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(
      /::notice::a.gguf: the hub refuses it over HTTP; it comes from its Xet storage/,
    );
  });

  test('damaged chunks get no final name, and an error that names the file', async () => {
    const hash = hub.xet.add(BYTES);
    hub.xet.corrupt(hash, 5_000);
    const run = await pull();
    hub.xet.corrupt(hash, 5_000);
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'infra-error']);
    expect(run.stdout).toMatch(/::error::a.gguf: /);
    expect((await blobs()).filter((name) => name.length === 64)).toEqual([]);
  });

  test('killed, it goes on where it stopped', async () => {
    // The last xorb: all others are there when it comes to a halt.
    hub.faults.push({
      origin: 'xet',
      path: hub.xet.lastXorb(hub.xet.add(BYTES)),
      kind: 'stall',
      afterBytes: 100_000,
    });
    const killed = await pull({}, { killAfterMs: 2000 });
    expect(killed.signal).toBe('SIGKILL');
    const before = from('xet').reduce((sum, { bytes }) => sum + bytes, 0);
    hub.requests.length = 0;
    const run = await pull();
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/a.gguf: going on after \d+%/);
    expect((await readFile(join(run.outputs['path'] ?? '', 'a.gguf'))).equals(BYTES)).toBe(true);
    const after = from('xet').reduce((sum, { bytes }) => sum + bytes, 0);
    expect([before > 3 * after, after < 1_000_000]).toEqual([true, true]);
    expect((await blobs()).filter((name) => name.includes('.'))).toEqual([]);
  });
});
