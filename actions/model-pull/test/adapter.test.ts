/** `adapter`, by the bundle: a PEFT adapter beside the model, and what of it is refused. */
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readRecord } from '@sluice/release/record';
import { listRevisions } from '@sluice/testing/hub/main';
import type { HubRepository } from '@sluice/testing/hub/repository';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import type { ActionOutcome } from '@sluice/testing/runner';
import { NO_HUB_SETTINGS, runAction } from '@sluice/testing/runner';

const MODELS = join(import.meta.dirname, '../../../fixtures/models');
const BASE = 'acme/capitals';
const Q = 'base_model.model.model.layers.0.self_attn.q_proj';
let hub: FixtureHub;
let workspace: string;

function safetensors(shapes: Record<string, number[]>): Buffer {
  let at = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const bytes = 2 * shape.reduce((product, size) => product * size, 1);
    at += bytes;
    return [name, { dtype: 'F16', shape, data_offsets: [at - bytes, at] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.byteLength));
  return Buffer.concat([length, json, Buffer.alloc(at, 1)]);
}
const lora = (name: string, into = 64, out = 64) =>
  safetensors({ [`${name}.lora_A.weight`]: [4, into], [`${name}.lora_B.weight`]: [out, 4] });

function adapter(
  name: string,
  config: object,
  weights: Record<string, Buffer> = { 'adapter_model.safetensors': lora(Q) },
): HubRepository {
  const json = JSON.stringify({ peft_type: 'LORA', r: 4, base_model_name_or_path: BASE, ...config });
  return {
    id: `acme/${name}`,
    revisions: [{ name: 'v1', files: { 'adapter_config.json': json, ...weights } }],
  };
}

beforeAll(async () => {
  const revisions = await listRevisions(MODELS);
  hub = await startHub({
    repos: [
      { id: BASE, revisions },
      { id: 'acme/mirror', revisions },
      adapter('lora', {}),
      adapter('other-lora', { task_type: 'CAUSAL_LM' }),
      adapter('of-llama', { base_model_name_or_path: 'meta-llama/Llama-3.1-8B' }),
      adapter('of-path', { base_model_name_or_path: '/home/me/base' }),
      adapter('of-path-pickled', { base_model_name_or_path: './base' }, {}),
      adapter('pinned', { revision: '0'.repeat(40) }),
      adapter('wide', {}, { 'adapter_model.safetensors': lora(Q, 128) }),
      adapter('deep', {}, { 'adapter_model.safetensors': lora(Q.replace('.0.', '.7.')) }),
      adapter('pickled', {}, { 'adapter_model.bin': Buffer.from('\x80\x04cos\nsystem\n.', 'latin1') }),
      { id: 'acme/none', revisions: [{ name: 'v1', files: { 'a.json': '{}' } }] },
    ],
  });
});
afterAll(() => hub.close());
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-adapter-'));
  hub.requests.length = 0;
});

function pull(inputs: Record<string, string>): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: { model: BASE, 'cache-dir': 'cache', endpoint: hub.url, ...inputs },
    env: NO_HUB_SETTINGS,
    timeoutMs: 30_000,
  });
}

test('an adapter is pulled beside its base, and is part of the release', async () => {
  const run = await pull({ adapter: 'acme/lora@v1', include: '*.json, *.safetensors' });
  expect(run.exitCode).toBe(0);
  const commit = hub.commit('acme/lora', 'v1');
  expect(run.outputs).toMatchObject({
    'adapter-path': join(workspace, 'cache/models--acme--lora/snapshots', commit),
    'adapter-revision': commit,
    'adapter-digest': expect.stringMatching(/^sha256:/),
    changed: 'true',
  });
  expect(await readdir(run.outputs['adapter-path'] ?? '')).toContain('adapter_model.safetensors');
  const path = join(workspace, 'sluice-run/release.json');
  const record = await readRecord(path);
  expect([record?.unit.adapter, record?.unit.weights]).toEqual([
    run.outputs['adapter-digest'],
    run.outputs['digest'],
  ]);
  expect(record?.stages[0]?.data['adapter']).toMatchObject({ source: 'hf://acme/lora', base: BASE, rank: 4 });
  expect(run.stdout).toContain('adapter: the shapes of 2 tensors fit the model');
  expect(run.summary).toContain('hf://acme/lora');

  const again = await pull({ adapter: 'acme/lora@v1', include: '*.json, *.safetensors' });
  expect([again.exitCode, again.outputs['changed'], again.outputs['cache-hit']]).toEqual([
    0,
    'false',
    'full',
  ]);
  const other = await pull({ adapter: 'acme/other-lora', include: '*.json, *.safetensors' });
  expect([other.exitCode, other.outputs['changed']]).toEqual([0, 'true']);
  const without = await pull({ include: '*.json, *.safetensors' });
  expect([without.exitCode, without.outputs['changed'], without.outputs['adapter-path']]).toEqual([
    0,
    'true',
    undefined,
  ]);
  expect((await readRecord(path))?.unit.adapter).toBeNull();
});

