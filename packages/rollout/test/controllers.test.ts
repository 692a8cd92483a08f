import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { operationsFor } from '@sluice/kubernetes/change-object';
import { connect } from '@sluice/kubernetes/connect';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { plainLogger } from '@sluice/runtime/logger';
import { startKubeApi, type KubeApiServer } from '@sluice/testing/kube-api/server';
import { ArgoRollouts, stepsFor } from '../src/kubernetes/controllers/argo-rollouts.ts';
import { before, borrow, giveBack } from '../src/kubernetes/controllers/borrowed.ts';
import { controllerOf, controlling } from '../src/kubernetes/controllers/choose.ts';
import { analysisFor, Flagger } from '../src/kubernetes/controllers/flagger.ts';
import { CANARY, KRUISE_ROLLOUT, ROLLOUT } from '../src/kubernetes/controllers/kinds.ts';
import { kruiseSteps, type OpenKruise } from '../src/kubernetes/controllers/openkruise.ts';
import { parseWorkload } from '../src/kubernetes/names.ts';

const signal = new AbortController().signal;
const log = plainLogger(() => undefined);
const ref = { ...ROLLOUT, namespace: 'default', name: 'llm' };
const template = (image: string): { spec: Record<string, unknown> } => ({
  spec: { containers: [{ name: 'server', image }] },
});
const USERS_STEPS = [{ setWeight: 1 }, { pause: { duration: '24h' } }];

let server: KubeApiServer;
let api: KubeApi;

beforeEach(async () => {
  server = await startKubeApi();
  api = await connect({ kubeconfig: server.kubeconfig, log, signal });
});

afterEach(async () => {
  await api.close();
  await server.close();
});

const context = (): ConstructorParameters<typeof ArgoRollouts>[0] => ({
  ...{ api, namespace: 'default', name: 'llm', log, signal, startupTimeoutMs: 200 },
});

function rollout(canary: object | undefined, more: object = {}): Promise<KubeObject> {
  const strategy = canary === undefined ? { blueGreen: {} } : { canary };
  const spec = { replicas: 4, template: template('llm:v1'), strategy, ...more };
  return api.create({ ...ROLLOUT, metadata: { name: 'llm', namespace: 'default' }, spec });
}

const WEIGHED = {
  stableService: 'llm',
  canaryService: 'llm-canary',
  trafficRouting: { traefik: {} },
  steps: USERS_STEPS,
  analysis: { templates: [] },
};

async function status(of: typeof ref, value: object): Promise<void> {
  await api.patch(of, { type: 'merge', body: { status: value } }, { subresource: 'status' });
}

test('what is borrowed is kept as it stood first, and given back but for what stays', async () => {
  await rollout(WEIGHED);
  await borrow(api, ref, { '/spec/replicas': 5, '/spec/paused': true, '/spec/template': template('a') }, signal); // prettier-ignore
  const twice = await borrow(api, ref, { '/spec/replicas': 6 }, signal);
  expect(before(twice)).toEqual({
    '/spec/replicas': 4,
    '/spec/paused': null,
    '/spec/template': template('llm:v1'),
  });
  const { spec, metadata } = await giveBack(api, ref, ['/spec/template'], signal);
  expect(spec).toMatchObject({ replicas: 4, template: template('a') });
  expect(spec).not.toHaveProperty('paused');
  expect(metadata.annotations ?? {}).toEqual({});
});

test('a value that the API server writes otherwise is not tested as it is written here', () => {
  const object = {
    ...ROLLOUT,
    metadata: { name: 'llm', resourceVersion: '7' },
    spec: { a: 'x', b: '1 > 0' },
  };
  expect(operationsFor(object, { fields: { '/spec/a': 'y', '/spec/b': '0 < 1' } })).toEqual([
    { op: 'test', path: '/metadata/resourceVersion', value: '7' },
    { op: 'test', path: '/spec/a', value: 'x' },
    { op: 'replace', path: '/spec/a', value: 'y' },
    { op: 'replace', path: '/spec/b', value: '0 < 1' },
  ]);
});

