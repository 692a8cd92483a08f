/**
 * Our clients against real servers: MLServer (which protocol it speaks, tensors and texts, refusals, a model that isn't
 * there) and llama.cpp's own.
 * `node e2e/oracles/servers/run.ts` prints a line per check, then `N passed, N failed`; exit 1 when one failed.
 */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { ask } from '@sluice/inference/clients/ask';
import { detectProtocol } from '@sluice/inference/clients/detect';
import { findModelName, whyUnwell } from '@sluice/inference/clients/openai-server';
import { buildRequest } from '@sluice/inference/clients/protocols';
import { runCases, type CaseResult } from '@sluice/inference/runs/run-cases';
import { readSuite } from '@sluice/inference/suites/load-suites';
import type { Case } from '@sluice/inference/suites/types';
import { freePort } from '@sluice/process/free-port';
import { start } from '@sluice/process/start';
import { describeError } from '@sluice/runtime/errors';
import { prepareVenv } from '../hub/venv.ts';
import { startEmbedded } from '../../../packages/inference/test/embedded.ts';
import { attack } from './hostile.ts';
import { checkLlama, MODEL } from './llama.ts';

const HERE = import.meta.dirname;
const STARTS_WITHIN_MS = 120_000;

let passed = 0;
let failed = 0;
function tell(check: string, ok: boolean, detail = ''): void {
  if (ok) passed += 1;
  else failed += 1;
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${check}${ok || detail === '' ? '' : `: ${detail}`}\n`);
}

/** Two models with their settings, in the form that MLServer reads. */
async function writeModels(folder: string): Promise<{ origin: string }> {
  const port = await freePort();
  for (const [name, runtime, input] of [
    ['double', 'runtimes.Double', { name: 'x', datatype: 'FP32', shape: [-1, -1] }],
    ['capital', 'runtimes.Capital', { name: 'question', datatype: 'BYTES', shape: [-1] }],
  ] as const) {
    await mkdir(join(folder, name));
    await copyFile(join(HERE, 'runtimes.py'), join(folder, name, 'runtimes.py'));
    await writeFile(
      join(folder, name, 'model-settings.json'),
      JSON.stringify({ name, implementation: runtime, inputs: [input] }),
    );
  }
  const settings = {
    host: '127.0.0.1',
    http_port: port,
    grpc_port: await freePort(),
    metrics_port: await freePort(),
    parallel_workers: 0,
    debug: false,
  };
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
  return { origin: `http://127.0.0.1:${port}` };
}

