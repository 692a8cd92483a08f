/** StatefulSets: pods by ordinal, made in order, replaced from the last one down to `partition`. */
import { isReady, ownedBy, specOf, statusOf, type World } from './world.ts';
import { hashOf, makePod } from './deployments.ts';

const REVISION = 'controller-revision-hash';

export function reconcileStatefulSets(world: World): void {
  for (const set of world.list('apps/v1', 'StatefulSet')) {
    const { name } = set.metadata;
    const wanted = Number(specOf(set)['replicas']);
    const revision = `${name}-${hashOf(specOf(set)['template'])}`;
    const pods = ownedBy(set, world.list('v1', 'Pod'));
    const at = (ordinal: number) => pods.find(({ metadata }) => metadata.name === `${name}-${ordinal}`);
    const ordinals = Array.from({ length: wanted }, (_, ordinal) => ordinal);
    const parallel = specOf(set)['podManagementPolicy'] === 'Parallel';
    const missing = ordinals.find((ordinal) => at(ordinal) === undefined);
    const before = missing === undefined ? [] : ordinals.slice(0, missing);
    if (missing !== undefined && (parallel || before.every((ordinal) => ready(at(ordinal))))) {
      makePod(world, set, `${name}-${missing}`, {
        [REVISION]: revision,
        'statefulset.kubernetes.io/pod-name': `${name}-${missing}`,
        'apps.kubernetes.io/pod-index': String(missing),
      });
    }
    const extra = pods.filter(({ metadata }) => Number(metadata.name.slice(name.length + 1)) >= wanted);
    const last = extra.filter(({ metadata }) => metadata.deletionTimestamp === undefined).at(-1);
    if (last !== undefined) world.remove(last);
    const strategy = specOf(set)['updateStrategy'] as { rollingUpdate?: { partition?: number } } | undefined;
    const partition = strategy?.rollingUpdate?.partition ?? 0;
    const isOld = (ordinal: number): boolean => at(ordinal)?.metadata.labels?.[REVISION] !== revision;
    const updating =
      missing === undefined && ordinals.every((ordinal) => ready(at(ordinal)) || isOld(ordinal));
    const next = ordinals.toReversed().find((ordinal) => ordinal >= partition && isOld(ordinal));
    const old = next === undefined ? undefined : at(next);
    if (
      updating &&
      old !== undefined &&
      old.metadata.deletionTimestamp === undefined &&
      !pods.some(({ metadata }) => metadata.deletionTimestamp !== undefined)
    ) {
      world.remove(old);
    }
    const living = ownedBy(set, world.list('v1', 'Pod')).filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    const updated = living.filter(({ metadata }) => metadata.labels?.[REVISION] === revision).length;
    const done = updated === wanted && living.length === wanted;
    const status = {
      observedGeneration: set.metadata.generation,
      replicas: living.length,
      readyReplicas: living.filter(isReady).length,
      availableReplicas: living.filter(isReady).length,
      updatedReplicas: updated,
      updateRevision: revision,
      currentRevision: done ? revision : (statusOf(set)['currentRevision'] ?? revision),
    };
    world.setStatus(set, status);
  }
}

function ready(pod: Parameters<typeof isReady>[0] | undefined): boolean {
  return pod !== undefined && pod.metadata.deletionTimestamp === undefined && isReady(pod);
}
