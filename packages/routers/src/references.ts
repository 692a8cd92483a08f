/** Which route objects send requests to a Service, by kind of router. Pure. */
import type { KindRef, KubeObject } from '@sluice/kubernetes/types';
import { leftOutOf } from './traefik-left-out.ts';

export interface Surface {
  /** As input `traffic` names it. */
  traffic: 'gateway-api' | 'istio' | 'traefik' | 'ingress-nginx';
  kinds: readonly KindRef[];
  refers: (object: KubeObject, service: string, namespace: string) => boolean;
}

export const ISTIO_VERSION = 'networking.istio.io/v1';
export const TRAEFIK_VERSION = 'traefik.io/v1alpha1';
export const INGRESS: KindRef = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' };

/** A field's values in lists within lists: `at(spec, 'rules', 'backendRefs')`. */
export function listAt(value: unknown, ...path: readonly string[]): Record<string, unknown>[] {
  let now: unknown[] = [value];
  for (const key of path) now = now.flatMap((each) => (isRecord(each) ? (each[key] ?? []) : []));
  return now.filter(isRecord);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const SURFACES: readonly Surface[] = [
  {
    traffic: 'gateway-api',
    kinds: ['HTTPRoute', 'GRPCRoute'].map((kind) => ({ apiVersion: 'gateway.networking.k8s.io/v1', kind })),
    refers: (object, service, namespace) =>
      listAt(object['spec'], 'rules', 'backendRefs').some(
        (ref) =>
          ref['name'] === service &&
          (ref['kind'] ?? 'Service') === 'Service' &&
          (ref['namespace'] ?? namespace) === namespace,
      ),
  },
  {
    traffic: 'istio',
    kinds: [{ apiVersion: ISTIO_VERSION, kind: 'VirtualService' }],
    refers: (object, service, namespace) =>
      listAt(object['spec'], 'http', 'route', 'destination').some(({ host }) =>
        isHostOf(host, service, namespace),
      ),
  },
  {
    traffic: 'traefik',
    kinds: ['IngressRoute', 'TraefikService'].map((kind) => ({ apiVersion: TRAEFIK_VERSION, kind })),
    refers: (object, service, namespace) =>
      [
        ...listAt(object['spec'], 'routes', 'services'),
        ...listAt(object['spec'], 'weighted', 'services'),
        ...leftOutOf(object).flatMap((list) => list.map(([, service]) => service)),
      ].some(
        (ref) =>
          ref.name === service &&
          (ref.kind ?? 'Service') === 'Service' &&
          (ref.namespace ?? namespace) === namespace,
      ),
  },
  {
    traffic: 'ingress-nginx',
    kinds: [INGRESS],
    refers: (object, service) =>
      [
        ...listAt(object['spec'], 'rules', 'http', 'paths', 'backend', 'service'),
        ...listAt(object['spec'], 'defaultBackend', 'service'),
      ].some(({ name }) => name === service),
  },
];

/** Istio's short and long names of a Service. */
export function isHostOf(host: unknown, service: string, namespace: string): boolean {
  return (
    host === service ||
    [
      `${service}.${namespace}`,
      `${service}.${namespace}.svc`,
      `${service}.${namespace}.svc.cluster.local`,
    ].includes(String(host))
  );
}
