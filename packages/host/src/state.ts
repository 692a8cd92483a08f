/** What a host service remembers across deaths and reboots: state.json, written by one supervisor only. */
import { readFile } from 'node:fs/promises';
import { InfraError } from '@sluice/runtime/errors';
import { writeFileAtomic, errnoCode } from '@sluice/runtime/files';
import {
  orNull,
  readArrangement,
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
import type { Arrangement, HistoryEntry, QuarantineEntry, RolloutState, ServerSpec, Track } from './types.ts';

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
  /** Where its router listens, so that whoever finds it dead can start it again; null in states of 0.1.0. */
  listen: string | null;
  servers: ServerEntry[];
  stable: string | null;
  canary: string | null;
  /** What decides beside the shares where requests go; null: nothing does. */
  arrangement: Arrangement | null;
  rollout: RolloutState | null;
  quarantine: QuarantineEntry[];
  history: HistoryEntry[];
}

export function emptyState(service: string): StoredState {
  return {
    schemaVersion: 1,
    service,
    listen: null,
    servers: [],
    stable: null,
    canary: null,
    arrangement: null,
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
  state.arrangement = null;
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
      listen: typeof state['listen'] === 'string' ? state['listen'] : null,
      servers: readList(state['servers'], 'servers', readEntry),
      stable: orNull(state['stable'], 'stable', readString),
      canary: orNull(state['canary'], 'canary', readString),
      // States of 0.1.0 have none.
      arrangement: orNull(state['arrangement'] ?? null, 'arrangement', readArrangement),
      rollout: orNull(state['rollout'], 'rollout', readRollout),
      quarantine: readList(state['quarantine'], 'quarantine', readQuarantine),
      history: readList(state['history'], 'history', readHistory),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InfraError(
      `${path} can't be read (${reason}); what serves, the history and the quarantine stand there only: mend it, or put a backup in its ` +
        'place. Moved away, the service begins anew, and model servers that still run have to be ended by hand',
    );
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

/** The state on disk, for those who may not change it; undefined when there is none. */
export async function readStoredState(path: string, service: string): Promise<StoredState | undefined> {
  try {
    const state = parseState(await readFile(path, 'utf8'), path);
    return { ...state, service };
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The disk's fault, and no mistake in what should be written. */
const DISK_ERRORS = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'];

/** An undo goes on without a disk: to leave users with a bad release would be worse than to forget that they were saved. */
function isUndo(rollout: RolloutState | null): boolean {
  return rollout?.phase === 'aborting' || rollout?.phase === 'aborted' || rollout?.strategy === 'rollback';
}

export class StateStore {
  readonly path: string;
  #state: StoredState;
  #unsaved: string | null = null;
  #last: Promise<unknown> = Promise.resolve();

  readonly #write: typeof writeFileAtomic;

  private constructor(path: string, state: StoredState, write: typeof writeFileAtomic) {
    this.path = path;
    this.#state = state;
    this.#write = write;
  }

  /** `write` is another one in tests of a disk that is full. */
  static async open(path: string, service: string, write = writeFileAtomic): Promise<StateStore> {
    try {
      return new StateStore(path, parseState(await readFile(path, 'utf8'), path), write);
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return new StateStore(path, emptyState(service), write);
      throw error;
    }
  }

  /** The state in force: the last one on disk, but for what `unsaved` says. Read only. */
  get state(): Readonly<StoredState> {
    return this.#state;
  }

  /** Why the newest changes are in memory only; null when all is on disk. */
  get unsaved(): string | null {
    return this.#unsaved;
  }

  /**
   * Changes a copy of the state, syncs it to disk by rename, and only then makes it the current one. Changes
   * run one after the other. When this resolves the change outlives a crash; when it throws nothing changed.
   *
   * On a full or read-only disk an undo, and what is `loose` (a restarted server's pid), is kept in memory instead,
   * and written with the next change that succeeds; anything else is refused with an InfraError.
   */
  async update(change: (draft: StoredState) => void, loose = false): Promise<void> {
    const run = async (): Promise<void> => {
      const draft = structuredClone(this.#state);
      change(draft);
      try {
        await this.#write(this.path, JSON.stringify(draft), 0o600);
        this.#unsaved = null;
      } catch (error) {
        const code = errnoCode(error) ?? '';
        if (!DISK_ERRORS.includes(code)) throw error;
        if (!loose && !isUndo(draft.rollout)) {
          throw new InfraError(
            `input \`state-dir\`: ${this.path} can't be written (${code}); make room or make it writable, then run again`,
          );
        }
        this.#unsaved = `${this.path} can't be written (${code})`;
      }
      this.#state = draft;
    };
    const result = this.#last.then(run);
    this.#last = result.catch(() => {});
    await result;
  }

  /** Changes one server's entry, when it is still there. */
  async updateServer(version: string, change: (entry: ServerEntry) => void, loose = false): Promise<void> {
    await this.update((draft) => {
      const entry = draft.servers.find((server) => server.spec.version === version);
      if (entry !== undefined) change(entry);
    }, loose);
  }

  /** Tries to write again what is in memory only. */
  async save(): Promise<void> {
    if (this.#unsaved !== null) await this.update(() => {}, true);
  }
}
