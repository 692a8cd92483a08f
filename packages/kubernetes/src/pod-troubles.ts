/** Why a pod isn't ready, as its status and events tell: pure. */
import type { KubeObject } from './types.ts';

export type TroubleKind =
  'image' | 'crash' | 'memory' | 'configuration' | 'scheduling' | 'probe' | 'evicted' | 'volume' | 'starting';

export interface Trouble {
  kind: TroubleKind;
  pod: string;
  container?: string;
  /** Kubernetes' own word: ImagePullBackOff, Unschedulable. */
  reason: string;
  /** In the words of the scheduler, the kubelet or the registry; hostile text. */
  message: string;
  /** The container has run before: its last lines may say why. */
  hasEarlierRun: boolean;
}

/** events.k8s.io/v1 Event, as much as is read. */
export interface PodEvent {
  reason?: string;
  note?: string;
  type?: string;
  regarding?: { uid?: string; name?: string };
}

interface ContainerStatus {
  name: string;
  ready?: boolean;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

interface ContainerState {
  waiting?: { reason?: string; message?: string };
  terminated?: { exitCode?: number; reason?: string; message?: string };
  running?: object;
}

/** Reasons of the kubelet's waiting containers (pkg/kubelet/images, pkg/kubelet/container). */
const WAITING: Readonly<Record<string, TroubleKind>> = {
  ErrImagePull: 'image',
  ImagePullBackOff: 'image',
  InvalidImageName: 'image',
  ErrImageNeverPull: 'image',
  ImageInspectError: 'image',
  RegistryUnavailable: 'image',
  CrashLoopBackOff: 'crash',
  CreateContainerConfigError: 'configuration',
  CreateContainerError: 'configuration',
  RunContainerError: 'configuration',
};
const EVENTS: Readonly<Record<string, TroubleKind>> = {
  Unhealthy: 'probe',
  FailedMount: 'volume',
  FailedAttachVolume: 'volume',
  FailedScheduling: 'scheduling',
};

/** It takes requests: its readiness probe has passed, and it isn't going away. */
export function isReady(pod: KubeObject): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const { conditions = [] } = (pod['status'] ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Empty for a pod that is ready, is going away, or has finished. `events` are those of any pods. */
export function podTroubles(pod: KubeObject, events: readonly PodEvent[] = []): Trouble[] {
  const { name, uid, deletionTimestamp } = pod.metadata;
  const status = (pod['status'] ?? {}) as {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
  if (deletionTimestamp !== undefined || status.phase === 'Succeeded') return [];
  const trouble = (
    kind: TroubleKind,
    reason: string,
    message: string,
    more: Partial<Trouble> = {},
  ): Trouble => ({
    kind,
    pod: name,
    reason,
    message,
    hasEarlierRun: false,
    ...more,
  });
  if (status.phase === 'Failed' && status.reason !== undefined) {
    // Evicted, and what the node itself ends: NodeShutdown, Preempting, UnexpectedAdmissionError.
    return [trouble('evicted', status.reason, status.message ?? '')];
  }
  if (isReady(pod)) return [];
  const unplaced = status.conditions?.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  );
  if (unplaced !== undefined) {
    return [trouble('scheduling', unplaced.reason ?? 'Unschedulable', unplaced.message ?? '')];
  }
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const found = containers.flatMap((container) => containerTrouble(container, trouble));
  if (found.length > 0) return found;
  const said = events.findLast(
    ({ regarding, reason }) => regarding?.uid === uid && EVENTS[reason ?? ''] !== undefined,
  );
  if (said !== undefined) {
    return [trouble(EVENTS[said.reason ?? ''] ?? 'probe', said.reason ?? '', said.note ?? '')];
  }
  const running = containers.some(({ state, ready }) => state?.running !== undefined && ready !== true);
  return [
    running
      ? trouble('starting', 'NotReady', 'it runs, and its readiness probe has not passed yet')
      : trouble(
          'starting',
          containers[0]?.state?.waiting?.reason ?? status.phase ?? 'Pending',
          'it has not started yet',
        ),
  ];
}

function containerTrouble(
  { name, state, lastState, restartCount = 0 }: ContainerStatus,
  trouble: (kind: TroubleKind, reason: string, message: string, more: Partial<Trouble>) => Trouble,
): Trouble[] {
  const waiting = state?.waiting;
  const ended = state?.terminated ?? lastState?.terminated;
  const more = { container: name, hasEarlierRun: lastState?.terminated !== undefined };
  const times = restartCount === 0 ? '' : `, restarted ${restartCount} times`;
  if (ended?.reason === 'OOMKilled') {
    return [
      trouble('memory', 'OOMKilled', `it took more memory than its limit and was killed${times}`, more),
    ];
  }
  const kind = WAITING[waiting?.reason ?? ''];
  if (kind === 'crash') {
    const exit = ended === undefined ? '' : `it ended with exit code ${ended.exitCode ?? '?'}`;
    const said = [exit, ended?.message?.trim(), waiting?.message].find((text) => text) ?? '';
    return [trouble('crash', 'CrashLoopBackOff', `${said}${times}`, more)];
  }
  if (kind !== undefined) return [trouble(kind, waiting?.reason ?? '', waiting?.message ?? '', more)];
  const failed = state?.terminated;
  if (failed !== undefined && failed.exitCode !== 0) {
    const reason = failed.reason ?? 'Error';
    return [
      trouble('crash', reason, `it ended with exit code ${failed.exitCode ?? '?'}${times}`, {
        ...more,
        hasEarlierRun: false,
      }),
    ];
  }
  return [];
}
