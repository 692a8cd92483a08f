import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '@sluice/kubernetes/types';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { chooseRouter, makeRouter } from '../src/choose.ts';
import { canaryIngress, weightAnnotations } from '../src/ingress-nginx.ts';
import type { Router } from '../src/router.ts';
import type { Cluster } from './support/cluster.ts';
import { httpRoute, service, startCluster } from './support/cluster.ts';

const { kinds } = JSON.parse(readFileSync(new URL('fixtures/route-crds.json', import.meta.url), 'utf8')) as {
  kinds: Record<string, object>;
};
const ajv = new Ajv2020({ strict: false, allErrors: true });

/** Against the published CRD, from which a field that it doesn't know is refused. */
function specFaults({ kind, spec }: KubeObject): string[] {
  const validate = ajv.compile(kinds[kind] ?? false);
  if (validate(spec)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.api.create(service('llm', 'llm'));
});
afterAll(async () => {
  await cluster.api.close();
  await cluster.server.close();
});

const refOf = ({ apiVersion, kind, metadata }: KubeObject) => ({ apiVersion, kind, name: metadata.name });
const read = async (object: KubeObject): Promise<KubeObject> => {
  const found = await cluster.api.get(refOf(object));
  if (found === undefined) throw new Error('gone');
  return found;
};
const routerFor = async (): Promise<Router> => {
  const context = cluster.context({ settleMs: 0 });
  return makeRouter(await chooseRouter(context, 'auto'), context);
};

const INGRESS_ROUTE: KubeObject = {
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'IngressRoute',
  metadata: { name: 'llm' },
  spec: {
    entryPoints: ['web'],
    routes: [
      { kind: 'Rule', match: 'PathPrefix(`/v1`)', services: [{ name: 'llm', port: 80 }] },
      { kind: 'Rule', match: 'PathPrefix(`/docs`)', services: [{ name: 'docs', port: 80 }] },
    ],
  },
};
const TRAEFIK_SERVICE: KubeObject = {
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'TraefikService',
  metadata: { name: 'llm' },
  spec: {
    weighted: {
      services: [
        { name: 'llm', port: 80, weight: 3 },
        { name: 'batch', port: 80, weight: 1 },
      ],
      sticky: { cookie: { name: 'group' } },
    },
  },
};
const VIRTUAL_SERVICE: KubeObject = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'llm' },
  spec: {
    hosts: ['llm.example.com'],
    http: [
      {
        match: [{ uri: { prefix: '/v1' } }],
        timeout: '600s',
        route: [
          { destination: { host: 'llm.default.svc.cluster.local', subset: 'all', port: { number: 80 } } },
        ],
      },
      { route: [{ destination: { host: 'docs' }, weight: 100 }] },
    ],
  },
};

