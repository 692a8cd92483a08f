/**
 * vLLM, SGLang, TGI, llama-server, Ollama and Triton as they are started: argument vectors against the flags of the
 * released programs, readiness, and what they log when they can't start. `servers/recorded.json` names each source.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillPorts } from '@sluice/host/fill-ports';
import { freePort } from '@sluice/process/free-port';
import { ConfigError } from '@sluice/runtime/errors';
import { plainLogger } from '@sluice/runtime/logger';
import { findEngineFaults, prepareEngine } from '../src/engines/engine.ts';
import { startServer, type ServerProcess } from '../src/engines/server-process.ts';
import type { EngineRequest, Launch, ServerName } from '../src/engines/types.ts';
import { StartupError } from '../src/engines/wait-until-well.ts';
import { modelFolder } from './embedded.ts';
import { makeAdapter, makeRepository, makeStubs } from './servers/stubs.ts';

const PROGRAMS = ['vllm', 'sglang', 'text-generation-launcher', 'llama-server', 'ollama', 'tritonserver'];
const { signal } = new AbortController();
const scratch = mkdtempSync(join(tmpdir(), 'sluice-servers-test-'));
const GGUF = join(modelFolder('v1'), 'model.gguf');
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function prepare(
  request: Partial<Omit<EngineRequest, 'engine'>> & { engine: ServerName },
  env: Record<string, string>,
): Promise<Launch & { port: number }> {
  const port = await freePort();
  const launch = await prepareEngine(
    {
      modelPath: modelFolder('v1'),
      modelName: 'capitals',
      engineArgs: [],
      port,
      bundle: join(import.meta.dirname, 'servers/ollama-main.ts'),
      scratch,
      ...request,
    },
    { log: plainLogger(() => undefined), env, signal },
  );
  return { ...launch, port };
}

let logs = 0;
const begin = (
  launch: Launch & { port: number },
  env: Record<string, string>,
  timeoutMs = 20_000,
): Promise<ServerProcess> =>
  startServer({
    launch,
    port: launch.port,
    logFile: join(scratch, `${(logs += 1)}.log`),
    timeoutMs,
    env,
    signal,
    outlivesStep: false,
    onSpawn: () => Promise.resolve(),
  });

interface Call {
  argv: string[];
  env: Record<string, string>;
}
const calls = (file: string): Call[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Call);

const repository = makeRepository(['capitals']);
type Settings = Partial<Omit<EngineRequest, 'engine'>>;
const CASES: [ServerName, string, Settings, (port: number) => string[]][] = [
  [
    'vllm',
    'vllm@0.11.2',
    { contextLength: 512, tensorParallel: 2, engineArgs: ['--enforce-eager'] },
    (port) =>
      `serve ${modelFolder('v1')} --host 127.0.0.1 --port ${port} --served-model-name capitals --max-model-len 512 --tensor-parallel-size 2 --enforce-eager`.split(' '),
  ],
  [
    'sglang',
    'sglang@0.5.6',
    { contextLength: 512, tensorParallel: 2 },
    (port) =>
      `serve --model-path ${modelFolder('v1')} --host 127.0.0.1 --port ${port} --served-model-name capitals --enable-metrics --context-length 512 --tp-size 2`.split(' '),
  ],
  [
    'tgi',
    'tgi@3.3.6',
    { contextLength: 512, tensorParallel: 2 },
    (port) =>
      `--model-id ${modelFolder('v1')} --hostname 127.0.0.1 --port ${port} --shard-uds-path ${scratch}/tgi-${port} --max-total-tokens 512 --num-shard 2`.split(' '),
  ],
  [
    'llama-server',
    'llama-server@11549',
    { contextLength: 512, engineArgs: ['--threads', '1'] },
    (port) =>
      `--model ${GGUF} --alias capitals --host 127.0.0.1 --port ${port} --metrics --ctx-size 512 --threads 1`.split(' '),
  ],
  [
    'triton',
    'triton@2.51.0',
    { modelPath: repository, engineArgs: ['--grpc-port=9001'] },
    (port) =>
      `--model-repository=${repository} --http-address=127.0.0.1 --http-port=${port} --allow-metrics=true --metrics-address=127.0.0.1 --metrics-port={spare} --grpc-port=9001`.split(' '),
  ],
]; // prettier-ignore

describe('a server starts with the flags of its release, and is waited for', () => {
  test.each(CASES)('%s', async (engine, version, request, argv) => {
    const file = join(scratch, `${engine}.argv`);
    const { env } = makeStubs(PROGRAMS, { STUB_ARGV: file, TRITON_SERVER_VERSION: '2.51.0' });
    const launch = await prepare({ engine, ...request }, env);
    expect(launch.engine).toBe(version);
    const server = await begin(launch, env);
    expect(server.startupMs).toBeGreaterThan(250);
    const spare = launch.metricsUrl === undefined ? '' : new URL(launch.metricsUrl).port;
    const wanted = argv(launch.port).map((word) => word.replace('{spare}', spare));
    expect(calls(file).map((call) => call.argv)).toEqual([wanted]);
    expect(launch.metricsUrl === undefined).toBe(engine !== 'triton');
    await server.running.stop();
    expect(server.running.exit()).toBeDefined();
  });

  test('ollama: a store of its own, the model made and loaded before it is called ready, and nothing left', async () => {
    const file = join(scratch, 'ollama.argv');
    const { env } = makeStubs(PROGRAMS, { STUB_ARGV: file });
    const { gguf } = makeAdapter(8);
    const request = {
      engineArgs: ['temperature=0', 'OLLAMA_NUM_PARALLEL=2'],
      contextLength: 512,
      adapterPath: gguf,
    };
    const launch = await prepare({ engine: 'ollama', modelPath: GGUF, ...request }, env);
    expect(launch).toMatchObject({ engine: 'ollama@0.17.4', modelName: 'capitals' });
    expect(launch.env).toMatchObject({ OLLAMA_NUM_PARALLEL: '2', OLLAMA_HOST: `127.0.0.1:${launch.port}` });
    const server = await begin(launch, env);
    const seen = calls(file);
    const store = seen[0]?.env['OLLAMA_MODELS'] ?? '';
    expect(seen.map((call) => call.argv)).toEqual([
      ['serve'],
      ['create', 'capitals', '--file', join(store, 'Modelfile')],
      ['cp', 'capitals', 'sluice-ready'],
    ]);
    expect(readFileSync(join(store, 'Modelfile'), 'utf8')).toBe(
      `FROM ${GGUF}\nADAPTER ${gguf}\nPARAMETER num_ctx 512\nPARAMETER temperature 0\n`,
    );
    await server.running.stop();
    expect(existsSync(store)).toBe(false);
    await expect(fetch(`${server.origin}/api/version`)).rejects.toThrow();
  });
});

describe('adapters', () => {
  test.each<[ServerName, string, RegExp]>([
    ['vllm', 'capitals', /--served-model-name capitals-base --enable-lora --max-lora-rank 64 --lora-modules \{"name":"capitals","path":"[^"]+","base_model_name":"capitals-base"\}/],
    ['sglang', 'capitals:adapter', /--enable-lora --lora-paths adapter=\//],
    ['llama-server', 'capitals', /--lora \S+adapter\.gguf/],
    ['tgi', 'capitals', /--model-id/],
  ])('%s is asked for %s', async (engine, asked, args) => {
    const file = join(scratch, `${engine}-adapter.argv`);
    const { env } = makeStubs(PROGRAMS, { STUB_ARGV: file });
    const { peft, gguf } = makeAdapter(33);
    const adapterPath = engine === 'llama-server' ? gguf : peft;
    const launch = await prepare({ engine, adapterPath }, env);
    expect(launch.modelName).toBe(asked);
    await (await begin(launch, env)).running.stop();
    const [call] = calls(file);
    expect(call?.argv.join(' ')).toMatch(args);
    expect(call?.env['PROMETHEUS_PORT'] !== undefined).toBe(engine === 'tgi');
    expect(call?.env['LORA_ADAPTERS']).toBe(engine === 'tgi' ? `capitals=${peft}` : undefined);
  }); // prettier-ignore

  test('two TGI servers on one machine share no port, nor do two of a supervisor', async () => {
    const { env } = makeStubs(PROGRAMS);
    const ports = async (): Promise<unknown[]> => {
      const launch = await prepare({ engine: 'tgi', tensorParallel: 2 }, env);
      return [launch.port, Number(launch.env['PROMETHEUS_PORT']), Number(launch.env['MASTER_PORT'])];
    };
    const all = [...(await ports()), ...(await ports())];
    expect(new Set(all).size).toBe(6);
    expect(all.every((port) => Number(port) > 1024)).toBe(true);
    const supervised = {
      engine: 'tgi',
      modelPath: modelFolder('v1'),
      port: '{port}',
      scratch,
      bundle: '',
    } as const;
    const context = { env, signal, log: plainLogger(() => undefined) };
    const { env: named } = await prepareEngine({ ...supervised, engineArgs: [] }, context);
    expect(named).toMatchObject({ PROMETHEUS_PORT: '{spare-port-1}', MASTER_PORT: '{spare-port-2}' });
    const spec = { args: ['--port', '{port}', '--x={spare-port-2}'], env: named };
    const [one, other] = [await fillPorts(spec, 1), await fillPorts(spec, 2)];
    expect(one.args).toEqual(['--port', '1', `--x=${one.env['MASTER_PORT']}`]);
    expect(new Set([one, other].flatMap((two) => Object.values(two.env))).size).toBe(4);
  });

  test('TGI without one is asked for `tgi`: another name would be an adapter', async () => {
    expect((await prepare({ engine: 'tgi' }, makeStubs(PROGRAMS).env)).modelName).toBe('tgi');
  });

  test.each<[ServerName, Settings, RegExp]>([
    ['vllm', { adapterPath: modelFolder('v1') }, /is no PEFT adapter/],
    ['llama-server', { adapterPath: modelFolder('v1') + '/config.json' }, /`adapter-path`: .* is no GGUF file/],
    ['sglang', { adapterPath: makeAdapter(8).peft, modelName: 'a:b' }, /"a:b" holds a colon/],
    ['triton', { adapterPath: '/x' }, /`adapter-path` is not for `engine: triton`/],
    ['triton', { modelPath: makeRepository(['a', 'b']), modelName: undefined }, /`model-name` is empty.* holds a, b/],
    ['triton', { modelPath: repository, modelName: 'other' }, /"other" is none of them/],
    ['ollama', { modelName: 'no good!' }, /is no name that Ollama takes/],
    ['llama-server', { modelPath: makeRepository(['a']) }, /holds no \.gguf file; `engine: llama-server`/],
  ])('%s refuses what it can not serve: %o', async (engine, request, message) => {
    const error: unknown = await prepare({ engine, ...request }, makeStubs(PROGRAMS).env).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  }); // prettier-ignore
});

describe('failures name their likely cause', () => {
  test.each<[ServerName, string, RegExp]>([
    ['vllm', 'vllm-memory', /other processes hold GPU memory \(31\.44\/47\.38 GiB free\)/],
    ['vllm', 'vllm-architecture', /does not know the architecture LlamaForCausalLM/],
    ['vllm', 'gated', /the repository is gated/],
    ['vllm', 'tokenizer', /the tokenizer is missing/],
    ['vllm', 'driver', /its driver is too old/],
    ['sglang', 'sglang-memory', /`--mem-fraction-static`/],
    ['tgi', 'tgi-shards', /can't be parted over so many GPUs/],
    ['tgi', 'tgi-memory', /the memory is not enough/],
    ['tgi', 'tgi-limits', /its token limits contradict each other/],
    ['vllm', 'vllm-cache', /the GPU has no room for the KV cache/],
    ['llama-server', 'llama-port', /its port is taken/],
    ['llama-server', 'llama-architecture', /does not know the architecture qwen9/],
    ['triton', 'triton-models', /a model of the repository does not load/],
    ['triton', 'triton-port', /its port is taken/],
  ])('%s: %s', async (engine, failure, cause) => {
    const { env } = makeStubs(PROGRAMS, { STUB_FAILS: failure });
    const modelPath = engine === 'triton' ? repository : modelFolder('v1');
    const error: unknown = await begin(await prepare({ engine, modelPath }, env), env).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(StartupError);
    expect((error as Error).message).toMatch(cause);
  });

  test.each([
    ['serve', /its port is taken/, 'triton-port'],
    ['create', /the memory is not enough|needs more memory/, 'ollama-memory'],
    ['load', /needs more memory than there is \(12\.1 GiB\)/, 'ollama-memory'],
  ])('ollama, at %s', async (at, cause, failure) => {
    const { env } = makeStubs(PROGRAMS, { STUB_FAILS: failure, STUB_FAILS_AT: at });
    const error: unknown = await begin(await prepare({ engine: 'ollama' }, env), env).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(StartupError);
    expect((error as Error).message).toMatch(cause);
  });

  test('a flag that the release does not have is told by its own words', async () => {
    const { env } = makeStubs(PROGRAMS);
    const launch = await prepare({ engine: 'vllm', engineArgs: ['--flash'] }, env);
    await expect(begin(launch, env)).rejects.toThrow(/does not know an argument: --flash/);
  });

  test('one that never gets well ends at the time-out, and nothing is left', async () => {
    const { env } = makeStubs(PROGRAMS, { STUB_DELAY_MS: '60000' });
    const launch = await prepare({ engine: 'vllm' }, env);
    await expect(begin(launch, env, 800)).rejects.toThrow(/not well within .*GET \/health/);
    await expect(fetch(`http://127.0.0.1:${launch.port}/health`)).rejects.toThrow();
  });
});

describe('before anything starts', () => {
  test.each<[ServerName, RegExp]>([
    ['vllm', /there is no vllm on PATH.*`pip install vllm`/],
    ['sglang', /there is no sglang or python3 on PATH/],
    ['tgi', /ghcr\.io\/huggingface/],
    ['llama-server', /engine: embedded/],
    ['ollama', /there is no ollama on PATH/],
    ['triton', /nvcr\.io\/nvidia/],
  ])('%s that is not there says how to come by it', async (engine, message) => {
    const modelPath = engine === 'triton' ? repository : modelFolder('v1');
    const error: unknown = await prepare({ engine, modelPath }, { PATH: '' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });

  test.each<[Parameters<typeof findEngineFaults>[0], RegExp]>([
    [{ engine: 'vllm', engineArgs: ['--port', '1'], modelPath: 'x' }, /'--port' is what `port` sets/],
    [{ engine: 'triton', engineArgs: ['--http-port=1'], modelPath: 'x' }, /'--http-port' is what `port` sets/],
    [{ engine: 'vllm', engineArgs: [] }, /`model-path` is required with `engine: vllm`/],
    [{ engine: 'vllm', engineArgs: ['--max-model-len=5'], contextLength: 9, modelPath: 'x' }, /says; remove one/],
    [{ engine: 'llama-server', engineArgs: [], tensorParallel: 2, modelPath: 'x' }, /`tensor-parallel` = "2" can't be given/],
    [{ engine: 'command', engineArgs: [], engineCommand: ['x'], contextLength: 2 }, /`context-length` = "2" can't be given/],
    [{ engine: 'command', engineArgs: [], engineCommand: ['x'], adapterPath: '/a' }, /needs `\{adapter-path\}`/],
    [{ engine: 'embedded', engineArgs: [], adapterPath: '/a' }, /`adapter-path` is not for `engine: embedded`/],
    [{ engine: 'ollama', engineArgs: ['--ctx'], modelPath: 'x' }, /'--ctx': with `engine: ollama`/],
  ])('%o', (request, message) => {
    expect(findEngineFaults(request).join('\n')).toMatch(message);
  }); // prettier-ignore
});
