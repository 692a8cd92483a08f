/** How a model server is started: which command, with which arguments, and where it tells that it is well. */
import { createHash } from 'node:crypto';
import { ConfigError } from '@sluice/runtime/errors';
import { readEngineFlags } from './embedded/flags.ts';
import { defaultModelName } from './model-name.ts';
import { findServerFaults } from './servers/faults.ts';
import { findSettingFaults, releaseArgs } from './settings.ts';
import {
  SERVER_NAMES,
  type EngineContext,
  type EngineName,
  type EngineRequest,
  type EngineSettings,
  type Launch,
  type ServerName,
} from './types.ts';

/**
 * Prepares everything that starting needs the network or the disk for, and returns the launch. The embedded
 * engine is installed into the tool cache on demand, or taken from SLUICE_EMBEDDED; all others have to be there.
 * ConfigError: unknown flags, no model, no way to install. InfraError: the installation failed.
 */
export async function prepareEngine(request: EngineRequest, context: EngineContext): Promise<Launch> {
  const faults = findEngineFaults(request);
  if (faults.length > 0) throw new ConfigError(faults);
  const { engine } = request;
  if (engine === 'embedded') return prepareEmbedded(request, context);
  if (engine === 'command') return prepareCommand(request, context);
  const { prepareServer } = await import('./servers/prepare-server.ts');
  return prepareServer({ ...request, engine }, context);
}

/** Checks what the inputs say about the engine without touching anything; returns faults for a ConfigError. */
export function findEngineFaults(
  request: EngineSettings & {
    engine: EngineName;
    engineArgs: readonly string[];
    engineCommand?: readonly string[] | undefined;
    modelPath?: string | undefined;
    adapterPath?: string | undefined;
  },
): string[] {
  const { engine, engineArgs, engineCommand = [], adapterPath } = request;
  const faults = findSettingFaults(engine, request, engineArgs);
  if (engine !== 'command' && engineCommand.length > 0) {
    faults.push('input `engine-command` is only for `engine: command`: remove it, or change `engine`');
  }
  if (isServerName(engine)) return [...faults, ...findServerFaults(engine, request)];
  if (adapterPath !== undefined && engine === 'embedded') {
    faults.push(
      'input `adapter-path` is not for `engine: embedded`, which serves a model as it is: use `engine: llama-server`, or merge the adapter',
    );
  }
  if (engine === 'embedded') {
    return [
      ...readEngineFlags(engineArgs).faults.map((fault) => `input \`engine-args\`: ${fault}`),
      ...faults,
    ];
  }
  if (adapterPath !== undefined && !engineCommand.some((word) => word.includes('{adapter-path}'))) {
    faults.push(
      "input `adapter-path` needs `{adapter-path}` in `engine-command`: a command of one's own has no flag that is known here",
    );
  }
  if (engineCommand.length === 0) {
    faults.push(
      "input `engine` is 'command', but `engine-command` is empty: write the server's command line there",
    );
  }
  return faults;
}

function isServerName(engine: EngineName): engine is ServerName {
  return SERVER_NAMES.some((name) => name === engine);
}

async function prepareEmbedded(request: EngineRequest, context: EngineContext): Promise<Launch> {
  const { findGguf } = await import('./gguf-file.ts');
  const model = await findGguf(request.modelPath, { engine: 'embedded' });
  const { ensureEmbedded, EMBEDDED_VERSION } = await import('./embedded/install.ts');
  const folder = await ensureEmbedded(context);
  const modelName = request.modelName ?? defaultModelName(request.modelPath);
  const args = [request.bundle, '--role=embedded-server', '--model', model, '--model-name', modelName];
  return {
    command: process.execPath,
    args: [
      ...[...args, '--host', '127.0.0.1', '--port', String(request.port)],
      ...releaseArgs('embedded', request, request.engineArgs),
    ],
    env: { SLUICE_EMBEDDED: folder },
    healthPath: '/health',
    engine: `embedded@${EMBEDDED_VERSION}`,
    modelName,
    causes: [],
    lenientHealth: false,
  };
}

/**
 * `{port}`, `{model-path}`, `{model-name}` and `{adapter-path}` in the words of `engine-command` are filled in; nothing
 * else is.
 */
async function prepareCommand(request: EngineRequest, context: EngineContext): Promise<Launch> {
  const words = request.engineCommand ?? [];
  const modelName = request.modelName ?? defaultModelName(request.modelPath);
  const values: Record<string, string> = {
    '{port}': String(request.port),
    '{model-path}': request.modelPath,
    '{model-name}': modelName,
    ...(request.adapterPath === undefined ? {} : { '{adapter-path}': request.adapterPath }),
  };
  const filled = words.map((word) =>
    word.replace(/\{(?:port|model-path|model-name|adapter-path)\}/g, (key) => values[key] ?? key),
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
    env: { PORT: String(request.port), MODEL_PATH: request.modelPath, MODEL_NAME: modelName },
    healthPath: '/health',
    engine: `command@${digest}`,
    modelName,
    causes: [],
    lenientHealth: true,
  };
}
