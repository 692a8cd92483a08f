/** The committed bundle, run as the runner runs it, against the fixture hub. */
import { chmod, mkdtemp, readdir, readFile, realpath, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readRecord } from '@sluice/release/record';
import { filesDigest } from '@sluice/release/weights';
import { listRevisions } from '@sluice/testing/hub/main';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import type { ActionOutcome } from '@sluice/testing/runner';
import { NO_HUB_SETTINGS, runAction } from '@sluice/testing/runner';

const TOKEN = 'hf_veryPrivate123';
const MODELS = join(import.meta.dirname, '../../../fixtures/models');
let hub: FixtureHub;
let workspace: string;
beforeAll(async () => {
  hub = await startHub({
    repos: [
      { id: 'acme/capitals', revisions: await listRevisions(MODELS) },
      { id: 'acme/gated', revisions: [{ name: 'v1', files: { 'a.json': '{}' } }], gated: true },
      {
        id: 'acme/pickled',
        revisions: [{ name: 'v1', files: { 'model.bin': Buffer.from([0x80, 4, 0x2e]), 'a.json': '{}' } }],
      },
      { id: 'acme/evil', revisions: [{ name: 'v1', files: { '../../../evil.txt': 'x' } }] },
      {
        id: 'acme/log',
        revisions: [{ name: 'v1', files: { '::error::<img src=x>.txt': 'x', 'a.py': 'x' } }],
      },
    ],
    token: TOKEN,
  });
});
afterAll(() => hub.close());
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-pull-'));
  hub.requests.length = 0;
  hub.faults.length = 0;
});