describe('each object as its published CRD has it', () => {
  test.each([
    [
      'traefik',
      INGRESS_ROUTE,
      {
        routes: [
          {
            match: 'PathPrefix(`/v1`)',
            services: [
              { name: 'llm', port: 80, weight: 95 },
              { name: 'llm-canary', port: 80, weight: 5 },
            ],
          },
          { services: [{ name: 'docs', port: 80 }] },
        ],
      },
    ],
    [
      'traefik',
      TRAEFIK_SERVICE,
      {
        weighted: {
          services: [
            { name: 'llm', weight: 285 },
            { name: 'batch', weight: 100 },
            { name: 'llm-canary', weight: 15 },
          ],
          sticky: { cookie: { name: 'group' } },
        },
      },
    ],
    [
      'istio',
      VIRTUAL_SERVICE,
      {
        http: [
          {
            timeout: '600s',
            route: [
              { destination: { host: 'llm.default.svc.cluster.local', subset: 'all' }, weight: 95 },
              {
                destination: { host: 'llm-canary.default.svc.cluster.local', port: { number: 80 } },
                weight: 5,
              },
            ],
          },
          { route: [{ destination: { host: 'docs' }, weight: 100 }] },
        ],
      },
    ],
  ])('%s: %#', async (traffic, object, expected) => {
    await cluster.api.create(object);
    const before = await read(object);
    const router = await routerFor();
    expect(router.name).toBe(traffic);
    expect(await router.check()).toEqual([]);
    await router.prepare();
    expect(await router.read()).toBe(0);
    await router.set(0.05);
    expect(await router.read()).toBeCloseTo(0.05, 10);
    const half = await read(object);
    expect(half['spec']).toMatchObject(expected);
    expect(JSON.stringify(half['spec'])).not.toContain('"own"');
    // A subset of the stable's host is none of the canary's.
    expect(JSON.stringify(half['spec']).split('"subset"')).toHaveLength(traffic === 'istio' ? 2 : 1);
    expect(specFaults(half)).toEqual([]);
    await router.set(1);
    expect(await router.read()).toBe(1);
    // Traefik would drop the whole route for a Service without pods, so one without a share stands beside its lists.
    const stands = /"(name|host)":"llm[".]/.test(JSON.stringify((await read(object))['spec']));
    expect(stands).toBe(traffic !== 'traefik');
    expect((await routerFor()).name).toBe(traffic);
    expect(specFaults(await read(object))).toEqual([]);
    await router.remove();
    const after = await read(object);
    expect(after['spec']).toEqual(before['spec']);
    expect(after.metadata.annotations ?? {}).toEqual({});
    await cluster.api.delete(refOf(object));
  });

  test('a mark and a copy in an HTTPRoute', async () => {
    const object = httpRoute('llm', [
      { matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ name: 'llm', port: 80 }] },
    ]);
    await cluster.api.create(object);
    const before = await read(object);
    const router = await routerFor();
    await router.set(0.1);
    await router.mirror?.(0.5);
    await router.preview?.({ cookie: 'group', value: 'b' });
    expect(specFaults(await read(object))).toEqual([]);
    await router.remove();
    expect((await read(object))['spec']).toEqual(before['spec']);
    await cluster.api.delete(refOf(object));
  });

  test('copies only where the class of every gateway says that it can make them', async () => {
    const apiVersion = 'gateway.networking.k8s.io/v1';
    const supported = ['HTTPRoute', 'HTTPRouteRequestMirror'].map((name) => ({ name }));
    const gatewayClass = { apiVersion, kind: 'GatewayClass', metadata: { name: 'copying' } };
    const object = httpRoute('llm', [{ backendRefs: [{ name: 'llm', port: 80 }] }]);
    const { name = '' } = (object['spec'] as { parentRefs: { name: string }[] }).parentRefs[0] ?? {};
    const gateway = {
      apiVersion,
      kind: 'Gateway',
      metadata: { name },
      spec: { gatewayClassName: 'copying' },
    };
    for (const each of [object, gateway, gatewayClass]) await cluster.api.create(each);
    const router = await routerFor();
    expect(await router.mirrorFaults?.(1)).toEqual([
      expect.stringMatching(
        /class copying does not say that it can copy requests \(HTTPRouteRequestMirror in/,
      ),
    ]);
    const status = { supportedFeatures: supported };
    await cluster.api.patch(
      { apiVersion, kind: 'GatewayClass', name: 'copying' },
      { type: 'merge', body: { status } },
      { subresource: 'status' },
    );
    expect(await router.mirrorFaults?.(1)).toEqual([]);
    expect(await router.mirrorFaults?.(0.2)).toEqual([
      expect.stringContaining('HTTPRouteRequestPercentageMirror'),
    ]);
    for (const each of [object, gateway, gatewayClass]) await cluster.api.delete(refOf(each));
  });

  test('the schema refuses what the CRD doesn’t know', () => {
    const spec = { ...(TRAEFIK_SERVICE['spec'] as object), wieghted: {} };
    expect(specFaults({ ...TRAEFIK_SERVICE, spec })).toHaveLength(1);
  });

  test('two subsets of one host: which one is the stable can’t be known', async () => {
    const route = ['v1', 'v2'].map((subset) => ({ destination: { host: 'llm', subset }, weight: 50 }));
    await cluster.api.create({ ...VIRTUAL_SERVICE, spec: { hosts: ['llm'], http: [{ route }] } });
    const router = await routerFor();
    expect(await router.check()).toEqual([
      expect.stringContaining('no VirtualService in namespace default sends'),
    ]);
    await cluster.api.delete(refOf(VIRTUAL_SERVICE));
  });
});

