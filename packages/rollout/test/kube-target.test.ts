import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connect } from '@sluice/kubernetes/connect';
import { StoredState } from '@sluice/kubernetes/stored-state';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { canaryOf } from '@sluice/model-deployment/canary-objects';
import { emptyUnit } from '@sluice/release/unit';
import { makeRouter } from '@sluice/routers/choose';
import type { Router } from '@sluice/routers/router';
import { startControllers, type Controllers } from '@sluice/testing/kube-api/controllers/controllers';
import type { ControllerOptions } from '@sluice/testing/kube-api/controllers/world';
import { startKubeApi, type KubeApiServer } from '@sluice/testing/kube-api/server';
import { beginRollout, newRollout, takeOver } from '../src/begin.ts';
import { drive, type DriverOptions, type DriveResult } from '../src/driver.ts';
import type { GpuSurge } from '../src/kubernetes/capacity.ts';
import type { KubeSpec } from '../src/kubernetes/kube-spec.ts';
import { KubeTarget } from '../src/kubernetes/kube-target.ts';
import type { KubeSite } from '../src/kubernetes/site.ts';
import { StoredMemory } from '../src/kubernetes/stored-memory.ts';
import { stableTemplate, templateOf } from '../src/kubernetes/template.ts';
import { Workload } from '../src/kubernetes/workload.ts';
import type { Owner } from '../src/owner.ts';

const quiet = { debug() {}, info() {}, notice() {}, warning() {}, error() {}, untrusted() {} };
const never = new AbortController().signal;

let server: KubeApiServer;
let controllers: Controllers;
let api: KubeApi;

beforeEach(async () => {
  server = await startKubeApi();
  api = await connect({ kubeconfig: server.kubeconfig, log: quiet as never, signal: never });
});

afterEach(async () => {
  controllers.stop();
  await api.close();
  await server.close();
});

const deploymentRef = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default' };
const place = {
  namespace: 'default',
  workload: 'llm',
  stableService: 'llm',
  canaryService: 'llm-canary',
  port: 80,
};

function deployment(image: string, replicas: number, gpus = 0): KubeObject {
  const labels = { app: 'llm' };
  const resources = gpus === 0 ? {} : { resources: { limits: { 'nvidia.com/gpu': String(gpus) } } };
  const containers = [
    { name: 'server', image, ports: [{ name: 'http', containerPort: 8000 }], ...resources },
  ];
  const template = { metadata: { labels }, spec: { containers } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'llm', namespace: 'default' },
    spec: { replicas, selector: { matchLabels: labels }, template },
  };
}

async function cluster(
  options: ControllerOptions & { replicas?: number; gpus?: number } = {},
): Promise<void> {
  controllers = startControllers(server, { readyMs: 5, terminateMs: 5, routeMs: 5, ...options });
  await api.create(deployment('llm:v1', options.replicas ?? 2, options.gpus));
  await api.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'llm', namespace: 'default' },
    spec: { selector: { app: 'llm' }, ports: [{ name: 'http', port: 80, targetPort: 8000 }] },
  });
  await api.create({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'llm', namespace: 'default' },
    spec: { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs: [{ name: 'llm', port: 80 }] }] },
  });
}

interface Made {
  target: KubeTarget;
  site: KubeSite;
}

function targetOf(through: KubeApi, surge: GpuSurge, driving: AbortSignal = never): Made {
  const router: Router = makeRouter(
    { traffic: 'gateway-api', why: '' },
    { ...place, api: through, log: quiet as never, signal: driving },
  );
  const site: KubeSite = {
    api: through,
    stable: new Workload(through, { ...deploymentRef, name: 'llm' }),
    canary: new Workload(through, { ...deploymentRef, name: 'llm-canary' }),
    services: { stable: 'llm', canary: 'llm-canary' },
    router,
    memory: new StoredMemory(new StoredState(through, { name: 'sluice-deployment-llm' })),
    evidence: null,
    surge,
    canaryOf: (stable, spec, replicas) => {
      const service: KubeObject = server.store.find(
        server.kind('v1', 'Service'),
        'default',
        'llm',
      ) as KubeObject;
      const made = canaryOf({
        stable,
        service,
        template: stableTemplate(spec),
        version: spec.version,
        weights: null,
        replicas,
      });
      return [made.workload, ...(made.service === undefined ? [] : [made.service])];
    },
    isDriving: () => Promise.resolve(false),
    log: quiet as never,
    signal: driving,
    driving,
    now: Date.now,
    startupTimeoutMs: 5_000,
  };
  return { target: new KubeTarget(site), site };
}

