/** What carries commits out: a Flux Kustomization or HelmRelease, an Argo CD Application, or something that doesn't say. */
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { isFields } from './delta.ts';

export interface Progress {
  done: boolean;
  /** What is missing, in the controller's own words. */
  why: string;
  /** It will not get better by waiting. */
  failed?: boolean;
}

/** Whether a revision, as the controller names it, has our commit in its history. */
export type Contains = (revision: string) => Promise<boolean>;

export interface Controller {
  /** `Flux Kustomization flux-system/llm`. */
  readonly what: string;
  /** Settings under which a rollout would hang, each with its mend. */
  faults(): Promise<string[]>;
  progress(contains: Contains, touched: readonly KubeObject[]): Promise<Progress>;
  /** Asks it to look now, in place of at its next interval. Throws where the credentials can only read. */
  nudge(): Promise<void>;
}

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  observedGeneration?: number;
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const status = isFields(object['status']) ? object['status'] : {};
  const conditions = Array.isArray(status['conditions']) ? (status['conditions'] as Condition[]) : [];
  return conditions.find((each) => each.type === type);
}

export function annotate(
  api: KubeApi,
  { apiVersion, kind, metadata }: KubeObject,
  annotations: Record<string, string>,
): Promise<unknown> {
  const { name, namespace } = metadata;
  const ref = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
  return api.patch(ref, { type: 'merge', body: { metadata: { annotations } } });
}

export function specOf(object: KubeObject): Record<string, unknown> {
  return isFields(object['spec']) ? object['spec'] : {};
}

export function statusOf(object: KubeObject): Record<string, unknown> {
  return isFields(object['status']) ? object['status'] : {};
}