describe('what does not belong is refused before the first shard', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'another base',
      { adapter: 'acme/of-llama' },
      /was trained on "meta-llama\/Llama-3\.1-8B", the model is "acme\/capitals": pull meta-llama\/Llama-3\.1-8B as `model`, or, .* `adapter-base: meta-llama/,
    ],
    [
      'another commit',
      { adapter: 'acme/pinned' },
      /was trained on commit 0{40} of acme\/capitals, the model is at [0-9a-f]{40}: pull it with `revision: 0{40}`/,
    ],
    [
      'other shapes',
      { adapter: 'acme/wide' },
      /does not fit the model hf:\/\/acme\/capitals: .*lora_A\.weight is \[4, 128\], the base has \[64, 64\]/,
    ],
    [
      'a module that the base lacks',
      { adapter: 'acme/deep' },
      /layers\.7\.self_attn\.q_proj is not in the base/,
    ],
    [
      'a name that `adapter-base` denies',
      { adapter: 'acme/lora', 'adapter-base': 'acme/x' },
      /input `adapter-base` says that the model is "acme\/x"/,
    ],
    [
      'nothing that proves it',
      { adapter: 'acme/of-path-pickled' },
      /nothing proves that the adapter "acme\/of-path-pickled" belongs .* names the path "\.\/base"/,
    ],
    ['unsafe weights', { adapter: 'acme/pickled' }, /adapter: unsafe: adapter_model\.bin .*system/],
  ])('%s', async (_, inputs, message) => {
    const run = await pull(inputs);
    expect([run.exitCode, run.outputs['outcome'], run.outputs['path']]).toEqual([
      1,
      'gate-failed',
      undefined,
    ]);
    expect(run.stdout).toMatch(message);
    const caches = await readdir(join(workspace, 'cache')).catch(() => []);
    expect(caches).not.toContain('models--acme--capitals');
  });

  test.each<[string, Record<string, string>, RegExp]>([
    [
      'no PEFT adapter',
      { adapter: 'acme/none' },
      /input `adapter` = "acme\/none" is no PEFT adapter: it has no adapter_config\.json/,
    ],
    [
      'an unknown repository',
      { adapter: 'acme/nowhere' },
      /input `adapter` = "acme\/nowhere" is not known to the hub/,
    ],
    [
      'an unknown revision',
      { adapter: 'acme/lora@v9' },
      /input `adapter`: revision "v9" does not exist in acme\/lora; the nearest that do are "v1"/,
    ],
    [
      'a base without an adapter',
      { 'adapter-base': 'a/b' },
      /input `adapter-base` = "a\/b" is only read with `adapter`/,
    ],
    [
      'no source, by `validate` too',
      { adapter: 'ftp://x', validate: 'true' },
      /input `adapter` = "ftp:\/\/x" has the unknown scheme/,
    ],
  ])('%s is a config error', async (_, inputs, message) => {
    const run = await pull(inputs);
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'config-error']);
    expect(run.stdout).toMatch(message);
  });
});

describe('a base under another name', () => {
  test('counts when `adapter-base` says so, and its shapes are still compared', async () => {
    const run = await pull({ model: 'acme/mirror', adapter: 'acme/lora', 'adapter-base': BASE });
    expect(run.exitCode).toBe(0);
    const wide = await pull({ model: 'acme/mirror', adapter: 'acme/wide', 'adapter-base': BASE });
    expect([wide.exitCode, wide.outputs['outcome']]).toEqual([1, 'gate-failed']);
  });

  test('counts by its shapes when the adapter was trained on a path', async () => {
    expect((await pull({ adapter: 'acme/of-path' })).exitCode).toBe(0);
  });

  test('both from this machine, with `fit` counting the adapter', async () => {
    const folder = join(workspace, 'lora');
    await mkdir(folder);
    await writeFile(
      join(folder, 'adapter_config.json'),
      JSON.stringify({ peft_type: 'LORA', base_model_name_or_path: 'x' }),
    );
    await writeFile(join(folder, 'adapter_model.safetensors'), lora(Q));
    const inputs = {
      model: `file:${join(MODELS, 'v1')}`,
      adapter: `file:${folder}`,
      fit: 'gpu',
      'gpu-memory': '1GB',
    };
    const unnamed = await pull(inputs);
    expect(unnamed.stdout).toMatch(/was trained on "x", the model is "file:.*v1": .*`adapter-base: x`/);
    const run = await pull({ ...inputs, 'adapter-base': 'x' });
    expect(run.exitCode).toBe(0);
    const size = (await readFile(join(folder, 'adapter_model.safetensors'))).byteLength;
    expect(run.stdout).toContain(`+ ${(size / 1000).toFixed(2)} kB adapter +`);
  });
});
