/**
 * What crosses the control socket of a host service: the supervisor implements it, canary-deploy and
 * auto-rollback use it. All times are epoch milliseconds, all durations milliseconds, all shares 0 to 1.
 */
import type { ReleaseRecord } from '@sluice/release/record';
import type { ReleaseUnit } from '@sluice/release/unit';

/** How to start one model server; made by `prepareEngine`, so that the supervisor needs no network. */
export interface ServerSpec {
  /** Version label: unique within the service, shown in metrics and in `x-sluice-version`. */
  version: string;
  releaseDigest: string;
  unit: ReleaseUnit;
  command: string;
  /** `{port}` in an argument or in `env` stands for the port that the supervisor picks, `{spare-port-1}` for another free one. */
  args: string[];
  env: Record<string, string>;
  healthPath: string;
  modelPath: string;
  modelName: string;
  startupTimeoutMs: number;
  /** GPUs of a shared machine that it holds as long as it serves; `holder` says who, to those that wait. */
  gpuLease?: { gpus: number | 'all'; waitMs: number; holder: string };
}

export type ServerPhase = 'starting' | 'ready' | 'unhealthy' | 'draining' | 'stopped' | 'failed';
export type Track = 'stable' | 'canary' | 'standby';

export interface ServerStatus {
  version: string;
  releaseDigest: string;
  track: Track;
  phase: ServerPhase;
  pid: number | null;
  port: number | null;
  /** Share of new requests that the router gives this server. */
  weight: number;
  openStreams: number;
  startedAt: number | null;
  restarts: number;
  lastLogLines: string[];
  /** Absent from supervisors of 0.1.0. */
  logFile?: string;
  spec: ServerSpec;
  /** What it waits for before it can start (`gpuLease`). */
  waitingFor?: string;
}

/** A rollout as it stands, kept by the supervisor so that any later run can finish or undo it. */
export interface RolloutState {
  id: string;
  from: string | null;
  to: string;
  strategy: string;
  steps: { weight: number; holdMs: number }[];
  stepIndex: number;
  stepStartedAt: number;
  startedAt: number;
  phase: 'preparing' | 'warming' | 'stepping' | 'promoting' | 'aborting' | 'done' | 'aborted';
  /** Pid and start time of the runner process that drives it: a dead owner means half-done. */
  owner: {
    pid: number;
    startTime: string;
    run: string;
    /** Holder of the Lease, where the driver's life shows by that and not by its process. */
    holder?: string;
  } | null;
  reason: string;
  /** What the driver wants to remember (evidence cursor, verdict tables); JSON. */
  data: Record<string, unknown>;
}

/** One finished (or broken) user request, as the router saw it. */
export interface RequestSample {
  seq: number;
  at: number;
  version: string;
  track: Track;
  status: number;
  /** false: the connection to the server or the stream broke before its end. */
  complete: boolean;
  /** true: the client went away first; never counted against the version. */
  clientGone: boolean;
  ttftMs: number | null;
  e2eMs: number;
  /** Mean gap between content chunks; null with fewer than two. */
  interChunkMs: number | null;
  outputTokens: number | null;
  answer: 'ok' | 'empty' | 'looping' | 'refused' | null;
  probe: boolean;
}

export interface QuarantineEntry {
  releaseDigest: string;
  weights: string | null;
  reason: string;
  at: number;
}

/** A release that was promoted or undone, newest last; the supervisor keeps the last ten. */
export interface HistoryEntry {
  at: number;
  event: 'deployed' | 'promoted' | 'aborted' | 'rolled-back' | 'restored';
  version: string;
  releaseDigest: string;
  reason: string;
  record: ReleaseRecord | null;
}

export interface HostStatus {
  service: string;
  listen: string;
  supervisor: {
    pid: number;
    startedAt: number;
    bundle: string;
    /** The Node it runs on; absent from supervisors of 0.1.0. */
    node?: string;
  };
  servers: ServerStatus[];
  stable: string | null;
  canary: string | null;
  rollout: RolloutState | null;
  quarantine: QuarantineEntry[];
  history: HistoryEntry[];
  /** User requests (no probes) per version since the supervisor started; 'none': no server could be chosen. */
  totals: Record<string, VersionTotals>;
  /** Why the newest changes are only in memory: the disk is full or read-only. null or absent: all is on disk. */
  unsaved?: string | null;
}

export interface VersionTotals {
  requests: number;
  /** Answers of 500 and above, error events in a stream, and everything that was lost. */
  errors: number;
  /** Requests that got no complete answer although their client was still there. */
  lost: number;
  /** Attempts that could not connect to this version and were answered by another attempt: nobody noticed. */
  failovers: number;
}
