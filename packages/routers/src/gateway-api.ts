/** `traffic: gateway-api`: HTTPRoutes and GRPCRoutes that send requests to the stable Service or InferencePool. */
import { gatewayAddress } from './gateway-address.ts';
import { mirrorFaults } from './gateway-features.ts';
import { rulesOf } from './gateway-route.ts';
import { observedRoute } from './gateway-status.ts';
import type { RouterContext } from './router.ts';
import type { Dialect } from './weighted-router.ts';

export const GATEWAY_KINDS = ['HTTPRoute', 'GRPCRoute'] as const;
export const GATEWAY_VERSION = 'gateway.networking.k8s.io/v1';

/** @param pool the stable's InferencePool, when routes send requests to it in place of the Service; the canary's is `<pool>-canary` */
export function gatewayDialect(context: RouterContext, pool?: string): Dialect {
  return {
    name: 'gateway-api',
    kinds: GATEWAY_KINDS.map((kind) => ({ apiVersion: GATEWAY_VERSION, kind })),
    pair:
      pool === undefined
        ? { kind: 'Service', stable: context.stableService, canary: context.canaryService }
        : { kind: 'InferencePool', stable: pool, canary: `${pool}-canary` },
    owned: ['spec', 'rules'],
    rules: rulesOf,
    fields: (_, rules) => ({ '/spec/rules': rules }),
    observed: observedRoute,
    address: (route) => gatewayAddress(context.api, route),
    marks: true,
    mirrorFaults: (route, share) => mirrorFaults(context.api, route, share),
  };
}