/** Two by two pixels: 1, 2, 3, 4. */
function image(): Buffer {
  const part = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const numbers = Buffer.alloc(8);
    numbers.writeUInt32BE(data.length, 0);
    numbers.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([numbers.subarray(0, 4), body, numbers.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 0]);
  const lines = deflateSync(Buffer.from([0, 1, 2, 0, 3, 4]));
  const parts = [part('IHDR', header), part('IDAT', lines), part('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]);
}

async function askSuite(cases: readonly Case[], origin: string): Promise<CaseResult[]> {
  const ran = await runCases(cases, {
    target: { origin, modelName: 'double' },
    protocol: 'open-inference-v2',
    healthPath: '/health',
    concurrency: 2,
    repeats: 1,
    minPass: 1,
    seed: undefined,
    warmup: 0,
    timeoutMs: 20_000,
    signal: new AbortController().signal,
  });
  return ran.cases;
}

async function check(origin: string, scratch: string): Promise<void> {
  const target = (modelName: string): { origin: string; modelName: string } => ({ origin, modelName });
  const protocol = await detectProtocol(target('double'));
  tell('auto finds the Open Inference Protocol', protocol === 'open-inference-v2', protocol);

  await writeFile(join(scratch, 'image.png'), image());
  const suite = await readFile(join(HERE, 'suite.yaml'), 'utf8');
  const { cases, findings } = readSuite(suite, 'suite.yaml', scratch);
  tell('the suite has no fault', findings.length === 0, JSON.stringify(findings));
  for (const { test, status, reasons } of await askSuite(cases, origin)) {
    const wanted = test.tags.includes('fails') ? 'failed' : 'passed';
    tell(`${test.description}: ${wanted}`, status === wanted, `${status} ${reasons.join('; ')}`);
  }

  const question = (model: string, prompt: string, options: Case['options']): ReturnType<typeof ask> =>
    ask({
      ...buildRequest(target(model), 'open-inference-v2', prompt, options, undefined),
      timeoutMs: 20_000,
    });
  const capital = await question('capital', 'The capital of France?', { input: 'question' });
  tell('a text in a tensor', capital.complete && capital.text === 'Paris', JSON.stringify(capital));
  const missing = await question('nobody', 'x', { input: 'question' });
  tell(
    'a model that is not there: 404 with an error body',
    missing.status === 404 && missing.hasErrorBody,
    JSON.stringify(missing),
  );
  const below = { tensors: [{ name: 'x', datatype: 'FP32', shape: [1], data: [-1] }] };
  const broken = await question('double', '', below);
  tell('a model that breaks is no answer', !broken.complete && broken.status === 500, JSON.stringify(broken));
}

/** Starts a server, asks it once it is well, and ends it whatever happened. */
async function withServer(
  name: string,
  [command, ...args]: readonly [string, ...string[]],
  place: { origin: string; folder: string; healthPath: string },
  work: () => Promise<void>,
): Promise<void> {
  const { origin, folder, healthPath } = place;
  const env = { PATH: `${join(command, '..')}:${process.env['PATH'] ?? ''}`, HOME: folder };
  const logFile = join(folder, 'server.log');
  const server = await start(command, args, { cwd: folder, env, logFile });
  try {
    const until = Date.now() + STARTS_WITHIN_MS;
    let why: string | undefined = 'not asked';
    while (why !== undefined && Date.now() < until) {
      why = await whyUnwell({ origin, modelName: '' }, healthPath);
      if (why !== undefined) await new Promise((resolve) => setTimeout(resolve, 300));
    }
    tell(`${name} is well`, why === undefined, `${why}\n${(await readFile(logFile, 'utf8')).slice(-2_000)}`);
    if (why === undefined) await work();
  } finally {
    await server.stop(5_000);
  }
}

const scratch = await mkdtemp(join(tmpdir(), 'sluice-servers-'));
try {
  const mlserver = await prepareVenv(join(HERE, 'requirements.txt'));
  const models = join(scratch, 'mlserver');
  await mkdir(models);
  const { origin } = await writeModels(models);
  await withServer(
    'MLServer',
    [join(mlserver, '../mlserver'), 'start', models],
    { origin, folder: models, healthPath: '/v2/health/ready' },
    async () => {
      await check(origin, models);
      for (const modelName of ['double', 'capital'])
        await attack(`MLServer (${modelName})`, { origin, modelName }, 'open-inference-v2', tell);
    },
  );
  const embedded = await startEmbedded('v1');
  try {
    for (const protocol of ['openai-completions', 'openai-chat'] as const)
      await attack('embedded', { origin: embedded.origin, modelName: 'v1' }, protocol, tell);
  } finally {
    await embedded.running.stop(2_000);
  }
  const python = await prepareVenv(join(HERE, 'requirements-llama.txt'));
  const port = await freePort();
  const llama = `http://127.0.0.1:${port}`;
  await withServer(
    'llama.cpp',
    [python, join(HERE, 'llama.py'), MODEL, String(port)],
    { origin: llama, folder: scratch, healthPath: '/health' },
    async () => {
      await checkLlama(llama, tell);
      const target = { origin: llama, modelName: await findModelName({ origin: llama }) };
      for (const protocol of ['openai-completions', 'openai-chat'] as const)
        await attack('llama.cpp', target, protocol, tell);
    },
  );
} catch (error) {
  tell('the oracle ran', false, describeError(error));
} finally {
  await rm(scratch, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
