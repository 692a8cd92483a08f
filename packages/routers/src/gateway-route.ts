/** HTTPRoute and GRPCRoute (gateway.networking.k8s.io/v1): where a canary stands in the rules, and its weight. Pure. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { without } from '@sluice/kubernetes/without';
import { sameJson } from '@sluice/kubernetes/same-json';
import { splitWeight } from './weights.ts';

export interface BackendRef {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
  port?: number;
  /** Default 1. */
  weight?: number;
  filters?: unknown[];
}

export interface RouteRule {
  name?: string;
  matches?: Record<string, unknown>[];
  filters?: RouteFilter[];
  backendRefs?: BackendRef[];
  [field: string]: unknown;
}

export type RouteFilter = { type: string } & Record<string, unknown>;

/** The two backends of a rollout: Services, or InferencePools (one pool and endpoint picker per version). */
export interface Pair {
  kind: 'Service' | 'InferencePool';
  stable: string;
  canary: string;
  /** The weight of a backend that says none; default 1. */
  unsaid?: number;
}

/** Keeps the weights as they were before us: they come back with `withoutCanary`, whoever runs it. */
export const BEFORE = 'sluice/weights-before';
const POOL_GROUP = 'inference.networking.k8s.io';

export function rulesOf(route: KubeObject): RouteRule[] {
  const { rules } = (route['spec'] ?? {}) as { rules?: RouteRule[] };
  return rules ?? [];
}

/** Whether a reference means this backend; one of another namespace is somebody else's. */
export function refersTo(
  ref: BackendRef,
  kind: Pair['kind'],
  name: string,
  namespace: string | undefined,
): boolean {
  const group = ref.group ?? '';
  const groups = kind === 'Service' ? ['', 'core'] : [POOL_GROUP, 'inference.networking.x-k8s.io'];
  return (
    ref.name === name &&
    (ref.kind ?? 'Service') === kind &&
    groups.includes(group) &&
    (ref.namespace === undefined || ref.namespace === namespace)
  );
}

interface Place {
  rule: RouteRule;
  index: number;
  stable: BackendRef;
  canary: BackendRef | undefined;
}

/** The rules that send requests to the stable. */
export function placesOf(route: KubeObject, pair: Pair): Place[] {
  const { namespace } = route.metadata;
  return rulesOf(route).flatMap((rule, index) => {
    const stable = rule.backendRefs?.find((ref) => refersTo(ref, pair.kind, pair.stable, namespace));
    const canary = rule.backendRefs?.find((ref) => refersTo(ref, pair.kind, pair.canary, namespace));
    return stable === undefined ? [] : [{ rule, index, stable, canary }];
  });
}

/** The highest share that a rule gives to the canary, of what goes to both; undefined when it stands in no rule. */
export function shareOf(route: KubeObject, pair: Pair): number | undefined {
  const shares = placesOf(route, pair).flatMap(({ stable, canary }) => {
    if (canary === undefined) return [];
    const all = weightIn(stable, pair) + weightIn(canary, pair);
    return [all === 0 ? 0 : weightIn(canary, pair) / all];
  });
  return shares.length === 0 ? undefined : Math.max(...shares);
}

export function weightIn({ weight }: BackendRef, { unsaid = 1 }: Pair): number {
  return weight ?? unsaid;
}

/** One rule's weights before us, by backend; null where none was written. */
interface Before {
  rule: number;
  weights: Record<string, number | null>;
}

/** What stands under BEFORE once a canary is in; what is kept already stays. */
export function weightsBefore(route: KubeObject, pair: Pair): string {
  const kept = route.metadata.annotations?.[BEFORE];
  if (kept !== undefined) return kept;
  const rules = placesOf(route, pair)
    .filter(({ canary }) => canary === undefined)
    .map(({ rule, index }): Before => ({ rule: index, weights: weightsIn(rule) }));
  return JSON.stringify(rules);
}

function weightsIn(rule: RouteRule): Record<string, number | null> {
  return Object.fromEntries((rule.backendRefs ?? []).map((ref) => [keyOf(ref), ref.weight ?? null]));
}

function keyOf({ kind, namespace, name, port }: BackendRef): string {
  return [kind ?? 'Service', namespace ?? '', name, port ?? ''].join('/');
}

