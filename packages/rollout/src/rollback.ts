/** Going back: which release was good last, how its server starts again, and the rollout that restores it. */
import type { HistoryEntry, QuarantineEntry, RolloutState } from '@sluice/host/types';
import type { ReleaseRecord } from '@sluice/release/record';
import { findServing, STABLE_EVENTS } from '@sluice/release/stored-releases';
import { newRollout } from './begin.ts';
import type { Owner } from './owner.ts';
import type { RolloutTarget, TargetStatus, Undone, VersionSpec } from './target.ts';

export interface GoodRelease {
  version: string;
  releaseDigest: string;
  spec: VersionSpec;
  record: ReleaseRecord;
  /** When it became stable. */
  at: number;
}

/**
 * Releases to go back to, best first: those that were stable, newest first; never the one that serves, one that
 * was rolled back later, or one in quarantine. `skipped` says why others don't count.
 */
export function goodReleases(
  history: readonly HistoryEntry[],
  quarantine: readonly QuarantineEntry[],
  current: { releaseDigest: string },
  readSpec: RolloutTarget['readSpec'],
): { good: GoodRelease[]; skipped: string[] } {
  const good = new Map<string, GoodRelease>();
  const skipped: string[] = [];
  const undone = new Set(quarantine.map((entry) => entry.releaseDigest)).add(current.releaseDigest);
  for (const entry of history.toReversed()) {
    const { version, releaseDigest, event, record, at } = entry;
    if (event === 'rolled-back') undone.add(releaseDigest);
    if (!STABLE_EVENTS.includes(event) || undone.has(releaseDigest) || good.has(releaseDigest)) continue;
    const spec = record === null ? undefined : specOf(record, releaseDigest, readSpec);
    if (spec === undefined || record === null)
      skipped.push(`${version}: its record doesn't say how its server starts`);
    else good.set(releaseDigest, { version, releaseDigest, spec, record, at });
  }
  return { good: [...good.values()], skipped };
}

/** How the server of a release was started, from the stage that deployed it. */
function specOf(
  record: ReleaseRecord,
  releaseDigest: string,
  readSpec: RolloutTarget['readSpec'],
): VersionSpec | undefined {
  const stage = record.stages.findLast(
    ({ data }) => data['releaseDigest'] === releaseDigest && typeof data['server'] === 'object',
  );
  return stage === undefined ? undefined : readSpec(stage.data['server']);
}

/** When the stable release began to serve: its newest event that made it stable. */
export function servingSince(status: TargetStatus): number | undefined {
  return findServing(status)?.at;
}

export function newRollback(options: {
  good: GoodRelease;
  undone: Undone;
  owner: Owner;
  now: number;
}): RolloutState {
  const { good, undone, owner, now } = options;
  const state = newRollout({
    from: undone.version,
    spec: good.spec,
    strategy: 'rollback',
    steps: [{ weight: 1, holdMs: 0 }],
    owner,
    record: good.record,
    deploymentId: null,
    undone,
    now,
  });
  return { ...state, reason: undone.reason };
}

/** Why a watch may not undo now; undefined when it may. Guards against flapping between two releases. */
export function flappingGuard(
  history: readonly HistoryEntry[],
  limits: { cooldownMs: number; maxRollbacks: number },
  now: number,
): string | undefined {
  const undone = history.filter(({ event }) => event === 'rolled-back');
  const last = undone.at(-1);
  if (last !== undefined && now - last.at < limits.cooldownMs) {
    return `\`cooldown\`: ${last.version} was rolled back ${Math.round((now - last.at) / 1000)} s ago`;
  }
  const day = undone.filter(({ at }) => now - at < 24 * 3_600_000).length;
  return day >= limits.maxRollbacks
    ? `\`max-rollbacks\`: ${day} releases were rolled back within 24 hours`
    : undefined;
}

/** Share of the releases on record that were undone; undefined without any. */
export function changeFailureRate(history: readonly HistoryEntry[]): number | undefined {
  const changes = history.filter(({ event }) => event === 'deployed' || event === 'promoted').length;
  const failures = history.filter(({ event }) => event === 'rolled-back').length;
  return changes === 0 ? undefined : Math.min(1, failures / changes);
}