test('Argo Rollouts gets our steps with a pause after each, and its own back when it is over', async () => {
  expect(stepsFor([0.05, 0.003, 1], 2)).toEqual([
    ...[{ setCanaryScale: { replicas: 2 } }, { pause: {} }, { setCanaryScale: { matchTrafficWeight: true } }],
    ...[{ setWeight: 5 }, { pause: {} }, { setWeight: 1 }, { pause: {} }, { setWeight: 100 }, { pause: {} }],
  ]);
  const argo = new ArgoRollouts(context(), await rollout(WEIGHED));
  await status(ref, { observedGeneration: '1', currentPodHash: 'old', stableRS: 'old', phase: 'Healthy' });
  expect([await argo.check(), await argo.read()]).toEqual([[], undefined]);
  await expect(argo.begin(template('llm:v2'), [0.25, 1], 4)).rejects.toThrow(/has not begun/);
  const asked = (await api.get(ref)) as KubeObject;
  const { canary } = (asked['spec'] as { strategy: { canary: Record<string, unknown> } }).strategy;
  expect([canary['steps'], canary['analysis']]).toEqual([stepsFor([0.25, 1], 1), undefined]);
  // Whoever comes after a dead driver sees the users' side as it was.
  expect((await argo.stable.object())?.['spec']).toMatchObject({ template: template('llm:v1') });
  const { generation = 0 } = asked.metadata;
  const seen = { observedGeneration: String(generation), currentPodHash: 'new', currentStepIndex: 1 };
  await status(ref, { ...seen, pauseConditions: [{ reason: 'CanaryPauseStep' }], message: 'paused' });
  await argo.begin(template('llm:v2'), [0.25, 1], 4);
  await expect(argo.set(0.25)).rejects.toThrow(/25 % of the users: not within .* \(step 3, weight 0/);
  expect((await api.get(ref))?.['status']).toMatchObject({ currentStepIndex: 3, controllerPause: false });
  await status(ref, { currentStepIndex: 4, canary: { weights: { canary: { weight: 25 } } } });
  await argo.set(0.25);
  expect(await argo.read()).toBe(0.25);
  await status(ref, { abort: true, message: 'by hand' });
  await expect(argo.set(1)).rejects.toThrow('Argo Rollouts has aborted it: by hand');
  await status(ref, { canary: { weights: { canary: { weight: 0 } } } });
  await argo.abort();
  const ended = argo.settle('aborted');
  const back = (await api.get(ref)) as KubeObject;
  await status(ref, { observedGeneration: String((back.metadata.generation ?? 0) + 1), currentPodHash: 'old' }); // prettier-ignore
  await ended;
  const { spec } = (await api.get(ref)) as KubeObject;
  expect(spec).toMatchObject({ template: template('llm:v1'), strategy: { canary: WEIGHED } });
});

test('a Rollout that would give users to pods unseen is refused', async () => {
  const faultsOf = async (canary: object | undefined, more?: object): Promise<string> => {
    const found = await rollout(canary, more);
    const faults = await new ArgoRollouts(context(), found).check();
    await api.delete(ref);
    return faults.join('\n');
  };
  expect(await faultsOf(undefined)).toMatch(/no `strategy.canary`/);
  expect(await faultsOf({ steps: [] })).toMatch(/no `trafficRouting`/);
  expect(await faultsOf(WEIGHED, { paused: true })).toMatch(/is paused/);
  expect(await faultsOf(WEIGHED, { workloadRef: { kind: 'Deployment', name: 'x' } })).toMatch(/workloadRef/);
});

test('Flagger may go one weight further and no more, and goes back when its checks are told to have failed', async () => {
  const gates = analysisFor(3, [10, 25], ['confirm-promotion']);
  expect(gates).toMatchObject({ threshold: 3, stepWeights: [10, 25], metrics: [] });
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm' };
  const selector = { matchLabels: { app: 'llm' } };
  const pods = (image: string): object => ({
    metadata: { labels: { app: 'llm' } },
    spec: { containers: [{ name: 'server', image }] },
  });
  const own = { interval: '1m', threshold: 5, stepWeight: 10, maxWeight: 50 };
  for (const name of ['llm', 'llm-primary'])
    await api.create({
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'default' } },
      spec: { replicas: name === 'llm' ? 0 : 2, selector, template: pods('llm:v1') },
    });
  const canaryRef = { ...CANARY, namespace: 'default', name: 'llm' };
  const found = await api.create({
    ...{ ...CANARY, metadata: { name: 'llm', namespace: 'default' } },
    spec: { provider: 'traefik', targetRef: target, service: { port: 80 }, analysis: own },
  });
  await status(canaryRef, { phase: 'Initialized' });
  const flagger = new Flagger(context(), found);
  expect(await flagger.check()).toEqual([]);
  expect((await flagger.stable.object())?.['spec']).toMatchObject({ replicas: 2 });
  await expect(flagger.begin(pods('llm:v2') as never)).rejects.toThrow(/phase Initialized/);
  await status(canaryRef, { phase: 'Progressing' });
  await flagger.begin(pods('llm:v2') as never);
  await expect(flagger.set(0.25)).rejects.toThrow(/weight 0, phase Progressing/);
  const analysis = async (): Promise<unknown> =>
    ((await api.get(canaryRef))?.['spec'] as { analysis: unknown }).analysis;
  expect(await analysis()).toEqual(analysisFor(1, [25], ['confirm-promotion']));
  // At a closed gate its status forgets the weight that the route has.
  await status(canaryRef, { canaryWeight: 0, phase: 'WaitingPromotion' });
  await flagger.set(0.25);
  expect(await flagger.read()).toBe(0.25);
  await expect(flagger.abort()).rejects.toThrow(/weight 25/);
  expect((await api.get(canaryRef))?.['status']).toMatchObject({ failedChecks: 1 });
  await status(canaryRef, { canaryWeight: 0, phase: 'Failed' });
  await flagger.abort();
  await flagger.settle('aborted');
  expect(await analysis()).toEqual(own);
  expect((await flagger.stable.object())?.['spec']).toMatchObject({ template: pods('llm:v1') });
});

