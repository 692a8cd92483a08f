/** What a route's gateways can do beyond the core of the Gateway API, as their class tells it. */
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';

const GATEWAY = 'gateway.networking.k8s.io/v1';

interface Parent {
  kind?: string;
  name: string;
  namespace?: string;
}

/**
 * A gateway that doesn't know a filter answers 500 to every request of the rule (the API's own rule for it), and some
 * call the route accepted all the same: so it is asked beforehand.
 *
 * @param share of requests that shall be copied
 * @returns why it can't, with the mend; empty when every gateway says that it can
 */
export async function mirrorFaults(api: KubeApi, route: KubeObject, share: number): Promise<string[]> {
  const { parentRefs = [] } = (route['spec'] ?? {}) as { parentRefs?: Parent[] };
  const wanted = ['HTTPRouteRequestMirror', ...(share < 1 ? ['HTTPRouteRequestPercentageMirror'] : [])];
  const faults: string[] = [];
  for (const parent of parentRefs.filter(({ kind = 'Gateway' }) => kind === 'Gateway')) {
    const { namespace = route.metadata.namespace } = parent;
    const at = namespace === undefined ? {} : { namespace };
    const gateway = await api.get({ apiVersion: GATEWAY, kind: 'Gateway', name: parent.name, ...at });
    const { gatewayClassName = '' } = (gateway?.['spec'] ?? {}) as { gatewayClassName?: string };
    const known = await featuresOf(api, gatewayClassName);
    const missing = wanted.filter((name) => !known.includes(name));
    if (missing.length > 0)
      faults.push(
        `gateway ${parent.name}: its class ${gatewayClassName} does not say that it can copy requests (${missing.join(', ')} in status.supportedFeatures); one that can't would answer 500 to all users. ` +
          'Use a gateway that can, or `probe` with `strategy: blue-green`, which asks both versions without users',
      );
  }
  return faults;
}

/** Names alone (1.0), or objects with a name. */
async function featuresOf(api: KubeApi, name: string): Promise<string[]> {
  const made = await api.get({ apiVersion: GATEWAY, kind: 'GatewayClass', name });
  const { supportedFeatures = [] } = (made?.['status'] ?? {}) as {
    supportedFeatures?: (string | { name: string })[];
  };
  return supportedFeatures.map((feature) => (typeof feature === 'string' ? feature : feature.name));
}
