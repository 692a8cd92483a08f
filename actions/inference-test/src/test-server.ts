/** The server under test: a running one, or one that is started here and ended with the step. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { formatDuration } from '@sluice/runtime/units';
import type { EngineName } from '@sluice/inference/engines/types';
import type { Target } from '@sluice/inference/clients/openai-request';
import type { Inputs } from './inputs.gen.ts';
import { describeServer } from './post.ts';

export interface TestServer {
  target: Target;
  healthPath: string;
  /** The unit's `engine`; null for an endpoint, whose engine nobody told. */
  engine: string | null;
  /** null: it ran already. */
  startupMs: number | null;
  /** The end of its log; empty for an endpoint. */
  logTail(): Promise<string>;
  /** Why it is gone; undefined while it runs, or when nobody here knows. */
  ended(): string | undefined;
  /** Ends what was started here, unless it has to go on. */
  close(): Promise<void>;
}

const STOP_GRACE_MS = 5_000;
const DEFAULT_HEALTH = '/health';

/** `prefix` is of the inputs that name it, for messages: with `baseline-` they are `baseline-endpoint` and so on. */
export async function connectServer(
  inputs: Inputs,
  context: ActionContext,
  prefix: '' | 'baseline-' = '',
): Promise<TestServer> {
  const { serverBase } = await import('@sluice/inference/clients/openai-request');
  const { findModelName, whyUnwell } = await import('@sluice/inference/clients/openai-server');
  const http = plainHttp(inputs);
  const origin = http === undefined ? serverBase(inputs.endpoint ?? '') : (inputs.endpoint ?? '');
  const address = { origin, token: inputs.endpointToken, ...(http === undefined ? {} : { http }) };
  const healthPath = inputs.healthPath ?? DEFAULT_HEALTH;
  const asked = { ...address, modelName: inputs.modelName ?? '' };
  const why = await whyUnwell(asked, healthPath, context.signal);
  if (why !== undefined)
    throw new InfraError(`input \`${prefix}endpoint\` = "${origin}": the server isn't well: ${why}`);
  // A plain server isn't asked what it serves: nothing says where it tells.
  const modelName =
    inputs.modelName ??
    (http === undefined
      ? await findModelName(address, context.signal, prefix === '' ? 'model-name' : 'baseline-model')
      : 'model');
  return {
    target: { ...address, modelName },
    healthPath,
    engine: null,
    startupMs: null,
    logTail: () => Promise.resolve(''),
    ended: () => undefined,
    close: () => Promise.resolve(),
  };
}

function plainHttp({ protocol, request, response }: Inputs): Target['http'] {
  return protocol === 'http' && request !== undefined ? { request, response } : undefined;
}

/** ConfigError: what can't be started; StartupError: what didn't come up. */
export async function launchServer(
  inputs: Inputs & { engine: EngineName },
  context: ActionContext,
): Promise<TestServer> {
  const { prepareEngine } = await import('@sluice/inference/engines/engine');
  const { readLogTail, startServer } = await import('@sluice/inference/engines/server-process');
  const port = await choosePort(inputs.port);
  const scratch = await mkdtemp(join(context.env['RUNNER_TEMP'] ?? tmpdir(), 'inference-test-'));
  const launch = await prepareEngine(
    { ...inputs, modelPath: inputs.modelPath ?? '', port, bundle: context.bundle, scratch },
    context,
  );
  const logFile = join(scratch, 'server.log');
  context.log.info(`starting ${launch.engine} on port ${port} for ${launch.modelName}`);
  const server = await startServer({
    launch,
    port,
    logFile,
    healthPath: inputs.healthPath,
    timeoutMs: inputs.startupTimeout,
    env: context.env,
    signal: context.signal,
    outlivesStep: inputs.keepRunning,
    onSpawn: async (pid) => context.saveState('server', await describeServer(pid)),
  });
  context.log.info(`the server is well after ${formatDuration(server.startupMs)}`);
  const ended = (): string | undefined => {
    const exit = server.running.exit();
    return exit === undefined ? undefined : (exit.signal ?? `exit code ${exit.code}`);
  };
  return {
    target: { origin: server.origin, modelName: launch.modelName },
    healthPath: inputs.healthPath ?? launch.healthPath,
    engine: launch.engine,
    startupMs: server.startupMs,
    logTail: () => readLogTail(logFile),
    ended,
    close: () => (inputs.keepRunning ? Promise.resolve() : server.running.stop(STOP_GRACE_MS)),
  };
}

/** The port that was asked for, or a free one. A server that answers on it already would be tested in place of ours. */
async function choosePort(wanted: number | undefined): Promise<number> {
  const { freePort, isPortFree } = await import('@sluice/process/free-port');
  if (wanted === undefined) return freePort();
  if (await isPortFree(wanted)) return wanted;
  throw new ConfigError(
    `input \`port\` = "${wanted}": somebody listens on it already, perhaps a server that an earlier job left; end it, or leave \`port\` empty for a free one`,
  );
}
