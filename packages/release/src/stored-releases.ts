/** What a target remembers of the releases it ran: one shape for a host's state directory and a cluster's ConfigMaps. Pure. */
import type { ReleaseRecord } from './record.ts';

export interface StoredRelease {
  /** Milliseconds since 1970. */
  at: number;
  event: 'deployed' | 'promoted' | 'aborted' | 'rolled-back' | 'restored';
  version: string;
  releaseDigest: string;
  /** null: it was deployed without one. */
  record: ReleaseRecord | null;
}

export interface StoredReleases {
  /** For people: `service llm`. */
  origin: string;
  /** The version that serves its users now; null: none does. */
  stable: string | null;
  /** Oldest first. */
  history: readonly StoredRelease[];
  /** Digests of releases that may not come back. */
  quarantined: readonly string[];
}

/** After these a release was what users got. */
export const STABLE_EVENTS: readonly StoredRelease['event'][] = ['deployed', 'promoted', 'restored'];

/** How the release that serves now came to serve; undefined when none does, or it isn't remembered. */
export function findServing<R extends StoredRelease>({
  stable,
  history,
}: {
  stable: string | null;
  history: readonly R[];
}): R | undefined {
  return history.findLast(({ version, event }) => version === stable && STABLE_EVENTS.includes(event));
}

/**
 * The newest release that was stable and stayed so: not rolled back since, not in quarantine.
 *
 * @param self id of a record that doesn't count: of the release that asks
 */
export function findLastStable(
  { history, quarantined }: StoredReleases,
  self?: string,
): StoredRelease | undefined {
  const undone = new Set(quarantined);
  for (const entry of history.toReversed()) {
    if (entry.event === 'rolled-back') undone.add(entry.releaseDigest);
    const isSelf = self !== undefined && entry.record?.id === self;
    if (STABLE_EVENTS.includes(entry.event) && !undone.has(entry.releaseDigest) && !isSelf) return entry;
  }
  return undefined;
}
