/** `fit`, by the bundle: a fixture hub, and an `nvidia-smi` that tells what the test wants. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readRecord } from '@sluice/release/record';
import { listRevisions } from '@sluice/testing/hub/main';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import type { ActionOutcome } from '@sluice/testing/runner';
import { NO_HUB_SETTINGS, runAction } from '@sluice/testing/runner';

const MODELS = join(import.meta.dirname, '../../../fixtures/models');
const WEIGHTS = 6_000_000;
let hub: FixtureHub;
let workspace: string;
let bin: string;

function safetensors(): Buffer {
  const json = JSON.stringify({ w: { dtype: 'F16', shape: [3000, 1000], data_offsets: [0, WEIGHTS] } });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, Buffer.from(json), Buffer.alloc(WEIGHTS)]);
}

beforeAll(async () => {
  const config = {
    architectures: ['LlamaForCausalLM'],
    num_hidden_layers: 4,
    hidden_size: 256,
    num_attention_heads: 8,
    num_key_value_heads: 2,
    max_position_embeddings: 4096,
    torch_dtype: 'float16',
  };
  const weights = { 'model.safetensors': safetensors() };
  hub = await startHub({
    repos: [
      { id: 'acme/capitals', revisions: await listRevisions(MODELS) },
      {
        id: 'acme/six',
        revisions: [{ name: 'v1', files: { ...weights, 'config.json': JSON.stringify(config) } }],
      },
      {
        id: 'acme/odd',
        revisions: [
          { name: 'v1', files: { ...weights, 'config.json': '{"architectures": ["::error::Odd"]}' } },
        ],
      },
    ],
  });
});
afterAll(() => hub.close());
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-fit-'));
  bin = join(workspace, 'bin');
  await mkdir(bin);
  hub.requests.length = 0;
  hub.faults.length = 0;
});

/** An nvidia-smi for GPUs of 16 MiB, with so much free. */
async function gpus(...free: number[]): Promise<void> {
  const one = (mib: number, index: number) =>
    `<gpu id="${index}"><product_name>Test</product_name><uuid>GPU-${index}</uuid><mig_mode><current_mig>N/A</current_mig></mig_mode>` +
    `<fb_memory_usage><total>16 MiB</total><free>${mib} MiB</free></fb_memory_usage></gpu>`;
  const script = `#!/bin/sh\n[ "$*" = "-q -x" ] || exit 9\ncat <<'XML'\n<nvidia_smi_log>${free.map(one).join('')}</nvidia_smi_log>\nXML\n`;
  await writeFile(join(bin, 'nvidia-smi'), script);
  await chmod(join(bin, 'nvidia-smi'), 0o755);
}

function pull(inputs: Record<string, string>, env: Record<string, string> = {}): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: { model: 'acme/six', 'cache-dir': 'cache', endpoint: hub.url, fit: 'gpu', ...inputs },
    env: {
      PATH: `${bin}:/usr/bin:/bin`,
      CUDA_VISIBLE_DEVICES: '0,1',
      ...{ ...NO_HUB_SETTINGS },
      ...env,
    },
    timeoutMs: 30_000,
  });
}

