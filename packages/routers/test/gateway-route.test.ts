import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '@sluice/kubernetes/types';
import { operationsFor } from '@sluice/kubernetes/change-object';
import { withMirror, withPreview } from '../src/gateway-marks.ts';
import type { BackendRef, Pair, RouteRule } from '../src/gateway-route.ts';
import {
  BEFORE,
  placesOf,
  rulesOf,
  shareOf,
  weightsBefore,
  withoutCanary,
  withShare,
} from '../src/gateway-route.ts';
import { observedRoute } from '../src/gateway-status.ts';

const PAIR: Pair = { kind: 'Service', stable: 'llm', canary: 'llm-canary' };
const POOLS: Pair = { kind: 'InferencePool', stable: 'llm', canary: 'llm-canary' };

function route(rules: RouteRule[], annotations?: Record<string, string>): KubeObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'llm', namespace: 'ml', generation: 3, ...(annotations ? { annotations } : {}) },
    spec: { rules },
  };
}

/** The rollout as the router drives it: weights kept, then this share. */
function shared(object: KubeObject, share: number, pair = PAIR): KubeObject {
  const annotations = { ...object.metadata.annotations, [BEFORE]: weightsBefore(object, pair) };
  return route(withShare(object, pair, share) ?? [], annotations);
}

const weights = (object: KubeObject): (number | undefined)[][] =>
  rulesOf(object).map(({ backendRefs = [] }) => backendRefs.map(({ weight }) => weight));

const PATH = { matches: [{ path: { type: 'PathPrefix', value: '/v1' } }] };
const LLM: BackendRef = { kind: 'Service', group: '', name: 'llm', port: 80 };

describe('weights of a route', () => {
  test('every rule of the stable is divided, others stay as they are, and all comes back', () => {
    const rules = [
      { ...PATH, backendRefs: [{ ...LLM, weight: 1 }] },
      { backendRefs: [{ name: 'docs', port: 80 }] },
      { name: 'chat', backendRefs: [LLM, { name: 'batch', port: 80, weight: 3 }] },
    ];
    const before = route(rules);
    const zero = shared(before, 0);
    expect(weights(zero)).toEqual([[1, 0], [undefined], [1, 3, 0]]);
    expect(shareOf(zero, PAIR)).toBe(0);
    const five = shared(zero, 0.05);
    // batch keeps three quarters of its rule.
    expect(weights(five)).toEqual([[95, 5], [undefined], [95, 300, 5]]);
    expect(shareOf(five, PAIR)).toBe(0.05);
    const all = shared(five, 1);
    expect(weights(all)).toEqual([[0, 1], [undefined], [0, 3, 1]]);
    expect(rulesOf(all)[0]?.backendRefs?.[1]).toEqual({ ...LLM, name: 'llm-canary', weight: 1 });
    expect(withoutCanary(all, PAIR)).toEqual(rules);
    expect(withoutCanary(before, PAIR)).toEqual(rules);
  });

  test('what was kept at first is kept, and a rule that has moved meanwhile finds its own', () => {
    const first = route([{ backendRefs: [{ ...LLM, weight: 7 }] }]);
    const half = shared(first, 0.5);
    expect(shared(half, 0.1).metadata.annotations).toEqual(half.metadata.annotations);
    const moved = route([{ backendRefs: [{ name: 'new', port: 1 }] }, ...rulesOf(half)], {
      ...half.metadata.annotations,
    });
    expect(withoutCanary(moved, PAIR)[1]?.backendRefs).toEqual([{ ...LLM, weight: 7 }]);
  });

  test('without what was kept, the stable gets the sum', () => {
    const lost = route([
      {
        backendRefs: [
          { ...LLM, weight: 60 },
          { ...LLM, name: 'llm-canary', weight: 40 },
        ],
      },
    ]);
    expect(shareOf(lost, PAIR)).toBe(0.4);
    expect(withoutCanary(lost, PAIR)).toEqual([{ backendRefs: [{ ...LLM, weight: 100 }] }]);
    expect(weights(route(withShare(lost, PAIR, 0.25) ?? []))).toEqual([[75, 25]]);
    expect(withoutCanary(route(rulesOf(lost), { [BEFORE]: 'no JSON' }), PAIR)).toEqual([
      { backendRefs: [{ ...LLM, weight: 100 }] },
    ]);
  });

  test.each([
    ['a Service of another namespace', { name: 'llm', namespace: 'other' }, 0],
    ['the same namespace, written out', { name: 'llm', namespace: 'ml' }, 1],
    [
      'a pool of the same name',
      { kind: 'InferencePool', group: 'inference.networking.k8s.io', name: 'llm' },
      0,
    ],
  ])('%s', (_, ref, places) => {
    expect(placesOf(route([{ backendRefs: [ref] }]), PAIR)).toHaveLength(places);
  });

  test('InferencePools carry weights too', () => {
    const pool = { group: 'inference.networking.k8s.io', kind: 'InferencePool', name: 'llm' };
    const divided = withShare(route([{ backendRefs: [pool] }]), POOLS, 0.2);
    expect(divided).toEqual([
      {
        backendRefs: [
          { ...pool, weight: 80 },
          { ...pool, name: 'llm-canary', weight: 20 },
        ],
      },
    ]);
  });

  test('the patch holds only if the rules are as they were read', () => {
    const before = route([{ backendRefs: [LLM] }], { [BEFORE]: '[]' });
    const rules = withShare(before, PAIR, 0.1);
    expect(operationsFor(before, { fields: { '/spec/rules': rules } })).toEqual([
      { op: 'test', path: '/spec/rules', value: rulesOf(before) },
      { op: 'replace', path: '/spec/rules', value: rules },
    ]);
    expect(operationsFor(before, { fields: { '/spec/rules': rulesOf(before) } })).toEqual([]);
    const bare = { ...before, metadata: { name: 'llm', resourceVersion: '9' } };
    expect(operationsFor(bare, { fields: {}, annotations: { 'a/b': 'x', gone: null } })).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '9' },
      { op: 'add', path: '/metadata/annotations', value: {} },
      { op: 'add', path: '/metadata/annotations/a~1b', value: 'x' },
    ]);
  });
});

