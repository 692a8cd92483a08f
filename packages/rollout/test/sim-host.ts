/**
 * A host in memory, for the crash tests: it does at once what the supervisor does over its socket, makes traffic as
 * time goes by, and can kill its driver before or after any call.
 */
import type {
  Arrangement,
  HistoryEntry,
  HostStatus,
  QuarantineEntry,
  RequestSample,
  RolloutState,
  ServerSpec,
  ServerStatus,
  Track,
} from '@sluice/host/types';
import type { HostVerbs } from '../src/host-target.ts';
import { emptyUnit } from '@sluice/release/unit';

/** The driver's process is gone: nothing after it runs. */
export class Killed extends Error {}

export interface Behaviour {
  errorRate?: number;
  loopRate?: number;
  ttftMs?: number;
  failsToStart?: boolean;
}

export class SimHost {
  now = 1_000_000;
  servers = new Map<string, ServerStatus>();
  stable: string | null = null;
  canary: string | null = null;
  arrangement: Arrangement | null = null;
  /** Users' answers by version. */
  served: Record<string, number> = {};
  /** Share of requests that carry the mark. */
  marked = 0.2;
  /** Share of the new version's answers that get lost on the way, and are counted nowhere. */
  vanishing = 0;
  rollout: RolloutState | null = null;
  quarantine: QuarantineEntry[] = [];
  history: HistoryEntry[] = [];
  samples: RequestSample[] = [];
  /** Requests that found no server: must stay 0 from the first release on. */
  lost = 0;
  calls = 0;
  /** Kill the driver at this call; `after`: the call's effect still happens. */
  killAt: { call: number; after: boolean } | null = null;
  readonly behaviour: Record<string, Behaviour>;
  readonly perSecond: number;
  #random: () => number;

  constructor(behaviour: Record<string, Behaviour>, perSecond = 20, seed = 1) {
    this.behaviour = behaviour;
    this.perSecond = perSecond;
    this.#random = mulberry32(seed);
  }

  /** Lets time pass, with users asking all the while. */
  pass(ms: number): void {
    const before = this.now;
    this.now += ms;
    if (this.stable === null) return;
    const requests = Math.round((ms / 1000) * this.perSecond);
    for (let i = 0; i < requests; i += 1) this.#request(before + (ms * i) / requests);
  }

  #request(at: number): void {
    let left = this.#random();
    const shared = [...this.servers.values()].find((server) => (left -= server.weight) < 0);
    const { version = '', mark, mirror = 0 } = this.arrangement ?? {};
    const asked = this.servers.get(version);
    if (mirror > 0 && this.#random() < mirror && asked?.phase === 'ready') this.#answer(asked, at);
    // A copy's answer is seen by nobody.
    const isMarked = mark !== undefined && this.#random() < this.marked;
    const chosen = isMarked && asked?.phase === 'ready' ? asked : shared;
    this.#answer(chosen, at);
    const of = chosen?.version ?? 'none';
    this.served[of] = (this.served[of] ?? 0) + 1;
  }

