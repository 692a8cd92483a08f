import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from '@sluice/kubernetes/connect';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { plainLogger } from '@sluice/runtime/logger';
import { type KubeApiServer, startKubeApi } from '@sluice/testing/kube-api/server';
import { RegistryContent, serveRegistry } from '../../sources/test/support/registry.ts';
import { testContext } from '../../sources/test/support/serve.ts';
import { findAutoscalers, holdAutoscalers, releaseAutoscalers } from '../src/autoscalers.ts';
import { readClusterFacts } from '../src/cluster-facts.ts';
import { pinImages } from '../src/images.ts';

const { signal } = new AbortController();
const log = plainLogger(() => undefined);
let server: KubeApiServer;
let api: KubeApi;
beforeAll(async () => {
  server = await startKubeApi({ namespaces: ['ml', 'jobs'] });
  api = await connect({ kubeconfig: server.kubeconfig, namespace: 'ml', log, signal });
});
afterAll(async () => {
  await api.close();
  await server.close();
});

describe('images', () => {
  const workload = (image: string, imagePullPolicy?: string): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'llm' },
    spec: {
      template: {
        spec: { containers: [{ name: 'server', image, ...(imagePullPolicy ? { imagePullPolicy } : {}) }] },
      },
    },
  });

  test('a tag becomes what the registry has under it; a digest stays; Never is left and told', async () => {
    const content = new RegistryContent();
    const digest = content.tag('v2', { layers: [] });
    await using registry = await serveRegistry(content);
    const name = `${new URL(registry.url).host}/org/model`;
    const context = testContext({ env: { HOME: '/nonexistent' } });
    const pinned = await pinImages(workload(`${name}:v2`), context);
    expect(JSON.stringify(pinned.workload)).toContain(`"image":"${name}@${digest}"`);
    expect(pinned.notes).toEqual([`container server: ${name}:v2 is ${name}@${digest}`]);
    expect(await pinImages(pinned.workload, context)).toEqual({ workload: pinned.workload, notes: [] });
    const never = await pinImages(workload(`${name}:v2`, 'Never'), context);
    expect(never.notes).toEqual([
      expect.stringContaining('is not pinned to a digest: with imagePullPolicy Never'),
    ]);
    await expect(pinImages(workload(`${name}:gone`), context)).rejects.toThrow(/gone does not exist/);
  });
});

describe('autoscalers in a cluster', () => {
  const hpa = (name: string, target: string, more: object = {}): KubeObject => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: 'ml', ...more },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
      minReplicas: 2,
      maxReplicas: 6,
    },
  });

  test('those of the workload are held, and are as before', async () => {
    const owners = [{ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'llm', uid: 'u' }];
    for (const each of [
      hpa('mine', 'llm'),
      hpa('other', 'else'),
      hpa('keda-hpa', 'llm', { ownerReferences: owners }),
    ])
      await api.create(each);
    const find = () => findAutoscalers(api, 'ml', { kind: 'Deployment', name: 'llm' });
    const found = await find();
    expect(found).toMatchObject([{ ref: { name: 'mine' }, kind: 'hpa', min: 2, max: 6, held: null }]);
    const { ref } = found[0] ?? { ref: { apiVersion: '', kind: '', name: '' } };
    const before = await api.get(ref);
    await holdAutoscalers(api, found, 'hold', signal);
    await holdAutoscalers(api, found, 'pause', signal);
    await holdAutoscalers(api, found, 'pause', signal);
    expect(await find()).toMatchObject([{ min: 1, held: 'pause' }]);
    // Another run, which knows nothing but the cluster.
    await releaseAutoscalers(api, await find(), signal);
    await releaseAutoscalers(api, await find(), signal);
    const after = await api.get(ref);
    expect(after?.['spec']).toEqual(before?.['spec']);
    expect(after?.metadata.annotations ?? {}).toEqual({});
  });
});

describe('what a plan is reckoned from', () => {
  const pod = (name: string, namespace: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });

  test('pods of all namespaces; of its own where no more may be seen', async () => {
    await api.create(pod('a', 'ml'));
    await api.create(pod('b', 'jobs'));
    await api.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n0' } });
    const all = await readClusterFacts(api, 'ml');
    expect(all.nodes?.map(({ metadata }) => metadata.name)).toEqual(['n0']);
    expect(all.pods.map(({ metadata }) => metadata.name).sort()).toEqual(['a', 'b']);
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'least', namespace: 'ml' } };
    await api.create({
      ...rbac,
      kind: 'Role',
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    });
    await api.create({
      ...rbac,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'least' },
      subjects: [{ kind: 'ServiceAccount', name: 'ci', namespace: 'ml' }],
    });
    const kubeconfig = await server.writeKubeconfig({ token: server.tokenFor('ml', 'ci') });
    const least = await connect({ kubeconfig, namespace: 'ml', log, signal });
    const own = await readClusterFacts(least, 'ml');
    await least.close();
    expect(own.nodes).toBeUndefined();
    expect(own.pods.map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(own.quotas).toEqual([]);
  });
});
