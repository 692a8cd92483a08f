/** A server that is started here as a container, and is removed with the step. */
import { randomBytes } from 'node:crypto';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { disarm } from '@sluice/runtime/logger';
import { formatDuration } from '@sluice/runtime/units';
import { defaultModelName } from '@sluice/inference/engines/model-name';
import type { Inputs } from './inputs.gen.ts';
import { prepareMachine } from './machine.ts';
import { makeScratch } from './started-server.ts';
import type { TestServer } from './test-server.ts';

const DEFAULT_HEALTH = '/health';

/** ConfigError: no docker, no such image, no port. StartupError: what didn't come up. */
export async function launchContainer(
  inputs: Inputs & { image: string },
  context: ActionContext,
): Promise<TestServer> {
  const { log, signal } = context;
  const { checkDocker, dockerEnvironment } = await import('@sluice/inference/containers/docker');
  const { resolveImage } = await import('@sluice/inference/containers/image');
  const container = await import('@sluice/inference/containers/container');
  const { freePort } = await import('@sluice/process/free-port');
  const { lastLines } = await import('@sluice/inference/engines/wait-until-well');
  const options = { env: dockerEnvironment(context.env), signal, log };
  await checkDocker(options);
  for (const left of await container.listLeftovers(options))
    log.warning(`a container of another run is still here: ${disarm(left)}`);
  const image = await resolveImage(inputs.image, options);
  const port = choosePort(inputs, image.ports);
  const machine = await prepareMachine(inputs, context);
  const name = `sluice-${context.run.id || 'local'}-${randomBytes(4).toString('hex')}`;
  const healthPath = inputs.healthPath ?? DEFAULT_HEALTH;
  const plan = {
    name,
    runUrl: context.run.url,
    image: image.reference,
    args: inputs.engineArgs,
    port,
    hostPort: await freePort(),
    env: inputs.env,
    gpus: machine.dockerGpus ?? inputs.gpus,
    mounts: inputs.modelPath === undefined ? [] : [mountOf(inputs.modelPath)],
    scratch: await makeScratch(context),
  };
  // Before there is one: whatever ends this process from now on, post removes it.
  context.saveState('container', { name });
  log.info(`starting ${image.reference} as ${name}, its port ${port} on ${plan.hostPort}`);
  const watch = { healthPath, lenientHealth: true, timeoutMs: inputs.startupTimeout };
  const startupMs = await container.startContainer(plan, watch, options).catch(async (error: unknown) => {
    await machine.leave();
    throw error;
  });
  log.info(`the server is well after ${formatDuration(startupMs)}`);
  const origin = `http://127.0.0.1:${plan.hostPort}`;
  return {
    target: { origin, modelName: await nameModel(inputs, origin, signal) },
    healthPath,
    engine: null,
    image: image.digest,
    startupMs,
    logTail: async () => lastLines(await container.readContainerLog(name, options.env)),
    ended: async () => {
      const exit = await container.readExit(name, { env: options.env });
      return exit === undefined ? undefined : (exit.signal ?? `exit code ${exit.code}`);
    },
    close: async () => {
      if (inputs.keepRunning) return;
      await container.removeContainer(name, options.env);
      await machine.leave();
    },
  };
}

function choosePort({ port, image }: Inputs & { image: string }, exposed: readonly number[]): number {
  if (port !== undefined) return port;
  const [only] = exposed;
  if (only !== undefined && exposed.length === 1) return only;
  const seen = exposed.length === 0 ? 'names no port' : `names the ports ${exposed.join(', ')}`;
  throw new ConfigError(
    `input \`port\` is empty, and the image ${image} ${seen}: give the port that its server listens on inside`,
  );
}

/** A snapshot of the Hub's cache is links into the folder of its repository. */
function mountOf(modelPath: string): string {
  return /^(.*\/models--[^/]+)\/snapshots\//.exec(modelPath)?.[1] ?? modelPath;
}

/** What was given, else what the server lists; a server without a list is asked by the path's name. */
async function nameModel(inputs: Inputs, origin: string, signal: AbortSignal): Promise<string> {
  if (inputs.modelName !== undefined) return inputs.modelName;
  const { findModelName } = await import('@sluice/inference/clients/openai-server');
  return findModelName({ origin }, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof ConfigError && / serves /.test(error.message)) throw error;
    return defaultModelName(inputs.modelPath ?? '');
  });
}
