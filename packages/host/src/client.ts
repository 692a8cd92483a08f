/** The job's side of a host service: finds it, starts it, and tells it what to do. */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '@sluice/process/start';
import type { Exit } from '@sluice/process/start';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { cleanEnv } from './clean-env.ts';
import { controlRequest, HostGoneError, NoHostError } from './control-client.ts';
import { installBundle } from './install.ts';
import { hostLayout, makeFolders } from './layout.ts';
import type { HostLayout } from './layout.ts';
import { parseListen } from './listen-address.ts';
import { lastLines } from './log-file.ts';
import { EXIT } from './exit-codes.ts';
import type { HostTimings } from './timings.ts';
import type {
  HistoryEntry,
  HostStatus,
  QuarantineEntry,
  RequestSample,
  RolloutState,
  ServerSpec,
  ServerStatus,
  Track,
} from './types.ts';

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
 * the servers of state.json are started again; returns when those that have a weight are healthy.
 * ConfigError when the service runs with another `listen` or the address is taken; InfraError with the last
 * log lines when the supervisor or a server can't be started.
 */
export async function ensureHost(options: EnsureOptions): Promise<HostClient> {
  parseListen(options.listen);
  const layout = hostLayout(options.stateDir, options.service);
  const running = await connect(layout);
  if (running !== undefined) {
    const { listen } = await running.status();
    if (listen !== options.listen) {
      throw new ConfigError(
        `listen: service ${options.service} runs on ${listen}, not on ${options.listen}; use that address, or end the service first (operation: remove)`,
      );
    }
    return running;
  }
  await makeFolders(layout);
  const bundle = await installBundle(layout.bin, options.bundle);
  options.log.info(`starting host service ${options.service} on ${options.listen}`);
  const args = [
    bundle,
    '--role=host-supervisor',
    `--state-dir=${layout.stateDir}`,
    `--service=${layout.service}`,
    `--listen=${options.listen}`,
    ...(options.timings === undefined ? [] : [`--timings=${JSON.stringify(options.timings)}`]),
  ];
  const supervisor = await start(process.execPath, args, {
    cwd: '/',
    env: cleanEnv(options.env ?? process.env),
    logFile: layout.supervisorLog,
    detached: true,
  });
  const client = await waitForSocket(layout, options, () => supervisor.exit());
  await waitForServers(client, options);
  return client;
}

/** The running service, or undefined when there is none. */
export async function connectHost(options: {
  stateDir: string;
  service: string;
}): Promise<HostClient | undefined> {
  return connect(hostLayout(options.stateDir, options.service));
}

async function connect(layout: HostLayout): Promise<HostClient | undefined> {
  const client = new HostClient(layout.socket);
  try {
    await client.status();
    return client;
  } catch (error) {
    if (error instanceof NoHostError || error instanceof HostGoneError) return undefined;
    throw error;
  }
}

async function waitForSocket(
  layout: HostLayout,
  { listen, signal }: EnsureOptions,
  ended: () => Exit | undefined,
): Promise<HostClient> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    signal.throwIfAborted();
    const client = await connect(layout);
    if (client !== undefined) return client;
    const exit = ended();
    // When another run's supervisor was faster, ours ends and that one will answer soon.
    if ((exit !== undefined && exit.code !== EXIT.alreadyRunning) || Date.now() > deadline) {
      if (exit?.code === EXIT.addressTaken) {
        throw new ConfigError(
          `listen: ${listen} is taken by another program; end it or choose another address`,
        );
      }
      const lines = await lastLines(layout.supervisorLog);
      throw new InfraError(
        `the supervisor of ${layout.service} did not start; its last log lines:\n${lines.join('\n')}`,
      );
    }
    await sleep(25);
  }
}

/** After a reboot or a crash: the servers with users come back before any rollout goes on. */
async function waitForServers(client: HostClient, { log, signal }: EnsureOptions): Promise<void> {
  const begunAt = Date.now();
  for (let told = false; ; told = true) {
    const missing = (await client.status()).servers.filter(
      (server) => server.weight > 0 && server.phase !== 'ready' && server.phase !== 'failed',
    );
    if (missing.length === 0) return;
    if (!told) log.info(`restoring ${missing.map((server) => server.version).join(', ')}`);
    const late = missing.find((server) => Date.now() - begunAt > server.spec.startupTimeoutMs);
    if (late !== undefined) {
      const lines = late.lastLogLines.join('\n');
      throw new InfraError(`version ${late.version} could not be restored; its last log lines:\n${lines}`);
    }
    signal.throwIfAborted();
    await sleep(50);
  }
}

export class HostClient {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  async status(): Promise<HostStatus> {
    return (await this.#send('GET', '/status')) as HostStatus;
  }

  /** Returns when the server is healthy; InfraError with its last log lines when it never is. Weight 0. */
  async startServer(spec: ServerSpec, track: Track): Promise<ServerStatus> {
    return (await this.#send('POST', '/servers', { spec, track }, 0)) as ServerStatus;
  }

  /** No new requests, open ones end within `drainMs`, then SIGTERM and SIGKILL. An absent version is no error. */
  async stopServer(version: string, drainMs: number): Promise<void> {
    await this.#send('POST', '/servers/stop', { version, drainMs }, 0);
  }

  /** Shares of new requests, together 1; versions that aren't named get 0. On disk before it returns. */
  async setWeights(weights: Record<string, number>): Promise<void> {
    await this.#send('PUT', '/weights', weights);
  }

  async setTracks(tracks: { stable: string | null; canary: string | null }): Promise<void> {
    await this.#send('PUT', '/tracks', tracks);
  }

  /** On disk before it returns. */
  async putRollout(state: RolloutState | null): Promise<void> {
    await this.#send('PUT', '/rollout', state);
  }

  /** Requests after the cursor (0: all that are kept), oldest first; `next` is the cursor to go on with. */
  async samples(after: number, limit?: number): Promise<{ samples: RequestSample[]; next: number }> {
    const query = limit === undefined ? `after=${after}` : `after=${after}&limit=${limit}`;
    return (await this.#send('GET', `/samples?${query}`)) as { samples: RequestSample[]; next: number };
  }

  async quarantine(entry: QuarantineEntry): Promise<void> {
    await this.#send('POST', '/quarantine', entry);
  }

  async unquarantine(releaseDigest: string): Promise<void> {
    await this.#send('POST', '/unquarantine', { releaseDigest });
  }

  async addHistory(entry: HistoryEntry): Promise<void> {
    await this.#send('POST', '/history', entry);
  }

  /** Ends all servers and the supervisor; quarantine and history stay on disk. */
  async shutdown(): Promise<void> {
    await this.#send('POST', '/shutdown', undefined, 0);
    const deadline = Date.now() + START_MS;
    for (;;) {
      try {
        await this.status();
      } catch {
        await rm(this.#socket, { force: true });
        return;
      }
      if (Date.now() > deadline) throw new InfraError('the supervisor did not end');
      await sleep(25);
    }
  }

  /** The supervisor is ours, of a version that knows the message: its answers are taken at their type. */
  #send(method: string, path: string, body?: unknown, timeoutMs?: number): Promise<unknown> {
    return controlRequest(this.#socket, method, path, body, timeoutMs);
  }
}
