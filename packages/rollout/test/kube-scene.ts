/** A workload with its Service, route and autoscaler on the emulator, and drivers that roll it out; for tests and sweeps. */
import type { RolloutStep } from '@sluice/host/types';
import { connect } from '@sluice/kubernetes/connect';
import { StoredState } from '@sluice/kubernetes/stored-state';
import { EventWriter } from '@sluice/kubernetes/events';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { canaryOf } from '@sluice/model-deployment/canary-objects';
import { emptyUnit } from '@sluice/release/unit';
import { makeRouter } from '@sluice/routers/choose';
import { quietLog } from '@sluice/testing/quiet-log';
import { startControllers, type Controllers } from '@sluice/testing/kube-api/controllers/controllers';
import type { ControllerOptions } from '@sluice/testing/kube-api/controllers/world';
import { startKubeApi, type KubeApiServer } from '@sluice/testing/kube-api/server';
import { beginRollout, newRollout, takeOver } from '../src/begin.ts';
import { drive, type DriverOptions, type DriveResult } from '../src/driver.ts';
import { emptyArm, type Arm } from '../src/evidence.ts';
import type { EvidenceSource } from '../src/evidence-source.ts';
import type { GpuSurge } from '../src/kubernetes/capacity.ts';
import { guardedApi, guardOf } from '../src/kubernetes/guarded-api.ts';
import type { KubeSpec } from '../src/kubernetes/kube-spec.ts';
import { KubeTarget } from '../src/kubernetes/kube-target.ts';
import { settled } from '../src/kubernetes/settled.ts';
import type { KubeSite } from '../src/kubernetes/site.ts';
import { StoredMemory } from '../src/kubernetes/stored-memory.ts';
import { stableTemplate, templateOf } from '../src/kubernetes/template.ts';
import { Workload } from '../src/kubernetes/workload.ts';
import type { Owner } from '../src/owner.ts';
import { parseLiveRules } from '../src/parse-live-rules.ts';

const never = new AbortController().signal;
const place = {
  namespace: 'default',
  workload: 'llm',
  stableService: 'llm',
  canaryService: 'llm-canary',
  port: 80,
};
const RULES = parseLiveRules('error_rate no-worse-than stable by 10%', { input: 'analysis', stable: true });
export const deploymentRef = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default' };
export const routeRef = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: 'llm' };
export const scalerRef = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'llm' };

export interface Made {
  target: KubeTarget;
  site: KubeSite;
  owner: Owner;
}

export class KubeScene {
  readonly server: KubeApiServer;
  readonly api: KubeApi;
  #controllers: Controllers | undefined;

  private constructor(server: KubeApiServer, api: KubeApi) {
    this.server = server;
    this.api = api;
  }

  static async open(): Promise<KubeScene> {
    const server = await startKubeApi();
    return new KubeScene(
      server,
      await connect({ kubeconfig: server.kubeconfig, log: quietLog, signal: never }),
    );
  }

  async close(): Promise<void> {
    this.#controllers?.stop();
    await this.api.close();
    await this.server.close();
  }

  async cluster(options: ControllerOptions & { replicas?: number; gpus?: number } = {}): Promise<void> {
    const { replicas = 2, gpus = 0 } = options;
    this.#controllers = startControllers(this.server, { readyMs: 2, terminateMs: 2, routeMs: 0, ...options });
    for (const object of workloadObjects('llm', 'llm:v1', { replicas, gpus })) await this.api.create(object);
    await this.api.create({
      apiVersion: scalerRef.apiVersion,
      kind: scalerRef.kind,
      metadata: { name: 'llm', namespace: 'default' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm' },
        minReplicas: replicas,
        maxReplicas: 9,
      },
    });
    const stable = new Workload(this.api, { ...deploymentRef, name: 'llm' });
    await stable.until('ready', ({ ready }) => ready.length === replicas, waiting);
  }

  /** @param bad versions whose answers are errors */
  targetOf(through: KubeApi, surge: GpuSurge, run = 'one', bad: readonly string[] = []): Made {
    const memory = new StoredMemory(new StoredState(through, { name: 'sluice-deployment-llm' }));
    const owner: Owner = { pid: 1, startTime: run, run, holder: run };
    const api = guardedApi(through, guardOf(memory, owner));
    const site: KubeSite = {
      api,
      stable: new Workload(api, { ...deploymentRef, name: 'llm' }),
      canary: new Workload(api, { ...deploymentRef, name: 'llm-canary' }),
      services: { stable: 'llm', canary: 'llm-canary' },
      router: makeRouter(
        { traffic: 'gateway-api', why: '' },
        { ...place, api, log: quietLog, signal: never },
      ),
      controller: null,
      memory,
      evidence: evidenceOf(bad),
      surge,
      events: new EventWriter(through, { instance: run, log: quietLog }),
      canaryOf: (stable, spec, replicas) => {
        const { store } = this.server;
        const made = canaryOf({
          stable,
          service: store.read(this.server.kind('v1', 'Service'), 'default', 'llm'),
          template: stableTemplate(spec),
          version: spec.version,
          weights: null,
          replicas,
        });
        return [made.workload, ...(made.service === undefined ? [] : [made.service])];
      },
      isDriving: () => Promise.resolve(false),
      log: quietLog,
      signal: never,
      driving: never,
      now: Date.now,
      ...{ startupTimeoutMs: 5_000, pollMs: 2 },
    };
    return { target: new KubeTarget(site), site, owner };
  }

