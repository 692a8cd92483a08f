/** What a rollout remembers in the cluster, so that any run, from anywhere, finds it again. */
import type { HistoryEntry, QuarantineEntry, RolloutState } from '@sluice/host/types';
import type { KubeSpec } from './kube-spec.ts';

/** What is stable, and by which digest its pod template is known again: somebody may change it behind our back. */
export interface StableVersion {
  spec: KubeSpec;
  templateDigest: string;
}

export interface Remembered {
  stable: StableVersion | null;
  rollout: RolloutState | null;
  quarantine: QuarantineEntry[];
  /** Newest last; the last ten. */
  history: HistoryEntry[];
}

export const NOTHING_REMEMBERED: Remembered = { stable: null, rollout: null, quarantine: [], history: [] };

export interface Memory {
  read(): Promise<Remembered>;
  /** Conditional on what was read: `change` is asked again when somebody else was faster. What it throws is thrown on. */
  update(change: (now: Remembered) => Remembered): Promise<Remembered>;
}
