/** How often a service's releases fail, and how soon it serves well again: from its history. Pure. */
import { HISTORY_LENGTH } from '@sluice/host/history';
import type { HistoryEntry } from '@sluice/host/types';
import { poissonUpper } from '@sluice/statistics/poisson';

export interface Reliability {
  /** Releases that were undone in the time that the history covers without a gap. */
  failures: number;
  /** That time, in hours of serving. */
  hours: number;
  /** Failures per 1,000 hours. */
  failureRate: number;
  /** Mean time to failure, hours; null without a failure, when only its bound is known. */
  mttf: number | null;
  /** It is at least this, one-sided at the confidence asked: hours / Poisson bound of the failures (time-truncated test). */
  mttfLow: number;
  /** Mean time from the decision to undo until the good release had all traffic, seconds; null where none is known. */
  mttr: number | null;
}

const HOUR_MS = 3_600_000;

/**
 * @param history oldest first, as the host keeps it: beyond the newest entries only some are left, which say nothing of a rate
 * @returns undefined before anything has served
 */
export function reliability(
  history: readonly HistoryEntry[],
  now: number,
  confidence: number,
): Reliability | undefined {
  const [first, ...rest] = history.slice(-HISTORY_LENGTH);
  if (first === undefined || now <= first.at) return undefined;
  const hours = (now - first.at) / HOUR_MS;
  const failures = rest.filter(({ event }) => event === 'rolled-back').length;
  return {
    failures,
    hours,
    failureRate: (failures / hours) * 1000,
    mttf: failures === 0 ? null : hours / failures,
    mttfLow: hours / poissonUpper(failures, confidence),
    mttr: meanTimeToRestore(rest),
  };
}

function meanTimeToRestore(history: readonly HistoryEntry[]): number | null {
  const times = history.flatMap((entry, index) => {
    if (entry.event !== 'rolled-back') return [];
    const restored = history.slice(index + 1).find(({ event }) => event === 'restored');
    const decided = entry.record?.stages.findLast(({ action }) => action === 'auto-rollback')?.at;
    return restored === undefined || decided === undefined ? [] : [restored.at - Date.parse(decided)];
  });
  const total = times.reduce((sum, ms) => sum + Math.max(0, ms), 0);
  return times.length === 0 ? null : total / times.length / 1000;
}

/** `240 (>= 92.9 at 95%)`; without a failure `> 240 (95%)`. Hours. */
export function mttfText({ mttf, mttfLow }: Reliability, confidence: number): string {
  const share = `${Number((confidence * 100).toFixed(2))}%`;
  return mttf === null
    ? `> ${short(mttfLow)} (${share})`
    : `${short(mttf)} (>= ${short(mttfLow)} at ${share})`;
}

/** Three digits, and no fewer than are whole. */
export function short(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