describe('ingress-nginx', () => {
  const INGRESS: KubeObject = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: 'llm',
      annotations: {
        'nginx.ingress.kubernetes.io/proxy-read-timeout': '600',
        'cert-manager.io/issuer': 'le',
      },
    },
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host: 'llm.example.com',
          http: {
            paths: [
              {
                path: '/v1',
                pathType: 'Prefix',
                backend: { service: { name: 'llm', port: { number: 80 } } },
              },
              {
                path: '/docs',
                pathType: 'Prefix',
                backend: { service: { name: 'docs', port: { number: 80 } } },
              },
            ],
          },
        },
      ],
    },
  };
  const clone = () =>
    cluster.api.get({ apiVersion: INGRESS.apiVersion, kind: 'Ingress', name: 'llm-canary' });

  test('an Ingress beside the stable’s, of the paths that lead to it', () => {
    const canary = canaryIngress(INGRESS, {
      workload: 'llm',
      stableService: 'llm',
      canaryService: 'llm-canary',
    });
    expect(canary.metadata.annotations).toEqual({
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '600',
      'nginx.ingress.kubernetes.io/canary': 'true',
      'nginx.ingress.kubernetes.io/canary-weight': '0',
    });
    expect(canary['spec']).toEqual({
      ingressClassName: 'nginx',
      rules: [
        {
          host: 'llm.example.com',
          http: {
            paths: [
              {
                path: '/v1',
                pathType: 'Prefix',
                backend: { service: { name: 'llm-canary', port: { number: 80 } } },
              },
            ],
          },
        },
      ],
    });
  });

  test('made, weighed, marked, removed', async () => {
    await cluster.api.create(INGRESS);
    await cluster.api.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'nginx' },
      spec: { controller: 'k8s.io/ingress-nginx' },
    });
    const router = await routerFor();
    expect(router.name).toBe('ingress-nginx');
    expect(await router.check()).toEqual([]);
    expect(await router.read()).toBeUndefined();
    await router.prepare();
    await router.prepare();
    expect(await router.read()).toBe(0);
    await router.set(0.25);
    expect(await router.read()).toBe(0.25);
    await router.set(0.005);
    expect(await router.read()).toBe(0.005);
    expect((await clone())?.metadata.annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/canary-weight': '50',
      'nginx.ingress.kubernetes.io/canary-weight-total': '10000',
    });
    await router.preview?.({ header: 'x-preview', value: 'v2' });
    expect((await clone())?.metadata.annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/canary-by-header': 'x-preview',
    });
    await expect(router.preview?.({ cookie: 'group', value: 'b' })).rejects.toThrow('of the value always');
    expect(await chooseRouter(cluster.context(), 'auto')).toMatchObject({ traffic: 'ingress-nginx' });
    await router.remove();
    await router.remove();
    expect(await clone()).toBeUndefined();
  });

  test('somebody else’s canary of the same host', async () => {
    const theirs = {
      ...INGRESS,
      metadata: { name: 'by-hand', annotations: { 'nginx.ingress.kubernetes.io/canary': 'true' } },
    };
    await cluster.api.create(theirs);
    expect(await (await routerFor()).check()).toEqual([
      'Ingress by-hand is a canary of the same host already, and ingress-nginx takes one; delete it first',
    ]);
  });

  test('a class whose controller knows no canaries', async () => {
    const ref = { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', name: 'nginx' };
    await cluster.api.delete(ref);
    await cluster.api.create({
      ...ref,
      metadata: { name: 'nginx' },
      spec: { controller: 'traefik.io/ingress-controller' },
    });
    expect(await chooseRouter(cluster.context(), 'auto')).toMatchObject({
      traffic: 'replicas',
      why: expect.stringContaining('of a class whose controller knows no canary annotations'),
    });
  });

  test.each([
    [0, '0', null],
    [0.05, '5', null],
    [1, '100', null],
    [0.125, '1250', '10000'],
    [0.00001, '1', '10000'],
  ])('share %d', (share, weight, total) => {
    expect(weightAnnotations(share)).toEqual({
      'nginx.ingress.kubernetes.io/canary-weight': weight,
      'nginx.ingress.kubernetes.io/canary-weight-total': total,
    });
  });
});
