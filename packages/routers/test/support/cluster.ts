/** A cluster for routers: the emulated API server, and what a gateway and the endpoints' controller would do in it. */
import { connect } from '@sluice/kubernetes/connect';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { plainLogger } from '@sluice/runtime/logger';
import { type KubeApiServer, startKubeApi } from '@sluice/testing/kube-api/server';
import type { RouterContext } from '../../src/router.ts';

export interface Cluster {
  server: KubeApiServer;
  api: KubeApi;
  lines: string[];
  context(more?: Partial<RouterContext>): RouterContext;
  /** What the gateway says of routes' backends; undefined: it resolves all. */
  refusal: { value: string | undefined };
  /** The gateway takes nothing at all. */
  asleep: { value: boolean };
}

export async function startCluster(): Promise<Cluster> {
  const server = await startKubeApi();
  const lines: string[] = [];
  const log = plainLogger((line) => lines.push(line));
  const { signal } = new AbortController();
  const api = await connect({ kubeconfig: server.kubeconfig, log, signal });
  const refusal: Cluster['refusal'] = { value: undefined };
  const asleep: Cluster['asleep'] = { value: false };
  const route = server.kind('gateway.networking.k8s.io/v1', 'HTTPRoute');
  const pod = server.kind('v1', 'Pod');
  const service = server.kind('v1', 'Service');
  const slice = server.kind('discovery.k8s.io/v1', 'EndpointSlice');
  const write = { manager: 'controller' };

  const observe = (object: KubeObject): void => {
    const observedGeneration = object.metadata.generation ?? 0;
    const { parents = [] } = (object['status'] ?? {}) as {
      parents?: { conditions: { observedGeneration: number }[] }[];
    };
    if (asleep.value || parents[0]?.conditions[0]?.observedGeneration === observedGeneration) return;
    const condition = (type: string, ok: boolean) => ({
      type,
      status: ok ? 'True' : 'False',
      reason: ok ? type : 'BackendNotFound',
      message: ok ? '' : (refusal.value ?? ''),
      observedGeneration,
    });
    const conditions = [condition('Accepted', true), condition('ResolvedRefs', refusal.value === undefined)];
    const status = { parents: [{ parentRef: { name: 'gw' }, controllerName: 'test/gateway', conditions }] };
    store.update(route, { ...object, status }, { ...write, subresource: 'status' });
  };
  const endpoints = (object: KubeObject): void => {
    const { selector = {} } = object['spec'] as { selector?: Record<string, string> };
    const { namespace = 'default', name } = object.metadata;
    const chosen = store
      .list(pod, namespace)
      .filter(({ metadata }) =>
        Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value),
      )
      .map(({ metadata }) => ({
        targetRef: { kind: 'Pod', name: metadata.name },
        conditions: { ready: true },
        addresses: ['10.0.0.1'],
      }));
    const before = store.find(slice, namespace, `${name}-1`);
    if (JSON.stringify(before?.['endpoints'] ?? []) === JSON.stringify(chosen)) return;
    const made: KubeObject = {
      ...before,
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: before?.metadata ?? {
        name: `${name}-1`,
        namespace,
        labels: { 'kubernetes.io/service-name': name },
      },
      addressType: 'IPv4',
      endpoints: chosen,
    };
    if (before === undefined) store.create(slice, made, write);
    else store.update(slice, made, write);
  };
  const { store } = server;
  let queued = false;
  store.onChange(() => {
    if (queued) return;
    queued = true;
    setImmediate(() => {
      queued = false;
      for (const object of store.list(route)) observe(object);
      for (const object of store.list(service)) endpoints(object);
    });
  });
  return {
    server,
    api,
    lines,
    refusal,
    asleep,
    context: (more = {}) => ({
      api,
      namespace: 'default',
      workload: 'llm',
      stableService: 'llm',
      canaryService: 'llm-canary',
      port: 80,
      log,
      signal,
      observeMs: 2_000,
      ...more,
    }),
  };
}

export const service = (name: string, app: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app }, ports: [{ port: 80, targetPort: 8000 }] },
});

export const httpRoute = (name: string, rules: unknown[]): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name },
  spec: { parentRefs: [{ name: 'gw' }], hostnames: ['llm.example.com'], rules },
});
