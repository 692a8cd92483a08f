/** `traffic: traefik`: weights of an IngressRoute's services, and of a TraefikService's (traefik.io/v1alpha1). Pure. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { without } from '@sluice/kubernetes/without';
import type { BackendRef, RouteRule } from './gateway-route.ts';
import { TRAEFIK_VERSION } from './references.ts';
import type { RouterContext } from './router.ts';
import { LEFT_OUT, leftOutOf, leftOutText, withLeftOut, type LeftOut } from './traefik-left-out.ts';
import type { Dialect } from './weighted-router.ts';

/** A service in Traefik's words has the fields that a backend has in the Gateway API's: name, namespace, kind, port, weight. */
interface Weighted {
  services?: BackendRef[];
  [field: string]: unknown;
}

interface Spec {
  routes?: Weighted[];
  weighted?: Weighted;
}

/** Traefik tells nobody which configuration it has taken. */
export function traefikDialect({ stableService, canaryService }: RouterContext): Dialect {
  return {
    name: 'traefik',
    kinds: ['IngressRoute', 'TraefikService'].map((kind) => ({ apiVersion: TRAEFIK_VERSION, kind })),
    pair: { kind: 'Service', stable: stableService, canary: canaryService },
    owned: ['spec'],
    rules: (object) => {
      const left = leftOutOf(object);
      return listsOf(object).map((list, index) => toRule(list, left[index] ?? []));
    },
    annotations: (rules) => ({ [LEFT_OUT]: leftOutText(rules.map(({ backendRefs = [] }) => backendRefs)) }),
    fields: (object, rules): Record<string, unknown> =>
      object.kind === 'TraefikService'
        ? { '/spec/weighted': rules[0] === undefined ? undefined : fromRule(rules[0]) }
        : { '/spec/routes': rules.map(fromRule) },
    marks: false,
  };
}

function listsOf(object: KubeObject): Weighted[] {
  const { routes, weighted } = (object['spec'] ?? {}) as Spec;
  if (object.kind === 'TraefikService') return weighted === undefined ? [] : [weighted];
  return routes ?? [];
}

function toRule(list: Weighted, left: readonly LeftOut[]): RouteRule {
  return {
    ...without(list, 'services'),
    ...(list.services === undefined ? {} : { backendRefs: withLeftOut(list.services, left) }),
  };
}

function fromRule(rule: RouteRule): Weighted {
  return {
    ...without(rule, 'backendRefs'),
    ...(rule.backendRefs === undefined
      ? {}
      : { services: rule.backendRefs.filter(({ weight }) => weight !== 0) }),
  };
}