function beforeOf(route: KubeObject, place: Pick<Place, 'rule' | 'index'>, pair: Pair): Before | undefined {
  const kept = route.metadata.annotations?.[BEFORE];
  if (kept === undefined) return undefined;
  let all: Before[];
  try {
    all = JSON.parse(kept) as Before[];
    if (!Array.isArray(all)) return undefined;
  } catch {
    return undefined;
  }
  const { namespace } = route.metadata;
  const names = (place.rule.backendRefs ?? [])
    .filter((ref) => !refersTo(ref, pair.kind, pair.canary, namespace))
    .map(keyOf)
    .sort();
  const fits = (one: Before): boolean => sameJson(Object.keys(one.weights).sort(), names);
  return all.find((one) => one.rule === place.index && fits(one)) ?? all.find(fits);
}

/**
 * The rules with this share for the canary, in every rule that sends requests to the stable; the others' part of the
 * traffic stays as it was.
 *
 * @returns undefined where a rule's weights can't be divided (`canDivide` tells it beforehand)
 */
export function withShare(route: KubeObject, pair: Pair, share: number): RouteRule[] | undefined {
  const rules = rulesOf(route).slice();
  const { namespace } = route.metadata;
  for (const place of placesOf(route, pair)) {
    const { rule, index, stable, canary } = place;
    const before = beforeOf(route, place, pair)?.weights;
    const weightOf = (ref: BackendRef): number =>
      before?.[keyOf(ref)] ?? (before ? (pair.unsaid ?? 1) : weightIn(ref, pair));
    const others = (rule.backendRefs ?? []).filter((ref) => ref !== stable && ref !== canary);
    const weight = before ? weightOf(stable) : weightIn(stable, pair) + (canary?.weight ?? 0);
    const split = splitWeight(Math.max(weight, 1), share, Math.max(0, ...others.map(weightOf)));
    if (split === undefined) return undefined;
    const weighed = (rule.backendRefs ?? []).map((ref): BackendRef => {
      if (refersTo(ref, pair.kind, pair.stable, namespace)) return { ...ref, weight: split.stable };
      if (refersTo(ref, pair.kind, pair.canary, namespace)) return { ...ref, weight: split.canary };
      return split.factor === 1 && ref.weight === undefined
        ? ref
        : { ...ref, weight: weightOf(ref) * split.factor };
    });
    rules[index] = {
      ...rule,
      backendRefs: canary === undefined ? [...weighed, canaryRef(stable, pair, split.canary)] : weighed,
    };
  }
  return rules;
}

/** The stable's reference, filters and all, by another name. */
export function canaryRef(stable: BackendRef, pair: Pair, weight: number): BackendRef {
  return { ...stable, name: pair.canary, weight };
}

/** The rules as they were before the canary, weights too; rules of its own are gone. */
export function withoutCanary(route: KubeObject, pair: Pair): RouteRule[] {
  const { namespace } = route.metadata;
  const ours = (ref: BackendRef): boolean => refersTo(ref, pair.kind, pair.canary, namespace);
  const places = new Map(placesOf(route, pair).map((place) => [place.index, place]));
  return rulesOf(route).flatMap((rule, index) => {
    if (isPreview(rule, ours)) return [];
    const place = places.get(index);
    const unmirrored = withoutMirror(rule, pair);
    if (place?.canary === undefined) return [unmirrored];
    const before = beforeOf(route, place, pair)?.weights;
    const total = weightIn(place.stable, pair) + weightIn(place.canary, pair);
    const backendRefs = (rule.backendRefs ?? [])
      .filter((ref) => !ours(ref))
      .map((ref): BackendRef => {
        const bare = without(ref, 'weight');
        const was = before?.[keyOf(ref)];
        if (before !== undefined) return was === null || was === undefined ? bare : { ...bare, weight: was };
        return ref === place.stable ? { ...bare, weight: total } : ref;
      });
    return [{ ...unmirrored, backendRefs }];
  });
}

/** A rule that only marked requests take (`withPreview`). */
export function isPreview(rule: RouteRule, ours: (ref: BackendRef) => boolean): boolean {
  const marked = rule.matches?.some(({ headers }) => headers !== undefined) ?? false;
  return marked && rule.backendRefs?.length === 1 && rule.backendRefs.every(ours);
}

/** The rule without a copy of its requests for the canary. */
export function withoutMirror(rule: RouteRule, pair: Pair): RouteRule {
  if (rule.filters === undefined) return rule;
  const { filters, ...bare } = rule;
  const left = filters.filter((filter) => {
    const { backendRef } = (filter['requestMirror'] ?? {}) as { backendRef?: BackendRef };
    return backendRef?.name !== pair.canary;
  });
  return left.length === 0 ? bare : { ...bare, filters: left };
}
