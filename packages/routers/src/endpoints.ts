/** Which pods a Service sends requests to at this moment. */
import type { KubeApi } from '@sluice/kubernetes/types';

interface Endpoint {
  targetRef?: { kind?: string; name?: string };
  /** Absent counts as ready. */
  conditions?: { ready?: boolean };
}

/** Names of the pods in the Service's EndpointSlices that take requests. */
export async function servedPods(api: KubeApi, namespace: string, service: string): Promise<Set<string>> {
  const slices = await api.list(
    { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
    { namespace, labelSelector: `kubernetes.io/service-name=${service}` },
  );
  const endpoints = slices.flatMap((slice) => (slice['endpoints'] ?? []) as Endpoint[]);
  return new Set(
    endpoints
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ targetRef }) => (targetRef?.kind === 'Pod' ? (targetRef.name ?? []) : [])),
  );
}
