/** Whether the gateways have taken a route as it is now (`status.parents` of the Gateway API). Pure. */
import type { KubeObject } from '@sluice/kubernetes/types';

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  observedGeneration?: number;
}

interface ParentStatus {
  parentRef?: { name?: string; namespace?: string };
  controllerName?: string;
  conditions?: Condition[];
}

export interface Observed {
  /** true: every gateway that serves the route has resolved what it is now. */
  done: boolean;
  /** What is missing, in the gateway's own words. */
  why: string;
  /** A gateway among them says so before it serves it. */
  early?: boolean;
}

/**
 * Traefik writes the status while it reads the objects, and serves them when its throttle lets go, 2 s after the change before
 * (`providers.providersThrottleDuration`).
 */
const EARLY = ['traefik.io/gateway-controller'];

const NEEDED = ['Accepted', 'ResolvedRefs'];

/** A parent that never accepted the route doesn't count, if another did. */
export function observedRoute(route: KubeObject): Observed {
  const parents = ((route['status'] ?? {}) as { parents?: ParentStatus[] }).parents ?? [];
  if (parents.length === 0) return { done: false, why: 'no gateway has taken it (status.parents is empty)' };
  const generation = route.metadata.generation ?? 0;
  const late = parents.filter(
    ({ conditions }) =>
      !NEEDED.every((type) =>
        conditions?.some((one) => one.type === type && (one.observedGeneration ?? 0) >= generation),
      ),
  );
  if (late.length > 0)
    return { done: false, why: `${late.map(nameOf).join(', ')} has not observed generation ${generation}` };
  const serving = parents.filter((parent) => stands(parent, 'Accepted'));
  const broken = (serving.length > 0 ? serving : parents).flatMap((parent) =>
    NEEDED.filter((type) => !stands(parent, type)).map((type) => `${nameOf(parent)}: ${told(parent, type)}`),
  );
  const early = serving.some(({ controllerName = '' }) => EARLY.includes(controllerName));
  return { done: broken.length === 0, why: broken.join('; '), ...(early ? { early } : {}) };
}

function stands({ conditions }: ParentStatus, type: string): boolean {
  return conditions?.some((one) => one.type === type && one.status === 'True') ?? false;
}

function told({ conditions }: ParentStatus, type: string): string {
  const found = conditions?.find((one) => one.type === type);
  return `${type} is ${found?.status ?? 'unknown'} (${found?.reason ?? 'no reason'}: ${found?.message ?? ''})`;
}

function nameOf({ parentRef, controllerName }: ParentStatus): string {
  return `gateway ${parentRef?.name ?? '?'} (${controllerName ?? 'unknown controller'})`;
}