function pull(inputs: Record<string, string>, env: Record<string, string> = {}): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: { model: 'acme/capitals', 'cache-dir': 'cache', endpoint: hub.url, ...inputs },
    env: { ...NO_HUB_SETTINGS, ...env },
    timeoutMs: 30_000,
  });
}
const bodies = () =>
  hub.requests.filter(({ path, status }) => /\/resolve\/|^\/repos\//.test(path) && status < 300);

describe('a pull', () => {
  test('writes the cache, the record, the outputs and the summary', async () => {
    const run = await pull({ revision: 'v1', token: TOKEN });
    expect([run.exitCode, run.outputs['verdict'], run.outputs['outcome']]).toEqual([0, 'pass', 'success']);
    const commit = hub.commit('acme/capitals', 'v1');
    expect(run.outputs).toMatchObject({
      path: join(workspace, 'cache/models--acme--capitals/snapshots', commit),
      revision: commit,
      files: '7',
      'cache-hit': 'none',
      changed: 'true',
      safety: 'safe',
    });
    const record = await readRecord(join(workspace, 'sluice-run/release.json'));
    expect(record?.unit.weights).toBe(run.outputs['digest']);
    expect(record?.model?.digest).toBe(filesDigest(record?.model?.files ?? []));
    for (const part of ['tokenizer', 'chatTemplate', 'config'] as const)
      expect(record?.unit[part]).toMatch(/^sha256:/);
    expect(record?.stages.map(({ action, verdict }) => [action, verdict])).toEqual([['model-pull', 'pass']]);
    expect(run.summary).toContain('model.safetensors');
    const weights = await readFile(join(run.outputs['path'] ?? '', 'model.safetensors'));
    expect(weights.equals(await readFile(join(MODELS, 'v1/model.safetensors')))).toBe(true);
    const manifest = JSON.parse(await readFile(run.outputs['manifest'] ?? '', 'utf8')) as { digest: string };
    expect(manifest.digest).toBe(run.outputs['digest']);
  });

  test('the token reaches the hub, never the CDN, and no log or file of ours', async () => {
    const run = await pull({}, { HF_TOKEN: TOKEN });
    expect(run.exitCode).toBe(0);
    expect(hub.requests.filter(({ origin }) => origin === 'hub').every(({ authorized }) => authorized)).toBe(
      true,
    );
    const cdn = hub.requests.filter(({ origin }) => origin === 'cdn');
    expect(cdn.length).toBeGreaterThan(0);
    expect(cdn.some(({ authorized }) => authorized)).toBe(false);
    const masked = run.stdout.replaceAll(`::add-mask::${TOKEN}`, '');
    const record = await readFile(join(workspace, 'sluice-run/release.json'), 'utf8');
    for (const text of [masked, run.stderr, run.summary, record, JSON.stringify(run.state)])
      expect(text).not.toContain(TOKEN);
  });

  test('the second is a full hit without one body, the digest is the same', async () => {
    const first = await pull({});
    hub.requests.length = 0;
    const second = await pull({});
    expect(bodies()).toEqual([]);
    expect(second.outputs).toMatchObject({
      'cache-hit': 'full',
      changed: 'false',
      digest: first.outputs['digest'],
    });
    const record = await readRecord(join(workspace, 'sluice-run/release.json'));
    expect(record?.stages).toHaveLength(2);
  });

  test('a full hit asks one thing online, and nothing for a commit id; `full` hashes again', async () => {
    const first = await pull({ revision: 'v1' });
    const commit = first.outputs['revision'] ?? '';
    hub.requests.length = 0;
    expect((await pull({ revision: 'v1' })).outputs['cache-hit']).toBe('full');
    expect(hub.requests.map(({ path }) => path)).toEqual(['/api/models/acme/capitals/revision/v1']);
    hub.requests.length = 0;
    expect((await pull({ revision: commit })).outputs['cache-hit']).toBe('full');
    expect(hub.requests).toEqual([]);
    // A byte changed behind the file system's back: only `full` can see it.
    const weights = await realpath(join(first.outputs['path'] ?? '', 'model.safetensors'));
    const { atime, mtime } = await stat(weights);
    await chmod(weights, 0o644);
    const bytes = await readFile(weights);
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
    await writeFile(weights, bytes);
    await utimes(weights, atime, mtime);
    const full = await pull({ revision: commit, verify: 'full' });
    expect(full.stdout).toMatch(/::warning::model.safetensors: its copy in the cache has the right size and/);
    expect([full.outputs['cache-hit'], full.outputs['digest']]).toEqual(['partial', first.outputs['digest']]);
    // A changed time is enough for `fast`.
    const again = await realpath(join(first.outputs['path'] ?? '', 'model.safetensors'));
    await chmod(again, 0o644);
    await writeFile(again, bytes);
    const fast = await pull({ revision: commit });
    expect([fast.outputs['cache-hit'], fast.outputs['digest']]).toEqual(['partial', first.outputs['digest']]);
  });

  test('other weights begin another record; the old one is kept', async () => {
    await pull({ revision: 'v1' });
    const run = await pull({ revision: 'v2' });
    expect([run.exitCode, run.outputs['changed']]).toEqual([0, 'true']);
    const kept = (await readdir(join(workspace, 'sluice-run'))).filter((name) =>
      /^release\..+\.json$/.test(name),
    );
    expect(kept).toHaveLength(1);
    expect((await readRecord(join(workspace, 'sluice-run/release.json')))?.unit.weights).toBe(
      run.outputs['digest'],
    );
  });

  test('dest holds what the patterns select, and the digest is of these', async () => {
    const run = await pull({ dest: 'models/capitals', include: '*.gguf, *.json', exclude: 'generation_*' });
    const names = (await readdir(join(workspace, 'models/capitals')))
      .filter((name) => name !== '.cache')
      .sort();
    expect(names).toEqual(['config.json', 'model.gguf', 'tokenizer.json', 'tokenizer_config.json']);
    expect([run.outputs['path'], run.outputs['files']]).toEqual([join(workspace, 'models/capitals'), '4']);
  });

  test('offline takes the verified cache and no network', async () => {
    const online = await pull({ revision: 'v1' });
    hub.requests.length = 0;
    const offline = await pull({ revision: 'v1' }, { HF_HUB_OFFLINE: '1' });
    expect(offline.outputs['digest']).toBe(online.outputs['digest']);
    expect(hub.requests).toEqual([]);
    const unknown = await pull({ revision: 'v2', offline: 'true' });
    expect([unknown.exitCode, unknown.outputs['outcome']]).toEqual([1, 'config-error']);
  });

  test("file: hashes what lies there, with the digest that the hub's pull had", async () => {
    const fromHub = await pull({ revision: 'v1' });
    const fromDisk = await pull({ model: `file:${join(MODELS, 'v1')}` });
    expect(fromDisk.outputs).toMatchObject({
      digest: fromHub.outputs['digest'],
      path: join(MODELS, 'v1'),
      changed: 'false',
    });
  });
});

describe('what goes wrong', () => {
  test('a flipped byte on the CDN: infrastructure, and no final name', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'corrupt', offset: 1000 });
    const run = await pull({ include: '*.safetensors' });
    expect([run.exitCode, run.outputs['outcome'], run.outputs['path']]).toEqual([
      1,
      'infra-error',
      undefined,
    ]);
    expect(run.stdout).toContain('the source says');
    expect(await readdir(join(workspace, 'cache/models--acme--capitals/blobs'))).toEqual([]);
  });

  test('a broken connection goes on, and says so', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'break', afterBytes: 70_000 });
    const run = await pull({ include: '*.safetensors' });
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('model.safetensors: the connection broke off');
    expect(hub.requests.some(({ origin, range }) => origin === 'cdn' && range === 'bytes=70000-')).toBe(true);
  });

  test('cancelled: it says so in time, and leaves no half file', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'stall', afterBytes: 70_000 });
    const run = await runAction('model-pull', {
      cwd: workspace,
      inputs: { model: 'acme/capitals', 'cache-dir': 'cache', endpoint: hub.url, include: '*.safetensors' },
      killSignal: 'SIGINT',
      killWhen: /to fetch/,
    });
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'infra-error']);
    expect(run.stdout).toContain('cancelled by SIGINT');
    expect(await readdir(join(workspace, 'cache/models--acme--capitals/blobs')).catch(() => [])).toEqual([]);
    expect(run.wallMs).toBeLessThan(7000);
  });

  test('a pickle is refused in strict, told in warn, let in by name', async () => {
    const strict = await pull({ model: 'acme/pickled', dest: 'out' });
    expect([
      strict.exitCode,
      strict.outputs['outcome'],
      strict.outputs['safety'],
      strict.outputs['path'],
    ]).toEqual([1, 'gate-failed', 'unsafe', undefined]);
    expect(await readdir(workspace)).not.toContain('out');
    expect((await readRecord(join(workspace, 'sluice-run/release.json')))?.unit.weights).toBeNull();
    const named = await readdir(join(workspace, 'cache/models--acme--pickled'));
    expect(named).not.toContain('snapshots');
    const warn = await pull({ model: 'acme/pickled', safety: 'warn' });
    expect([warn.exitCode, warn.outputs['safety']]).toEqual([0, 'unsafe']);
    expect(warn.stdout).toMatch(/::warning::safety: model.bin is a pickle/);
    const allowed = await pull({ model: 'acme/pickled', 'allow-formats': 'pickle' });
    expect([allowed.exitCode, allowed.outputs['safety']]).toEqual([0, 'safe']);
  });

  test('a path outside is refused in every mode', async () => {
    const run = await pull({ model: 'acme/evil', safety: 'off' });
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'gate-failed']);
    expect(await readdir(workspace)).not.toContain('evil.txt');
  });

  test('a hostile file name stays text', async () => {
    hub.faults.push(
      {
        origin: 'hub',
        kind: 'status',
        status: 503,
        headers: { 'Retry-After': '0' },
        body: 'x\n::error::injected',
      },
      { origin: 'hub', kind: 'break', afterBytes: 0, path: '/resolve/' },
    );
    const run = await pull({ model: 'acme/log', connections: '1' });
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('injected');
    expect(run.stdout).toContain('the connection broke off');
    expect(run.stdout).not.toMatch(/^::(error|warning)/m);
    expect(run.summary).not.toMatch(/^[^`]*<img/m);
  });

  test('another digest than expected', async () => {
    const run = await pull({ 'expect-digest': `sha256:${'0'.repeat(64)}`, dest: 'out' });
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'gate-failed']);
    expect(run.stdout).toContain('`expect-digest` wants');
    const fine = await pull({ 'expect-digest': run.outputs['digest'] ?? '' });
    expect(fine.exitCode).toBe(0);
  });

  test('weights other than those a gate saw are never mixed in', async () => {
    await pull({ revision: 'v1' });
    const { appendStage } = await import('@sluice/release/record');
    const path = join(workspace, 'sluice-run/release.json');
    const stage = (await readRecord(path))?.stages[0];
    if (!stage) throw new Error('no stage');
    await appendStage(path, { ...stage, action: 'eval-gate', name: 'quality' });
    const run = await pull({ revision: 'v2' });
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'gate-failed']);
    expect(run.stdout).toContain('this is another release');
    expect((await readRecord(path))?.stages).toHaveLength(2);
  });

  test('a full disk is told before the first byte', async () => {
    const run = await pull({ 'min-free-space': '900TB' });
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'infra-error']);
    expect(bodies()).toEqual([]);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    [
      'an unknown revision',
      { revision: 'v5' },
      /input `revision` = "v5" does not exist in acme\/capitals; the nearest .*"v1"/,
    ],
    ['an unknown repository', { model: 'acme/capitols' }, /"acme\/capitols" is not known to the hub/],
    ['a gated repository', { model: 'acme/gated' }, /ask for access at http:\/\/127.0.0.1:\d+\/acme\/gated/],
    ['a wrong token', { token: 'hf_wrong' }, /refused the token from input `token`/],
    ['an address that is none', { model: 'swebhdfs://u:p@h/x' }, /is no WebHDFS address/],
    ['patterns that select nothing', { include: '*.onnx' }, /select none of the 7 files, such as README.md/],
    ['a revision outside', { revision: '../../x' }, /input `revision` = "..\/..\/x" is no revision/],
    ['two revisions', { model: 'acme/capitals@v1', revision: 'v2' }, /but `model` says @v1/],
    [
      'a format that is none',
      { 'allow-formats': 'pikcle' },
      /input `allow-formats` = "pikcle" is not among pickle/,
    ],
    ['no address', { endpoint: 'nonsense' }, /input `endpoint` = "nonsense" is no address/],
    ['a digest that is none', { 'expect-digest': 'abc' }, /input `expect-digest` = "abc"/],
    [
      'an input of another target',
      { workload: 'x' },
      /`workload` = "x" is only read with `target: kubernetes`/,
    ],
    [
      'a target without its workload',
      { target: 'kubernetes' },
      /`workload` is required with `target: kubernetes`/,
    ],
    ['a Vault token', { token: 'vault:secret/hf#token' }, /nothing says where Vault is; set `vault-address/],
    [
      'a Vault token without a key',
      { token: 'vault:secret/hf', 'vault-address': 'https://vault.example' },
      /does not have the form vault:path#key/,
    ],
  ])('%s is a config error that names the mend', async (_, inputs, message) => {
    const run = await pull(inputs);
    expect([run.exitCode, run.outputs['outcome'], run.outputs['verdict']]).toEqual([
      1,
      'config-error',
      'error',
    ]);
    expect(run.stdout).toMatch(message);
    expect(run.stdout + run.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  });

  test('all faults of the values are told at once', async () => {
    const run = await pull({ model: 'ftp://h/p', endpoint: 'nonsense', 'allow-formats': 'x' });
    expect(run.stdout.match(/^::error::/gm)).toHaveLength(3);
  });

  test('validate opens nothing', async () => {
    const run = await pull({ validate: 'true' });
    expect([run.exitCode, hub.requests.length]).toEqual([0, 0]);
    expect(await readdir(workspace)).toEqual([]);
  });
});
