/**
 * `traffic: replicas`: the share is the ratio of ready pods behind one Service; nothing else splits requests.
 *
 * Canary pods come up outside the Service (`tellingLabel`), so that they can be warmed up and asked first. The share is
 * set by letting some of them in: their label becomes what the Service selects. Taking them out again is one patch: no
 * pod ends, and open streams go on. A pod that its ReplicaSet replaces comes up outside, so that a failure only ever lowers the share.
 */
import { isReady } from '@sluice/kubernetes/pod-troubles';
import { canaryLabel, tellingLabel, TRACK_LABEL, WORKLOAD_LABEL } from '@sluice/kubernetes/tracks';
import type { KubeObject } from '@sluice/kubernetes/types';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { servedPods } from './endpoints.ts';
import type { Router, RouterContext } from './router.ts';
import { waitUntil } from '@sluice/kubernetes/wait-until';

const OBSERVE_MS = 60_000;

interface Sides {
  selector: Record<string, string>;
  stable: KubeObject[];
  /** Ready ones only, oldest first. */
  canary: KubeObject[];
  /** Of all the canary's pods, ready or not, those that the Service selects. */
  admitted: KubeObject[];
  /** The canary has pods at all. */
  present: boolean;
}

export class ReplicasRouter implements Router {
  readonly name = 'replicas';
  readonly #context: RouterContext;

  constructor(context: RouterContext) {
    this.#context = context;
  }

  async check(): Promise<string[]> {
    const { stableService, namespace, byGit = false } = this.#context;
    if (byGit)
      return [
        `apply: gitops needs a route that weighs: no route sends requests to Service ${stableService}, and the pods that \`traffic: replicas\` lets in by their labels stand in no manifest; make an HTTPRoute, an IngressRoute, a VirtualService or an Ingress`,
      ];
    const selector = await this.#selector();
    if (selector !== undefined && Object.keys(selector).length > 0) return [];
    return [
      selector === undefined
        ? `there is no Service ${stableService} in namespace ${namespace}; make one that selects the pods of ${this.#context.workload}`
        : `Service ${stableService} selects no pods; give it a selector`,
    ];
  }

  /** Nothing: canary pods come up outside the Service. */
  async prepare(): Promise<void> {
    await Promise.resolve();
  }

  async read(): Promise<number | undefined> {
    const { stable, canary, admitted, present } = await this.#sides();
    if (!present) return undefined;
    const inside = canary.filter((pod) => admitted.includes(pod)).length;
    return inside === 0 ? 0 : inside / (inside + stable.length);
  }

  async set(share: number): Promise<void> {
    const { api, namespace, stableService, signal, observeMs = OBSERVE_MS } = this.#context;
    const { selector, stable, canary, admitted } = await this.#sides();
    const wanted = new Set(canary.slice(0, admittedCount(share, stable.length, canary.length)).map(nameOf));
    if (share > 0 && wanted.size === 0)
      throw new InfraError(`no pod of the canary of ${this.#context.workload} is ready; its share stays 0`);
    const key = tellingLabel(selector) ?? '';
    for (const pod of [...canary, ...admitted.filter((each) => !canary.includes(each))]) {
      const value = wanted.has(nameOf(pod)) ? selector[key] : canaryLabel(selector[key] ?? '');
      if (pod.metadata.labels?.[key] === value) continue;
      const ref = { apiVersion: 'v1', kind: 'Pod', name: nameOf(pod), namespace };
      await api.patch(ref, { type: 'merge', body: { metadata: { labels: { [key]: value } } } });
    }
    const ours = new Set([...canary, ...admitted].map(nameOf));
    const { done, why } = await waitUntil(
      async () => {
        const served = await servedPods(api, namespace, stableService);
        const missing = [...wanted].filter((name) => !served.has(name));
        const left = [...ours].filter((name) => served.has(name) && !wanted.has(name));
        const late = [
          ...missing.map((name) => `${name} is not in it`),
          ...left.map((name) => `${name} is still in it`),
        ];
        return { done: late.length === 0, why: late.join(', ') };
      },
      observeMs,
      signal,
    );
    if (!done)
      throw new InfraError(
        `the endpoints of Service ${stableService} did not follow in ${observeMs / 1000} s: ${why}`,
      );
  }

  async remove(): Promise<void> {
    await this.set(0);
  }

  async describe(): Promise<string> {
    const { stable } = await this.#sides();
    return `ratio of pods behind Service ${this.#context.stableService} (${stable.length} now; no router weighs requests, so that shares are near, not exact)`;
  }

  async #selector(): Promise<Record<string, string> | undefined> {
    const { api, namespace, stableService: name } = this.#context;
    const service = await api.get({ apiVersion: 'v1', kind: 'Service', name, namespace });
    if (service === undefined) return undefined;
    return ((service['spec'] ?? {}) as { selector?: Record<string, string> }).selector ?? {};
  }

  async #sides(): Promise<Sides> {
    const { api, namespace, workload, stableService } = this.#context;
    const selector = await this.#selector();
    if (selector === undefined)
      throw new ConfigError(`there is no Service ${stableService} in namespace ${namespace}`);
    const pods = (labelSelector: string): Promise<KubeObject[]> =>
      api.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector });
    const served = await pods(
      Object.entries(selector)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    );
    const canary = await pods(`${WORKLOAD_LABEL}=${workload},${TRACK_LABEL}=canary`);
    const names = new Set(canary.map(nameOf));
    const inside = new Set(served.map(nameOf));
    return {
      selector,
      stable: served.filter((pod) => !names.has(nameOf(pod)) && isReady(pod)),
      canary: canary.filter(isReady).sort(byAge),
      admitted: canary.filter((pod) => inside.has(nameOf(pod))),
      present: canary.length > 0,
    };
  }
}

/** How many of the ready canary pods come nearest to a share; at least one where it isn't 0. Pure. */
export function admittedCount(share: number, stable: number, canary: number): number {
  if (share <= 0 || canary === 0) return 0;
  if (share >= 1) return canary;
  const counts = Array.from({ length: canary }, (_, i) => i + 1);
  const distance = (count: number): number => Math.abs(count / (count + stable) - share);
  return counts.reduce((one, other) => (distance(other) < distance(one) - 1e-12 ? other : one));
}

function byAge(a: KubeObject, b: KubeObject): number {
  const age = (pod: KubeObject): string => `${pod.metadata.creationTimestamp ?? ''} ${nameOf(pod)}`;
  return age(a) < age(b) ? -1 : 1;
}

function nameOf(pod: KubeObject): string {
  return pod.metadata.name;
}
