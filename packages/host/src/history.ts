/** The service's memory of its releases: bounded, but never without one to go back to. */
import { STABLE_EVENTS } from '@sluice/release/stored-releases';
import type { HistoryEntry } from './types.ts';

/** Entries kept: the last ten, as DESIGN says … */
export const HISTORY_LENGTH = 10;
/** … and the newest releases that were stable, however many canaries were taken back since. */
const STABLE_KEPT = 3;

/** `history`, oldest first, with `entry` at its end and what is too old left out. An entry told twice is kept once. */
export function addToHistory(history: readonly HistoryEntry[], entry: HistoryEntry): HistoryEntry[] {
  const same = (known: HistoryEntry): boolean =>
    known.at === entry.at && known.event === entry.event && known.releaseDigest === entry.releaseDigest;
  const all = [...history.filter((known) => !same(known)), entry];
  const recent = new Set(all.slice(-HISTORY_LENGTH));
  const stable = new Set(all.filter(({ event }) => STABLE_EVENTS.includes(event)).slice(-STABLE_KEPT));
  return all.filter((known) => recent.has(known) || stable.has(known));
}
