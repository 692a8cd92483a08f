/** The memory in ConfigMaps: what a rollout stands at in one, the records of the last ten releases beside it. */
import type { HistoryEntry } from '@sluice/host/types';
import { readHistory, readList, readObject, readQuarantine, readRollout } from '@sluice/host/read';
import type { StoredState } from '@sluice/kubernetes/stored-state';
import { InfraError } from '@sluice/runtime/errors';
import { readKubeSpec } from './kube-spec.ts';
import { NOTHING_REMEMBERED, type Memory, type Remembered } from './memory.ts';

interface StoredRecord {
  key: string;
  record: unknown;
}

export class StoredMemory implements Memory {
  readonly #state: StoredState<Record<string, unknown>>;
  /** By `keyOf`: a record never changes once it is kept. */
  readonly #records = new Map<string, HistoryEntry['record']>();

  constructor(state: StoredState<Record<string, unknown>>) {
    this.#state = state;
  }

  async read(): Promise<Remembered> {
    return this.#withRecords(readRemembered(await this.#state.read()));
  }

  async update(change: (now: Remembered) => Remembered): Promise<Remembered> {
    const before = await this.read();
    const after = change(before);
    // Kept before they are spoken of: a run that dies in between leaves a record too many, never one too few.
    for (const entry of after.history) await this.#keep(entry);
    const stored = await this.#state.update((now) => {
      const next = change(this.#known(readRemembered(now)));
      return { ...next, history: next.history.map((entry) => ({ ...entry, record: null })) };
    });
    return this.#known(readRemembered(stored));
  }

  async #keep(entry: HistoryEntry): Promise<void> {
    const key = keyOf(entry);
    if (entry.record === null || this.#records.has(key)) return;
    await this.#state.addRecord({ key, record: entry.record } satisfies StoredRecord);
    this.#records.set(key, entry.record);
  }

  /** The records are asked for only when an entry shows up that this run hasn't seen. */
  async #withRecords(remembered: Remembered): Promise<Remembered> {
    if (remembered.history.some((entry) => !this.#records.has(keyOf(entry)))) {
      for (const stored of await this.#state.records()) {
        const { key, record } = readObject(stored, 'record');
        this.#records.set(String(key), record as HistoryEntry['record']);
      }
      for (const entry of remembered.history)
        if (!this.#records.has(keyOf(entry))) this.#records.set(keyOf(entry), null);
    }
    return this.#known(remembered);
  }

  #known(remembered: Remembered): Remembered {
    const history = remembered.history.map((entry) => ({
      ...entry,
      record: this.#records.get(keyOf(entry)) ?? null,
    }));
    return { ...remembered, history };
  }
}

function keyOf({ version, event, at, releaseDigest }: HistoryEntry): string {
  return [at, event, version, releaseDigest].join(' ');
}

function readRemembered(value: Record<string, unknown> | undefined): Remembered {
  if (value === undefined) return NOTHING_REMEMBERED;
  const { stable, rollout } = value;
  return {
    stable: stable === null ? null : readStable(readObject(stable, 'stable')),
    rollout: rollout === null ? null : readRollout(rollout),
    quarantine: readList(value['quarantine'], 'quarantine', readQuarantine),
    history: readList(value['history'], 'history', readHistory),
  };
}

function readStable(value: Record<string, unknown>): Remembered['stable'] {
  const spec = readKubeSpec(value['spec']);
  const { templateDigest } = value;
  if (spec === undefined || typeof templateDigest !== 'string')
    throw new InfraError(
      'the state that is kept in the cluster was written by another version of this action, or by hand: it does not say what is stable',
    );
  return { spec, templateDigest };
}
