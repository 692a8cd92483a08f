/** The committed bundles against an API server with controllers: a release is deployed, undone, and doesn't come back. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '@sluice/kubernetes/types';
import { startControllers, type Controllers } from '@sluice/testing/kube-api/controllers/controllers';
import { startKubeApi, type KubeApiServer } from '@sluice/testing/kube-api/server';
import { runAction, type ActionOutcome, type ActionRun } from '@sluice/testing/runner';
import { startPrometheus, type PrometheusServer } from '@sluice/testing/prometheus-server';

let cluster: KubeApiServer;
let controllers: Controllers;
let model: Server;
let prometheus: PrometheusServer;

beforeAll(async () => {
  model = createServer((request, response) => {
    request.resume();
    if (request.url === '/metrics')
      response.end('vllm:num_requests_running 0\nvllm:num_requests_waiting 0\n');
    else response.setHeader('content-type', 'application/json').end('{"choices":[{"text":"Paris"}]}');
  });
  await new Promise<void>((listening) => model.listen(0, '127.0.0.1', listening));
  cluster = await startKubeApi();
  cluster.proxy = () => (model.address() as AddressInfo).port;
  prometheus = await startPrometheus();
  const allocatable = { cpu: '8', memory: '32Gi', pods: '110' };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } };
  const made = cluster.store.create(cluster.kind('v1', 'Node'), node, { manager: 'kubelet' });
  const status = { manager: 'kubelet', subresource: 'status' as const };
  cluster.store.update(cluster.kind('v1', 'Node'), { ...made, status: { allocatable } }, status);
  controllers = startControllers(cluster, { readyMs: 5, terminateMs: 5, routeMs: 5 });
});

afterAll(async () => {
  controllers.stop();
  await cluster.close();
  model.close();
  await prometheus[Symbol.asyncDispose]();
});

const V2 = `registry.test/llm@sha256:${'2'.repeat(64)}`;
const run = (action: string, workload: string, given: Record<string, string>, options: ActionRun = {}) =>
  runAction(action, {
    timeoutMs: 40_000,
    ...options,
    inputs: {
      ...{ target: 'kubernetes', kubeconfig: cluster.kubeconfig, workload: `deployment/${workload}` },
      ...{ interval: '100ms', drain: '0s', ...given },
    },
  });

/** One that somebody made by hand, with the Service and the route that its users come by. */
function make(name: string): void {
  const labels = { app: name };
  const metadata = { name, namespace: 'default' };
  const containers = [{ name: 'server', image: 'llm:v1', ports: [{ name: 'http', containerPort: 8000 }] }];
  const template = { metadata: { labels }, spec: { containers } };
  const objects: KubeObject[] = [
    {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata },
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    },
    {
      ...{ apiVersion: 'v1', kind: 'Service', metadata },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8000 }] },
    },
    {
      ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata },
      spec: { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs: [{ name, port: 80 }] }] },
    },
  ];
  for (const object of objects)
    cluster.store.create(cluster.kind(object.apiVersion, object.kind), object, {
      manager: 'kubectl',
    });
}

function deployV2(workload: string, given: Record<string, string> = {}): Promise<ActionOutcome> {
  const hurried = { strategy: 'rolling', warmup: '0', 'require-gate': 'false', version: 'v2' };
  return run('canary-deploy', workload, { image: `server=${V2}`, ...hurried, ...given });
}

interface Seen {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
}

/** What serves, and what is left beside it. */
function seen(name: string): unknown[] {
  const deployment = cluster.kind('apps/v1', 'Deployment');
  const { spec } = cluster.store.read(deployment, 'default', name) as unknown as Seen;
  const route = cluster.store.read(
    cluster.kind('gateway.networking.k8s.io/v1', 'HTTPRoute'),
    'default',
    name,
  );
  const [rule] = (route['spec'] as { rules: { backendRefs: { name: string }[] }[] }).rules;
  const beside = cluster.store.find(deployment, 'default', `${name}-canary`);
  return [
    spec.template.spec.containers[0]?.image,
    spec.replicas,
    rule?.backendRefs.map((ref) => ref.name),
    beside === undefined,
  ];
}

/** Every answer of the pods that serve now is an error. */
function allErrors(workload: string): void {
  const pods = cluster.store
    .list(cluster.kind('v1', 'Pod'))
    .filter(({ metadata }) => metadata.name.startsWith(`${workload}-`));
  const start = Date.now() / 1000 - 5;
  for (const { metadata } of pods) {
    const labels = { __name__: 'http_requests_total', namespace: 'default', pod: metadata.name };
    const samples = Array.from({ length: 400 }, (_, i): [number, number] => [start + i / 4, i * 10]);
    prometheus.series.push({ labels: { ...labels, method: 'POST', status: '5xx' }, samples });
  }
}

async function provenBad(): Promise<void> {
  make('bad');
  const deployed = await deployV2('bad');
  expect([deployed.outputs['outcome'], deployed.outputs['stable']]).toEqual(['success', 'v2']);
  expect(seen('bad')).toEqual([V2, 2, ['bad'], true]);
  const silent = await run('auto-rollback', 'bad', { mode: 'check', prometheus: prometheus.url });
  expect(silent.outputs).toMatchObject({ verdict: 'inconclusive', 'rolled-back': 'false' });
  allErrors('bad');
  const { outputs, stdout } = await run('auto-rollback', 'bad', {
    ...{ mode: 'check', prometheus: prometheus.url, slo: 'error_rate <= 5%' },
  });
  expect(stdout).toMatch(/going back from v2 to v1/);
  expect(outputs).toMatchObject({ verdict: 'fail', outcome: 'gate-failed', 'rolled-back': 'true' });
  expect([outputs['from'], outputs['to']]).toEqual(['v2', 'v1']);
  expect(seen('bad')).toEqual(['llm:v1', 2, ['bad'], true]);
}

async function killed(): Promise<void> {
  make('cut');
  await deployV2('cut');
  const main = await run('auto-rollback', 'cut', { mode: 'rollback' }, { killWhen: /becomes the template/ });
  expect([main.signal, main.outputs['rolled-back']]).toEqual(['SIGKILL', 'false']);
  expect(seen('cut')).not.toEqual(['llm:v1', 2, ['cut'], true]);
  const post = await run('auto-rollback', 'cut', {}, { post: true, state: main.state });
  expect([post.exitCode, post.stdout]).toEqual([0, expect.stringMatching(/finishing it/)]);
  expect(seen('cut')).toEqual(['llm:v1', 2, ['cut'], true]);
  const again = await deployV2('cut');
  expect(again.outputs['outcome']).toBe('gate-failed');
  expect(again.stdout).toMatch(/quarantine.*octocat/s);
  expect(seen('cut')).toEqual(['llm:v1', 2, ['cut'], true]);
}

test('errors that are proven bring the release before back; a killed undo is finished, and what it undid is refused', async () => {
  await Promise.all([provenBad(), killed()]);
}, 60_000);

test('inputs of the other target, and a watch that nobody counts for, are refused all at once', async () => {
  const { outputs, stdout } = await run('auto-rollback', 'llm', { mode: 'check', 'state-dir': '/tmp' });
  expect(outputs['outcome']).toBe('config-error');
  expect(stdout).toMatch(/`state-dir` belongs to `target: host`/);
  expect(stdout).toMatch(/`prometheus` is required with `target: kubernetes` and `mode: check`/);
});
