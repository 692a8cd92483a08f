import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@sluice/kubernetes/connect';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { plainLogger } from '@sluice/runtime/logger';
import { type Controllers, startControllers } from '@sluice/testing/kube-api/controllers/controllers';
import type { ControllerOptions } from '@sluice/testing/kube-api/controllers/world';
import { type KubeApiServer, startKubeApi } from '@sluice/testing/kube-api/server';

let server: KubeApiServer;
let api: KubeApi;
let controllers: Controllers | undefined;

beforeEach(async () => {
  server = await startKubeApi();
  const log = plainLogger(() => undefined);
  api = await connect({ kubeconfig: server.kubeconfig, log, signal: new AbortController().signal });
});
afterEach(async () => {
  controllers?.stop();
  await api.close();
  await server.close();
});

const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm' };
const start = (options: ControllerOptions = {}): void =>
  void (controllers = startControllers(server, options));
const labels = { app: 'llm' };
function workload(kind: string, replicas: number, more: object = {}, limits: object = {}): KubeObject {
  const containers = [{ name: 'main', image: 'llm:1', resources: { limits } }];
  const template = { metadata: { labels }, spec: { containers } };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'llm' },
    spec: { replicas, selector: { matchLabels: labels }, template, ...more },
  };
}
const image = (name: string) => ({
  spec: { template: { spec: { containers: [{ name: 'main', image: name }] } } },
});

async function until(
  holds: (status: Record<string, unknown>) => boolean,
  kind = 'Deployment',
): Promise<void> {
  for (let tried = 0; tried < 300; tried += 1) {
    if (holds(((await api.get({ ...ref, kind }))?.['status'] ?? {}) as Record<string, unknown>)) return;
    await sleep(10);
  }
  throw new Error(`never: ${JSON.stringify((await api.get({ ...ref, kind }))?.['status'])}`);
}
const pods = (): Promise<KubeObject[]> => api.list({ apiVersion: 'v1', kind: 'Pod' });
const statusOf = (pod: KubeObject | undefined) =>
  (pod?.['status'] ?? {}) as { phase?: string; conditions?: { reason?: string; message?: string }[] };

test('a rolling update never has fewer ready pods, nor more in all, than it may', async () => {
  start();
  await api.create(
    workload('Deployment', 3, {
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    }),
  );
  await until(({ readyReplicas }) => readyReplicas === 3);
  const seen: { total: number; ready: number }[] = [];
  server.store.onChange(() => {
    const all = server.store
      .list(server.kind('v1', 'Pod'))
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const ready = all.filter((pod) => statusOf(pod).phase === 'Running').length;
    seen.push({ total: all.length, ready });
  });
  const { metadata } = await api.patch(ref, { type: 'strategic', body: image('llm:2') });
  await until(
    (status) =>
      status['observedGeneration'] === metadata.generation &&
      status['updatedReplicas'] === 3 &&
      status['readyReplicas'] === 3 &&
      status['replicas'] === 3,
  );
  expect(Math.min(...seen.map(({ ready }) => ready))).toBe(3);
  expect(Math.max(...seen.map(({ total }) => total))).toBe(4);
  const sets = await api.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet' });
  const revisions = sets.map((set) => [
    set.metadata.annotations?.['deployment.kubernetes.io/revision'],
    (set['spec'] as { replicas: number }).replicas,
  ]);
  expect(revisions.sort()).toEqual([
    ['1', 0],
    ['2', 3],
  ]);
  await api.delete(ref);
  for (let tried = 0; tried < 100 && (await pods()).length > 0; tried += 1) await sleep(10);
  expect(await pods()).toEqual([]);
});

test('without surge one goes first', async () => {
  start({ capacity: { 'nvidia.com/gpu': 2 } });
  const gpu = { 'nvidia.com/gpu': '1' };
  await api.create(
    workload(
      'Deployment',
      2,
      { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } },
      gpu,
    ),
  );
  await until(({ readyReplicas }) => readyReplicas === 2);
  await api.patch(ref, { type: 'strategic', body: image('llm:2') });
  await until(({ updatedReplicas, readyReplicas }) => updatedReplicas === 2 && readyReplicas === 2);
  await api.patch(ref, { type: 'merge', body: { spec: { replicas: 3 } } }, { subresource: 'scale' });
  await until(({ replicas, readyReplicas }) => replicas === 3 && readyReplicas === 2);
  const pending = (await pods()).find((pod) => statusOf(pod).phase === 'Pending');
  expect(statusOf(pending).conditions?.[0]).toMatchObject({
    reason: 'Unschedulable',
    message: expect.stringContaining('Insufficient nvidia.com/gpu'),
  });
});

