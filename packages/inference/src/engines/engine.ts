/** How a model server is started: which command, with which arguments, and where it tells that it is well. */
import { createHash } from 'node:crypto';
import { ConfigError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { readEngineFlags } from './embedded/flags.ts';

export interface EngineRequest {
  engine: 'embedded' | 'command';
  /** A GGUF file, or a folder that holds exactly one (embedded); whatever the command understands (command). */
  modelPath: string;
  modelName: string;
  engineArgs: string[];
  engineCommand?: string[];
  /** A number, or '{port}' where a supervisor picks the port later. */
  port: number | '{port}';
  /** Absolute path of the JS file whose `--role=embedded-server` serves. */
  bundle: string;
}

export interface Launch {
  command: string;
  args: string[];
  env: Record<string, string>;
  healthPath: string;
  /** The unit's `engine`: name@version. */
  engine: string;
}

export interface EngineContext {
  log: Logger;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/**
 * Prepares everything that starting needs the network or the disk for, and returns the launch. The embedded
 * engine is installed into the tool cache on demand, or taken from SLUICE_EMBEDDED.
 * ConfigError: unknown flags, no model, no way to install. InfraError: the installation failed.
 */
export async function prepareEngine(request: EngineRequest, context: EngineContext): Promise<Launch> {
  return request.engine === 'embedded' ? prepareEmbedded(request, context) : prepareCommand(request, context);
}

/** Checks `engine-args` and `engine-command` without touching anything; returns faults for a ConfigError. */
export function findEngineFaults(request: {
  engine: 'embedded' | 'command';
  engineArgs: readonly string[];
  engineCommand?: readonly string[] | undefined;
}): string[] {
  if (request.engine === 'command') {
    return (request.engineCommand ?? []).length > 0
      ? []
      : ["input `engine` is 'command', but `engine-command` is empty: write the server's command line there"];
  }
  const named = readEngineFlags(request.engineArgs).faults.map((fault) => `input \`engine-args\`: ${fault}`);
  if ((request.engineCommand ?? []).length > 0) {
    return [...named, 'input `engine-command` is only for `engine: command`: remove it, or change `engine`'];
  }
  return named;
}

async function prepareEmbedded(request: EngineRequest, context: EngineContext): Promise<Launch> {
  const faults = findEngineFaults(request);
  if (faults.length > 0) throw new ConfigError(faults);
  const { findGguf } = await import('./gguf-file.ts');
  const model = await findGguf(request.modelPath);
  const { ensureEmbedded, EMBEDDED_VERSION } = await import('./embedded/install.ts');
  const folder = await ensureEmbedded(context);
  const args = [
    request.bundle,
    '--role=embedded-server',
    '--model',
    model,
    '--model-name',
    request.modelName,
  ];
  return {
    command: process.execPath,
    args: [...args, '--host', '127.0.0.1', '--port', String(request.port), ...request.engineArgs],
    env: { SLUICE_EMBEDDED: folder },
    healthPath: '/health',
    engine: `embedded@${EMBEDDED_VERSION}`,
  };
}

/** `{port}`, `{model-path}` and `{model-name}` in the words of `engine-command` are filled in; nothing else is. */
async function prepareCommand(request: EngineRequest, context: EngineContext): Promise<Launch> {
  const words = request.engineCommand ?? [];
  const faults = findEngineFaults(request);
  if (faults.length > 0) throw new ConfigError(faults);
  const values: Record<string, string> = {
    '{port}': String(request.port),
    '{model-path}': request.modelPath,
    '{model-name}': request.modelName,
  };
  const filled = words.map((word) =>
    word.replace(/\{(?:port|model-path|model-name)\}/g, (key) => values[key] ?? key),
  );
  const { findProgram } = await import('./program.ts');
  const command = await findProgram(filled[0] ?? '', context.env);
  if (command === undefined) {
    throw new ConfigError(
      `input \`engine-command\`: there is no program '${filled[0]}' on this machine; install it or give its path`,
    );
  }
  // A command has no version of its own: two command lines are two engines.
  const digest = createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 12);
  return {
    command,
    args: [...filled.slice(1), ...request.engineArgs],
    env: { PORT: String(request.port), MODEL_PATH: request.modelPath, MODEL_NAME: request.modelName },
    healthPath: '/health',
    engine: `command@${digest}`,
  };
}