describe('rules of our own', () => {
  const object = route([{ name: 'chat', ...PATH, backendRefs: [LLM] }, { backendRefs: [{ name: 'docs' }] }]);
  const first = (marked: RouteRule[]): unknown => marked[0]?.matches?.[0]?.['headers'];

  test('a header', () => {
    const marked = withPreview(object, PAIR, { header: 'x-preview', value: 'v2' });
    expect(marked[0]).toEqual({
      matches: [{ ...PATH.matches[0], headers: [{ type: 'Exact', name: 'x-preview', value: 'v2' }] }],
      backendRefs: [{ ...LLM, name: 'llm-canary', weight: 1 }],
    });
    expect(marked.slice(1)).toEqual(rulesOf(object));
    const again = withPreview(route(marked), PAIR, { header: 'x-preview', value: 'v3' });
    expect(again).toHaveLength(3);
    expect(first(again)).toEqual([{ type: 'Exact', name: 'x-preview', value: 'v3' }]);
    expect(withPreview(route(again), PAIR, undefined)).toEqual(rulesOf(object));
    expect(withoutCanary(route(again), PAIR)).toEqual(rulesOf(object));
    expect(placesOf(route(again), PAIR)).toHaveLength(1);
  });

  test.each([
    ['group=b', true],
    ['a=1; group=b; z=2', true],
    ['a=1;group=b', true],
    ['group=bb', false],
    ['mygroup=b', false],
    ['a=group=b', false],
  ])('a cookie: %s', (cookie, matches) => {
    const [header] = first(withPreview(object, PAIR, { cookie: 'group', value: 'b' })) as { value: string }[];
    expect(new RegExp(header?.value ?? '').test(cookie)).toBe(matches);
  });

  test('copies', () => {
    const copied = withMirror(object, PAIR, 0.25);
    expect(copied[0]?.filters).toEqual([
      {
        type: 'RequestMirror',
        requestMirror: {
          backendRef: { ...LLM, name: 'llm-canary' },
          fraction: { numerator: 2500, denominator: 10_000 },
        },
      },
    ]);
    expect(copied[1]).toEqual(rulesOf(object)[1]);
    expect(withMirror(route(copied), PAIR, 0)).toEqual(rulesOf(object));
    expect(withoutCanary(route(withMirror(route(copied), PAIR, 1)), PAIR)).toEqual(rulesOf(object));
  });
});

describe('observedRoute', () => {
  const conditions = (accepted: string, resolved: string, observedGeneration = 3) => [
    { type: 'Accepted', status: accepted, reason: 'R', message: 'm', observedGeneration },
    {
      type: 'ResolvedRefs',
      status: resolved,
      reason: 'BackendNotFound',
      message: 'Service llm-canary',
      observedGeneration,
    },
  ];
  const parent = (name: string, accepted: string, resolved: string, generation?: number) => ({
    parentRef: { name },
    controllerName: 'c',
    conditions: conditions(accepted, resolved, generation),
  });

  test.each([
    ['both hold', [parent('a', 'True', 'True')], true, ''],
    ['no gateway', [], false, 'status.parents is empty'],
    ['an older generation', [parent('a', 'True', 'True', 2)], false, 'has not observed generation 3'],
    [
      'a backend is missing',
      [parent('a', 'True', 'False')],
      false,
      'ResolvedRefs is False (BackendNotFound: Service',
    ],
    ['refused', [parent('a', 'False', 'True')], false, 'Accepted is False (R: m)'],
    ['refused by one of two', [parent('a', 'True', 'True'), parent('b', 'False', 'True')], true, ''],
    [
      'late at one of two',
      [parent('a', 'True', 'True'), parent('b', 'True', 'True', 2)],
      false,
      'gateway b (c)',
    ],
    ['no conditions yet', [{ parentRef: { name: 'a' } }], false, 'has not observed'],
  ])('%s', (_, parents, done, why) => {
    const seen = observedRoute({ ...route([]), status: { parents } });
    expect(seen.done).toBe(done);
    expect(seen.why).toContain(why);
  });

  test('Traefik says so before it serves it', () => {
    const early = (controllerName: string): unknown =>
      observedRoute({
        ...route([]),
        status: { parents: [{ ...parent('a', 'True', 'True'), controllerName }] },
      }).early;
    expect([early('traefik.io/gateway-controller'), early('istio.io/gateway-controller')]).toEqual([
      true,
      undefined,
    ]);
  });
});
