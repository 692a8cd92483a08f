/** The controller that a workload's kind belongs to. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { ArgoRollouts, ROLLOUT } from './argo-rollouts.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { CANARY, Flagger } from './flagger.ts';

type Make = new (context: ControllerContext, found: KubeObject) => Controller;

const MAKERS: readonly { apiVersion: string; kind: string; Make: Make }[] = [
  { ...ROLLOUT, Make: ArgoRollouts },
  { ...CANARY, Make: Flagger },
];

/** undefined for a workload that we move by ourselves. */
export function controllerOf(context: ControllerContext, found: KubeObject): Controller | undefined {
  const maker = MAKERS.find(({ apiVersion, kind }) => apiVersion === found.apiVersion && kind === found.kind);
  return maker === undefined ? undefined : new maker.Make(context, found);
}

export function isControlled(kind: { apiVersion: string; kind: string }): boolean {
  return MAKERS.some((maker) => maker.apiVersion === kind.apiVersion && maker.kind === kind.kind);
}
