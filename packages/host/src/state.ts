/** What a host service remembers across deaths and reboots: state.json, written by one supervisor only. */
import { readFile } from 'node:fs/promises';
import { InfraError } from '@sluice/runtime/errors';
import { writeFileAtomic } from '@sluice/runtime/files';
import { errnoCode } from './errno.ts';
import {
  orNull,
  readHistory,
  readList,
  readNumber,
  readObject,
  readQuarantine,
  readRollout,
  readSpec,
  readString,
  readTrack,
} from './read.ts';
import type { HistoryEntry, QuarantineEntry, RolloutState, ServerSpec, Track } from './types.ts';

export interface ServerEntry {
  spec: ServerSpec;
  track: Track;
  weight: number;
  /** The process last started for it; null before the first start and after an orderly end. */
  process: { pid: number; startTime: string; port: number; startedAt: number } | null;
  restarts: number;
}

export interface StoredState {
  schemaVersion: 1;
  service: string;
  servers: ServerEntry[];
  stable: string | null;
  canary: string | null;
  rollout: RolloutState | null;
  quarantine: QuarantineEntry[];
  history: HistoryEntry[];
}

export function emptyState(service: string): StoredState {
  return {
    schemaVersion: 1,
    service,
    servers: [],
    stable: null,
    canary: null,
    rollout: null,
    quarantine: [],
    history: [],
  };
}

/** What `remove` does to a state: no server is to come back; quarantine and history stay. */
export function forgetServers(state: StoredState): void {
  state.servers = [];
  state.stable = null;
  state.canary = null;
  state.rollout = null;
}

/** Reads a stored state; a broken one is an InfraError, never silently an empty one: it knows what to restore. */
export function parseState(text: string, path: string): StoredState {
  try {
    const value: unknown = JSON.parse(text);
    const state = readObject(value, 'state');
    if (state['schemaVersion'] !== 1)
      throw new Error(`schemaVersion ${String(state['schemaVersion'])} is not 1`);
    return {
      schemaVersion: 1,
      service: readString(state['service'], 'service'),
      servers: readList(state['servers'], 'servers', readEntry),
      stable: orNull(state['stable'], 'stable', readString),
      canary: orNull(state['canary'], 'canary', readString),
      rollout: orNull(state['rollout'], 'rollout', readRollout),
      quarantine: readList(state['quarantine'], 'quarantine', readQuarantine),
      history: readList(state['history'], 'history', readHistory),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InfraError(`${path} can't be read (${reason}); move it away to begin anew`, { cause: error });
  }
}

function readEntry(value: unknown, what: string): ServerEntry {
  const entry = readObject(value, what);
  return {
    spec: readSpec(entry['spec'], `${what}.spec`),
    track: readTrack(entry['track'], `${what}.track`),
    weight: readNumber(entry['weight'], `${what}.weight`),
    process: orNull(entry['process'], `${what}.process`, (item, name) => {
      const process = readObject(item, name);
      return {
        pid: readNumber(process['pid'], `${name}.pid`),
        startTime: readString(process['startTime'], `${name}.startTime`),
        port: readNumber(process['port'], `${name}.port`),
        startedAt: readNumber(process['startedAt'], `${name}.startedAt`),
      };
    }),
    restarts: readNumber(entry['restarts'], `${what}.restarts`),
  };
}

export class StateStore {
  readonly path: string;
  #state: StoredState;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, state: StoredState) {
    this.path = path;
    this.#state = state;
  }

  static async open(path: string, service: string): Promise<StateStore> {
    try {
      return new StateStore(path, parseState(await readFile(path, 'utf8'), path));
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return new StateStore(path, emptyState(service));
      throw error;
    }
  }

  /** The last state that is on disk. Read only. */
  get state(): Readonly<StoredState> {
    return this.#state;
  }

  /**
   * Changes a copy of the state, syncs it to disk by rename, and only then makes it the current one. Changes
   * run one after the other. When this resolves the change outlives a crash; when it throws nothing changed.
   */
  async update(change: (draft: StoredState) => void): Promise<void> {
    const run = async (): Promise<void> => {
      const draft = structuredClone(this.#state);
      change(draft);
      await writeFileAtomic(this.path, JSON.stringify(draft), 0o600);
      this.#state = draft;
    };
    const result = this.#last.then(run);
    this.#last = result.catch(() => {});
    await result;
  }

  /** Changes one server's entry, when it is still there. */
  async updateServer(version: string, change: (entry: ServerEntry) => void): Promise<void> {
    await this.update((draft) => {
      const entry = draft.servers.find((server) => server.spec.version === version);
      if (entry !== undefined) change(entry);
    });
  }
}
