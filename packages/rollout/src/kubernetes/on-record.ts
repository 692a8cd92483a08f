/** What is put on record of a rollout, and by whom. Pure. */
import type { HistoryEntry, RolloutState } from '@sluice/host/types';
import { InfraError } from '@sluice/runtime/errors';
import { isUnderWay } from '../begin.ts';
import { sameOwner } from '../owner.ts';
import { rolloutData, type Ending } from '../target.ts';
import { foundRecord } from './adopt.ts';
import type { Remembered, StableVersion } from './memory.ts';

/** As many releases are kept to go back to. */
export const KEPT = 10;

/** Another run put something else on record since this one looked. */
export function refuseChanged(now: RolloutState | null, seen: RolloutState | null, own: RolloutState): void {
  if (now === null) return;
  // One that was ours and was ended by another is not begun again; one that had ended before is in nobody's way.
  if (!isUnderWay(now) && (seen === null || !isUnderWay(seen))) return;
  const same = (other: RolloutState): boolean => now.id === other.id && sameOwner(now.owner, other.owner);
  // Our own write, whose answer was lost, counts too.
  if ((seen !== null && same(seen)) || same(own)) return;
  throw new InfraError(
    `the rollout of ${now.to} was taken over by another run meanwhile (${now.owner?.run ?? ''})`,
  );
}

export function ownEntry(
  state: RolloutState,
  event: HistoryEntry['event'],
  done: Ending,
  at: number,
): HistoryEntry {
  const { releaseDigest } = rolloutData(state);
  return { at, event, version: state.to, releaseDigest, reason: state.reason, record: done.record };
}

export function foundEntry({ spec }: StableVersion, at: number): HistoryEntry {
  const { version, releaseDigest } = spec;
  return {
    at,
    event: 'deployed',
    version,
    releaseDigest,
    reason: 'found running',
    record: foundRecord(spec),
  };
}

/** Once, however often an end is carried out again. */
export function told(
  history: readonly HistoryEntry[],
  state: RolloutState,
  entry: HistoryEntry,
): HistoryEntry[] {
  const known = history.some(
    ({ version, event, at }) => version === entry.version && event === entry.event && at >= state.startedAt,
  );
  return known ? [...history] : [...history, entry].slice(-KEPT);
}

export function quarantined(
  now: Remembered,
  entry: Remembered['quarantine'][number],
): Remembered['quarantine'] {
  return [...now.quarantine.filter(({ releaseDigest }) => releaseDigest !== entry.releaseDigest), entry];
}
