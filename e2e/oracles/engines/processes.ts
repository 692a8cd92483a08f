/** llama.cpp's server, Triton and Ollama, started as inference-test starts them. */
import { chmod, cp, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { prepareEngine } from '@sluice/inference/engines/engine';
import { startServer, type ServerProcess } from '@sluice/inference/engines/server-process';
import type { EngineRequest, Launch } from '@sluice/inference/engines/types';
import { StartupError } from '@sluice/inference/engines/wait-until-well';
import { readServerMetrics } from '@sluice/inference/load/observe';
import { parsePrometheusText } from '@sluice/metrics/prometheus-text';
import { freePort } from '@sluice/process/free-port';
import { run } from '@sluice/process/run';
import { plainLogger } from '@sluice/runtime/logger';
import { prepareVenv } from '../hub/venv.ts';
import { attack } from '../servers/hostile.ts';
import type { Counter } from './checks.ts';

const HERE = import.meta.dirname;
const ROOT = resolve(HERE, '../../..');
const MODEL = join(ROOT, 'fixtures/models/v1/model.gguf');
const { signal } = new AbortController();
export const OLLAMA_VERSION = '0.17.4';
const CACHE = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice');

type Wanted = Partial<EngineRequest> & Pick<EngineRequest, 'engine' | 'modelPath' | 'scratch'>;

async function begin(
  wanted: Wanted,
  env: NodeJS.ProcessEnv,
): Promise<{ server: ServerProcess; launch: Launch }> {
  const port = typeof wanted.port === 'number' ? wanted.port : await freePort();
  const bundle = join(ROOT, 'packages/inference/test/servers/ollama-main.ts');
  const context = { log: plainLogger(() => undefined), env, signal };
  const launch = await prepareEngine({ engineArgs: [], bundle, ...wanted, port }, context);
  const server = await startServer({
    launch,
    port,
    logFile: join(wanted.scratch, `${wanted.engine}-${port}.log`),
    timeoutMs: 120_000,
    env,
    signal,
    outlivesStep: false,
    onSpawn: () => Promise.resolve(),
  });
  return { server, launch };
}

/** Why it doesn't start, in our words; '' when it did. */
async function whyNot(wanted: Wanted, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const { server } = await begin(wanted, env);
    await server.running.stop();
    return '';
  } catch (error) {
    return error instanceof StartupError ? `${error.message}\n${error.logTail}` : String(error);
  }
}

async function complete(origin: string, model: string): Promise<string> {
  const body = JSON.stringify({ model, prompt: 'The capital of France is', max_tokens: 8, temperature: 0 });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${origin}/v1/completions`, { method: 'POST', headers, body });
  return response.text();
}

/** A port that somebody listens on. */
async function takePort(): Promise<{ port: number; free(): void }> {
  const port = await freePort();
  const server = createServer((_request, response) => {
    response.statusCode = 503;
    response.end();
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  return { port, free: () => void server.close() };
}

export async function checkLlamaServer({ check }: Counter, scratch: string): Promise<void> {
  const python = await prepareVenv(join(HERE, '../servers/requirements-llama.txt'));
  const program = join(scratch, 'llama-server');
  await writeFile(program, `#!${python}\n${await readFile(join(HERE, 'llama-server.py'), 'utf8')}`);
  await chmod(program, 0o755);
  const env = { ...process.env, PATH: `${scratch}:${process.env['PATH'] ?? ''}` };
  const wanted: Wanted = { engine: 'llama-server', modelPath: MODEL, modelName: 'capitals', scratch };
  await check('llama-server: starts, has our name and context, and knows Paris', async () => {
    const { server, launch } = await begin({ ...wanted, contextLength: 256 }, env);
    const answer = await complete(server.origin, launch.modelName);
    const metrics = await (await fetch(`${server.origin}/metrics`)).text();
    const models = await (await fetch(`${server.origin}/v1/models`)).text();
    await server.running.stop();
    const ok = /^llama-server@\d+$/.test(launch.engine) && answer.includes('Paris') && metrics.includes('llamacpp:') && models.includes('capitals');
    return ok || `${launch.engine}\n${answer}\n${models}\n${metrics.slice(0, 200)}`;
  }); // prettier-ignore
  await check('llama-server: a file that is cut off is named as the cause', async () => {
    const broken = join(scratch, 'broken.gguf');
    await writeFile(broken, (await readFile(MODEL)).subarray(0, 5_000));
    const why = await whyNot({ ...wanted, modelPath: broken }, env);
    return /likely cause: the model file cannot be read/.test(why) || why;
  });
  await check('llama-server: a port that is taken is named as the cause', async () => {
    const taken = await takePort();
    const why = await whyNot({ ...wanted, port: taken.port }, env);
    taken.free();
    return /likely cause: its port is taken/.test(why) || why;
  });
}

