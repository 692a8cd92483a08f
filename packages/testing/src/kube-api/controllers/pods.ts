/** Scheduler and kubelet: where a pod goes and what becomes of its containers. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { without } from '@sluice/kubernetes/without';
import { isReady, specOf, statusOf, type World } from './world.ts';

/** Stands for the grace period: a real pod stays for a while after its deletion, too. */
export const TERMINATING = 'emulator/terminating';

export function reconcilePods(world: World): void {
  const pods = world.list('v1', 'Pod');
  for (const pod of pods) {
    const { deletionTimestamp, finalizers = [] } = pod.metadata;
    if (deletionTimestamp !== undefined && finalizers.includes(TERMINATING)) terminate(world, pod);
    else if (statusOf(pod)['phase'] === undefined || statusOf(pod)['phase'] === 'Pending')
      advance(world, pod);
  }
}

function terminate(world: World, pod: KubeObject): void {
  if (!world.passed(`${pod.metadata.uid ?? ''} ends`, world.options.terminateMs ?? 20)) return;
  world.save({ ...pod, metadata: without(pod.metadata, 'finalizers') });
}

function advance(world: World, pod: KubeObject): void {
  const refused = unschedulable(world, pod);
  if (refused !== undefined) {
    world.setStatus(pod, {
      phase: 'Pending',
      conditions: [condition('PodScheduled', 'False', 'Unschedulable', refused)],
    });
    return;
  }
  const fate = world.options.fate?.(pod) ?? { is: 'ready' };
  const uid = pod.metadata.uid ?? '';
  const scheduled = condition('PodScheduled', 'True');
  const { name, image } = (specOf(pod)['containers'] as { name: string; image: string }[])[0] ?? {
    name: '',
    image: '',
  };
  const container = (state: object, more: object = {}): object => ({
    name,
    image,
    imageID: '',
    ready: false,
    restartCount: 0,
    state,
    ...more,
  });
  const unready = [
    scheduled,
    condition('Ready', 'False', 'ContainersNotReady', `containers with unready status: [${name}]`),
  ];
  switch (fate.is) {
    case 'ready': {
      if (!world.passed(`${uid} starts`, fate.afterMs ?? world.options.readyMs ?? 20)) {
        world.setStatus(pod, {
          phase: 'Pending',
          conditions: unready,
          containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })],
        });
        return;
      }
      const startedAt = new Date().toISOString();
      const running = container({ running: { startedAt } }, { ready: true, started: true });
      world.setStatus(pod, {
        phase: 'Running',
        podIP: ipOf(uid),
        conditions: [scheduled, condition('Ready', 'True')],
        containerStatuses: [running],
      });
      return;
    }
    case 'never-ready':
      world.setStatus(pod, {
        phase: 'Running',
        podIP: ipOf(uid),
        conditions: unready,
        containerStatuses: [container({ running: {} }, { started: true })],
      });
      event(
        world,
        pod,
        'Unhealthy',
        fate.said ?? 'Readiness probe failed: HTTP probe failed with statuscode: 503',
      );
      return;
    case 'crash-loop': {
      const exitCode = fate.exitCode ?? 1;
      const waiting = {
        reason: 'CrashLoopBackOff',
        message: `back-off 10s restarting failed container=${name}`,
      };
      const lastState = { terminated: { exitCode, reason: 'Error' } };
      world.server.logs.set(`${pod.metadata.name}/${name}/previous`, fate.log ?? '');
      world.setStatus(pod, {
        phase: 'Running',
        conditions: unready,
        containerStatuses: [container({ waiting }, { lastState, restartCount: fate.restarts ?? 3 })],
      });
      return;
    }
    case 'out-of-memory': {
      const waiting = {
        reason: 'CrashLoopBackOff',
        message: `back-off 10s restarting failed container=${name}`,
      };
      const lastState = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
      world.setStatus(pod, {
        phase: 'Running',
        conditions: unready,
        containerStatuses: [container({ waiting }, { lastState, restartCount: 2 })],
      });
      return;
    }
    case 'image': {
      const message = fate.said ?? `Back-off pulling image "${image}"`;
      world.setStatus(pod, {
        phase: 'Pending',
        conditions: unready,
        containerStatuses: [container({ waiting: { reason: 'ImagePullBackOff', message } })],
      });
      return;
    }
    case 'evicted':
      world.setStatus(pod, {
        phase: 'Failed',
        reason: 'Evicted',
        message: fate.said ?? 'The node was low on resource: memory.',
      });
      return;
  }
}

/** The scheduler's words when the node has less free than the pod asks for. */
function unschedulable(world: World, pod: KubeObject): string | undefined {
  const { capacity } = world.options;
  if (capacity === undefined) return undefined;
  const taken = world
    .list('v1', 'Pod')
    .filter(({ metadata }) => metadata.uid !== pod.metadata.uid)
    .filter(
      (other) => isPlaced(other) && !['Failed', 'Succeeded'].includes(String(statusOf(other)['phase'])),
    );
  const short = Object.entries(capacity).filter(([resource, all]) => {
    const used = taken.reduce((sum, other) => sum + asks(other, resource), 0);
    return asks(pod, resource) > all - used;
  });
  if (isPlaced(pod) || short.length === 0) return undefined;
  return `0/1 nodes are available: 1 Insufficient ${short.map(([resource]) => resource).join(', ')}. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.`;
}

function isPlaced(pod: KubeObject): boolean {
  const conditions = (statusOf(pod)['conditions'] ?? []) as { type: string; status: string }[];
  return isReady(pod) || conditions.some(({ type, status }) => type === 'PodScheduled' && status === 'True');
}

function asks(pod: KubeObject, resource: string): number {
  const containers = (specOf(pod)['containers'] ?? []) as {
    resources?: { limits?: Record<string, string | number> };
  }[];
  return containers.reduce((sum, { resources }) => sum + Number(resources?.limits?.[resource] ?? 0), 0);
}

function condition(type: string, status: 'True' | 'False', reason?: string, message?: string): object {
  return { type, status, ...(reason === undefined ? {} : { reason, message }) };
}

function event(world: World, pod: KubeObject, reason: string, note: string): void {
  const { name, namespace = '', uid = '' } = pod.metadata;
  world.create({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${reason.toLowerCase()}`, namespace },
    type: 'Warning',
    reason,
    note,
    regarding: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
  });
}

/** One in 10.244/16 for each pod. */
function ipOf(uid: string): string {
  const number = Number.parseInt(uid.slice(0, 4), 16);
  return `10.244.${number >> 8}.${number & 255}`;
}
