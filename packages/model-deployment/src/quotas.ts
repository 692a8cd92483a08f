/** ResourceQuotas against pods that come on top. Pure. */
import type { KubeObject } from '@sluice/kubernetes/types';
import type { Resources } from './quantities.ts';
import { add, resourcesOf } from './quantities.ts';
import { requestsOf } from './scheduling.ts';

/**
 * The first quota that `count` more pods would exceed, with its numbers; those with scopes (priority classes and the like)
 * are left to the API server.
 *
 * @param gone of a pod that ends for each that comes
 */
export function quotaFault(
  quotas: readonly KubeObject[],
  pod: Record<string, unknown>,
  count: number,
  gone?: Record<string, unknown>,
): string | undefined {
  const asked = gone === undefined ? counted(pod) : add(counted(pod), counted(gone), -1);
  for (const { metadata, ...quota } of quotas) {
    const { scopes, scopeSelector } = (quota['spec'] ?? {}) as { scopes?: unknown; scopeSelector?: unknown };
    if (scopes !== undefined || scopeSelector !== undefined) continue;
    const { hard, used } = (quota['status'] ?? {}) as { hard?: unknown; used?: unknown };
    const [limits, taken] = [resourcesOf(hard), resourcesOf(used)];
    for (const [name, limit] of Object.entries(limits)) {
      const more = (asked[name] ?? 0) * count;
      if (more > 0 && (taken[name] ?? 0) + more > limit + 1e-9)
        return `ResourceQuota ${metadata.name} allows ${limit} ${name}, ${taken[name] ?? 0} are used, and ${count} more pod${count === 1 ? '' : 's'} need${count === 1 ? 's' : ''} ${more}`;
    }
  }
  return undefined;
}

/** As quotas name what a pod takes. */
function counted(spec: Record<string, unknown>): Resources {
  const requests = requestsOf(spec);
  const limits = requestsOf({
    ...spec,
    containers: limitsOnly(spec['containers']),
    initContainers: limitsOnly(spec['initContainers']),
  });
  const named: Resources = { pods: 1, 'count/pods': 1 };
  for (const [name, value] of Object.entries(requests)) named[`requests.${name}`] = value;
  for (const [name, value] of Object.entries(limits)) named[`limits.${name}`] = value;
  for (const name of ['cpu', 'memory']) named[name] = requests[name] ?? 0;
  return named;
}

function limitsOnly(containers: unknown): unknown[] {
  return ((containers ?? []) as { resources?: { limits?: unknown } }[]).map((each) => ({
    ...each,
    resources: { limits: each.resources?.limits },
  }));
}
