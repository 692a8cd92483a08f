/** How far a Deployment, StatefulSet or DaemonSet is with what its spec says: pure, by the rules of `kubectl rollout status`. */
import type { KubeObject } from './types.ts';

export interface WorkloadStatus {
  /** Replicas that the spec wants. */
  wanted: number;
  /** Pods there are, of any version. */
  replicas: number;
  /** Of the newest template. */
  updated: number;
  ready: number;
  available: number;
  /** The controller has seen this spec; while not, the counts are of an earlier one. */
  observed: boolean;
  /** All pods are of the newest template, available, and none else is left. */
  rolledOut: boolean;
  /** Why the controller itself has given up or can't go on (deadline exceeded, quota), in its words. */
  stuck: string | undefined;
  /** For people: `2 of 3 ready, 1 of 3 updated`. */
  said: string;
}

interface Counts {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  updatedNumberScheduled?: number;
  desiredNumberScheduled?: number;
  currentNumberScheduled?: number;
  numberReady?: number;
  numberAvailable?: number;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
}

export function workloadStatus(object: KubeObject): WorkloadStatus {
  const spec = (object['spec'] ?? {}) as {
    replicas?: number;
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
  };
  const status = (object['status'] ?? {}) as Counts;
  const daemon = object.kind === 'DaemonSet';
  const wanted = daemon ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1);
  const replicas = (daemon ? status.currentNumberScheduled : status.replicas) ?? 0;
  const updated = (daemon ? status.updatedNumberScheduled : status.updatedReplicas) ?? 0;
  const ready = (daemon ? status.numberReady : status.readyReplicas) ?? 0;
  const available =
    (daemon
      ? status.numberAvailable
      : (status.availableReplicas ?? (object.kind === 'StatefulSet' ? status.readyReplicas : 0))) ?? 0;
  const observed = (status.observedGeneration ?? 0) >= (object.metadata.generation ?? 0);
  const target = Math.max(0, wanted - (spec.updateStrategy?.rollingUpdate?.partition ?? 0));
  const rolledOut = observed && updated >= target && replicas === wanted && available >= wanted;
  return {
    wanted,
    replicas,
    updated,
    ready,
    available,
    observed,
    rolledOut,
    stuck: observed ? stuckOf(status.conditions ?? []) : undefined,
    said: `${ready} of ${wanted} ready, ${updated} of ${target} updated${replicas > wanted ? `, ${replicas - wanted} more to go` : ''}`,
  };
}

function stuckOf(conditions: NonNullable<Counts['conditions']>): string | undefined {
  const failed = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failed !== undefined) return `${failed.reason ?? 'ReplicaFailure'}: ${failed.message ?? ''}`;
  const late = conditions.find(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  );
  return late === undefined ? undefined : `ProgressDeadlineExceeded: ${late.message ?? ''}`;
}
