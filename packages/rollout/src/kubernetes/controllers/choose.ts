/** The controller that a workload belongs to: by its kind, or by an object that names it. */
import type { KubeApi, KubeObject, ObjectRef } from '@sluice/kubernetes/types';
import { ArgoRollouts } from './argo-rollouts.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { Flagger } from './flagger.ts';
import { CANARY, KRUISE_ROLLOUT, ROLLOUT } from './kinds.ts';
import { OpenKruise } from './openkruise.ts';

type Make = new (context: ControllerContext, found: KubeObject) => Controller;

const MAKERS: readonly { apiVersion: string; kind: string; Make: Make }[] = [
  { ...ROLLOUT, Make: ArgoRollouts },
  { ...CANARY, Make: Flagger },
  { ...KRUISE_ROLLOUT, Make: OpenKruise },
];

/** The object by which a controller knows the workload; undefined for one that we move by ourselves. */
export async function controlling(
  api: KubeApi,
  ref: ObjectRef,
  found: KubeObject | undefined,
): Promise<KubeObject | undefined> {
  if (isControlled(ref) || found === undefined) return found;
  const rollouts = await api.list(KRUISE_ROLLOUT);
  return rollouts.find(({ spec }) => {
    const { workloadRef } = (spec ?? {}) as { workloadRef?: { kind?: string; name?: string } };
    return workloadRef?.kind === ref.kind && workloadRef.name === ref.name;
  });
}

export function controllerOf(
  context: Omit<ControllerContext, 'name'>,
  known: KubeObject,
): Controller | undefined {
  const maker = MAKERS.find(({ apiVersion, kind }) => apiVersion === known.apiVersion && kind === known.kind);
  return maker === undefined ? undefined : new maker.Make({ ...context, name: known.metadata.name }, known);
}

export function isControlled(kind: { apiVersion: string; kind: string }): boolean {
  return MAKERS.some((maker) => maker.apiVersion === kind.apiVersion && maker.kind === kind.kind);
}
