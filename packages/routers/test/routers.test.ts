import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '@sluice/kubernetes/types';
import { chooseRouter, makeRouter } from '../src/choose.ts';
import { rulesOf } from '../src/gateway-route.ts';
import type { Cluster } from './support/cluster.ts';
import { httpRoute, service, startCluster } from './support/cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.api.create(service('llm', 'llm'));
});
afterAll(async () => {
  await cluster.api.close();
  await cluster.server.close();
});

const routeRef = (name: string) => ({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name });
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

describe('replicas', () => {
  const pod = (name: string, labels: Record<string, string>, ready = 'True'): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [{ name: 'c', image: 'i' }] },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  });
  const CANARY = { app: 'llm-canary', 'sluice/track': 'canary', 'sluice/workload': 'llm' };
  const stateOf = async (name: string): Promise<string | undefined> =>
    (await cluster.api.get({ apiVersion: 'v1', kind: 'Pod', name }))?.metadata.labels?.['app'];

  test('warmed pods are let into the Service, and out again without an end of any', async () => {
    const { store } = cluster.server;
    const kind = cluster.server.kind('v1', 'Pod');
    const write = { manager: 'test' };
    for (const each of [
      pod('s1', { app: 'llm' }),
      pod('s2', { app: 'llm' }),
      pod('s3', { app: 'llm' }),
      pod('c1', CANARY),
      pod('c2', CANARY),
      pod('c3', CANARY, 'False'),
    ]) {
      const made = store.create(
        kind,
        { ...each, metadata: { ...each.metadata, namespace: 'default' } },
        write,
      );
      store.update(kind, { ...made, status: each['status'] }, { ...write, subresource: 'status' });
    }
    const choice = await chooseRouter(cluster.context(), 'auto');
    expect(choice).toMatchObject({
      traffic: 'replicas',
      why: 'no route that can weigh sends requests to Service llm',
    });
    const router = makeRouter(choice, cluster.context());
    expect(await router.check()).toEqual([]);
    await router.prepare();
    expect(await router.read()).toBe(0);
    await router.set(0.2);
    expect(await router.read()).toBe(0.25);
    expect([await stateOf('c1'), await stateOf('c2'), await stateOf('c3')]).toEqual([
      'llm',
      'llm-canary',
      'llm-canary',
    ]);
    await router.set(0.4);
    expect(await router.read()).toBe(0.4);
    await router.set(0);
    expect(await router.read()).toBe(0);
    expect([await stateOf('c1'), await stateOf('c2')]).toEqual(['llm-canary', 'llm-canary']);
    expect(await router.describe()).toContain('ratio of pods behind Service llm (3 now');
    for (const name of ['c1', 'c2']) await cluster.api.delete({ apiVersion: 'v1', kind: 'Pod', name });
    await expect(router.set(0.5)).rejects.toThrow('no pod of the canary of llm is ready');
    expect(await router.read()).toBe(0);
    await cluster.api.delete({ apiVersion: 'v1', kind: 'Pod', name: 'c3' });
    expect(await router.read()).toBeUndefined();
  });

  test('a Service that is missing, or selects nothing', async () => {
    const missing = makeRouter({ traffic: 'replicas', why: '' }, cluster.context({ stableService: 'gone' }));
    expect(await missing.check()).toEqual([
      expect.stringContaining('there is no Service gone in namespace default'),
    ]);
  });
});

