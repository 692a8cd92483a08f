/** What the GPU plan is reckoned from. */
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';

export interface ClusterFacts {
  /** undefined: nodes and other namespaces' pods may not be listed (a Role that is least has only its namespace). */
  nodes: KubeObject[] | undefined;
  /** Of all namespaces; of its own where `nodes` is undefined. */
  pods: KubeObject[];
  quotas: KubeObject[];
}

export async function readClusterFacts(api: KubeApi, namespace: string): Promise<ClusterFacts> {
  const own = async (): Promise<KubeObject[]> =>
    await optional(() => api.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace }), []);
  const quotas = await optional(
    () => api.list({ apiVersion: 'v1', kind: 'ResourceQuota' }, { namespace }),
    [],
  );
  const nodes = await optional<KubeObject[] | undefined>(
    () => api.list({ apiVersion: 'v1', kind: 'Node' }),
    undefined,
  );
  const everywhere =
    nodes === undefined
      ? undefined
      : await optional<KubeObject[] | undefined>(() => podsEverywhere(api), undefined);
  return everywhere === undefined
    ? { nodes: undefined, pods: await own(), quotas }
    : { nodes, pods: everywhere, quotas };
}

async function podsEverywhere(api: KubeApi): Promise<KubeObject[]> {
  const namespaces = await api.list({ apiVersion: 'v1', kind: 'Namespace' });
  const pods: KubeObject[] = [];
  for (const { metadata } of namespaces)
    pods.push(...(await api.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: metadata.name })));
  return pods;
}

/** What may not be seen (a ConfigError of the API) is not known, and no reason to stop. */
async function optional<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ConfigError) return otherwise;
    throw error;
  }
}
