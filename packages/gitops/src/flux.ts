/** Flux: a Kustomization that applies the path, and a HelmRelease that renders the workload (kustomize- and helm-controller's APIs). */
import type { KubeApi, KubeObject, ObjectRef } from '@sluice/kubernetes/types';
import { InfraError } from '@sluice/runtime/errors';
import {
  annotate,
  conditionOf,
  specOf,
  statusOf,
  type Contains,
  type Controller,
  type Progress,
} from './controller.ts';
import { isFields } from './delta.ts';

export const KUSTOMIZATION = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' };
export const HELM_RELEASE = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease' };
const SOURCE = 'source.toolkit.fluxcd.io/v1';
const REQUESTED = 'reconcile.fluxcd.io/requestedAt';
/** A failure at our revision that lasts this long isn't one that the next try mends. */
const PATIENCE_MS = 30_000;
/** Not of what it applies, but of what it waits for. */
const WAITING = ['DependencyNotReady', 'Progressing', 'ProgressingWithRetry', 'ArtifactFailed'];

export class FluxKustomization implements Controller {
  readonly what: string;
  readonly #api: KubeApi;
  readonly #ref: ObjectRef;
  #failing: { why: string; since: number } | undefined;

  constructor(api: KubeApi, ref: { name: string; namespace: string }) {
    this.#api = api;
    this.#ref = { ...KUSTOMIZATION, ...ref };
    this.what = `Flux Kustomization ${ref.namespace}/${ref.name}`;
  }

  async faults(): Promise<string[]> {
    const { prune, suspend, sourceRef } = specOf(await this.#object());
    const source = isFields(sourceRef) ? sourceRef : {};
    return [
      ...(suspend === true ? [`${this.what} is suspended: no commit is carried out; resume it`] : []),
      ...(prune === true
        ? []
        : [
            `${this.what} has \`prune\` off: what is taken out of Git would stay in the cluster; set spec.prune: true`,
          ]),
      ...(source['kind'] === 'GitRepository'
        ? []
        : [
            `${this.what} reads ${String(source['kind'])} ${String(source['name'])}, not a GitRepository: commits would not reach it`,
          ]),
    ];
  }

  async progress(contains: Contains): Promise<Progress> {
    const object = await this.#object();
    const ready = conditionOf(object, 'Ready');
    const { lastAppliedRevision, lastAttemptedRevision, observedGeneration } = statusOf(object);
    const said = `${this.what}: ${ready?.reason ?? 'not reconciled yet'}${ready?.message === undefined ? '' : `, ${ready.message}`}`;
    const current = Number(observedGeneration ?? 0) >= (object.metadata.generation ?? 0);
    if (current && ready?.status === 'True' && (await contains(shaOf(lastAppliedRevision))))
      return { done: true, why: '' };
    if (ready?.status !== 'False' || !(await contains(shaOf(lastAttemptedRevision)))) {
      this.#failing = undefined;
      const at = shaOf(lastAppliedRevision).slice(0, 12);
      return { done: false, why: `${said} (it has applied ${at === '' ? 'nothing' : at})` };
    }
    // Applied; that something of it isn't healthy is seen by its pods.
    if (ready.reason === 'HealthCheckFailed') return { done: true, why: said };
    if (WAITING.includes(ready.reason ?? '')) return { done: false, why: said };
    if (this.#failing?.why !== said) this.#failing = { why: said, since: Date.now() };
    return { done: false, why: said, failed: Date.now() - this.#failing.since >= PATIENCE_MS };
  }

  async nudge(): Promise<void> {
    const object = await this.#object();
    const now = { [REQUESTED]: new Date().toISOString() };
    const { sourceRef } = specOf(object);
    if (isFields(sourceRef)) {
      const { name, namespace = object.metadata.namespace } = sourceRef as {
        name: string;
        namespace?: string;
      };
      const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
      await annotate(this.#api, { apiVersion: SOURCE, kind: 'GitRepository', metadata }, now);
    }
    await annotate(this.#api, object, now);
  }

  async #object(): Promise<KubeObject> {
    const found = await this.#api.get(this.#ref);
    if (found === undefined) throw new InfraError(`${this.what} is gone`);
    return found;
  }
}

/** Behind the Kustomization that brings the HelmRelease: ready at the generation that it is now. */
export class FluxHelmRelease implements Controller {
  readonly what: string;
  readonly #api: KubeApi;
  readonly #ref: ObjectRef;
  #failing: { why: string; since: number } | undefined;

  constructor(api: KubeApi, ref: { name: string; namespace: string }) {
    this.#api = api;
    this.#ref = { ...HELM_RELEASE, ...ref };
    this.what = `Flux HelmRelease ${ref.namespace}/${ref.name}`;
  }

  async faults(): Promise<string[]> {
    const object = await this.#api.get(this.#ref);
    return object !== undefined && specOf(object)['suspend'] === true
      ? [`${this.what} is suspended: no change is carried out; resume it`]
      : [];
  }

  async progress(): Promise<Progress> {
    const object = await this.#api.get(this.#ref);
    if (object === undefined) return { done: false, why: `${this.what} is not there` };
    const ready = conditionOf(object, 'Ready');
    const said = `${this.what}: ${ready?.reason ?? 'not reconciled yet'}${ready?.message === undefined ? '' : `, ${ready.message}`}`;
    const observed = ready?.observedGeneration ?? Number(statusOf(object)['observedGeneration'] ?? 0);
    if (observed < (object.metadata.generation ?? 0))
      return { done: false, why: `${said} (it has not seen the change)` };
    if (ready?.status === 'True') return { done: true, why: '' };
    if (ready?.status !== 'False') return { done: false, why: said };
    if (this.#failing?.why !== said) this.#failing = { why: said, since: Date.now() };
    return { done: false, why: said, failed: Date.now() - this.#failing.since >= PATIENCE_MS };
  }

  async nudge(): Promise<void> {
    const object = await this.#api.get(this.#ref);
    if (object !== undefined) await annotate(this.#api, object, { [REQUESTED]: new Date().toISOString() });
  }
}

/** `main@sha1:<sha>`, as Flux 2 writes it; `main/<sha>` before; the commit alone. */
export function shaOf(revision: unknown): string {
  return (
    /(?:sha1:|sha256:|\/|^)([0-9a-f]{40,64})$/.exec(typeof revision === 'string' ? revision : '')?.[1] ?? ''
  );
}
