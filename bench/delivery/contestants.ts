/** Who releases: Sluice, and its peers with the analysis that their own documentation shows, word for word but for the metric. */
import type { Lab } from '../../e2e/lab/lab.ts';
import { deployer } from '../../e2e/lab/deployer.ts';
import type { Version } from '../../e2e/lab/layout.ts';
import { deployment, ingressRoute, PORT, rolledOut, service, traefikService } from '../../e2e/lab/objects.ts';
import { phaseOf, startArgo, startFlagger } from '../../e2e/lab/peers.ts';
import { StoredState, stateName } from '@sluice/kubernetes/stored-state';
import { CANARY_SERVICE, goodShare, type Scene } from './scene.ts';

export interface Contestant {
  /** Also the namespace's name: `[a-z-]`. */
  name: string;
  /** Where its settings are written down. */
  settings: string;
  /** Starts its controller where it has one. */
  start(lab: Lab): Promise<void>;
  /** Version v1 serves, in its care. */
  deploy(scene: Scene): Promise<void>;
  /** Gives it v4, and does not wait. */
  release(scene: Scene): Promise<void>;
  /** Whether it has found the version bad. */
  hasDecided(scene: Scene): Promise<boolean>;
}

/** Long answers cost little: the events of a stream come a millisecond apart. */
const ENV = { CHUNK_MS: '1' };
const replicas = 1;

function llm({ lab, namespace }: Scene, version: Version): object {
  return deployment(lab, { namespace, name: 'llm', version, replicas, env: ENV });
}

/** With nothing set but where the evidence is. */
export const OURS: Contestant = {
  name: 'sluice',
  settings: 'canary-deploy as it is without any input about steps, rules or times',
  start: () => Promise.resolve(),
  deploy: async (scene) => {
    const { lab, namespace } = scene;
    await lab.kubectl.apply([
      llm(scene, 'v1'),
      service({ namespace, name: 'llm' }),
      traefikService(namespace, [{ name: 'llm', port: 80 }]),
      ingressRoute(namespace),
    ]);
    await rolledOut(lab, namespace, 'llm');
  },
  release: ({ lab, namespace, folder }) => {
    const deploy = deployer(lab, namespace, folder, {});
    void deploy({ image: `server=${lab.image('v4')}`, version: 'v4' }, { timeoutMs: 40 * 60_000 }).then(
      ({ exitCode, stdout }) => {
        if (exitCode !== 1 || !/broken/.test(stdout)) process.stdout.write(`     sluice ended:\n${stdout}\n`);
      },
    );
    return Promise.resolve();
  },
  hasDecided: async ({ api }) => {
    const kept = await new StoredState<{ rollout: { phase: string } | null }>(api, {
      name: stateName('deployment', 'llm'),
    }).read();
    return kept !== undefined && /^(?:aborting|aborted)$/.test(kept.rollout?.phase ?? 'aborted');
  },
};

/** What of a Rollout's spec.strategy.canary each of its two documented forms has. */
type ArgoForm = (templateName: string, args: object[]) => { analysis?: object; steps: object[] };

function argo(name: string, settings: string, metric: object, form: ArgoForm): Contestant {
  const hash = { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } };
  const rollout = (scene: Scene, version: Version): object => {
    const { metadata, spec } = llm(scene, version) as { metadata: object; spec: object };
    const canary = {
      canaryService: CANARY_SERVICE,
      stableService: 'llm',
      trafficRouting: { traefik: { weightedTraefikServiceName: 'llm' } },
      ...form('success-rate', [hash]),
    };
    return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata, spec: { ...spec, strategy: { canary } } }; // prettier-ignore
  };
  return {
    name,
    settings,
    start: startArgo,
    deploy: async (scene) => {
      const { lab, namespace } = scene;
      const query = goodShare(namespace, 'llm-{{args.hash}}-.+', '5m');
      const canary = service({ namespace, name: 'llm' }) as { metadata: object };
      await lab.kubectl.apply([
        service({ namespace, name: 'llm' }),
        { ...canary, metadata: { ...canary.metadata, name: CANARY_SERVICE } },
        traefikService(namespace, ['llm', CANARY_SERVICE].map((each) => ({ name: each, port: 80 }))), // prettier-ignore
        ingressRoute(namespace),
        {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'AnalysisTemplate',
          metadata: { name: 'success-rate', namespace },
          spec: {
            args: [{ name: 'hash' }],
            metrics: [
              {
                name: 'success-rate',
                successCondition: 'result[0] >= 0.95',
                ...metric,
                provider: { prometheus: { address: lab.prometheus, query } },
              },
            ],
          },
        },
        rollout(scene, 'v1'),
      ]);
      await phaseOf(lab, namespace, 'rollout.argoproj.io', /^Healthy$/);
    },
    release: (scene) => scene.lab.kubectl.apply([rollout(scene, 'v4')]),
    hasDecided: async ({ api }) => {
      const found = await api.get({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'llm' });
      return (found?.['status'] as { abort?: boolean } | undefined)?.abort === true;
    },
  };
}

