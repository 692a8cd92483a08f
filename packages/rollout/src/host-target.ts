/** The six verbs over one machine: a supervisor that starts servers, and its weighted router. */
import type { HostClient } from '@sluice/host/client';
import type {
  HistoryEntry,
  HostStatus,
  RolloutState,
  RolloutStep,
  ServerSpec,
  ServerStatus,
  Track,
} from '@sluice/host/types';
import { readSpec } from '@sluice/host/read';
import { InfraError } from '@sluice/runtime/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import type { View } from './machine.ts';
import { besideOf, hasBeside, stepLine, stepOf } from './strategies.ts';
import type { Look } from './evidence-source.ts';
import canonicalize from 'canonicalize';
import { isAlive, type Owner } from './owner.ts';
import {
  rolloutData,
  type Ask,
  type Ending,
  type Observed,
  type Plan,
  type RolloutTarget,
  type TargetStatus,
  type VersionSpec,
} from './target.ts';

/** What of the client is used here; a test hands in a host in memory. */
export type HostVerbs = Pick<HostClient, keyof HostClient>;

/** Between two looks at what a server waits for. */
const TELL_MS = 1_000;

export class HostTarget implements RolloutTarget {
  readonly #client: HostVerbs;
  readonly #now: () => number;
  readonly #warn: (text: string) => void;

  constructor(client: HostVerbs, now: () => number = Date.now, warn: (text: string) => void = () => {}) {
    this.#client = client;
    this.#now = now;
    this.#warn = warn;
  }

  async status(): Promise<TargetStatus> {
    const { stable, canary, servers, rollout, quarantine, history } = await this.#client.status();
    return { stable, canary, versions: servers, rollout, quarantine, history };
  }

  async plan(spec: VersionSpec, steps: readonly RolloutStep[]): Promise<Plan> {
    const status = await this.#client.status();
    return { lines: planLines(status.stable, spec, steps) };
  }

  readSpec(value: unknown): ServerSpec | undefined {
    try {
      return readSpec(value, 'server');
    } catch {
      return undefined;
    }
  }

  async observe(after: number, look?: Look): Promise<Observed> {
    const seen = await this.#client.samples(after);
    if (look === undefined) return seen;
    const { arrangement, users } = await this.#client.status();
    return arrangement?.sticky === undefined || users === undefined ? seen : { ...seen, users };
  }

  async setWeight(state: RolloutState, weight: number): Promise<void> {
    if (weight === 0) return this.#bringUp(state);
    const weights: Record<string, number> = { [state.to]: weight };
    if (state.from !== null && weight < 1) weights[state.from] = 1 - weight;
    await this.#client.setWeights(weights);
  }

