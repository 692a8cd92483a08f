/** One contestant's place in the lab: a namespace, a route by Traefik that weighs, users who stream, and a look at what is so. */
import { connect } from '@sluice/kubernetes/connect';
import type { KubeApi } from '@sluice/kubernetes/types';
import { plainLogger } from '@sluice/runtime/logger';
import type { Lab } from '../../e2e/lab/lab.ts';
import { TRAEFIK_SERVICE } from '../../e2e/lab/objects.ts';

/** Each of them has its new version behind a Service of this name. */
export const CANARY_SERVICE = 'llm-canary';

export interface Scene {
  lab: Lab;
  namespace: string;
  api: KubeApi;
  /** For files. */
  folder: string;
}

export async function openScene(lab: Lab, namespace: string, folder: string): Promise<Scene> {
  const signal = new AbortController().signal;
  const api = await connect({
    kubeconfig: lab.kubeconfig,
    namespace,
    log: plainLogger(() => undefined),
    signal,
  });
  return { lab, namespace, api, folder };
}

interface Weighted {
  weighted?: { services?: { name: string; weight?: number }[] };
}

/** The new version's share of requests as the route says it, 0 to 1; undefined while there is no route. */
export async function shareOf({ api }: Scene): Promise<number | undefined> {
  const spec = (await api.get(TRAEFIK_SERVICE))?.['spec'] as Weighted | undefined;
  const services = spec?.weighted?.services;
  if (services === undefined) return undefined;
  const weight = (wanted: (name: string) => boolean): number =>
    services.filter(({ name }) => wanted(name)).reduce((sum, each) => sum + (each.weight ?? 1), 0);
  const total = weight(() => true);
  return total === 0 ? 0 : weight((name) => name === CANARY_SERVICE) / total;
}

/**
 * PromQL: the share of answers that are none of empty, looping, refused. It is what our own rules `empty_rate`, `loop_rate`
 * and `error_rate` read, in the shape that a peer's analysis wants.
 *
 * @param pods regular expression of the new version's pods
 * @param window such as `5m`, or the peer's own placeholder
 */
export function goodShare(namespace: string, pods: string, window: string): string {
  const of = (metric: string): string =>
    `sum(rate(${metric}{namespace="${namespace}",pod=~"${pods}"}[${window}]))`;
  return `1 - (${of('sluice_answers_total')} or vector(0)) / ${of('sluice_requests_total')}`;
}