/** In the documents `rate` stands as `irate`, which with few requests often has nothing to divide. */
export const ARGO = argo(
  'argo-rollouts',
  'docs/features/analysis.md, "Background Analysis": every 5 minutes from the second step on, failureLimit 3',
  { interval: '5m', failureLimit: 3 },
  (templateName, args) => ({
    analysis: { templates: [{ templateName }], startingStep: 2, args },
    steps: [20, 40, 60, 80].flatMap((setWeight) => [{ setWeight }, { pause: { duration: '10m' } }]),
  }),
);

export const ARGO_INLINE = argo(
  'argo-inline',
  'docs/features/analysis.md, "Inline Analysis": 20 % for 5 minutes, then one measurement',
  {},
  (templateName, args) => ({
    steps: [
      { setWeight: 20 },
      { pause: { duration: '5m' } },
      { analysis: { templates: [{ templateName }], args } },
    ],
  }),
);

interface Analysis {
  interval: string;
  threshold: number;
  maxWeight: number;
  stepWeight: number;
}

function flagger(name: string, settings: string, analysis: Analysis): Contestant {
  const canary = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'llm' };
  return {
    name,
    settings,
    start: startFlagger,
    deploy: async (scene) => {
      const { lab, namespace } = scene;
      // Its own Deployment's pods, not those of llm-primary.
      const query = `100 * (${goodShare(namespace, 'llm-[0-9a-f]+-[0-9a-z]+', '{{ interval }}')})`;
      await lab.kubectl.apply([
        llm(scene, 'v1'),
        ingressRoute(namespace),
        {
          apiVersion: canary.apiVersion,
          kind: 'MetricTemplate',
          metadata: { name: 'good-answers', namespace },
          spec: { provider: { type: 'prometheus', address: lab.prometheus }, query },
        },
        {
          apiVersion: canary.apiVersion,
          kind: canary.kind,
          metadata: { name: canary.name, namespace },
          spec: {
            provider: 'traefik',
            targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm' },
            service: { port: 80, targetPort: PORT },
            analysis: {
              ...analysis,
              metrics: [
                {
                  name: 'good-answers',
                  templateRef: { name: 'good-answers' },
                  thresholdRange: { min: 99 },
                  interval: '1m',
                },
              ],
            },
          },
        },
      ]);
      await phaseOf(lab, namespace, 'canary.flagger.app', /^Initialized$/);
      await rolledOut(lab, namespace, 'llm-primary');
    },
    release: (scene) => scene.lab.kubectl.apply([llm(scene, 'v4')]),
    hasDecided: async ({ api }) => {
      const { status } = ((await api.get(canary)) ?? {}) as {
        status?: { phase?: string; failedChecks?: number };
      };
      return status?.phase === 'Failed' || (status?.failedChecks ?? 0) >= analysis.threshold;
    },
  };
}

export const FLAGGER = flagger(
  'flagger',
  'tutorials/traefik-progressive-delivery.md: 5 % more every 10 s, rolled back after 10 failed checks',
  { interval: '10s', threshold: 10, maxWeight: 50, stepWeight: 5 },
);

export const FLAGGER_MINUTE = flagger(
  'flagger-minute',
  'tutorials/gatewayapi-progressive-delivery.md: 10 % more every minute, rolled back after 5 failed checks',
  { interval: '1m', threshold: 5, maxWeight: 50, stepWeight: 10 },
);

export const PEERS = [FLAGGER, FLAGGER_MINUTE, ARGO_INLINE, ARGO];