describe('gateway-api', () => {
  beforeAll(async () => {
    await cluster.api.create(httpRoute('llm', [{ backendRefs: [{ name: 'llm', port: 80 }] }]));
    await cluster.api.create(httpRoute('other', [{ backendRefs: [{ name: 'else', port: 80 }] }]));
    await cluster.api.create({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'gw' },
      spec: { gatewayClassName: 'c', listeners: [{ name: 'web', port: 8080, protocol: 'HTTP' }] },
      status: { addresses: [{ value: '10.1.1.1' }] },
    });
    await settled();
  });
  const weights = async (): Promise<unknown> => {
    const object = await cluster.api.get(routeRef('llm'));
    if (object === undefined) throw new Error('gone');
    return rulesOf(object).map(({ backendRefs = [] }) =>
      backendRefs.map(({ name, weight }) => [name, weight]),
    );
  };

  test('chosen, prepared, divided, removed', async () => {
    const choice = await chooseRouter(cluster.context(), 'auto');
    expect(choice).toMatchObject({
      traffic: 'gateway-api',
      why: 'HTTPRoute llm sends requests to Service llm',
    });
    const router = makeRouter(choice, cluster.context());
    const before = await cluster.api.get(routeRef('llm'));
    expect(await router.check()).toEqual([]);
    expect(await router.read()).toBeUndefined();
    await router.prepare();
    await router.prepare();
    expect(await router.read()).toBe(0);
    await router.set(0.05);
    expect(await weights()).toEqual([
      [
        ['llm', 95],
        ['llm-canary', 5],
      ],
    ]);
    await router.set(1);
    expect(await router.read()).toBe(1);
    await router.preview?.({ header: 'x-preview', value: 'yes' });
    expect(await weights()).toEqual([
      [['llm-canary', 1]],
      [
        ['llm', 0],
        ['llm-canary', 1],
      ],
    ]);
    await router.remove();
    await router.remove();
    const after = await cluster.api.get(routeRef('llm'));
    expect(after?.['spec']).toEqual(before?.['spec']);
    expect(after?.metadata.annotations ?? {}).toEqual({});
    expect(await router.describe()).toBe(
      'weights of HTTPRoute llm (1 rule) between Service llm and llm-canary',
    );
    await cluster.api.patch(
      { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', name: 'gw' },
      { type: 'merge', body: { status: { addresses: [{ value: '10.1.1.1' }] } } },
      { subresource: 'status' },
    );
    expect(await router.address?.()).toEqual({ url: 'http://10.1.1.1:8080', host: 'llm.example.com' });
  });

  test('somebody else writes the route at the same time: read again, and nothing of theirs is lost', async () => {
    const router = makeRouter({ traffic: 'gateway-api', why: '' }, cluster.context());
    await router.prepare();
    let raced = 0;
    cluster.server.intercept = ({ method, path }) => {
      if (method !== 'PATCH' || !path.includes('httproutes') || raced > 0) return undefined;
      raced += 1;
      const { store } = cluster.server;
      const kind = cluster.server.kind('gateway.networking.k8s.io/v1', 'HTTPRoute');
      const object = store.read(kind, 'default', 'llm');
      const rules = [...rulesOf(object), { backendRefs: [{ name: 'theirs', port: 80 }] }];
      store.update(kind, { ...object, spec: { ...(object['spec'] as object), rules } }, { manager: 'them' });
      return undefined;
    };
    await router.set(0.5);
    cluster.server.intercept = undefined;
    expect(raced).toBe(1);
    expect(await weights()).toEqual([
      [
        ['llm', 50],
        ['llm-canary', 50],
      ],
      [['theirs', 1]],
    ]);
    await router.remove();
  });

  test('a gateway that refuses, or sleeps, is told in its own words', async () => {
    const router = makeRouter({ traffic: 'gateway-api', why: '' }, cluster.context({ observeMs: 300 }));
    cluster.refusal.value = 'Service llm-canary not found';
    await expect(router.set(0.1)).rejects.toThrow(
      'gateway gw (test/gateway): ResolvedRefs is False (BackendNotFound: Service llm-canary not found)',
    );
    expect(await router.check()).toEqual([expect.stringContaining('does not serve as it is: gateway gw')]);
    cluster.refusal.value = undefined;
    cluster.asleep.value = true;
    await expect(router.set(0.2)).rejects.toThrow(
      /was changed, but not taken in 0.3 s: .*has not observed generation/,
    );
    cluster.asleep.value = false;
    await router.set(0);
    await router.remove();
  });

  test('a route that input `route` names', async () => {
    const choose = (route: string) =>
      makeRouter({ traffic: 'gateway-api', why: '' }, cluster.context({ route }));
    await expect(choose('nowhere').check()).rejects.toThrow(
      'input `route`: there is no nowhere in namespace default',
    );
    expect(await choose('other').check()).toEqual([
      'input `route`: HTTPRoute default/other sends no request to Service llm',
    ]);
    expect(await choose('httproute/llm').check()).toEqual([]);
  });

  test('who else drives the route', async () => {
    const kind = cluster.server.kind('gateway.networking.k8s.io/v1', 'HTTPRoute');
    const touch = async (manager: string): Promise<string[]> => {
      const object = cluster.server.store.read(kind, 'default', 'llm');
      const [rule] = rulesOf(object);
      const rules = [{ ...rule, backendRefs: [{ name: 'llm', port: 80, weight: manager.length }] }];
      cluster.server.store.update(
        kind,
        { ...object, spec: { ...(object['spec'] as object), rules } },
        { manager },
      );
      await settled();
      return makeRouter({ traffic: 'gateway-api', why: '' }, cluster.context()).check();
    };
    expect(await touch('flagger')).toEqual([
      'HTTPRoute default/llm is driven by Flagger; let it drive (`traffic`), or take the route from it first',
    ]);
    expect(await touch('kustomize-controller')).toEqual([
      expect.stringContaining(
        'comes from Git by Flux (kustomize-controller), which puts back what we change',
      ),
    ]);
    const before = cluster.lines.length;
    expect(await touch('argocd-controller')).toEqual([]);
    expect(cluster.lines.slice(before).join('')).toContain('comes from Git by Argo CD: with self-heal');
  });

  test('two ways to one Service', async () => {
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'llm' },
      spec: {
        ingressClassName: 'nginx',
        defaultBackend: { service: { name: 'llm', port: { number: 80 } } },
      },
    };
    await cluster.api.create(ingress);
    await expect(chooseRouter(cluster.context(), 'auto')).rejects.toThrow(
      /requests reach llm by several ways \(gateway-api: HTTPRoute llm .*; ingress-nginx: Ingress llm/,
    );
    expect(await chooseRouter(cluster.context(), 'gateway-api')).toMatchObject({ traffic: 'gateway-api' });
    await cluster.api.delete({ ...ingress, name: 'llm' });
  });
});
