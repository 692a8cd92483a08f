/** The job's side of a host service: finds it, starts it, and tells it what to do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '@sluice/process/start';
import type { Exit } from '@sluice/process/start';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { cleanEnv } from './clean-env.ts';
import { HostGoneError, NoHostError } from './control-client.ts';
import { HostClient } from './host-client.ts';
import { bundleDigest, installBundle } from './install.ts';
import { hostLayout, makeFolders } from './layout.ts';
import type { HostLayout } from './layout.ts';
import { parseListen } from './listen-address.ts';
import { lastLines } from './log-file.ts';
import { EXIT } from './exit-codes.ts';
import { installNode } from './node-copy.ts';
import { readStoredState } from './state.ts';
import { tidyBin } from './tidy.ts';
import type { HostTimings } from './timings.ts';
import type { HostStatus } from './types.ts';

export { HostClient };

export interface EnsureOptions {
  stateDir: string;
  service: string;
  listen: string;
  /** The action's own bundle: its roles hold `host-supervisor`. */
  bundle: string;
  log: Logger;
  signal: AbortSignal;
  env?: NodeJS.ProcessEnv;
  /** Shorter times, for tests. */
  timings?: Partial<HostTimings>;
}

/** How long a new supervisor may take to answer on its socket: ending sick leftovers is part of it. */
const START_MS = 60_000;

/**
 * Connects to the service, or installs the bundle and starts its supervisor: in a session of its own, in `/`,
 * without anything of the job in its environment, so that the end of the job leaves it alone. After a reboot
 * the servers of state.json are started again; returns when those that have a weight are healthy, or can't be.
 * The client starts the supervisor again when it dies under it.
 * ConfigError when the service runs with another `listen` or the address is taken; InfraError with the last
 * log lines when the supervisor can't be started.
 */
export async function ensureHost(options: EnsureOptions): Promise<HostClient> {
  parseListen(options.listen);
  const layout = hostLayout(options.stateDir, options.service);
  const running = await connect(layout, options);
  if (running !== undefined) {
    const status = await running.status();
    if (status.listen !== options.listen) {
      throw new ConfigError(
        `input \`listen\`: service ${options.service} runs on ${status.listen}, not on ${options.listen}; use that address, or end the service first (operation: remove)`,
      );
    }
    await tellOtherBundle(status, options);
    await tidyBin(layout.stateDir).catch(() => []);
    return running;
  }
  await startSupervisor(layout, options);
  const client = new HostClient(layout.socket, reviver(layout, options));
  await waitForServers(client, options);
  await tidyBin(layout.stateDir).catch(() => []);
  return client;
}

async function startSupervisor(layout: HostLayout, options: EnsureOptions): Promise<void> {
  await makeFolders(layout);
  const bundle = await installBundle(layout.bin, options.bundle);
  const node = await installNode(layout.bin, options.log);
  options.log.info(`starting host service ${options.service} on ${options.listen}`);
  const args = [
    bundle,
    '--role=host-supervisor',
    `--state-dir=${layout.stateDir}`,
    `--service=${layout.service}`,
    `--listen=${options.listen}`,
    ...(options.timings === undefined ? [] : [`--timings=${JSON.stringify(options.timings)}`]),
  ];
  const deadline = Date.now() + START_MS;
  for (let answers = false; !answers;) {
    const supervisor = await start(node, args, {
      cwd: '/',
      env: cleanEnv(options.env ?? process.env),
      logFile: layout.supervisorLog,
      detached: true,
    });
    answers = await waitForSocket(layout, options, deadline, () => supervisor.exit());
    // Two runs at once started one each: ours, still waiting for the lock, must not take over when that one ends.
    const answering = answers ? await connect(layout).then((client) => client?.status()) : undefined;
    if (answering !== undefined && answering.supervisor.pid !== supervisor.pid) await supervisor.stop(1_000);
  }
}

/** The supervisor goes on as it is, so that no request is lost: who updates the action must know that. */
async function tellOtherBundle(status: HostStatus, { bundle, log, service }: EnsureOptions): Promise<void> {
  const ours = await bundleDigest(bundle).catch(() => undefined);
  const { pid, startedAt, bundle: theirs } = status.supervisor;
  if (ours === undefined || theirs.includes(`/${ours}/`)) return;
  log.notice(
    `the supervisor of ${service} (process ${pid}, since ${new Date(startedAt).toISOString()}) runs another version than this action ` +
      `(${theirs}); it is left as it is, so that no request is lost. To change it, at a quiet hour: end it with \`kill ${pid}\` ` +
      'and deploy again; the router is away for as long as the servers take to start',
  );
}

/**
 * The service when it runs, or when its supervisor has died and its state says that it shall serve: then that is started
 * again. undefined when there is no such service, or it was removed.
 */
export async function findHost(
  options: Omit<EnsureOptions, 'listen'> & { listen?: string },
): Promise<HostClient | undefined> {
  const layout = hostLayout(options.stateDir, options.service);
  const state = await readStoredState(layout.state, layout.service);
  const listen = state?.listen ?? options.listen;
  const running = await connect(layout, listen === undefined ? undefined : { ...options, listen });
  if (running !== undefined) return running;
  if (state === undefined || state.servers.length === 0 || listen === undefined) return undefined;
  await reviver(layout, { ...options, listen })();
  return connect(layout, { ...options, listen });
}

