import { describe, expect, test } from '@jest/globals';
import { operationsFor } from '@sluice/kubernetes/change-object';
import type { Change } from '@sluice/kubernetes/change-object';
import type { KubeObject } from '@sluice/kubernetes/types';
import { HELD, heldChange, readAutoscaler, releasedChange } from '../src/autoscalers.ts';

function hpa(spec: Record<string, unknown>, annotations?: Record<string, string>): KubeObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'llm', namespace: 'ml', resourceVersion: '1', ...(annotations ? { annotations } : {}) },
    spec,
  };
}

const scaled = (spec: Record<string, unknown>, annotations?: Record<string, string>): KubeObject => ({
  ...hpa(spec, annotations),
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
});

/** What the API server makes of the change. */
function changed(object: KubeObject, change: Change | undefined): KubeObject {
  const spec = { ...(object['spec'] as object) } as Record<string, unknown>;
  const annotations = { ...object.metadata.annotations } as Record<string, string>;
  for (const [path, value] of Object.entries(change?.fields ?? {})) {
    const key = path.replace('/spec/', '');
    if (value === undefined) Reflect.deleteProperty(spec, key);
    else spec[key] = value;
  }
  for (const [key, value] of Object.entries(change?.annotations ?? {})) {
    if (value === null) Reflect.deleteProperty(annotations, key);
    else annotations[key] = value;
  }
  return { ...object, metadata: { ...object.metadata, annotations }, spec };
}

const BEHAVIOR = { scaleDown: { stabilizationWindowSeconds: 600 }, scaleUp: { selectPolicy: 'Max' } };

describe('an HPA', () => {
  const owners = hpa({ minReplicas: 3, maxReplicas: 8, behavior: BEHAVIOR }, { mine: 'yes' });

  test('held: it may grow, not shrink', () => {
    const held = changed(owners, heldChange(owners, 'hold'));
    expect(held['spec']).toEqual({
      minReplicas: 3,
      maxReplicas: 8,
      behavior: { ...BEHAVIOR, scaleDown: { stabilizationWindowSeconds: 600, selectPolicy: 'Disabled' } },
    });
    expect(readAutoscaler(held)).toMatchObject({ kind: 'hpa', min: 3, max: 8, held: 'hold' });
    expect(heldChange(held, 'hold')).toBeUndefined();
    expect(changed(held, releasedChange(held))).toEqual(owners);
  });

  test('paused: the stable may be given fewer pods than its least', () => {
    const paused = changed(owners, heldChange(owners, 'pause'));
    expect(paused['spec']).toMatchObject({
      minReplicas: 1,
      behavior: { scaleUp: { selectPolicy: 'Disabled' }, scaleDown: { selectPolicy: 'Disabled' } },
    });
    expect(changed(paused, releasedChange(paused))).toEqual(owners);
  });

  test.each([
    ['hold', 'pause'],
    ['pause', 'hold'],
  ] as const)('from %s to %s, and back to its owner’s', (first, second) => {
    const one = changed(owners, heldChange(owners, first));
    const two = changed(one, heldChange(one, second));
    expect(two['spec']).toEqual(changed(owners, heldChange(owners, second))['spec']);
    expect(changed(two, releasedChange(two))).toEqual(owners);
  });

  test('what was not there is not there afterwards', () => {
    const bare = hpa({ maxReplicas: 2 }, {});
    const paused = changed(bare, heldChange(bare, 'pause'));
    expect(paused['spec']).toMatchObject({ minReplicas: 1 });
    expect(changed(paused, releasedChange(paused))).toEqual(bare);
    expect(releasedChange(bare)).toBeUndefined();
  });

  test('the patch is conditional on what was read', () => {
    const operations = operationsFor(owners, heldChange(owners, 'pause') ?? { fields: {} });
    expect(operations).toContainEqual({ op: 'test', path: '/spec/minReplicas', value: 3 });
    expect(operations).toContainEqual({ op: 'test', path: '/metadata/resourceVersion', value: '1' });
  });
});

describe('a ScaledObject', () => {
  const owners = scaled(
    { minReplicaCount: 2, maxReplicaCount: 5, advanced: { restoreToOriginalReplicaCount: true } },
    {},
  );

  test('held through its HPA’s behaviour, paused by KEDA’s own annotation', () => {
    const held = changed(owners, heldChange(owners, 'hold'));
    expect(held['spec']).toMatchObject({
      advanced: {
        restoreToOriginalReplicaCount: true,
        horizontalPodAutoscalerConfig: { behavior: { scaleDown: { selectPolicy: 'Disabled' } } },
      },
    });
    const paused = changed(held, heldChange(held, 'pause'));
    expect(paused['spec']).toEqual(owners['spec']);
    expect(paused.metadata.annotations?.['autoscaling.keda.sh/paused']).toBe('true');
    expect(readAutoscaler(paused)).toMatchObject({ kind: 'keda', min: 2, max: 5, held: 'pause' });
    expect(changed(paused, releasedChange(paused))).toEqual(owners);
  });

  test.each(['autoscaling.keda.sh/paused', 'autoscaling.keda.sh/paused-replicas'])(
    'one that its owner has paused by %s stays so',
    (key) => {
      const theirs = scaled({}, { [key]: '3' });
      expect(heldChange(theirs, 'pause')).toBeUndefined();
      expect(releasedChange(theirs)).toBeUndefined();
    },
  );
});

test('an annotation that somebody broke releases to nothing worse', () => {
  const broken = hpa({ minReplicas: 1 }, { [HELD]: '{' });
  expect(releasedChange(broken)).toEqual({ fields: {}, annotations: { [HELD]: null } });
});