  /** `v3` is the image `llm:v3` in what is there, or will be when the rollout that is under way has ended. */
  async specFor(version: string, target: KubeTarget): Promise<KubeSpec> {
    const live = (await this.api.get({ ...deploymentRef, name: 'llm' })) as KubeObject;
    const base = settled(live, (await target.status()).rollout);
    const template = structuredClone(templateOf(base));
    template.spec['containers'] = (template.spec['containers'] as object[]).map((one) => ({
      ...one,
      image: `llm:${version}`,
    }));
    return {
      version,
      releaseDigest: `sha256:${version}`,
      unit: { ...emptyUnit(), engineArgs: `sha256:${version}` },
      modelName: 'llm',
      template,
      replicas: (base['spec'] as { replicas: number }).replicas,
      port: 8000,
      objects: [],
    };
  }

  async rollOut(
    made: Made,
    version: string,
    steps: RolloutStep[] = [0.25, 0.5, 1].map((weight) => ({ weight, holdMs: 0 })),
  ): Promise<DriveResult> {
    const spec = await this.specFor(version, made.target);
    const options = optionsFor(made);
    const left = await takeOver('deploy', spec.releaseDigest, options);
    if (left.kind === 'continue') return drive(left.state, options);
    if (left.kind === 'ended' && left.result.state.to === version) return left.result;
    const { stable } = await made.target.status();
    const state = newRollout({
      ...{ spec, from: stable, strategy: 'canary', owner: made.owner, record: null, deploymentId: null },
      steps,
      now: Date.now(),
    });
    await beginRollout(state, options);
    return drive(state, options);
  }

  async abort(made: Made): Promise<void> {
    await takeOver('abort', null, optionsFor(made));
  }
}

function optionsFor({ target, owner }: Made): DriverOptions {
  return {
    ...{ target, owner, rules: RULES.rules, judging: { confidence: 0.95, minSamples: 20 }, log: quietLog },
    policy: { maxDurationMs: 60_000, onInconclusive: 'rollback', intervalMs: 2, requireVerdict: true },
    signal: never,
    exclusive: (work) => work(),
    warm: () => Promise.resolve(),
    ending: () => Promise.resolve({ drainMs: 0, record: null }),
  };
}

const waiting = { timeoutMs: 5_000, signal: never, log: quietLog, pollMs: 2 };

/** 1,000 requests of each version at every look; half of a bad one's are errors. */
function evidenceOf(bad: readonly string[]): EvidenceSource {
  const counted = (version: string): Arm => ({
    ...emptyArm(version),
    requests: 1000,
    shares: { error_rate: { n: 1000, hits: bad.includes(version) ? 500 : 0 } },
  });
  return {
    look: ({ stable, canary }) => {
      const versions = [canary.version, ...(stable === null ? [] : [stable.version])];
      const arms = Object.fromEntries(versions.map((version) => [version, counted(version)]));
      return Promise.resolve({ arms, problems: [], notes: [] });
    },
  };
}

/** A workload as somebody made it by hand, with the Service and the route that its users come by. */
export function workloadObjects(
  name: string,
  image: string,
  { replicas = 2, gpus = 0 }: { replicas?: number; gpus?: number } = {},
): KubeObject[] {
  const labels = { app: name };
  const metadata = { name, namespace: 'default' };
  const resources = gpus === 0 ? {} : { resources: { limits: { 'nvidia.com/gpu': String(gpus) } } };
  const containers = [
    { name: 'server', image, ports: [{ name: 'http', containerPort: 8000 }], ...resources },
  ];
  const template = { metadata: { labels }, spec: { containers } };
  return [
    {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata },
      spec: { replicas, selector: { matchLabels: labels }, template },
    },
    {
      ...{ apiVersion: 'v1', kind: 'Service', metadata },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8000 }] },
    },
    {
      ...{ apiVersion: routeRef.apiVersion, kind: routeRef.kind, metadata },
      spec: { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs: [{ name, port: 80 }] }] },
    },
  ];
}