/** Starts a supervisor again that has died; InfraError when the service was removed, and shall not come back. */
function reviver(layout: HostLayout, options: EnsureOptions): () => Promise<void> {
  return async () => {
    const state = await readStoredState(layout.state, layout.service);
    const versions = state?.servers.map(({ spec }) => spec.version) ?? [];
    if (versions.length === 0) throw new InfraError(`the service ${layout.service} was removed meanwhile`);
    options.log.warning(
      `the supervisor of ${layout.service} is gone (killed, crashed, or the machine was restarted): ` +
        `starting it again with ${versions.join(', ')}; its last log lines are in ${layout.supervisorLog}`,
    );
    await startSupervisor(layout, options);
    await waitForServers(new HostClient(layout.socket), options);
  };
}

/** The running service, or undefined when there is none. */
export async function connectHost(options: {
  stateDir: string;
  service: string;
}): Promise<HostClient | undefined> {
  return connect(hostLayout(options.stateDir, options.service));
}

async function connect(layout: HostLayout, options?: EnsureOptions): Promise<HostClient | undefined> {
  const client = new HostClient(layout.socket);
  try {
    await client.status();
    return options === undefined ? client : new HostClient(layout.socket, reviver(layout, options));
  } catch (error) {
    if (error instanceof NoHostError || error instanceof HostGoneError) return undefined;
    throw error;
  }
}

/** How long the supervisor that had the lock before ours may take to answer. */
const OTHER_ANSWERS_MS = 1_000;

/** False: ours ended because another had the lock, and that one does not answer (it was ending): start ours again. */
async function waitForSocket(
  layout: HostLayout,
  { listen, signal }: EnsureOptions,
  deadline: number,
  ended: () => Exit | undefined,
): Promise<boolean> {
  let endedAt: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    if ((await connect(layout)) !== undefined) return true;
    const exit = ended();
    if (exit?.code === EXIT.alreadyRunning && Date.now() <= deadline) {
      endedAt ??= Date.now();
      if (Date.now() - endedAt > OTHER_ANSWERS_MS) return false;
      await sleep(25);
      continue;
    }
    if (exit !== undefined || Date.now() > deadline) throw await startFailure(layout, listen, exit);
    await sleep(25);
  }
}

async function startFailure(layout: HostLayout, listen: string, exit: Exit | undefined): Promise<Error> {
  if (exit?.code === EXIT.addressTaken) {
    return new ConfigError(
      `input \`listen\`: ${listen} is taken by another program; end it or choose another address`,
    );
  }
  if (exit?.code === EXIT.addressUnusable) {
    const [why = ''] = await lastLines(layout.supervisorLog, 1);
    return new ConfigError(
      `input \`listen\`: this machine can't listen on ${listen} (${why.replace(/^.*error: /, '')}); give one of its own addresses, such as 127.0.0.1:8080, and a port above 1023`,
    );
  }
  const lines = await lastLines(layout.supervisorLog);
  return new InfraError(
    `the supervisor of ${layout.service} did not start; its last log lines:\n${lines.join('\n')}`,
  );
}

/** After so many starts that failed, a server is not waited for: its supervisor goes on trying by itself. */
const HOPELESS_STARTS = 3;

/** After a reboot or a crash: the servers with users come back before any rollout goes on, if they can. */
async function waitForServers(client: HostClient, { log, signal }: EnsureOptions): Promise<void> {
  const begunAt = Date.now();
  const before = new Map<string, number>();
  for (let told = false; ; told = true) {
    const missing = (await client.status()).servers.filter(
      (server) => server.weight > 0 && server.phase !== 'ready' && server.phase !== 'failed',
    );
    if (missing.length === 0) return;
    if (!told) log.info(`restoring ${missing.map((server) => server.version).join(', ')}`);
    for (const { version, restarts } of missing) if (!before.has(version)) before.set(version, restarts);
    const hopeless = missing.filter(
      ({ version, restarts, spec }) =>
        restarts - (before.get(version) ?? 0) >= HOPELESS_STARTS ||
        Date.now() - begunAt > spec.startupTimeoutMs,
    );
    if (hopeless.length === missing.length) {
      // What is about to happen may be the mend: a rollback, or another release.
      for (const { version, lastLogLines, logFile, waitingFor } of hopeless) {
        if (waitingFor !== undefined) log.warning(`${version}: ${waitingFor}`);
        log.warning(
          `version ${version} could not be restored, and its users get 503 until it can: mend what its log says` +
            `${logFile === undefined ? '' : ` (${logFile})`}, go back with auto-rollback \`mode: rollback\`, ` +
            'or deploy another release with `strategy: rolling`. Its last log lines:',
        );
        log.untrusted(lastLogLines.join('\n'));
      }
      return;
    }
    signal.throwIfAborted();
    await sleep(50);
  }
}
