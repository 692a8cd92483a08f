/**
 * Services of weight 0 stand in an annotation and not in Traefik's lists. Its CRD provider drops a whole route for one Service
 * without endpoints, whatever its weight (pkg/provider/kubernetes/crd, `allowEmptyServices` is false by default), and each side
 * of a rollout is without pods for a while. Pure.
 */
import type { KubeObject } from '@sluice/kubernetes/types';
import type { BackendRef } from './gateway-route.ts';

export const LEFT_OUT = 'sluice/left-out';

/** A service, and where it stood in its list. */
export type LeftOut = [at: number, service: BackendRef];

/** By the place of its list in the object. */
export function leftOutOf({ metadata }: KubeObject): LeftOut[][] {
  const kept = metadata.annotations?.[LEFT_OUT];
  if (kept === undefined) return [];
  try {
    const lists = JSON.parse(kept) as unknown;
    return Array.isArray(lists)
      ? lists.map((list: unknown) => (Array.isArray(list) ? list.filter(isLeftOut) : []))
      : [];
  } catch {
    return [];
  }
}

function isLeftOut(value: unknown): value is LeftOut {
  const [at, service] = Array.isArray(value) ? (value as unknown[]) : [];
  return (
    typeof at === 'number' &&
    typeof service === 'object' &&
    service !== null &&
    typeof (service as { name?: unknown }).name === 'string'
  );
}

/** What the annotation has to hold; null: nothing is left out. */
export function leftOutText(lists: readonly (readonly BackendRef[])[]): string | null {
  const left = lists.map((services) =>
    services.flatMap((service, at): LeftOut[] => (service.weight === 0 ? [[at, service]] : [])),
  );
  return left.every((list) => list.length === 0) ? null : JSON.stringify(left);
}

/** Each at its place; one that somebody wrote back meanwhile stands once. */
export function withLeftOut(services: readonly BackendRef[], left: readonly LeftOut[]): BackendRef[] {
  const all = [...services];
  const same = (a: BackendRef, b: BackendRef): boolean => a.name === b.name && a.port === b.port;
  for (const [at, service] of left)
    if (!services.some((there) => same(there, service))) all.splice(at, 0, service);
  return all;
}