describe('fit: gpu', () => {
  test('refuses with the arithmetic, before the first shard', async () => {
    await gpus(10);
    const run = await pull({});
    expect([run.exitCode, run.outputs['verdict'], run.outputs['outcome']]).toEqual([
      1,
      'fail',
      'gate-failed',
    ]);
    expect(run.stdout).toMatch(
      /model\.safetensors needs 6\.00 MB weights \(F16\) \+ 4\.19 MB KV cache at 4,096 tokens \(1\.02 kB each\) \+ 4\.19 MB working memory \(estimate\) = 14\.4 MB; GPU 0 \(Test\) has 10\.5 MB free of 16\.8 MB: 3\.90 MB short\. Mend: a smaller `context-length`/,
    );
    const cdn = hub.requests.filter(({ origin }) => origin === 'cdn');
    expect(cdn.every(({ range }) => range !== null)).toBe(true);
    expect(cdn.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(64 * 1024);
    expect(await readdir(join(workspace, 'cache')).catch(() => [])).toEqual([]);
  });

  test('pulls what fits, and tells it in log, summary and record', async () => {
    await gpus(15);
    const run = await pull({ 'context-length': '1024' });
    expect(run.exitCode).toBe(0);
    const said = /needs 6\.00 MB weights .* 1\.05 MB KV cache at 1,024 tokens .* to spare/;
    expect([run.stdout, run.summary].every((text) => said.test(text))).toBe(true);
    const record = await readRecord(join(workspace, 'sluice-run/release.json'));
    expect(record?.stages[0]?.data['fit']).toMatch(said);
  });

  test('on two GPUs what one could not hold; on those that the job may use', async () => {
    await gpus(10, 10, 10);
    expect((await pull({ gpus: '2' })).exitCode).toBe(0);
    const hidden = await pull({ gpus: '2' }, { CUDA_VISIBLE_DEVICES: '2' });
    expect(hidden.stdout).toContain('`gpus` wants 2 GPUs, this machine shows 1');
  });

  test('asks no nvidia-smi where `gpu-memory` says it', async () => {
    expect((await pull({ 'gpu-memory': '1GiB' })).exitCode).toBe(0);
    const small = await pull({ 'gpu-memory': '10MiB', 'gpu-memory-utilization': '0.5' });
    expect(small.stdout).toMatch(
      /of which engines take 5\.24 MB \(`gpu-memory-utilization` 0\.5\): \S+ MB short/,
    );
  });

  test('of a real model, GGUF and safetensors both reckoned; of a folder too', async () => {
    await gpus(15);
    const fromHub = await pull({ model: 'acme/capitals' });
    expect(fromHub.stdout).toContain('of 2 models that are selected it needs most');
    const fromDisk = await pull({ model: `file:${join(MODELS, 'v1')}`, include: '*.gguf' });
    expect(fromDisk.stdout).toMatch(
      /fit: model\.gguf needs \S+ kB weights \(F16, F32\) \+ 131\.1 kB KV cache at 256 tokens/,
    );
    expect([fromHub.exitCode, fromDisk.exitCode]).toEqual([0, 0]);
  });

  test('of a source that is no hub, by ranges too', async () => {
    const model = `${hub.url}/acme/capitals/resolve/v1/model.gguf`;
    const small = await pull({ model, endpoint: '', 'gpu-memory': '100kB' });
    expect([small.exitCode, small.outputs['verdict']]).toEqual([1, 'fail']);
    expect(small.stdout).toMatch(/model\.gguf needs \S+ kB weights .*: \S+ kB short/);
    expect(hub.requests.filter(({ origin, range }) => origin === 'cdn' && range === null)).toEqual([]);
    const run = await pull({ model, endpoint: '', 'gpu-memory': '10MB' });
    expect([run.exitCode, run.outputs['files']]).toEqual([0, '1']);
  });

  test('a header whose connection breaks is read again; from the cache no request is made', async () => {
    await gpus(15);
    hub.faults.push({ origin: 'cdn', kind: 'break', afterBytes: 100 });
    const run = await pull({ 'context-length': '64' });
    expect(run.exitCode).toBe(0);
    hub.requests.length = 0;
    const again = await pull({ 'context-length': '64', revision: run.outputs['revision'] ?? '' });
    expect([again.exitCode, hub.requests.length]).toEqual([0, 0]);
    expect(again.stdout).toMatch(/fit: .* to spare/);
  });
});

describe('what cannot be judged is no pass', () => {
  test('no nvidia-smi: said before the hub is asked', async () => {
    const run = await pull({});
    expect([run.exitCode, run.outputs['verdict']]).toEqual([1, 'inconclusive']);
    expect(run.stdout).toMatch(
      /`fit: gpu` can't be judged: nvidia-smi told no GPU .* say the memory of its GPUs by `gpu-memory`/,
    );
    expect(hub.requests).toEqual([]);
  });

  test('an architecture that is not known', async () => {
    await gpus(15);
    const run = await pull({ model: 'acme/odd' });
    expect([run.exitCode, run.outputs['verdict'], run.outputs['outcome']]).toEqual([
      1,
      'inconclusive',
      'gate-failed',
    ]);
    expect(run.stdout).toContain('config.json has no `num_attention_heads`');
    expect(run.stdout).not.toMatch(/^::error::Odd/m);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    [
      'an input that nothing would read',
      { fit: 'off', 'context-length': '4096', gpus: '2' },
      /input `context-length` = 4096 is only read with `fit: gpu`/,
    ],
    [
      'GPUs that can not share the heads',
      { gpus: '3', 'gpu-memory': '1GiB' },
      /input `gpus` = 3: model\.safetensors has 8 attention heads/,
    ],
  ])('%s is a config error', async (_, inputs, message) => {
    const run = await pull(inputs);
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'config-error']);
    expect(run.stdout).toMatch(message);
  });
});

const MEMORY_DISK = '/dev/shm';
(existsSync(MEMORY_DISK) ? test : test.skip)(
  'fit: disk asks the disk of `dest` when it is another one',
  async () => {
    const shm = await mkdtemp(join(MEMORY_DISK, 'sluice-fit-'));
    const run = await pull({ fit: 'disk', dest: join(shm, 'out'), 'min-free-space': '0' });
    expect(run.exitCode).toBe(0);
    const full = await pull({ fit: 'disk', dest: join(shm, 'other'), 'min-free-space': '100TB' });
    expect([full.exitCode, full.outputs['outcome']]).toEqual([1, 'infra-error']);
    expect(full.stdout).toMatch(
      /other has \S+ \S+ free, 6\.00 MB are to be written and `min-free-space` keeps 100\.0 TB: .* point `dest` at another disk/,
    );
    await rm(shm, { recursive: true });
  },
);
