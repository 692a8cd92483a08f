/** The EndpointSlice controller: which pods a Service sends requests to. One slice a Service. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { isDeepStrictEqual } from 'node:util';
import { isReady, ownerReference, specOf, statusOf, type World } from './world.ts';

const SLICE = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };

interface Port {
  name?: string;
  protocol?: string;
  port: number;
  targetPort?: number | string;
}

export function reconcileEndpointSlices(world: World): void {
  const pods = world.list('v1', 'Pod');
  const slices = world.list(SLICE.apiVersion, SLICE.kind);
  for (const service of world.list('v1', 'Service')) {
    const { selector, ports = [] } = specOf(service) as { selector?: Record<string, string>; ports?: Port[] };
    if (selector === undefined) continue;
    const { name, namespace = '' } = service.metadata;
    const chosen = pods.filter(
      ({ metadata }) =>
        metadata.namespace === namespace &&
        Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value),
    );
    const content = {
      addressType: 'IPv4',
      endpoints: chosen.filter((pod) => statusOf(pod)['podIP'] !== undefined).map(endpointOf),
      ports: ports.map((port) => ({
        name: port.name ?? '',
        protocol: port.protocol ?? 'TCP',
        port: numberOf(port, chosen),
      })),
    };
    const there = slices.find(
      ({ metadata }) => metadata.name === `${name}-emulator` && metadata.namespace === namespace,
    );
    if (there === undefined) {
      world.create({
        ...SLICE,
        metadata: {
          name: `${name}-emulator`,
          namespace,
          labels: { ...service.metadata.labels, 'kubernetes.io/service-name': name },
          ownerReferences: ownerReference(service) ?? [],
        },
        ...content,
      });
    } else if (!isDeepStrictEqual({ ...there, ...content }, there)) {
      world.save({ ...there, ...content });
    }
  }
}

function endpointOf(pod: KubeObject): object {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const terminating = deletionTimestamp !== undefined;
  const serving = isReady(pod);
  return {
    addresses: [statusOf(pod)['podIP']],
    conditions: { ready: serving && !terminating, serving, terminating },
    targetRef: { kind: 'Pod', name, namespace, uid },
  };
}

/** A port named by its container's is that one's number. */
function numberOf({ port, targetPort = port }: Port, pods: readonly KubeObject[]): number {
  if (typeof targetPort === 'number') return targetPort;
  const containers = pods.flatMap(
    (pod) => (specOf(pod)['containers'] ?? []) as { ports?: { name?: string; containerPort: number }[] }[],
  );
  const named = containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === targetPort);
  return named?.containerPort ?? port;
}