async function specFor(image: string, version: string): Promise<KubeSpec> {
  const live = (await api.get({ ...deploymentRef, name: 'llm' })) as KubeObject;
  const template = structuredClone(templateOf(live));
  template.spec['containers'] = (template.spec['containers'] as object[]).map((one) => ({ ...one, image }));
  const { replicas } = live['spec'] as { replicas: number };
  const unit = { ...emptyUnit(), engineArgs: `sha256:${version}` };
  return {
    version,
    releaseDigest: `sha256:${version}`,
    unit,
    modelName: 'llm',
    template,
    replicas,
    port: 8000,
    objects: [],
  };
}

const owner = (run: string): Owner => ({ pid: 1, startTime: run, run, holder: run });

function optionsFor(target: KubeTarget, run: string): DriverOptions {
  return {
    target,
    rules: [],
    judging: { confidence: 0.95, minSamples: 1 },
    policy: { maxDurationMs: 60_000, onInconclusive: 'rollback', intervalMs: 5, requireVerdict: false },
    owner: owner(run),
    log: quiet as never,
    signal: never,
    exclusive: (work) => work(),
    warm: () => Promise.resolve(),
    ending: () => Promise.resolve({ drainMs: 0, record: null }),
  };
}

async function rollOut(made: Made, spec: KubeSpec, run = 'one'): Promise<DriveResult> {
  const options = optionsFor(made.target, run);
  const left = await takeOver('deploy', spec.releaseDigest, options);
  if (left.kind === 'continue') return drive(left.state, options);
  const { stable } = await made.target.status();
  if (left.kind === 'ended' && stable === spec.version) return left.result;
  const state = newRollout({
    from: stable,
    spec,
    strategy: 'canary',
    steps: [0.25, 0.5, 1].map((weight) => ({ weight, holdMs: 0 })),
    owner: options.owner,
    record: null,
    deploymentId: null,
    now: Date.now(),
  });
  await beginRollout(state, options);
  return drive(state, options);
}

async function names(kind: string, apiVersion: string): Promise<string[]> {
  return (await api.list({ apiVersion, kind }, { namespace: 'default' })).map(
    ({ metadata }) => metadata.name,
  );
}

interface Seen {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
  status: { readyReplicas?: number };
}

async function whole(image: string, replicas = 2): Promise<void> {
  const live = (await api.get({ ...deploymentRef, name: 'llm' })) as unknown as Seen;
  expect(live.spec.template.spec.containers[0]?.image).toBe(image);
  expect([live.spec.replicas, live.status.readyReplicas]).toEqual([replicas, replicas]);
  expect(await names('Deployment', 'apps/v1')).toEqual(['llm']);
  expect(await names('Service', 'v1')).toEqual(['llm']);
  const route = (await api.get({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    name: 'llm',
  })) as KubeObject;
  const [rule] = (route['spec'] as { rules: { backendRefs: { name: string }[] }[] }).rules;
  expect(rule?.backendRefs.map(({ name }) => name)).toEqual(['llm']);
}

test('a good release goes through its steps, takes over the workload, and leaves nothing beside it', async () => {
  await cluster();
  const made = targetOf(api, 'surge');
  expect((await made.target.status()).stable).toBe('v1');
  const { result } = await rollOut(made, await specFor('llm:v2', 'v2'));
  expect(result).toBe('promoted');
  await whole('llm:v2');
  const { stable, history, rollout } = await made.target.status();
  expect([stable, rollout?.phase]).toEqual(['v2', 'done']);
  expect(history.map(({ event, version }) => `${event} ${version}`)).toEqual(['deployed v1', 'promoted v2']);
  // Without it there would be no way back to what was found running.
  expect(history[0]?.record?.stages.at(-1)?.data['server']).toMatchObject({ version: 'v1', replicas: 2 });
});

test('without a spare GPU the stable side gives one up first, and no pod more than before is ever there', async () => {
  await cluster({ capacity: { 'nvidia.com/gpu': 2 }, gpus: 1 });
  let most = 0;
  server.store.onChange(() => {
    const pods = server.store.list(server.kind('v1', 'Pod'));
    most = Math.max(most, pods.length);
  });
  const { result } = await rollOut(targetOf(api, 'none'), await specFor('llm:v2', 'v2'));
  expect(result).toBe('promoted');
  expect(most).toBe(2);
  await whole('llm:v2');
});

test('an image that no registry has is taken back, and said', async () => {
  await cluster({
    fate: (pod) => {
      const [container] = (pod['spec'] as { containers: { image: string }[] }).containers;
      return container?.image === 'llm:v9' ? { is: 'image', said: 'llm:v9: not found' } : undefined;
    },
  });
  const made = targetOf(api, 'surge');
  const { result, state } = await rollOut(made, await specFor('llm:v9', 'v9'));
  expect([result, state.data['abortKind']]).toEqual(['aborted', 'not-started']);
  expect(state.reason).toMatch(/llm:v9: not found/);
  await whole('llm:v1');
});
