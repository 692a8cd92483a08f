/** The model servers of a service: what runs, what share each gets, and the memory of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { HostLayout } from './layout.ts';
import { lastLines } from './log-file.ts';
import { endGroup } from './processes.ts';
import { ModelServer } from './server.ts';
import type { ServerSurroundings } from './server.ts';
import { forgetServers } from './state.ts';
import type { StateStore } from './state.ts';
import type { HostTimings } from './timings.ts';
import type { Arrangement, ServerSpec, ServerStatus, Track } from './types.ts';

export interface PoolOptions {
  layout: HostLayout;
  store: StateStore;
  env: Record<string, string>;
  timings: HostTimings;
  note: (text: string) => void;
}

export class ServerPool {
  readonly #store: StateStore;
  readonly #with: ServerSurroundings;
  readonly #servers = new Map<string, ModelServer>();
  readonly #waiting = new Set<() => void>();

  constructor(options: PoolOptions) {
    this.#store = options.store;
    this.#with = {
      logs: options.layout.logs,
      env: options.env,
      timings: options.timings,
      note: options.note,
      changed: () => this.#wakeWaiting(),
      remember: (server) =>
        this.#store.updateServer(
          server.spec.version,
          (entry) => {
            entry.restarts = server.restarts;
            entry.process =
              server.id === null
                ? null
                : { ...server.id, port: server.port ?? 0, startedAt: server.startedAt ?? Date.now() };
          },
          // A server that crashed is started again on a full disk too.
          true,
        ),
    };
  }

  get servers(): readonly ModelServer[] {
    return [...this.#servers.values()];
  }

  get(version: string): ModelServer | undefined {
    return this.#servers.get(version);
  }

  /** Adopts what still runs from before, ends what is sick, and starts in the background what is missing. */
  async restore(): Promise<void> {
    for (const entry of this.#store.state.servers) {
      const server = new ModelServer(entry.spec, entry.track, entry.restarts, this.#with);
      server.weight = entry.weight;
      this.#servers.set(entry.spec.version, server);
    }
    await Promise.all(
      this.#store.state.servers.map(async (entry) => {
        const server = this.#servers.get(entry.spec.version);
        if (server === undefined) return;
        if (entry.process !== null) {
          if (await server.adopt(entry.process)) {
            this.#with.note(`${entry.spec.version}: adopted process ${entry.process.pid}`);
            return;
          }
          await endGroup(entry.process, this.#with.timings.graceMs);
        }
        server.restore();
      }),
    );
  }

  /**
   * Starts a server with weight 0 and returns when it is healthy. When the same release is there already, as
   * after the death of the run that started it, waits until that one is healthy.
   */
  async startServer(spec: ServerSpec, track: Track): Promise<ServerStatus> {
    const there = this.#servers.get(spec.version);
    if (there !== undefined) return this.#join(there, spec);
    const server = new ModelServer(spec, track, 0, this.#with);
    this.#servers.set(spec.version, server);
    try {
      await this.#store.update((draft) => {
        draft.servers.push({ spec, track, weight: 0, process: null, restarts: 0 });
      });
      await server.start();
    } catch (error) {
      server.phase = 'failed';
      await this.#forget(spec.version);
      throw error;
    }
    return server.status();
  }

  async #join(there: ModelServer, spec: ServerSpec): Promise<ServerStatus> {
    const { version } = spec;
    if (there.spec.releaseDigest !== spec.releaseDigest) {
      throw new ConfigError(
        `version ${version} is already there with release ${there.spec.releaseDigest}, not ${spec.releaseDigest}; stop it first or use another version`,
      );
    }
    // It may wait for its GPUs first.
    const deadline = Date.now() + (spec.gpuLease?.waitMs ?? 0) + spec.startupTimeoutMs;
    while (there.phase === 'starting' || there.phase === 'unhealthy') {
      const left = deadline - Date.now();
      if (left <= 0) break;
      await this.change(left);
    }
    if (there.phase === 'ready') return there.status();
    const lines = await lastLines(there.logFile);
    throw new InfraError(`version ${version} is ${there.phase}; its last log lines:\n${lines.join('\n')}`);
  }

  /** Weight 0, drain, end, forget. A version that isn't there is no error: it is stopped. Gives the answers that were cut off. */
  async stopServer(version: string, drainMs: number): Promise<number> {
    const server = this.#servers.get(version);
    if (server === undefined) return 0;
    // Not a tick may pass between the last request that is given to it and this: stop() marks it at once.
    const stopped = server.stop(drainMs);
    server.weight = 0;
    const [cut] = await Promise.all([
      stopped,
      this.#store.updateServer(version, (entry) => {
        entry.weight = 0;
      }),
    ]);
    await this.#forget(version);
    return cut;
  }

  async #forget(version: string): Promise<void> {
    this.#servers.delete(version);
    await this.#store.update((draft) => {
      draft.servers = draft.servers.filter((entry) => entry.spec.version !== version);
    });
  }

  /** Sets all weights at once; versions that aren't named get 0. ConfigError unless they sum to 1. */
  async setWeights(weights: Record<string, number>): Promise<void> {
    const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
    if (Math.abs(sum - 1) > 1e-6) throw new ConfigError(`weights must sum to 1, not ${sum}`);
    for (const [version, weight] of Object.entries(weights)) {
      const server = this.#servers.get(version);
      if (server === undefined) throw new ConfigError(`weights: there is no version ${version}`);
      if (weight > 0 && server.phase === 'draining') {
        throw new ConfigError(`weights: version ${version} is being stopped and can't get a weight`);
      }
    }
    await this.#store.update((draft) => {
      for (const entry of draft.servers) entry.weight = weights[entry.spec.version] ?? 0;
    });
    for (const server of this.servers) server.weight = weights[server.spec.version] ?? 0;
    this.#wakeWaiting();
  }

  get arrangement(): Arrangement | null {
    return this.#store.state.arrangement;
  }

  /** What decides beside the shares, from the next request on; null: nothing. */
  async arrange(arrangement: Arrangement | null): Promise<void> {
    if (arrangement !== null && !this.#servers.has(arrangement.version))
      throw new ConfigError(`arrangement: there is no version ${arrangement.version}`);
    await this.#store.update((draft) => {
      draft.arrangement = arrangement;
    });
  }

  /** Names the stable and the canary version, also before their servers are started. */
  async setTracks(tracks: { stable: string | null; canary: string | null }): Promise<void> {
    const trackOf = (version: string): Track =>
      version === tracks.stable ? 'stable' : version === tracks.canary ? 'canary' : 'standby';
    await this.#store.update((draft) => {
      draft.stable = tracks.stable;
      draft.canary = tracks.canary;
      for (const entry of draft.servers) entry.track = trackOf(entry.spec.version);
    });
    for (const server of this.servers) server.track = trackOf(server.spec.version);
  }

  /** Ends every server; they stay in the state, to be started again by the next supervisor, unless `forget`. */
  async shutdown(drainMs: number, forget: boolean): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop(drainMs)));
    await this.#store.update((draft) => {
      for (const entry of draft.servers) entry.process = null;
      if (forget) forgetServers(draft);
    }, true);
  }

  /** Waits until a phase or weight has changed, at most `ms`. */
  async change(ms: number): Promise<void> {
    const timer = new AbortController();
    const changed = new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        resolve();
        timer.abort();
      };
      this.#waiting.add(wake);
      timer.signal.addEventListener('abort', () => this.#waiting.delete(wake));
    });
    await Promise.race([changed, sleep(ms, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
  }

  #wakeWaiting(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
