/** Argo CD: an Application that syncs the path (argoproj.io/v1alpha1). */
import type { KubeApi, KubeObject, ObjectRef } from '@sluice/kubernetes/types';
import { InfraError } from '@sluice/runtime/errors';
import { annotate, specOf, statusOf, type Contains, type Controller, type Progress } from './controller.ts';
import { isFields } from './delta.ts';
import { groupOf } from './documents.ts';

export const APPLICATION = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' };

interface Resource {
  group?: string;
  kind?: string;
  name?: string;
  namespace?: string;
  status?: string;
  health?: { status?: string; message?: string };
}

export class ArgoApplication implements Controller {
  readonly what: string;
  readonly #api: KubeApi;
  readonly #ref: ObjectRef;
  /** Which of several sources is ours. */
  readonly #isOurs: (source: Record<string, unknown>) => boolean;

  constructor(
    api: KubeApi,
    ref: { name: string; namespace: string },
    isOurs: (source: Record<string, unknown>) => boolean,
  ) {
    this.#api = api;
    this.#ref = { ...APPLICATION, ...ref };
    this.what = `Argo CD Application ${ref.namespace}/${ref.name}`;
    this.#isOurs = isOurs;
  }

  async faults(): Promise<string[]> {
    const { syncPolicy } = specOf(await this.#object());
    const automated = isFields(syncPolicy) ? syncPolicy['automated'] : undefined;
    if (!isFields(automated) || automated['enabled'] === false)
      return [
        `${this.what} is synced by hand only: every step would wait for a person; set spec.syncPolicy.automated`,
      ];
    return automated['prune'] === true
      ? []
      : [
          `${this.what} has \`prune\` off: what is taken out of Git would stay in the cluster; set spec.syncPolicy.automated.prune: true`,
        ];
  }

  async progress(contains: Contains, touched: readonly KubeObject[]): Promise<Progress> {
    const object = await this.#object();
    const { sync, health, operationState, resources } = statusOf(object);
    const state = isFields(sync) ? sync : {};
    const last = isFields(operationState) ? operationState : {};
    const result = isFields(last['syncResult']) ? last['syncResult'] : {};
    const revision = this.#revisionOf(object, state);
    const said = (text: string): string => `${this.what}: ${text}`;
    if (
      ['Failed', 'Error'].includes(String(last['phase'])) &&
      (await contains(this.#revisionOf(object, result)))
    )
      return { done: false, failed: true, why: said(`its sync failed: ${String(last['message'] ?? '')}`) };
    if (!(await contains(revision)))
      return {
        done: false,
        why: said(`${String(state['status'] ?? 'Unknown')} at ${revision.slice(0, 12) || 'no revision'}`),
      };
    const known = Array.isArray(resources) ? (resources as Resource[]) : [];
    const mine = known.filter((each) => touched.some((one) => isSame(each, one)));
    if (mine.length === 0) return this.#ofWhole(state, touched.length === 0 ? { status: 'Healthy' } : health);
    const unsynced = mine.filter(({ status }) => status !== 'Synced');
    if (unsynced.length > 0)
      return {
        done: false,
        why: said(unsynced.map((each) => `${each.kind} ${each.name} ${each.status ?? 'unknown'}`).join(', ')),
      };
    const ill = mine.filter((each) => !['Healthy', 'Suspended', undefined].includes(each.health?.status));
    if (ill.length === 0) return { done: true, why: '' };
    const why = said(
      ill
        .map((each) => `${each.kind} ${each.name} ${each.health?.status}: ${each.health?.message ?? ''}`)
        .join(', '),
    );
    return { done: false, why, failed: ill.some((each) => each.health?.status === 'Degraded') };
  }

  #ofWhole(sync: Record<string, unknown>, health: unknown): Progress {
    const status = isFields(health) ? String(health['status']) : 'Unknown';
    const done = sync['status'] === 'Synced' && status === 'Healthy';
    return { done, why: done ? '' : `${this.what}: ${String(sync['status'])} and ${status}` };
  }

  #revisionOf(object: KubeObject, { revision, revisions }: Record<string, unknown>): string {
    const { sources } = specOf(object);
    if (!Array.isArray(sources) || !Array.isArray(revisions)) return String(revision ?? '');
    const at = sources.findIndex((each) => isFields(each) && this.#isOurs(each));
    return String((revisions as unknown[])[at] ?? '');
  }

  async nudge(): Promise<void> {
    await annotate(this.#api, await this.#object(), { 'argocd.argoproj.io/refresh': 'normal' });
  }

  async #object(): Promise<KubeObject> {
    const found = await this.#api.get(this.#ref);
    if (found === undefined) throw new InfraError(`${this.what} is gone`);
    return found;
  }
}

function isSame(
  { group = '', kind, name, namespace }: Resource,
  { apiVersion, kind: own, metadata }: KubeObject,
): boolean {
  return (
    group === groupOf(apiVersion) &&
    kind === own &&
    name === metadata.name &&
    (namespace === undefined || metadata.namespace === undefined || namespace === metadata.namespace)
  );
}