test('a new version that never gets ready stops at its deadline, with the old one whole', async () => {
  start({
    fate: (pod) => (JSON.stringify(pod['spec']).includes('llm:2') ? { is: 'never-ready' } : undefined),
  });
  await api.create(workload('Deployment', 2, { progressDeadlineSeconds: 1 }));
  await until(({ readyReplicas }) => readyReplicas === 2);
  await api.patch(ref, { type: 'strategic', body: image('llm:2') });
  await until(({ conditions }) => JSON.stringify(conditions).includes('ProgressDeadlineExceeded'));
  await until(({ readyReplicas }) => readyReplicas === 2);
});

test('a StatefulSet is updated from its last pod down to the partition', async () => {
  start();
  await api.create(
    workload('StatefulSet', 3, {
      serviceName: 'llm',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } },
    }),
  );
  await until(({ readyReplicas }) => readyReplicas === 3, 'StatefulSet');
  await api.patch({ ...ref, kind: 'StatefulSet' }, { type: 'strategic', body: image('llm:2') });
  await until(
    ({ updatedReplicas, readyReplicas }) => updatedReplicas === 1 && readyReplicas === 3,
    'StatefulSet',
  );
  const images = (await pods()).map((pod) => [
    pod.metadata.name,
    (pod['spec'] as { containers: { image: string }[] }).containers[0]?.image,
  ]);
  expect(images).toEqual([
    ['llm-0', 'llm:1'],
    ['llm-1', 'llm:1'],
    ['llm-2', 'llm:2'],
  ]);
});

test('a route is seen at its generation, with what it lacks', async () => {
  start();
  const kind = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' };
  const rules = [{ backendRefs: [{ name: 'llm', port: 80 }] }];
  await api.create({
    ...kind,
    metadata: { name: 'llm' },
    spec: { parentRefs: [{ name: 'gateway' }], rules },
  });
  const conditions = async (): Promise<unknown[]> => {
    const status = (await api.get({ ...kind, name: 'llm' }))?.['status'] as
      { parents?: { conditions: Record<string, unknown>[] }[] } | undefined;
    return (status?.parents?.[0]?.conditions ?? []).map(({ type, status: is, observedGeneration }) => [
      type,
      is,
      observedGeneration,
    ]);
  };
  for (let tried = 0; tried < 100 && (await conditions()).length === 0; tried += 1) await sleep(10);
  expect(await conditions()).toEqual([
    ['Accepted', 'True', 1],
    ['ResolvedRefs', 'False', 1],
  ]);
  await api.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'llm' },
    spec: { selector: labels, ports: [{ port: 80 }] },
  });
  for (let tried = 0; tried < 100 && JSON.stringify(await conditions()).includes('False'); tried += 1)
    await sleep(10);
  expect(await conditions()).toEqual([
    ['Accepted', 'True', 1],
    ['ResolvedRefs', 'True', 1],
  ]);
});

test('a Service sends requests to the pods that its labels choose; a pod that is relabelled out of its set is let go', async () => {
  start();
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'llm' } };
  const ports = [{ name: 'http', port: 80, targetPort: 8000 }];
  await api.create({ ...service, spec: { selector: labels, ports } });
  await api.create(workload('Deployment', 2));
  const slices = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };
  const ready = async (): Promise<number> => {
    const [slice] = await api.list(slices, { labelSelector: 'kubernetes.io/service-name=llm' });
    const endpoints = (slice?.['endpoints'] ?? []) as { conditions: { ready: boolean } }[];
    return endpoints.filter(({ conditions }) => conditions.ready).length;
  };
  const reaches = async (count: number): Promise<void> => {
    for (let tried = 0; tried < 200 && (await ready()) !== count; tried += 1) await sleep(10);
    expect(await ready()).toBe(count);
  };
  await reaches(2);
  const [first] = await pods();
  const body = { metadata: { labels: { app: 'elsewhere' } } };
  await api.patch(
    { apiVersion: 'v1', kind: 'Pod', name: first?.metadata.name ?? '' },
    { type: 'merge', body },
  );
  await reaches(2);
  expect(await pods()).toHaveLength(3);
  expect((await pods()).filter(({ metadata }) => metadata.ownerReferences?.length === 0)).toHaveLength(1);
  await api.delete({ ...service, name: 'llm' });
  expect(await api.list(slices)).toEqual([]);
});
