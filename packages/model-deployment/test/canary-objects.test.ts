import { describe, expect, test } from '@jest/globals';
import { canaryLabel, labelValue, tellingLabel } from '@sluice/kubernetes/tracks';
import type { KubeObject, PodTemplate } from '@sluice/kubernetes/types';
import { canaryOf } from '../src/canary-objects.ts';

const TEMPLATE: PodTemplate = {
  metadata: { labels: { app: 'llm', team: 'nlp' }, annotations: { 'sluice/weights': 'sha256:old', a: 'b' } },
  spec: { containers: [{ name: 'llm', image: 'r/llm@sha256:1' }] },
};
const STABLE: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'llm',
    namespace: 'ml',
    uid: 'u1',
    resourceVersion: '7',
    labels: { 'app.kubernetes.io/instance': 'argo-app' },
    annotations: { 'argocd.argoproj.io/tracking-id': 'x' },
  },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: 'llm' } },
    progressDeadlineSeconds: 900,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } },
    template: TEMPLATE,
  },
  status: { replicas: 4 },
};
const SERVICE: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'llm-svc',
    namespace: 'ml',
    labels: { app: 'llm', release: 'prom', 'app.kubernetes.io/instance': 'argo-app' },
    annotations: { 'prometheus.io/port': '8000', 'cloud/lb': 'x' },
  },
  spec: {
    type: 'LoadBalancer',
    clusterIP: '10.0.0.5',
    clusterIPs: ['10.0.0.5'],
    ports: [{ name: 'http', port: 80, targetPort: 8000, nodePort: 30_001 }],
    selector: { app: 'llm' },
    sessionAffinity: 'None',
  },
};
const REQUEST = {
  stable: STABLE,
  service: SERVICE,
  template: { ...TEMPLATE, spec: { containers: [{ name: 'llm', image: 'r/llm@sha256:2' }] } },
  version: 'v2+rc 1',
  weights: 'sha256:new',
  replicas: 1,
};

describe('canaryOf', () => {
  test('a Deployment beside the stable that its Service does not select', () => {
    const { workload } = canaryOf(REQUEST);
    expect(workload).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'llm-canary',
        namespace: 'ml',
        labels: {
          'sluice/workload': 'llm',
          'sluice/track': 'canary',
          'sluice/version': 'v2-rc-1',
          'app.kubernetes.io/managed-by': 'sluice',
        },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm', uid: 'u1' }],
      },
      spec: {
        progressDeadlineSeconds: 900,
        revisionHistoryLimit: 1,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
        replicas: 1,
        selector: { matchLabels: { 'sluice/workload': 'llm', 'sluice/track': 'canary' } },
        template: {
          metadata: {
            labels: {
              app: 'llm-canary',
              team: 'nlp',
              'sluice/track': 'canary',
              'sluice/version': 'v2-rc-1',
              'sluice/workload': 'llm',
            },
            annotations: { a: 'b', 'sluice/weights': 'sha256:new' },
          },
          spec: { containers: [{ name: 'llm', image: 'r/llm@sha256:2' }] },
        },
      },
    });
  });

  test('its Service is reached from within only, and a monitor finds it', () => {
    expect(canaryOf(REQUEST).service).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'llm-svc-canary',
        namespace: 'ml',
        labels: {
          app: 'llm-canary',
          release: 'prom',
          'sluice/workload': 'llm',
          'sluice/track': 'canary',
          'app.kubernetes.io/managed-by': 'sluice',
        },
        annotations: { 'prometheus.io/port': '8000' },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm', uid: 'u1' }],
      },
      spec: {
        type: 'ClusterIP',
        ports: [{ name: 'http', port: 80, targetPort: 8000 }],
        selector: { 'sluice/workload': 'llm', 'sluice/track': 'canary' },
        sessionAffinity: 'None',
      },
    });
  });

  test('the pods can change what the Service selects and stay the ReplicaSet’s', () => {
    const { workload } = canaryOf(REQUEST);
    const { selector } = workload['spec'] as { selector: { matchLabels: Record<string, string> } };
    expect(Object.keys(selector.matchLabels)).not.toContain(tellingLabel({ app: 'llm' }));
  });

  test('weights that are not known leave no old ones behind', () => {
    const { workload } = canaryOf({ ...REQUEST, weights: null });
    expect((workload['spec'] as { template: PodTemplate }).template.metadata?.annotations).toEqual({
      a: 'b',
    });
  });

  test('a StatefulSet keeps its claims, of its own', () => {
    const stable = {
      ...STABLE,
      kind: 'StatefulSet',
      spec: {
        ...(STABLE['spec'] as object),
        serviceName: 'llm-svc',
        volumeClaimTemplates: [{ metadata: { name: 'w' } }],
      },
    };
    const { spec } = canaryOf({ ...REQUEST, stable }).workload as unknown as {
      spec: Record<string, unknown>;
    };
    expect(spec).toMatchObject({
      serviceName: 'llm-svc-canary',
      podManagementPolicy: 'Parallel',
      volumeClaimTemplates: [{ metadata: { name: 'w' } }],
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' },
    });
    expect(spec).not.toHaveProperty('strategy');
  });
});

describe('labels', () => {
  test.each([
    [{ tier: 'x', app: 'llm' }, 'app'],
    [{ 'app.kubernetes.io/name': 'llm', a: 'b' }, 'app.kubernetes.io/name'],
    [{ z: '1', b: '2' }, 'b'],
    [{}, undefined],
  ])('%j is told by %s', (selector, key) => {
    expect(tellingLabel(selector)).toBe(key);
  });

  test.each([
    ['sha256:abc', 'sha256-abc'],
    ['-v2-', 'v2'],
    ['x'.repeat(62) + '--y', 'x'.repeat(62)],
  ])('%s is the value %s', (text, value) => {
    expect(labelValue(text)).toBe(value);
  });

  test('a long name leaves room', () => {
    expect(canaryLabel('a'.repeat(63))).toBe(`${'a'.repeat(56)}-canary`);
  });
});
