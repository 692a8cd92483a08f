/** Deployment -> ReplicaSets -> pods, with rolling updates that honour maxSurge and maxUnavailable (pkg/controller/deployment). */
import { createHash, randomBytes } from 'node:crypto';
import type { KubeObject } from '@sluice/kubernetes/types';
import { without } from '@sluice/kubernetes/without';
import { copy } from '../copy.ts';
import type { Fields } from '../patches.ts';
import { isReady, ownedBy, ownerReference, specOf, statusOf, type World } from './world.ts';
import { TERMINATING } from './pods.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const HASH = 'pod-template-hash';

export function reconcileDeployments(world: World): void {
  for (const deployment of world.list('apps/v1', 'Deployment')) reconcileDeployment(world, deployment);
  for (const set of world.list('apps/v1', 'ReplicaSet')) scalePods(world, set);
}

function reconcileDeployment(world: World, deployment: KubeObject): void {
  const sets = (): KubeObject[] => ownedBy(deployment, world.list('apps/v1', 'ReplicaSet'));
  const name = `${deployment.metadata.name}-${hashOf(specOf(deployment)['template'])}`;
  const wanted = Number(specOf(deployment)['replicas']);
  const paused = specOf(deployment)['paused'] === true;
  if (!paused) {
    makeSet(world, deployment, sets(), name);
    roll(world, deployment, sets(), name, wanted);
  } else {
    // Only the newest one is scaled: enough for a test.
    const [newest] = sets().sort((a, b) => revisionOf(b) - revisionOf(a));
    if (newest !== undefined) setReplicas(world, newest, wanted);
  }
  writeStatus(world, deployment, sets(), name, wanted);
}

