/** A Gateway controller: says of each HTTPRoute that it has seen this generation, and whether its backends are there. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { specOf, statusOf, type World } from './world.ts';

export function reconcileRoutes(world: World): void {
  for (const route of world.list('gateway.networking.k8s.io/v1', 'HTTPRoute')) {
    const { generation, namespace = '', uid = '' } = route.metadata;
    const parents = (specOf(route)['parentRefs'] ?? []) as object[];
    const missing = backendsOf(route).filter(
      (name) =>
        !world
          .list('v1', 'Service')
          .some(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
    );
    const wanted = parents.map((parentRef) => ({
      parentRef,
      controllerName: 'emulator.example/gateway-controller',
      conditions: [
        { type: 'Accepted', status: 'True', reason: 'Accepted', observedGeneration: generation },
        missing.length === 0
          ? { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', observedGeneration: generation }
          : {
              type: 'ResolvedRefs',
              status: 'False',
              reason: 'BackendNotFound',
              message: `Service "${missing.join(', ')}" not found`,
              observedGeneration: generation,
            },
      ],
    }));
    if (JSON.stringify(statusOf(route)['parents']) === JSON.stringify(wanted)) continue;
    if (world.passed(`${uid}/${generation}`, world.options.routeMs ?? 10))
      world.setStatus(route, { parents: wanted });
  }
}

function backendsOf(route: KubeObject): string[] {
  const rules = (specOf(route)['rules'] ?? []) as { backendRefs?: { name: string; kind?: string }[] }[];
  const refs = rules.flatMap(({ backendRefs = [] }) => backendRefs);
  return refs.filter(({ kind = 'Service' }) => kind === 'Service').map(({ name }) => name);
}
