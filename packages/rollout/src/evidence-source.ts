/**
 * Where evidence comes from when requests aren't seen one by one: systems that keep counts of what the pods of each
 * version did. Totals since the stepping phase began are worked out anew at each look, so that nothing has to be
 * remembered: a driver that takes over after a crash sees what the one before it saw.
 */
import type { Arm, Watch } from './evidence.ts';

/** One side of a rollout, by the names that such systems know it by. */
export interface ArmRef {
  version: string;
  track: 'stable' | 'canary';
  /** Names of its pods at this moment. */
  pods: string[];
  service: string;
  namespace: string;
  /** Of its own: the canary's Deployment, not the stable one's. */
  workload: string;
  /** It is a ReplicaSet: versions of one workload are told apart by that. */
  isReplicaSet?: boolean;
}

/** What is known of each version since a moment. */
export interface Totals {
  /** By version; a version of which nothing is known is left out. */
  arms: Record<string, Arm>;
  /** Why there is no data, or none that is fresh: the rollout holds while there is one. */
  problems: string[];
  /** What a reader of the numbers has to know: a bar between two buckets, a series that was not there. */
  notes: string[];
}

export interface EvidenceSource {
  /**
   * Everything since `since` (epoch milliseconds) of both arms. Fails by `problems`, never by throwing, unless the
   * user's input is wrong.
   */
  look(
    arms: { stable: ArmRef | null; canary: ArmRef },
    since: number,
    watches: readonly Watch[],
  ): Promise<Totals>;
}

/** One that tells what is wrong before anything is touched: an address that doesn't answer, credentials, a query. */
export interface CheckedSource extends EvidenceSource {
  check(arms: { stable: ArmRef | null; canary: ArmRef }): Promise<string[]>;
}

/** What the driver asks a target for, beside the samples. */
export interface Look {
  /** When the new version got its first users, epoch milliseconds. */
  since: number;
  canary: string;
  stable: string | null;
  watches: readonly Watch[];
}
