/** `traffic: istio`: weights of a VirtualService's HTTP routes (networking.istio.io/v1). Pure. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { without } from '@sluice/kubernetes/without';
import type { BackendRef, RouteRule } from './gateway-route.ts';
import { isHostOf, ISTIO_VERSION } from './references.ts';
import type { RouterContext } from './router.ts';
import type { Dialect } from './weighted-router.ts';

interface Destination {
  host: string;
  subset?: string;
  port?: { number?: number };
}

type Weighed = { destination: Destination; weight?: number } & Record<string, unknown>;
type Http = { route?: Weighed[] } & Record<string, unknown>;
/** What a backend is in the Gateway API's words, with Istio's own beside it. */
type Backend = BackendRef & { own: Weighed };

/**
 * A destination alone takes everything, whatever its weight: 100 is meant. The canary's is the Service of its own, by the
 * host name as the stable's is written; a subset of the stable's DestinationRule means nothing there.
 */
export function istioDialect({ stableService, canaryService, namespace }: RouterContext): Dialect {
  const nameOf = (host: string): string =>
    [stableService, canaryService].find((name) => isHostOf(host, name, namespace)) ?? host;
  const toBackend = (own: Weighed, _: number, all: readonly Weighed[]): Backend => {
    const { host, subset } = own.destination;
    // Two subsets of one host are told apart by pods' labels: which of them is the stable can't be known.
    const alone = all.filter(({ destination }) => destination.host === host).length === 1;
    return {
      name: alone ? nameOf(host) : `${host}/${subset ?? ''}`,
      ...(own.weight === undefined ? {} : { weight: own.weight }),
      own,
    };
  };
  const fromBackend = (backend: Backend): Weighed => {
    const { own, name, weight } = backend;
    const known = nameOf(own.destination.host);
    const destination =
      known === name || name.includes('/')
        ? own.destination
        : { ...without(own.destination, 'subset'), host: own.destination.host.replace(known, () => name) };
    return { ...without(own, 'weight'), destination, ...(weight === undefined ? {} : { weight }) };
  };
  return {
    name: 'istio',
    kinds: [{ apiVersion: ISTIO_VERSION, kind: 'VirtualService' }],
    pair: { kind: 'Service', stable: stableService, canary: canaryService, unsaid: 100 },
    owned: ['spec', 'http'],
    rules: (object) =>
      httpOf(object).map((http) => ({
        ...without(http, 'route'),
        ...(http.route === undefined ? {} : { backendRefs: http.route.map(toBackend) }),
      })),
    fields: (_, rules) => ({
      '/spec/http': rules.map((rule: RouteRule) => ({
        ...without(rule, 'backendRefs'),
        ...(rule.backendRefs === undefined
          ? {}
          : { route: (rule.backendRefs as Backend[]).map(fromBackend) }),
      })),
    }),
    marks: false,
  };
}

function httpOf(object: KubeObject): Http[] {
  return ((object['spec'] ?? {}) as { http?: Http[] }).http ?? [];
}