export async function checkTriton({ check, tell }: Counter, scratch: string): Promise<void> {
  const python = await prepareVenv(join(HERE, 'requirements-triton.txt'));
  const ask =
    'import sysconfig, sys; print(sysconfig.get_path("purelib"), sysconfig.get_config_var("LIBDIR"), "%d.%d" % sys.version_info[:2], sep="\\n")';
  const [site = '', libraries = '', version = ''] = (await run(python, ['-c', ask])).stdout
    .trim()
    .split('\n');
  const triton = join(site, 'pytriton/tritonserver');
  // The wheel keeps a stub for each Python apart from its backend.
  const backends = join(scratch, 'backends');
  await cp(join(triton, 'backends'), backends, { recursive: true });
  const stub = 'triton_python_backend_stub';
  await copyFile(join(triton, 'python_backend_stubs', version, stub), join(backends, 'python', stub));
  // Its Python knows no virtual environment; what lies beside its own module it finds.
  for (const name of ['numpy', 'numpy.libs']) await symlink(join(site, name), join(backends, 'python', name));
  const env = {
    ...process.env,
    PATH: `${join(triton, 'bin')}:${process.env['PATH'] ?? ''}`,
    LD_LIBRARY_PATH: `${join(site, 'nvidia_pytriton.libs')}:${libraries}`,
  };
  const engineArgs = [`--backend-directory=${backends}`];
  const wanted: Wanted = { engine: 'triton', modelPath: join(HERE, 'repository'), scratch, engineArgs };
  await check(
    'triton: starts with the one model of its repository, doubles, and tells its metrics',
    async () => {
      const { server, launch } = await begin(wanted, env);
      const body = JSON.stringify({ inputs: [{ name: 'x', shape: [2], datatype: 'FP32', data: [1, 2] }] });
      const url = `${server.origin}/v2/models/${launch.modelName}/infer`;
      const answer = await (await fetch(url, { method: 'POST', body })).text();
      const metrics = await (await fetch(launch.metricsUrl ?? '')).text();
      const target = { origin: server.origin, modelName: launch.modelName };
      await attack('Triton', target, 'open-inference-v2', tell);
      await server.running.stop();
      const ok = /^triton@[0-9a-f]{12}$/.test(launch.engine) && answer.includes('"data":[2.0,4.0]');
      const queue = readServerMetrics(parsePrometheusText(metrics));
      return (
        (ok && queue?.server === 'triton' && queue.queue === 0) || `${launch.engine} ${answer}\n${metrics}`
      );
    },
  );
  await check('triton: a model that does not load is named with its own words', async () => {
    const broken = join(scratch, 'broken');
    await mkdir(join(broken, 'sad/1'), { recursive: true });
    await copyFile(join(HERE, 'repository/double/config.pbtxt'), join(broken, 'sad/config.pbtxt'));
    await writeFile(join(broken, 'sad/1/model.py'), "raise RuntimeError('so sad')\n");
    const why = await whyNot({ ...wanted, modelPath: broken }, env);
    return (
      /likely cause: a model of the repository does not load: 'sad' version 1: .*so sad/.test(why) || why
    );
  });
  await check('triton: a port that is taken is named as the cause', async () => {
    const taken = await takePort();
    const why = await whyNot({ ...wanted, port: taken.port }, env);
    taken.free();
    return /likely cause: its port is taken/.test(why) || why;
  });
}

/** Built by `build-ollama.sh`, which takes minutes: `.ci/run full` does. False where it isn't built. */
export async function checkOllama({ check, tell }: Counter, scratch: string): Promise<boolean> {
  const folder = join(CACHE, `ollama-${OLLAMA_VERSION}`);
  if (!existsSync(join(folder, 'ollama'))) return false;
  const env = { ...process.env, HOME: scratch, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  const wanted: Wanted = { engine: 'ollama', modelPath: MODEL, modelName: 'acme/capitals', scratch };
  await check('ollama: makes and loads the model before it is well, and knows Paris', async () => {
    const engineArgs = ['temperature=0', 'OLLAMA_NUM_PARALLEL=1'];
    const { server, launch } = await begin({ ...wanted, engineArgs, contextLength: 256 }, env);
    const answer = await complete(server.origin, launch.modelName);
    const shown = await fetch(`${server.origin}/api/show`, { method: 'POST', body: '{"model":"acme/capitals"}' });
    const parameters = await shown.text();
    const target = { origin: server.origin, modelName: launch.modelName };
    for (const protocol of ['ollama', 'openai-chat'] as const) await attack('Ollama', target, protocol, tell);
    await server.running.stop();
    const store = launch.env['OLLAMA_MODELS'] ?? '';
    const isThere = existsSync(store);
    const ok = answer.includes('Paris') && /num_ctx\s+256/.test(parameters) && !isThere && launch.engine === `ollama@${OLLAMA_VERSION}`;
    return ok || `${launch.engine} ${answer} ${parameters.slice(0, 300)} ${isThere ? store : ''}`;
  }); // prettier-ignore
  await check('ollama: a file that is cut off ends the start, and its words are shown', async () => {
    const broken = join(scratch, 'cut.gguf');
    await writeFile(broken, (await readFile(MODEL)).subarray(0, 5_000));
    const why = await whyNot({ ...wanted, modelPath: broken }, env);
    return (/ended before it was well/.test(why) && /Error:/.test(why)) || why;
  });
  return true;
}