  #answer(chosen: ServerStatus | undefined, at: number): void {
    if (chosen === undefined || chosen.phase !== 'ready') {
      this.lost += 1;
      return;
    }
    const { errorRate = 0, loopRate = 0, ttftMs = 100 } = this.behaviour[chosen.version] ?? {};
    if (chosen.version === this.rollout?.to && this.#random() < this.vanishing) return;
    const error = this.#random() < errorRate;
    const ttft = ttftMs * (0.7 + 0.6 * this.#random());
    this.samples.push({
      seq: this.samples.length + 1,
      at,
      version: chosen.version,
      track: chosen.track,
      status: error ? 500 : 200,
      complete: true,
      clientGone: false,
      ttftMs: error ? null : ttft,
      e2eMs: ttft * 3,
      interChunkMs: null,
      outputTokens: error ? null : 20,
      answer: error ? null : this.#random() < loopRate ? 'looping' : 'ok',
      probe: false,
    });
  }

  client(): HostVerbs {
    const call = async <T>(effect: () => T): Promise<T> => {
      this.calls += 1;
      const kill = this.killAt;
      if (kill !== null && this.calls > kill.call) throw new Killed('dead');
      if (kill?.call === this.calls && !kill.after) throw new Killed('before');
      const value = effect();
      this.#check();
      if (kill?.call === this.calls) throw new Killed('after');
      return await Promise.resolve(value);
    };
    return {
      status: () => call(() => this.#status()),
      startServer: (spec, track) => call(() => this.#start(spec, track)),
      stopServer: (version) =>
        call(() => {
          this.#stop(version);
          return 0;
        }),
      setWeights: (weights) => call(() => this.#setWeights(weights)),
      setTracks: (tracks) => call(() => void Object.assign(this, tracks)),
      arrange: (arrangement) => call(() => void (this.arrangement = structuredClone(arrangement))),
      putRollout: (state) => call(() => void (this.rollout = structuredClone(state))),
      samples: (after) =>
        call(() => {
          const samples = this.samples.slice(after);
          return { samples, next: after + samples.length };
        }),
      quarantine: (entry) => call(() => void this.quarantine.push(entry)),
      unquarantine: () => call(() => undefined),
      addHistory: (entry) => call(() => void this.history.push(entry)),
      shutdown: () => call(() => undefined),
    };
  }

  #status(): HostStatus {
    return structuredClone({
      service: 'llm',
      listen: '127.0.0.1:0',
      supervisor: { pid: 1, startedAt: 0, bundle: '' },
      servers: [...this.servers.values()],
      stable: this.stable,
      canary: this.canary,
      rollout: this.rollout,
      quarantine: this.quarantine,
      history: this.history,
      totals: {},
      arrangement: this.arrangement,
    });
  }

  #start(spec: ServerSpec, track: Track): ServerStatus {
    if (this.behaviour[spec.version]?.failsToStart === true) throw new Error(`${spec.version} won't start`);
    const known = this.servers.get(spec.version);
    const server: ServerStatus = {
      version: spec.version,
      releaseDigest: spec.releaseDigest,
      track,
      phase: 'ready',
      pid: 1,
      port: 1,
      weight: known?.weight ?? 0,
      openStreams: 0,
      startedAt: this.now,
      restarts: 0,
      lastLogLines: [],
      spec,
    };
    this.servers.set(spec.version, server);
    return server;
  }

  #stop(version: string): void {
    const server = this.servers.get(version);
    if (server === undefined) throw new Error(`no server ${version}`);
    if (server.weight > 0 && this.stable !== null) throw new Error(`${version} still has users`);
    if (this.arrangement?.version === version)
      throw new Error(`${version} still gets marked requests or copies`);
    Object.assign(server, { phase: 'stopped', weight: 0 });
  }

  #setWeights(weights: Record<string, number>): void {
    for (const [version, weight] of Object.entries(weights)) {
      const server = this.servers.get(version);
      if (weight > 0 && server?.phase !== 'ready') throw new Error(`weight for ${version}, which isn't up`);
    }
    for (const server of this.servers.values()) server.weight = weights[server.version] ?? 0;
  }

  /** What must hold after every single call: all traffic goes to servers that are up. */
  #check(): void {
    const weighted = [...this.servers.values()].filter((server) => server.weight > 0);
    if (weighted.length === 0) return;
    const sum = weighted.reduce((total, server) => total + server.weight, 0);
    if (Math.abs(sum - 1) > 1e-9) throw new Error(`weights sum to ${sum}`);
    if (weighted.some((server) => server.phase !== 'ready'))
      throw new Error('traffic to a server that is not up');
  }
}

export function specOf(version: string): ServerSpec {
  return {
    version,
    releaseDigest: `sha256:${version}`,
    unit: emptyUnit(),
    command: 'true',
    args: [],
    env: {},
    healthPath: '/health',
    modelPath: `/models/${version}`,
    modelName: version,
    startupTimeoutMs: 1000,
  };
}

/** mulberry32: a small seeded generator, so that a failing simulation can be run again. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
