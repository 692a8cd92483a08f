/** Where the users of a workload come in, asked from outside the cluster. */
import { askAt } from '../ask-at.ts';
import type { Ask } from '../target.ts';
import type { KubeSite } from './site.ts';

/**
 * By the address that the router's objects tell; where replicas alone split requests, the Service through the API server,
 * which is as users come. undefined: the cluster doesn't tell.
 */
export async function publicRoute({ router, api, services, stable }: KubeSite): Promise<Ask | undefined> {
  const address = await router.address?.();
  if (address !== undefined) return askAt(address.url, address.host);
  if (router.name !== 'replicas' || services === null) return undefined;
  const { namespace = api.namespace } = stable.ref;
  const service = await api.get({ apiVersion: 'v1', kind: 'Service', name: services.stable, namespace });
  const { ports = [] } = (service?.['spec'] ?? {}) as { ports?: { name?: string; port: number }[] };
  const port = (ports.find(({ name }) => name === 'http') ?? ports[0])?.port;
  if (port === undefined) return undefined;
  return (path, init) => api.proxy({ kind: 'services', namespace, name: services.stable, port }, path, init);
}
