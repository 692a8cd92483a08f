/** The workload as it will be when the rollout that is under way has ended: a release that comes after it builds on that. */
import type { RolloutState } from '@sluice/host/types';
import type { KubeObject } from '@sluice/kubernetes/types';
import { isUnderWay } from '../begin.ts';
import { rolloutData } from '../target.ts';
import { readKubeSpec } from './kube-spec.ts';
import { stableTemplate, templateOf } from './template.ts';

/** A rollout moves the stable side's pods, down to none: their number at this moment is nobody's wish. Pure. */
export function settled(live: KubeObject, rollout: RolloutState | null): KubeObject {
  const spec = rollout === null ? undefined : readKubeSpec(rolloutData(rollout).spec);
  if (rollout === null || spec === undefined || !isUnderWay(rollout)) return live;
  // A promotion is always finished, anything else is taken back.
  const template = rollout.phase === 'promoting' ? stableTemplate(spec) : templateOf(live);
  return { ...live, spec: { ...(live['spec'] as object), template, replicas: spec.replicas } };
}