function makeSet(world: World, deployment: KubeObject, sets: readonly KubeObject[], name: string): void {
  const current = sets.find(({ metadata }) => metadata.name === name);
  const last = Math.max(0, ...sets.map(revisionOf));
  if (current !== undefined) {
    if (revisionOf(current) === last) return;
    // An older template again: its ReplicaSet becomes the newest revision.
    current.metadata.annotations = { ...current.metadata.annotations, [REVISION]: String(last + 1) };
    world.save(current);
    return;
  }
  const template = copy(specOf(deployment)['template']) as {
    metadata?: { labels?: Record<string, string> };
  };
  const hash = hashOf(specOf(deployment)['template']);
  const labels = { ...template.metadata?.labels, [HASH]: hash };
  const { matchLabels } = specOf(deployment)['selector'] as { matchLabels?: Record<string, string> };
  world.create({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: deployment.metadata.namespace ?? '',
      labels,
      annotations: { [REVISION]: String(last + 1) },
      ownerReferences: ownerReference(deployment) ?? [],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...matchLabels, [HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
}

function roll(
  world: World,
  deployment: KubeObject,
  sets: readonly KubeObject[],
  name: string,
  wanted: number,
): void {
  const fresh = sets.find(({ metadata }) => metadata.name === name);
  if (fresh === undefined) return;
  const old = sets.filter((set) => set !== fresh && replicasOf(set) > 0);
  const strategy = specOf(deployment)['strategy'] as { type?: string; rollingUpdate?: Fields } | undefined;
  if (strategy?.type === 'Recreate') {
    for (const set of old) setReplicas(world, set, 0);
    const gone = old.every((set) => ownedBy(set, world.list('v1', 'Pod')).length === 0);
    if (gone) setReplicas(world, fresh, wanted);
    return;
  }
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {};
  const surge = share(maxSurge, wanted, Math.ceil);
  const unavailable = share(maxUnavailable, wanted, Math.floor) || (surge === 0 ? 1 : 0);
  const total = sets.reduce((sum, set) => sum + replicasOf(set), 0);
  if (replicasOf(fresh) !== wanted) {
    const room = Math.max(0, wanted + surge - total);
    const next = replicasOf(fresh) > wanted ? wanted : Math.min(wanted, replicasOf(fresh) + room);
    setReplicas(world, fresh, next);
  }
  const pods = world.list('v1', 'Pod');
  const least = wanted - unavailable;
  let ready = sets.reduce((sum, set) => sum + readyOf(set, pods), 0);
  for (const set of old) {
    const idle = replicasOf(set) - readyOf(set, pods);
    const spare = Math.max(0, Math.min(readyOf(set, pods), ready - least));
    if (idle + spare > 0) setReplicas(world, set, replicasOf(set) - idle - spare);
    ready -= spare;
  }
}

function writeStatus(
  world: World,
  deployment: KubeObject,
  sets: readonly KubeObject[],
  name: string,
  wanted: number,
): void {
  const pods = world.list('v1', 'Pod');
  const fresh = sets.find(({ metadata }) => metadata.name === name);
  const living = sets
    .flatMap((set) => ownedBy(set, pods))
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const updated = fresh === undefined ? 0 : ownedBy(fresh, living).length;
  const ready = living.filter(isReady).length;
  const done = updated === wanted && ready === wanted && living.length === wanted;
  const counts = {
    observedGeneration: deployment.metadata.generation,
    replicas: living.length,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: Math.max(0, wanted - ready),
  };
  const same = JSON.stringify(without(statusOf(deployment), 'conditions')) === JSON.stringify(counts);
  const conditions = [
    {
      type: 'Available',
      status: ready >= wanted ? 'True' : 'False',
      reason: ready >= wanted ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    },
    progressing(world, deployment, done, same),
  ];
  world.setStatus(deployment, { ...counts, conditions });
}

/** `progressDeadlineSeconds` without a change of the counts is the end of patience. */
function progressing(world: World, deployment: KubeObject, done: boolean, same: boolean): Fields {
  const conditions = (statusOf(deployment)['conditions'] ?? []) as Fields[];
  const before = conditions.find(({ type }) => type === 'Progressing');
  const now = new Date().toISOString();
  if (done)
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      lastUpdateTime: same && before !== undefined ? before['lastUpdateTime'] : now,
    };
  const since = same && before !== undefined ? String(before['lastUpdateTime']) : now;
  const deadline = Number(specOf(deployment)['progressDeadlineSeconds']) * 1000;
  const left = Date.parse(since) + deadline - Date.now();
  if (left <= 0) {
    const message = `ReplicaSet has timed out progressing.`;
    return {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message,
      lastUpdateTime: since,
    };
  }
  world.again(Math.min(left + 5, 2_000_000_000));
  return { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', lastUpdateTime: since };
}

/** A ReplicaSet has as many living pods as it says; those that aren't ready go first. */
function scalePods(world: World, set: KubeObject): void {
  release(world, set);
  const owned = ownedBy(set, world.list('v1', 'Pod'));
  const pods = owned.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && statusOf(pod)['phase'] !== 'Failed',
  );
  const missing = replicasOf(set) - pods.length;
  for (let index = 0; index < missing; index += 1) {
    makePod(world, set, `${set.metadata.name}-${randomBytes(3).toString('hex').slice(0, 5)}`);
  }
  const order = [...pods].sort((a, b) => Number(isReady(a)) - Number(isReady(b)));
  for (const pod of missing < 0 ? order.slice(0, -missing) : []) world.remove(pod);
  const left = ownedBy(set, world.list('v1', 'Pod')).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  const ready = left.filter(isReady).length;
  const status = {
    replicas: left.length,
    fullyLabeledReplicas: left.length,
    readyReplicas: ready,
    availableReplicas: ready,
    observedGeneration: set.metadata.generation,
  };
  world.setStatus(set, status);
}

/** A pod whose labels no longer match is let go, and another one takes its place. */
function release(world: World, set: KubeObject): void {
  const { matchLabels = {} } = (specOf(set)['selector'] ?? {}) as { matchLabels?: Record<string, string> };
  for (const pod of ownedBy(set, world.list('v1', 'Pod'))) {
    const { labels = {}, ownerReferences = [] } = pod.metadata;
    if (Object.entries(matchLabels).every(([key, value]) => labels[key] === value)) continue;
    const others = ownerReferences.filter(({ uid }) => uid !== set.metadata.uid);
    world.save({ ...pod, metadata: { ...pod.metadata, ownerReferences: others } });
  }
}

export function makePod(
  world: World,
  owner: KubeObject,
  name: string,
  more: Record<string, string> = {},
): void {
  const { metadata, spec } = specOf(owner)['template'] as {
    metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
    spec: Fields;
  };
  world.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: owner.metadata.namespace ?? '',
      labels: { ...metadata?.labels, ...more },
      ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ownerReferences: ownerReference(owner) ?? [],
      finalizers: [TERMINATING],
    },
    spec: copy(spec),
  });
}

function setReplicas(world: World, set: KubeObject, replicas: number): void {
  if (replicasOf(set) === replicas) return;
  specOf(set)['replicas'] = replicas;
  world.save(set);
  const entry = world.server.kind('apps/v1', 'ReplicaSet');
  set.metadata = world.server.store.read(entry, set.metadata.namespace ?? '', set.metadata.name).metadata;
}

const replicasOf = (set: KubeObject): number => Number(specOf(set)['replicas']);
const revisionOf = (set: KubeObject): number => Number(set.metadata.annotations?.[REVISION] ?? 0);

function readyOf(set: KubeObject, pods: readonly KubeObject[]): number {
  return ownedBy(set, pods).filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined)
    .length;
}

export function hashOf(template: unknown): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
}

/** `25%` of the wanted replicas, or a count. */
function share(value: unknown, of: number, round: (value: number) => number): number {
  const percent = /^(\d+)%$/.exec(String(value));
  return percent === null ? Number(value) : round((Number(percent[1]) / 100) * of);
}
