/** A server that is started here as a process, and ends with the step. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { formatDuration } from '@sluice/runtime/units';
import type { EngineName } from '@sluice/inference/engines/types';
import type { Inputs } from './inputs.gen.ts';
import { prepareMachine } from './machine.ts';
import { describeServer } from './post.ts';
import type { TestServer } from './test-server.ts';

const STOP_GRACE_MS = 5_000;

/** ConfigError: what can't be started; StartupError: what didn't come up. */
export async function launchServer(
  inputs: Inputs & { engine: EngineName },
  context: ActionContext,
): Promise<TestServer> {
  const { prepareEngine } = await import('@sluice/inference/engines/engine');
  const { readLogTail, startServer } = await import('@sluice/inference/engines/server-process');
  const port = await choosePort(inputs.port);
  const scratch = await makeScratch(context);
  const launch = await prepareEngine(
    { ...inputs, modelPath: inputs.modelPath ?? '', port, bundle: context.bundle, scratch },
    context,
  );
  const logFile = join(scratch, 'server.log');
  const machine = await prepareMachine(inputs, context);
  context.log.info(`starting ${launch.engine} on port ${port} for ${launch.modelName}`);
  const server = await startServer({
    launch,
    port,
    logFile,
    healthPath: inputs.healthPath,
    timeoutMs: inputs.startupTimeout,
    env: machine.env,
    signal: context.signal,
    outlivesStep: inputs.keepRunning,
    onSpawn: async (pid) => {
      context.saveState('server', await describeServer(pid));
      await machine.adopt(pid);
    },
  }).catch(async (error: unknown) => {
    await machine.leave();
    throw error;
  });
  context.log.info(`the server is well after ${formatDuration(server.startupMs)}`);
  return {
    target: { origin: server.origin, modelName: launch.modelName },
    healthPath: inputs.healthPath ?? launch.healthPath,
    metricsUrl: launch.metricsUrl,
    engine: launch.engine,
    image: null,
    startupMs: server.startupMs,
    logTail: () => readLogTail(logFile),
    ended: () => {
      const exit = server.running.exit();
      return Promise.resolve(exit === undefined ? undefined : (exit.signal ?? `exit code ${exit.code}`));
    },
    close: async () => {
      if (inputs.keepRunning) return;
      await server.running.stop(STOP_GRACE_MS);
      await machine.leave();
    },
  };
}

/** A folder for log and files of one server. */
export async function makeScratch({ env }: ActionContext): Promise<string> {
  return mkdtemp(join(env['RUNNER_TEMP'] ?? tmpdir(), 'inference-test-'));
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
