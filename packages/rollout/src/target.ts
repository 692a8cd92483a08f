/** What a place that serves models has to offer, so that a rollout can be driven there: six verbs and a memory. */
import type {
  HistoryEntry,
  QuarantineEntry,
  RequestSample,
  RolloutState,
  RolloutStep,
} from '@sluice/host/types';
import type { ReleaseRecord } from '@sluice/release/record';
import type { ReleaseUnit } from '@sluice/release/unit';
import type { Look, Totals } from './evidence-source.ts';
import type { AbortKind, View } from './machine.ts';
import type { Owner } from './owner.ts';
import type { Readings } from './readings.ts';

/** How a version is brought up: what every target knows of it. The rest is the target's own, read by its `readSpec`. */
export interface VersionSpec {
  version: string;
  releaseDigest: string;
  unit: ReleaseUnit;
  /** The name that clients ask for. */
  modelName: string;
}

/** Asks one version's server by itself, past the router; `path` with its leading slash. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

export interface VersionStatus {
  version: string;
  releaseDigest: string;
  track: string;
  phase: string;
  /** Share of new requests. */
  weight: number;
  /** How it was brought up. */
  spec: VersionSpec;
}

export interface TargetStatus {
  stable: string | null;
  canary: string | null;
  versions: VersionStatus[];
  rollout: RolloutState | null;
  quarantine: QuarantineEntry[];
  /** Newest last. */
  history: HistoryEntry[];
}

export interface Observed {
  samples: RequestSample[];
  next: number;
  totals?: Totals;
  /** Of a split that users stay in: how many of them each version has answered. */
  users?: Record<string, number>;
}

export interface Plan {
  /** One line per thing that would be done, in order. */
  lines: string[];
}

/** Every verb may be repeated: done twice it leaves what it left done once. */
export interface RolloutTarget {
  status(): Promise<TargetStatus>;
  /** What would be done; touches nothing. */
  plan(spec: VersionSpec, steps: readonly RolloutStep[]): Promise<Plan>;
  /** Reads back what a record says of how a version was brought up; undefined when this target can't go by it. */
  readSpec(value: unknown): VersionSpec | undefined;
  /**
   * The finished requests after a cursor. With a `look` also, where the target has a source that counts, the totals
   * since the new version's first users.
   */
  observe(after: number, look?: Look): Promise<Observed>;
  /** Whether the new version could carry this share, and what else the state's step asks of it, now; asks for the room it needs, and doesn't wait for it. Absent: always. */
  reserve?(state: RolloutState, weight: number): Promise<boolean>;
  /** Gives the new version this share; at 0 it is brought up, without users, when it isn't there. */
  setWeight(state: RolloutState, weight: number): Promise<void>;
  /** What the rollout's step asks beside the share: marks, copies, who stays where. Absent: there is nothing of that here. */
  arrange?(state: RolloutState): Promise<void>;
  /** The new version is stable, alone; the old one drains and stops. */
  promote(state: RolloutState, done: Ending): Promise<void>;
  /** All traffic to what was stable; the new version drains and stops. */
  abort(state: RolloutState, done: Ending): Promise<void>;

  /** Keeps the rollout where it outlives the runner; on record when the promise is fulfilled. */
  remember(state: RolloutState): Promise<void>;
  /** How the version that is rolled out looks at this moment. */
  view(state: RolloutState): Promise<View>;
  /** How a version answers by itself, for warm-up and probes; undefined when it isn't up. */
  askerOf(version: string): Promise<Ask | undefined>;
  /** Whether the run that drives a rollout still lives. */
  isDriving(owner: Owner): Promise<boolean>;
}

export interface Ending {
  drainMs: number;
  record: ReleaseRecord | null;
  /** Keep this release from being deployed again. */
  quarantine?: { reason: string; weights: string | null };
}

/** What the driver keeps in `RolloutState.data`. */
export interface RolloutData {
  releaseDigest: string;
  /** Evidence begins after this sample. */
  cursor: number;
  warmed: boolean;
  /** Asked through the public route, and found right. */
  verified: boolean;
  /** Why it goes on to all traffic whatever the rules have not decided; null: nobody said so. */
  approved: string | null;
  /** Of judges that go by readings; empty with the sequential one. */
  readings: Readings;
  /** Each change of the new version's share, for chart and record. */
  weights: { at: number; weight: number }[];
  abortKind: AbortKind | null;
  spec: VersionSpec | null;
  deploymentId: number | null;
  /** The release's record as it was at the start, so that whoever ends the rollout can write its history. */
  record: ReleaseRecord | null;
  /** Of a rollback: the release that is undone; null in a deploy. */
  undone: Undone | null;
}

export interface Undone {
  version: string;
  releaseDigest: string;
  weights: string | null;
  reason: string;
  /** Its record, with the stage that undid it. */
  record: ReleaseRecord | null;
}

/** Reads it back from JSON that an older or newer version may have written: what is missing gets its zero. */
export function rolloutData(state: RolloutState): RolloutData {
  const data = state.data as Partial<RolloutData>;
  return {
    releaseDigest: data.releaseDigest ?? '',
    cursor: data.cursor ?? 0,
    warmed: data.warmed ?? false,
    verified: data.verified ?? false,
    approved: data.approved ?? null,
    readings: data.readings ?? {},
    weights: data.weights ?? [],
    abortKind: data.abortKind ?? null,
    spec: data.spec ?? null,
    deploymentId: data.deploymentId ?? null,
    record: data.record ?? null,
    undone: data.undone ?? null,
  };
}
