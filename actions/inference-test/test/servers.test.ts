/** The bundle starts servers, containers and leases, and nothing of them is left however it ends. */
import { describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readRecord } from '@sluice/release/record';
import { processStartTime } from '@sluice/runtime/files';
import { runAction, type ActionOutcome, type ActionRun } from '@sluice/testing/runner';
import { makeStubs, renderGpus } from '../../../packages/inference/test/servers/stubs.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const MODEL = join(ROOT, 'fixtures/models/v1');
const folder = (): string => mkdtempSync(join(tmpdir(), 'inference-servers-'));
const go = (inputs: Record<string, string>, more: Omit<ActionRun, 'inputs'>): Promise<ActionOutcome> =>
  runAction('inference-test', { inputs: { suite: 'none', ...inputs }, ...more });
/** Post after main was killed: what the runner passes. */
const post = (inputs: Record<string, string>, ran: ActionOutcome, env: Record<string, string>) =>
  go(inputs, { post: true, env, state: { ...ran.state, sluice_phase: '"main"' } });

const SUITE = `prompts: ['The capital of France is']
tests: [{assert: [{type: contains, value: Paris}]}]
`;

describe('a container', () => {
  const docker = () => {
    const home = folder();
    const { env } = makeStubs(['docker'], { FAKE_DOCKER: home });
    const containers = (): string[] => readdirSync(join(home, 'containers'));
    return { home, env, containers };
  };

  test('is tested by its digest, with its secrets on no command line, and removed', async () => {
    const { home, env, containers } = docker();
    const cwd = folder();
    writeFileSync(join(cwd, 's.yaml'), SUITE);
    const inputs = {
      image: 'registry.test/acme/good:v1',
      suite: 's.yaml',
      env: 'HF_TOKEN=hf_secret',
      'engine-args': '--x 1',
    };
    const ran = await go(inputs, { cwd, env });
    expect(ran).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass', passed: '1' } });
    const digest = `sha256:${'ab'.repeat(32)}`;
    expect(ran.stdout).toContain(`image: registry.test/acme/good@${digest}`);
    expect(containers()).toEqual([]);
    const calls = readFileSync(join(home, 'calls.jsonl'), 'utf8');
    expect(calls).not.toContain('hf_secret');
    expect(ran.stdout + JSON.stringify(ran.state)).not.toContain('hf_secret');
    const seen = readdirSync(home).find((name) => name.endsWith('.env')) ?? '';
    expect(JSON.parse(readFileSync(join(home, seen), 'utf8'))).toMatchObject({ HF_TOKEN: 'hf_secret' });
    const record = await readRecord(join(cwd, 'sluice-run/release.json'));
    expect(record?.unit).toMatchObject({ image: digest, engine: null });
    expect(record?.unit.engineArgs).toMatch(/^sha256:/);
  });

  test('that does not come up is red with its last lines, disarmed, and removed', async () => {
    const { env, containers } = docker();
    const ran = await go({ image: 'acme/dies:1' }, { env });
    expect(ran).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', outcome: 'gate-failed' } });
    expect(ran.stdout).toContain('likely cause: the memory is not enough');
    expect(ran.stdout).not.toMatch(/^::error::pwned/m);
    expect(containers()).toEqual([]);
  });

  test.each<[NodeJS.Signals, RegExp]>([
    ['SIGINT', /starting acme\/never/],
    ['SIGTERM', /starting acme\/never/],
    ['SIGKILL', /starting acme\/never/],
    ['SIGKILL', /pulling acme/],
  ])('%s at %s: nothing is left after post', async (killSignal, killWhen) => {
    const { env, containers } = docker();
    const inputs = { image: 'acme/never:1' };
    const ran = await go(inputs, { env, killSignal, killWhen });
    if (killSignal !== 'SIGKILL') {
      expect(ran).toMatchObject({ exitCode: 1, outputs: { outcome: 'infra-error' } });
      expect(containers()).toEqual([]);
    }
    expect((await post(inputs, ran, env)).exitCode).toBe(0);
    expect(existsSync(join(env['FAKE_DOCKER'] ?? '', 'containers')) ? containers() : []).toEqual([]);
  });

  test('keep-running leaves it for later steps, and post removes it', async () => {
    const { env, containers } = docker();
    const inputs = { image: 'acme/good:1', 'keep-running': 'true' };
    const ran = await go(inputs, { env });
    expect((await fetch(`${ran.outputs['endpoint']}/health`)).status).toBe(200);
    const ended = await post(inputs, ran, env);
    expect(ended.stdout).toContain('removed the container sluice-1001-');
    expect(containers()).toEqual([]);
  });

  test('wrong inputs are told before docker is asked', async () => {
    const { env } = docker();
    const ran = await go(
      { image: 'acme/good:1', engine: 'vllm', env: 'nonsense', gpus: '0', 'gpu-lease': 'x' },
      { env },
    );
    expect(ran.outputs).toMatchObject({ outcome: 'config-error' });
    for (const said of [/exclude each other/, /`env`, line 1/, /`gpus` = "0"/, /`gpu-lease` = "x"/])
      expect(ran.stdout).toMatch(said);
    const port = await go({ image: 'acme/noport:1' }, { env });
    expect(port.stdout).toMatch(/`port` is empty, and the image acme\/noport:1 names no port/);
  });
});