test('OpenKruise gets a first step that nobody comes to, and never one that goes on without a word', async () => {
  expect(kruiseSteps([0.25, 1], 4)).toEqual([
    {
      matches: [{ headers: [expect.objectContaining({ name: 'x-sluice-nobody' })] }],
      replicas: 1,
      pause: {},
    },
    { traffic: '25%', replicas: 1, pause: {} },
    { traffic: '100%', replicas: 4, pause: {} },
  ]);
  const own = [{ traffic: '1%', replicas: 1, pause: { duration: 60 } }];
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm' };
  const deployed = await api.create({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'llm', namespace: 'default' } },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'llm' } },
      template: { metadata: { labels: { app: 'llm' } }, ...template('llm:v1') },
    },
  });
  const canary = { enableExtraWorkloadForCanary: true, steps: own, trafficRoutings: [{ service: 'llm' }] };
  await api.create({
    ...{ ...KRUISE_ROLLOUT, metadata: { name: 'llms', namespace: 'default' } },
    spec: { workloadRef, strategy: { canary } },
  });
  const kruiseRef = { ...KRUISE_ROLLOUT, namespace: 'default', name: 'llms' };
  await status(kruiseRef, { phase: 'Healthy' });
  const known = await controlling(api, { ...workloadRef, namespace: 'default' }, deployed);
  const kruise = controllerOf(context(), known as KubeObject) as OpenKruise;
  expect([kruise.name, await kruise.check(), await kruise.read()]).toEqual(['openkruise', [], undefined]);
  const next = { metadata: { labels: { app: 'llm' } }, ...template('llm:v2') };
  await expect(kruise.begin(next, [0.25, 1], 4)).rejects.toThrow(/the new pods without users/);
  const at = (currentStepIndex: number, currentStepState: string): Promise<void> =>
    status(kruiseRef, { phase: 'Progressing', canaryStatus: { currentStepIndex, currentStepState } });
  await at(1, 'StepPaused');
  await kruise.begin(next, [0.25, 1], 4);
  await expect(kruise.set(0.25)).rejects.toThrow(/25 % of the users: not within/);
  expect((await api.get(kruiseRef))?.['status']).toMatchObject({
    canaryStatus: { nextStepIndex: 2, currentStepState: 'StepReady' },
  });
  await at(2, 'StepUpgrade');
  expect(await kruise.read()).toBe(0);
  await at(2, 'StepPaused');
  await kruise.set(0.25);
  expect(await kruise.read()).toBe(0.25);
  await status(kruiseRef, { phase: 'Healthy' });
  await kruise.abort();
  await kruise.settle('aborted');
  expect((await api.get(kruiseRef))?.['spec']).toMatchObject({ strategy: { canary: { steps: own } } });
  expect((await kruise.stable.object())?.['spec']).toMatchObject({ template: template('llm:v1') });
});

test('kinds that a controller rolls out are workloads too', () => {
  expect(parseWorkload('rollout/llm')).toEqual({ ...ROLLOUT, name: 'llm' });
  expect(parseWorkload('canary/llm')).toEqual({ ...CANARY, name: 'llm' });
});
