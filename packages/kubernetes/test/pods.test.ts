import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@sluice/kubernetes/connect';
import { EventWriter } from '@sluice/kubernetes/events';
import { podTroubles } from '@sluice/kubernetes/pod-troubles';
import { describeTroubles, explainPods, podsOf } from '@sluice/kubernetes/pods';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { workloadStatus } from '@sluice/kubernetes/workload-status';
import { plainLogger } from '@sluice/runtime/logger';
import { type Controllers, startControllers } from '@sluice/testing/kube-api/controllers/controllers';
import type { Fate } from '@sluice/testing/kube-api/controllers/world';
import { type KubeApiServer, startKubeApi } from '@sluice/testing/kube-api/server';

let server: KubeApiServer;
let api: KubeApi;
let controllers: Controllers;
const lines: string[] = [];
const log = plainLogger((line) => lines.push(line));
const FATES: Record<string, Fate> = {
  good: { is: 'ready' },
  probe: { is: 'never-ready' },
  crash: { is: 'crash-loop', exitCode: 3, log: 'loading model\nno such file: /models/v4' },
  memory: { is: 'out-of-memory' },
  image: { is: 'image' },
  evicted: { is: 'evicted' },
};

beforeAll(async () => {
  server = await startKubeApi();
  const fate = ({ metadata }: KubeObject): Fate | undefined => FATES[metadata.labels?.['app'] ?? ''];
  controllers = startControllers(server, { fate, readyMs: 1, capacity: { 'nvidia.com/gpu': 1 } });
  api = await connect({ kubeconfig: server.kubeconfig, log, signal: new AbortController().signal });
});
afterAll(async () => {
  controllers.stop();
  await api.close();
  await server.close();
});

async function deploy(app: string, limits: object = {}): Promise<KubeObject> {
  const labels = { app };
  const containers = [{ name: 'main', image: 'llm:4', resources: { limits } }];
  const spec = {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers } },
  };
  return api.create({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: app, labels }, spec });
}

async function explained(deployment: KubeObject): Promise<string> {
  for (let tried = 0; tried < 200; tried += 1) {
    const pods = await podsOf(api, deployment);
    const told = pods.length === 2 ? await explainPods(api, pods) : [];
    if (told.length > 0 && told.every(({ kind }) => kind !== 'starting')) return describeTroubles(told);
    await sleep(10);
  }
  throw new Error('nothing is told');
}

describe('why pods are not ready', () => {
  test.each([
    [
      'probe',
      /^pod probe-\w+-\w+ and 1 more: Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503$/,
    ],
    [
      'crash',
      /^pod crash-\S+ and 1 more \(container main\): CrashLoopBackOff: it ended with exit code 3, restarted 3 times\n {4}\| loading model\n {4}\| no such file: \/models\/v4$/,
    ],
    ['memory', /OOMKilled: it took more memory than its limit and was killed, restarted 2 times$/],
    ['image', /ImagePullBackOff: Back-off pulling image "llm:4"$/],
  ])('%s', async (app, words) => {
    expect(await explained(await deploy(app))).toMatch(words);
  });

  test('no room: the one that has a place is well', async () => {
    const deployment = await deploy('gpu', { 'nvidia.com/gpu': 1 });
    expect(await explained(deployment)).toMatch(
      /^pod gpu-\S+: Unschedulable: 0\/1 nodes are available: 1 Insufficient nvidia\.com\/gpu/,
    );
    const now = await api.get({ ...deployment, name: 'gpu' });
    expect(workloadStatus(now ?? deployment)).toMatchObject({
      rolledOut: false,
      ready: 1,
      said: '1 of 2 ready, 2 of 2 updated',
    });
  });

  test('good pods have no trouble, and their Deployment is rolled out', async () => {
    const deployment = await deploy('good');
    let now = deployment;
    for (let tried = 0; tried < 200 && !workloadStatus(now).rolledOut; tried += 1) {
      await sleep(10);
      now = (await api.get({ ...deployment, name: 'good' })) ?? now;
    }
    expect(workloadStatus(now)).toMatchObject({ rolledOut: true, stuck: undefined, available: 2 });
    expect(await explainPods(api, await podsOf(api, now))).toEqual([]);
  });

  test('evicted and unknown ends', () => {
    const pod = (status: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', uid: 'u' },
      status,
    });
    expect(podTroubles(pod({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' }))).toMatchObject([
      { kind: 'evicted', message: 'low on memory' },
    ]);
    expect(podTroubles(pod({ phase: 'Pending' }))).toMatchObject([{ kind: 'starting', reason: 'Pending' }]);
    const ended = { name: 'main', state: { terminated: { exitCode: 2, reason: 'Error' } } };
    expect(podTroubles(pod({ phase: 'Running', containerStatuses: [ended] }))).toMatchObject([
      { kind: 'crash', reason: 'Error', hasEarlierRun: false },
    ]);
    expect(podTroubles(pod({ phase: 'Succeeded' }))).toEqual([]);
  });
});

test.each([
  [
    'not seen yet',
    { observedGeneration: 1, replicas: 3, updatedReplicas: 3, availableReplicas: 3 },
    { rolledOut: false, observed: false },
  ],
  [
    'old pods left',
    { observedGeneration: 2, replicas: 4, updatedReplicas: 3, availableReplicas: 4 },
    { rolledOut: false },
  ],
  [
    'whole',
    { observedGeneration: 2, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 },
    { rolledOut: true },
  ],
  [
    'over a quota',
    {
      observedGeneration: 2,
      conditions: [
        { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: gpus' },
      ],
    },
    { rolledOut: false, stuck: 'FailedCreate: exceeded quota: gpus' },
  ],
  [
    'too late',
    {
      observedGeneration: 2,
      conditions: [
        { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' },
      ],
    },
    { stuck: 'ProgressDeadlineExceeded: timed out' },
  ],
])('a Deployment: %s', (_what, status, told) => {
  const metadata = { name: 'llm', generation: 2 };
  expect(
    workloadStatus({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 3 }, status }),
  ).toMatchObject(told);
});

test('an event is cut to what the API takes, and one that is refused is told once', async () => {
  const writer = new EventWriter(api, { instance: 'run 7', labels: { 'sluice/workload': 'good' }, log });
  const object = await api.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x'.repeat(253) },
  });
  await writer.write(object, { reason: 'SluiceRolloutStarted', note: 'é'.repeat(2000) });
  const events = { apiVersion: 'events.k8s.io/v1', kind: 'Event' };
  const [event] = await api.list(events, { fieldSelector: 'reason=SluiceRolloutStarted' });
  expect(Buffer.byteLength(String(event?.['note']))).toBeLessThanOrEqual(1024);
  expect(String(event?.['note'])).toMatch(/^é+…$/);
  expect(event?.metadata.labels).toEqual({
    'app.kubernetes.io/managed-by': 'sluice',
    'sluice/workload': 'good',
  });
  server.intercept = () => ({ status: 403, body: JSON.stringify({ kind: 'Status', message: 'no' }) });
  lines.length = 0;
  await writer.write(object, { reason: 'A', note: 'b' });
  await writer.write(object, { reason: 'A', note: 'b' });
  server.intercept = undefined;
  expect(lines.filter((line) => line.includes('no events are written'))).toHaveLength(1);
});
