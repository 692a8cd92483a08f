/** Rules of a Gateway API route beside the weights: marked requests to the canary alone, and copies for it. Pure. */
import type { KubeObject } from '@sluice/kubernetes/types';
import type { BackendRef, Pair, RouteRule } from './gateway-route.ts';
import { canaryRef, isPreview, placesOf, refersTo, rulesOf, withoutMirror } from './gateway-route.ts';
import { without } from '@sluice/kubernetes/without';
import type { RequestMark } from './router.ts';

/** A rule of its own before each that serves the stable: with the mark, all requests go to the canary. */
export function withPreview(route: KubeObject, pair: Pair, mark: RequestMark | undefined): RouteRule[] {
  const { namespace } = route.metadata;
  const ours = (ref: BackendRef): boolean => refersTo(ref, pair.kind, pair.canary, namespace);
  const places = new Map(placesOf(route, pair).map((place) => [place.index, place]));
  return rulesOf(route).flatMap((rule, index) => {
    if (isPreview(rule, ours)) return [];
    const place = places.get(index);
    if (place === undefined || mark === undefined) return [rule];
    const header = headerMatch(mark);
    const matches = (rule.matches ?? [{}]).map((match) => ({
      ...match,
      headers: [...((match['headers'] ?? []) as unknown[]), header],
    }));
    // A rule's name is unique in its route.
    const bare = without(withoutMirror(rule, pair), 'name');
    return [{ ...bare, matches, backendRefs: [canaryRef(place.stable, pair, 1)] }, rule];
  });
}

/** Gateway API knows no cookies: their header is matched, as a whole or between semicolons. */
function headerMatch(mark: RequestMark): Record<string, string> {
  if ('header' in mark) return { type: 'Exact', name: mark.header, value: mark.value };
  const text = `${mark.cookie}=${mark.value}`.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return { type: 'RegularExpression', name: 'Cookie', value: `^(.*; ?)?${text}(;.*)?$` };
}

/** Each rule of the stable copies this share of its requests to the canary. */
export function withMirror(route: KubeObject, pair: Pair, share: number): RouteRule[] {
  const places = new Map(placesOf(route, pair).map((place) => [place.index, place]));
  return rulesOf(route).map((rule, index) => {
    const place = places.get(index);
    const bare = withoutMirror(rule, pair);
    if (place === undefined || share <= 0) return bare;
    const backendRef = without(canaryRef(place.stable, pair, 1), 'weight', 'filters');
    const requestMirror = {
      backendRef,
      ...(share < 1
        ? { fraction: { numerator: Math.max(Math.round(share * 10_000), 1), denominator: 10_000 } }
        : {}),
    };
    return { ...bare, filters: [...(bare.filters ?? []), { type: 'RequestMirror', requestMirror }] };
  });
}