describe('a server on a shared machine', () => {
  const machine = (more: Record<string, string> = {}) => {
    const home = folder();
    const xml = join(home, 'gpus.xml');
    const processes = [{ pid: process.pid, name: 'VLLM::EngineCore', mebibytes: 12_000 }];
    writeFileSync(xml, renderGpus([{ freeMebibytes: 10_000, processes }, { freeMebibytes: 22_000 }]));
    const argv = join(home, 'argv');
    const leases = join(home, 'leases');
    const { env } = makeStubs(['vllm', 'nvidia-smi'], {
      FAKE_NVIDIA_SMI: xml,
      SLUICE_GPU_LEASES: leases,
      STUB_ARGV: argv,
      ...more,
    });
    const held = (): string[] => readdirSync(leases).filter((name) => name.startsWith('gpu-'));
    return { env, argv, held, leases };
  };
  const inputs = { engine: 'vllm', 'model-path': MODEL, 'gpu-lease': '1' };

  test('gets the emptier GPU alone, is told of leftovers, and gives it back', async () => {
    const { env, argv, held } = machine();
    const ran = await go(inputs, { env });
    expect(ran).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass' } });
    expect(ran.stdout).toContain('leased: GPU 1 (NVIDIA L4)');
    expect(ran.stdout).toMatch(/GPU 1 \(NVIDIA L4\): \S+ \S+ of \S+ \S+ free/);
    expect(JSON.parse(readFileSync(argv, 'utf8'))).toMatchObject({ env: { CUDA_VISIBLE_DEVICES: '1' } });
    expect(held()).toEqual([]);
    const all = await go({ ...inputs, 'gpu-lease': '', port: '' }, { env });
    expect(all.stdout).toMatch(/::warning::GPU 0 \(NVIDIA L4\): process \d+ \(.+\) holds 12000 MiB/);
  });

  test('is refused where somebody listens on its port already, or where there is no GPU to lease', async () => {
    const { env } = machine();
    const { createServer } = await import('node:http');
    const taken = createServer((_request, response) => void response.end('{}'));
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const ran = await go({ ...inputs, port }, { env });
    taken.close();
    expect(ran.outputs).toMatchObject({ outcome: 'config-error' });
    expect(ran.stdout).toContain('somebody listens on it already');
    const none = await go(inputs, { env: makeStubs(['vllm']).env });
    expect(none.stdout).toMatch(/`gpu-lease` = "1", and no GPU is seen here/);
  });

  test.each<[NodeJS.Signals, RegExp]>([
    ['SIGTERM', /starting vllm/],
    ['SIGKILL', /leased/],
    ['SIGKILL', /starting vllm/],
  ])('%s at %s: no process and no lease is left after post', async (killSignal, killWhen) => {
    const { env, held, leases } = machine({ STUB_DELAY_MS: '60000' });
    const ran = await go(inputs, { env, killSignal, killWhen });
    expect((await post(inputs, ran, env)).exitCode).toBe(0);
    expect(held()).toEqual([]);
    expect(readdirSync(join(leases, 'queue'))).toEqual([]);
    const saved = JSON.parse(ran.state['sluice_server'] ?? '{}') as { pid?: number; startTime?: string };
    if (saved.pid !== undefined) expect(await processStartTime(saved.pid)).not.toBe(saved.startTime);
  });

  test('a lease outlives the step with the server that is kept, and ends with it', async () => {
    const { env, held } = machine();
    const kept = { ...inputs, 'keep-running': 'true' };
    const ran = await go(kept, { env });
    expect(ran.exitCode).toBe(0);
    expect(held()).toHaveLength(1);
    const second = await go({ ...inputs, 'gpu-lease': '2 wait 0' }, { env });
    expect(second.stdout).toMatch(
      /no GPU was free within 0.*GPU 1 .*is held by https:\/\/github\.com\/acme\/llm\/actions\/runs\/1001/,
    );
    await post(kept, ran, env);
    expect(held()).toEqual([]);
  });
});