  async arrange(state: RolloutState): Promise<void> {
    const step = stepOf(state);
    await this.#client.arrange(
      hasBeside(step) ? { version: state.to, id: state.id, ...besideOf(step) } : null,
    );
  }

  /** A supervisor that never had an arrangement may know none. */
  async #arrangeNothing(state: RolloutState): Promise<void> {
    if (state.steps.some(hasBeside)) await this.#client.arrange(null);
  }

  async #bringUp(state: RolloutState): Promise<void> {
    const spec = this.readSpec(rolloutData(state).spec);
    if (spec === undefined)
      throw new InfraError(`the rollout of ${state.to} on record doesn't say how to start its server`);
    if (!isUp(find(await this.#client.status(), state.to))) await this.#start(spec, 'canary');
    await this.#client.setTracks({ stable: state.from, canary: state.to });
  }

  /** Says whom it waits for, where others hold its GPUs. */
  async #start(spec: ServerSpec, track: Track): Promise<void> {
    const started = this.#client.startServer(spec, track);
    if (spec.gpuLease !== undefined) await this.#tellWaiting(spec.version, started);
    await started;
  }

  async #tellWaiting(version: string, started: Promise<unknown>): Promise<void> {
    const over = started.then(
      () => true,
      () => true,
    );
    for (let told = ''; !(await Promise.race([over, sleep(TELL_MS, false)]));) {
      const waiting = find(await this.#client.status(), version)?.waitingFor ?? '';
      if (waiting !== told && waiting !== '') this.#warn(`${version}: ${waiting}`);
      told = waiting;
    }
  }

  async promote(state: RolloutState, done: Ending): Promise<void> {
    await this.#client.setWeights({ [state.to]: 1 });
    await this.#arrangeNothing(state);
    await this.#client.setTracks({ stable: state.to, canary: null });
    const { undone } = rolloutData(state);
    if (undone !== null) {
      const { version, releaseDigest, weights, reason, record } = undone;
      await this.#client.quarantine({ releaseDigest, weights, reason, at: this.#now() });
      await this.#tell(state, { event: 'rolled-back', version, releaseDigest, reason, record });
    }
    const event = undone !== null ? 'restored' : state.from === null ? 'deployed' : 'promoted';
    await this.#tell(state, ownEntry(state, event, done));
    await this.#retireAllBut(state.to, done.drainMs);
  }

  async abort(state: RolloutState, done: Ending): Promise<void> {
    if (state.from !== null) {
      const status = await this.#client.status();
      const from = find(status, state.from);
      // All traffic to a dead server would be worse than a bad canary: bring the old one up first.
      if (!isUp(from)) {
        if (from === undefined)
          throw new InfraError(`the stable version ${state.from} is gone; can't give it the traffic`);
        await this.#start(from.spec, 'stable');
      }
      await this.#client.setWeights({ [state.from]: 1 });
    }
    await this.#arrangeNothing(state);
    await this.#client.setTracks({ stable: state.from, canary: null });
    if (done.quarantine !== undefined) {
      const { releaseDigest } = rolloutData(state);
      await this.#client.quarantine({ releaseDigest, ...done.quarantine, at: this.#now() });
    }
    await this.#tell(state, ownEntry(state, 'aborted', done));
    await this.#retireAllBut(state.from, done.drainMs);
  }

  /** History once, however often this is done again. */
  async #tell(state: RolloutState, entry: Omit<HistoryEntry, 'at'>): Promise<void> {
    const { history } = await this.#client.status();
    const told = history.some(
      ({ version, event, at }) => version === entry.version && event === entry.event && at >= state.startedAt,
    );
    if (!told) await this.#client.addHistory({ at: this.#now(), ...entry });
  }

  /** At the end one version is left: the other one of the rollout goes, and so does what a killed run left behind. */
  async #retireAllBut(version: string | null, drainMs: number): Promise<void> {
    const { servers } = await this.#client.status();
    const others = servers.filter((server) => server.version !== version && server.phase !== 'stopped');
    await Promise.all(
      others.map(async (server) => {
        const cut = await this.#client.stopServer(server.version, drainMs);
        if (cut > 0)
          this.#warn(
            `${cut} answers of ${server.version} were still on their way after \`drain\` (${drainMs / 1000} s) and were cut off: ` +
              'their clients got no end; a longer `drain` waits for them',
          );
      }),
    );
  }

  remember(state: RolloutState): Promise<void> {
    return this.#client.putRollout(state);
  }

  async view(state: RolloutState): Promise<View> {
    const status = await this.#client.status();
    const server = find(status, state.to);
    const canary = seenAs(server);
    const detail = `its log: ${server?.logFile ?? 'in the state-dir'}`;
    return {
      ...{ canary, weight: server?.weight ?? 0, arranged: isArranged(status, state) },
      ...(canary === 'failed' ? { detail } : {}),
    };
  }

  async askerOf(version: string): Promise<Ask | undefined> {
    const server = find(await this.#client.status(), version);
    if (!isUp(server) || server === undefined || server.port === null) return undefined;
    const address = `http://127.0.0.1:${server.port}`;
    return (path, init) => fetch(`${address}${path}`, init);
  }

  isDriving(owner: Owner): Promise<boolean> {
    return isAlive(owner);
  }
}

/** As the step asks; a step without anything beside its share may find what the step before it had. */
function isArranged({ arrangement = null }: HostStatus, state: RolloutState): boolean {
  const step = stepOf(state);
  if (!state.steps.some(hasBeside)) return true;
  if (!hasBeside(step)) return arrangement === null;
  const wanted = { version: state.to, id: state.id, ...besideOf(step) };
  return canonicalize(arrangement) === canonicalize(wanted);
}

function ownEntry(state: RolloutState, event: HistoryEntry['event'], done: Ending): Omit<HistoryEntry, 'at'> {
  const { releaseDigest } = rolloutData(state);
  return { event, version: state.to, releaseDigest, reason: state.reason, record: done.record };
}

function find(status: HostStatus, version: string): ServerStatus | undefined {
  return status.servers.find((server) => server.version === version);
}

function isUp(server: ServerStatus | undefined): boolean {
  return server?.phase === 'ready';
}

/**
 * A new version that had to be started again counts as failed: the router hides its crashes from users by asking
 * another server, so that no error would show them. One that is merely slow to answer health checks is waited for.
 */
function seenAs(server: ServerStatus | undefined): View['canary'] {
  if ((server?.restarts ?? 0) > 0) return 'failed';
  switch (server?.phase) {
    case 'ready':
      return 'ready';
    case 'failed':
      return 'failed';
    case 'starting':
    case 'unhealthy':
      return 'starting';
    default:
      return 'absent';
  }
}

export function planLines(stable: string | null, spec: VersionSpec, steps: readonly RolloutStep[]): string[] {
  const beside = stable === null ? 'the first version of this service' : `beside ${stable}`;
  const lines = [`start ${spec.version} (${spec.releaseDigest}) ${beside}, without users`, 'warm it up'];
  for (const step of steps) lines.push(stepLine(step, spec.version));
  if (steps.at(-1)?.ends === 'report')
    return [...lines, `drain and stop ${spec.version}: no traffic is moved`];
  lines.push(`${spec.version} is stable`);
  if (stable !== null) lines.push(`drain and stop ${stable}`);
  return lines;
}
