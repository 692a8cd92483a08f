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

/** What tells a request apart: a header of this value, or a cookie. */
export type RequestMark = { header: string; value: string } | { cookie: string; value: string };

/** By what a user is known again: a cookie that the router gives, or a header or cookie that requests carry anyway. */
export type Sticky = { by: 'own-cookie' } | { by: 'header' | 'cookie'; name: string };

/** What requests do beside the shares. */
export interface Beside {
  /** Requests with this mark go to the new version, whatever its share. */
  mark?: RequestMark;
  /** Share of requests of which the new version gets a copy; nobody sees its answers. */
  mirror?: number;
  /** A user stays with the version that he was given first. */
  sticky?: Sticky;
}

/** `Beside` as the router keeps it. */
export interface Arrangement extends Beside {
  /** The new version. */
  version: string;
  /** Names what users were given by this arrangement, for the next one to tell. */
  id: string;
}

export interface RolloutStep extends Beside {
  /** Share of new requests for the new version. */
  weight: number;
  holdMs: number;
  /** Share of all pods that the new version has, where it isn't `weight`. */
  pods?: number;
  /** Its end is a person's (`operation: promote`), a decision for one of both versions, or the rollout's: nothing was to be moved. */
  ends?: 'gate' | 'decision' | 'report';
}

/** A rollout as it stands, kept by the supervisor so that any later run can finish or undo it. */
export interface RolloutState {
  id: string;
  from: string | null;
  to: string;
  strategy: string;
  steps: RolloutStep[];
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
  /** Of a question that both versions were asked: how the answer stands against the other one's; shares, 0 to 1. */
  compared?: { similarity: number; win?: number };
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
  /** Absent from supervisors before 0.2.0, which know none. */
  arrangement?: Arrangement | null;
  /** Users of each version that were answered since a sticky split began. */
  users?: Record<string, number>;
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
