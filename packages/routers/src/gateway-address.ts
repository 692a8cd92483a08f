/** Where a Gateway serves a route, as its status tells it. */
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import type { RouteAddress } from './router.ts';

interface Listener {
  name: string;
  port: number;
  protocol: string;
}

interface ParentRef {
  kind?: string;
  name: string;
  namespace?: string;
  sectionName?: string;
  port?: number;
}

/** The first address of the first Gateway that has one; a TLS listener is asked by the route's host name. */
export async function gatewayAddress(api: KubeApi, route: KubeObject): Promise<RouteAddress | undefined> {
  const { parentRefs = [], hostnames = [] } = (route['spec'] ?? {}) as {
    parentRefs?: ParentRef[];
    hostnames?: string[];
  };
  // `*.example.com` is no name that can be asked.
  const host = hostnames.find((name) => !name.startsWith('*'));
  for (const parent of parentRefs.filter(({ kind = 'Gateway' }) => kind === 'Gateway')) {
    const namespace = parent.namespace ?? route.metadata.namespace;
    const gateway = await api.get({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      name: parent.name,
      ...(namespace === undefined ? {} : { namespace }),
    });
    const { listeners = [] } = (gateway?.['spec'] ?? {}) as { listeners?: Listener[] };
    const { addresses = [] } = (gateway?.['status'] ?? {}) as { addresses?: { value: string }[] };
    const listener = listeners.find(
      ({ name, port, protocol }) =>
        ['HTTP', 'HTTPS'].includes(protocol) &&
        (parent.sectionName === undefined || parent.sectionName === name) &&
        (parent.port === undefined || parent.port === port),
    );
    const value = addresses[0]?.value;
    if (listener === undefined || value === undefined) continue;
    const secure = listener.protocol === 'HTTPS';
    const name = secure && host !== undefined ? host : value.includes(':') ? `[${value}]` : value;
    return { url: `${secure ? 'https' : 'http'}://${name}:${listener.port}`, host };
  }
  return undefined;
}
