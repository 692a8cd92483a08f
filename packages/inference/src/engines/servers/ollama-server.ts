/**
 * Runs Ollama for one model: `ollama serve` on a store of its own, `ollama create` from a Modelfile, then the model loaded
 * once. Only then the alias stands that readiness asks for; a model that doesn't load ends the whole.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { request } from '@sluice/http/client';
import { run } from '@sluice/process/run';
import { start, type Running } from '@sluice/process/start';
import { describeError } from '@sluice/runtime/errors';
import { OLLAMA_READY } from './native-servers.ts';

interface Arguments {
  program: string;
  model: string;
  name: string;
  store: string;
  adapter: string | undefined;
  parameters: string[];
}

const POLL_MS = 100;
const STOP_GRACE_MS = 4_000;
/** The supervisor's time-out ends it earlier. */
const LONGEST_MS = 24 * 3_600_000;

/** Ends with the server; exit code 1 when the model can't be made or loaded, which stderr says. */
export async function serveOllama(argv: readonly string[]): Promise<void> {
  const given = readArguments(argv);
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
  await mkdir(given.store, { recursive: true, mode: 0o700 });
  const server = await start(given.program, ['serve'], { sharesGroup: true });
  try {
    await Promise.race([serveModel(given, server, stopping.signal), server.exited]);
    const exit = server.exit();
    if (exit !== undefined && !stopping.signal.aborted) {
      process.stderr.write(`ollama serve ended (${exit.signal ?? `exit code ${exit.code}`})\n`);
      process.exitCode = 1;
    }
  } catch (error) {
    if (!stopping.signal.aborted) {
      process.stderr.write(`Error: ${describeError(error)}\n`);
      process.exitCode = 1;
    }
  } finally {
    await server.stop(STOP_GRACE_MS);
    await rm(given.store, { recursive: true, force: true });
  }
}

/** Until it is told to stop. */
async function serveModel(given: Arguments, server: Running, signal: AbortSignal): Promise<void> {
  const origin = `http://${process.env['OLLAMA_HOST'] ?? ''}`;
  while (!(await answers(origin, signal))) {
    if (server.exit() !== undefined) return;
    await sleep(POLL_MS, undefined, { signal });
  }
  const modelfile = join(given.store, 'Modelfile');
  await writeFile(modelfile, renderModelfile(given));
  const options = { signal, onLine: (line: string) => void process.stderr.write(`${line}\n`) };
  await run(given.program, ['create', given.name, '--file', modelfile], options);
  const loaded = await request(`${origin}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model: given.name, keep_alive: -1, stream: false }),
    headers: { 'content-type': 'application/json' },
    retries: 0,
    stallTimeoutMs: LONGEST_MS,
    signal,
  });
  const said = await loaded.text();
  if (loaded.status !== 200) throw new Error(`the model does not load: ${said.slice(0, 500)}`);
  await run(given.program, ['cp', given.name, OLLAMA_READY], options);
  await sleep(2 ** 31 - 1, undefined, { signal });
}

async function answers(origin: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await request(`${origin}/api/version`, { retries: 0, signal });
    await response.text();
    return response.status === 200;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** docs/modelfile.mdx: `FROM`, `ADAPTER`, `PARAMETER`, a line each. */
export function renderModelfile({
  model,
  adapter,
  parameters,
}: Pick<Arguments, 'model' | 'adapter' | 'parameters'>): string {
  const lines = [
    `FROM ${model}`,
    ...(adapter === undefined ? [] : [`ADAPTER ${adapter}`]),
    ...parameters.map((word) => {
      const at = word.indexOf('=');
      return `PARAMETER ${word.slice(0, at)} ${word.slice(at + 1)}`;
    }),
  ];
  const broken = lines.find((line) => /[\r\n]/.test(line));
  if (broken !== undefined) throw new Error(`a line break in ${JSON.stringify(broken)}`);
  return `${lines.join('\n')}\n`;
}

function readArguments(argv: readonly string[]): Arguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      program: text,
      model: text,
      name: text,
      store: text,
      adapter: text,
      parameter: { type: 'string', multiple: true },
    },
  });
  const { program = '', model = '', name = '', store = '', adapter, parameter = [] } = values;
  return { program, model, name, store, adapter, parameters: parameter };
}
