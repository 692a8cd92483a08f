/** canary-deploy drives Argo Rollouts, Flagger and OpenKruise: our evidence decides, they move pods and requests. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { runAction } from '@sluice/testing/runner';
import type { Checks } from '../../../oracles/sources/checks.ts';
import { deployer, type Deploy } from '../../deployer.ts';
import type { Lab } from '../../lab.ts';
import { deployment, hostOf, httpRoute, ingressRoute, PORT, rolledOut, service, traefikService, type Workload } from '../../objects.ts'; // prettier-ignore
import { endKruise, KRUISE_LABEL, startKruise } from '../../kruise.ts';
import { phaseOf, startArgo, startFlagger } from '../../peers.ts';
import { LONG } from '../../traffic.ts';
import { served } from '../../served.ts';

const RATE = 4;

interface Peer {
  /** As input `workload` and kubectl name it. */
  workload: string;
  /** Of auto-rollback. */
  method: string;
  /** Ends its controller where it must not go on. */
  end?(lab: Lab): Promise<void>;
  /** Requests come by this route. */
  route(lab: Lab, namespace: string): object;
  start(lab: Lab): Promise<void>;
  /** v1 serves in its care; its own steps would take days. */
  objects(lab: Lab, workload: Workload): object[];
  ready(lab: Lab, namespace: string): Promise<void>;
  /** Fields of the user's that have to be as they were, and the image that the users' pods have. */
  settings(lab: Lab, namespace: string): Promise<{ own: unknown; image: string; phase: string }>;
}

interface Templated {
  spec: { template: { spec: { containers: { image: string }[] } } };
}

const imageOf = ({ spec }: Templated): string => spec.template.spec.containers[0]?.image ?? '';
const STEPS = [{ setWeight: 1 }, { pause: { duration: '24h' } }];
const ANALYSIS = { interval: '1h', threshold: 7, maxWeight: 3, stepWeight: 1 };

const ARGO: Peer = {
  workload: 'rollout/llm',
  method: 'argo-rollouts',
  route: (_, namespace) => ingressRoute(namespace),
  start: startArgo,
  objects: (lab, workload) => {
    const { metadata, spec } = deployment(lab, workload) as { metadata: object; spec: object };
    const trafficRouting = { traefik: { weightedTraefikServiceName: 'llm' } };
    const canary = { stableService: 'llm', canaryService: 'llm-canary', trafficRouting, steps: STEPS };
    const { namespace } = workload;
    const names = ['llm', 'llm-canary'];
    return [
      ...names.map((name) => ({
        ...service({ namespace, name: 'llm' }),
        metadata: { name, namespace },
      })),
      traefikService(namespace, names.map((name) => ({ name, port: 80 }))), // prettier-ignore
      { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata, spec: { ...spec, strategy: { canary } } }, // prettier-ignore
    ];
  },
  ready: async (lab, namespace) => {
    await phaseOf(lab, namespace, 'rollout.argoproj.io', /^Healthy$/);
  },
  settings: async (lab, namespace) => {
    const rollout = await lab.kubectl.json<
      Templated & { spec: { strategy: { canary: { steps: unknown } } }; status: { phase: string } }
    >('get', 'rollout.argoproj.io', 'llm', '-n', namespace);
    return {
      own: rollout.spec.strategy.canary.steps,
      image: imageOf(rollout),
      phase: rollout.status.phase,
    };
  },
};

const FLAGGER: Peer = {
  workload: 'canary/llm',
  method: 'flagger',
  route: (_, namespace) => ingressRoute(namespace),
  start: startFlagger,
  objects: (lab, workload) => [
    deployment(lab, workload),
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'llm', namespace: workload.namespace },
      spec: {
        provider: 'traefik',
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm' },
        service: { port: 80, targetPort: PORT },
        analysis: { ...ANALYSIS, interval: '10s' },
      },
    },
  ],
  ready: async (lab, namespace) => {
    await phaseOf(lab, namespace, 'canary.flagger.app', /^Initialized$/);
    await rolledOut(lab, namespace, 'llm-primary');
  },
  settings: async (lab, namespace) => {
    const canary = await lab.kubectl.json<{ spec: { analysis: unknown }; status: { phase: string } }>(
      'get', 'canary.flagger.app', 'llm', '-n', namespace,
    ); // prettier-ignore
    const primary = await lab.kubectl.json<Templated>('get', 'deployment', 'llm-primary', '-n', namespace);
    const target = await lab.kubectl.json<Templated>('get', 'deployment', 'llm', '-n', namespace);
    const image = imageOf(primary);
    return {
      own: canary.spec.analysis,
      image: image === imageOf(target) ? image : `${image}, target ${imageOf(target)}`,
      phase: canary.status.phase.replace(/^(?:Initialized|Succeeded|Failed)$/, 'Healthy'),
    };
  },
};

const KRUISE_STEPS = [{ traffic: '1%', replicas: 1, pause: { duration: 86_400 } }];

/** OpenKruise 0.6.2 copies pod templates by a Kubernetes API of 2022, which has no `preStop.sleep`, and loses it. */
function withExecHook(object: object): object {
  const command = ['/usr/local/bin/node', '-e', 'setTimeout(() => undefined, 5_000)'];
  const text = JSON.stringify(object).replace(
    '{"sleep":{"seconds":5}}',
    JSON.stringify({ exec: { command } }),
  );
  return JSON.parse(text) as object;
}

const KRUISE: Peer = {
  workload: 'deployment/llm',
  method: 'openkruise',
  start: startKruise,
  end: endKruise,
  route: (lab, namespace) => httpRoute(lab, namespace, 'llm', { llm: 1 }),
  objects: (lab, workload) => [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: workload.namespace, labels: { [KRUISE_LABEL]: 'true' } } }, // prettier-ignore
    withExecHook(deployment(lab, workload)),
    service(workload),
    {
      apiVersion: 'rollouts.kruise.io/v1beta1',
      kind: 'Rollout',
      metadata: { name: 'llm', namespace: workload.namespace },
      spec: {
        workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm' },
        strategy: {
          canary: {
            enableExtraWorkloadForCanary: true,
            steps: KRUISE_STEPS,
            trafficRoutings: [{ service: 'llm', gateway: { httpRouteName: 'llm' } }],
          },
        },
      },
    },
  ],
  ready: async (lab, namespace) => {
    await rolledOut(lab, namespace, 'llm');
    await phaseOf(lab, namespace, 'rollouts.rollouts.kruise.io', /^Healthy$/);
  },
  settings: async (lab, namespace) => {
    const rollout = await lab.kubectl.json<{
      spec: { strategy: { canary: { steps: unknown } } };
      status: { phase: string };
    }>('get', 'rollouts.rollouts.kruise.io', 'llm', '-n', namespace);
    const workload = await lab.kubectl.json<Templated>('get', 'deployment', 'llm', '-n', namespace);
    return {
      own: rollout.spec.strategy.canary.steps,
      image: imageOf(workload),
      phase: rollout.status.phase,
    };
  },
};

export async function check(lab: Lab, checks: Checks, folder: string): Promise<void> {
  const only = process.env['SLUICE_LAB_PEER'];
  // OpenKruise by name alone, as long as input `traffic` has it as planned.
  const peers = only === KRUISE.method ? [KRUISE] : [ARGO, FLAGGER];
  for (const peer of peers) {
    if (only !== undefined && peer.method !== only) continue;
    await peer.start(lab);
    try {
      await lab.inNamespace('driven', (namespace) => driven(lab, checks, peer, namespace, folder));
    } finally {
      await peer.end?.(lab);
    }
  }
}

/** Nothing but what the examples say is needed. */
async function letIn(lab: Lab, namespace: string): Promise<void> {
  for (const file of ['role.yaml', 'role-controllers.yaml']) {
    const text = await readFile(join(import.meta.dirname, '../../../../examples/kubernetes', file), 'utf8');
    const all = parseAllDocuments(text).map((document) => document.toJS() as { kind: string; metadata: { name: string } }); // prettier-ignore
    const role = all.find(({ kind }) => kind === 'Role');
    if (role === undefined) throw new Error(`${file} has no Role`);
    const { name } = role.metadata;
    await lab.kubectl.apply([
      { ...role, metadata: { name, namespace } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name, namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: [{ kind: 'User', name: 'releaser', apiGroup: 'rbac.authorization.k8s.io' }],
      },
    ]);
  }
}

async function driven(
  lab: Lab,
  checks: Checks,
  peer: Peer,
  namespace: string,
  folder: string,
): Promise<void> {
  const tell = (what: string, ok: boolean, detail = ''): void =>
    checks.tell(`${peer.workload}: ${what}`, ok, detail);
  const workload: Workload = { namespace, name: 'llm', version: 'v1', replicas: 2, env: { CHUNK_MS: '1' } };
  await lab.kubectl.apply([...peer.objects(lab, workload), peer.route(lab, namespace)]);
  await peer.ready(lab, namespace);
  await letIn(lab, namespace);
  const kubeconfig = lab.releaser ?? lab.kubeconfig;
  const before = await peer.settings(lab, namespace);
  const unchanged = async (version: 'v1' | 'v2'): Promise<string> => {
    const now = await peer.settings(lab, namespace);
    const same = JSON.stringify(now.own) === JSON.stringify(before.own);
    const whole = same && now.image === lab.image(version) && now.phase === 'Healthy';
    return whole ? '' : JSON.stringify(now);
  };
  const usual = {
    kubeconfig,
    workload: peer.workload,
    drain: '20s',
    steps: '20% 6s, 50% 6s, 100%',
    interval: '2s',
    'min-samples': '8',
    'max-duration': '4m',
    analysis: 'error_rate <= 15%\nloop_rate <= 25%\nempty_rate <= 25%',
  };
  const deploy: Deploy = (inputs, more) =>
    deployer(lab, namespace, folder, usual)(inputs, { timeoutMs: 360_000, ...more });
  const to = (version: 'v2' | 'v4' | 'v1'): Record<string, string> => ({
    image: `server=${lab.image(version)}`,
    version,
  });
  const users = { host: hostOf(namespace), rate: RATE, prompt: LONG, maxTokens: 120 };
  await served(lab, namespace, { ...users, rate: 2 });
  const traffic = lab.traffic(users);
  try {
    const good = await deploy(to('v2'));
    tell('a good v2 is promoted by evidence', good.exitCode === 0, good.stdout + good.stderr);
    tell('and it has its own settings again', (await unchanged('v2')) === '', await unchanged('v2'));
    const bad = await deploy(to('v4'));
    const taken = bad.exitCode === 1 && /broken: loop_rate/.test(bad.stdout);
    tell('a bad v4 is taken back by evidence', taken, bad.stdout + bad.stderr);
    tell('v2 is whole again, template too', (await unchanged('v2')) === '', await unchanged('v2'));
    const dead = await deploy(to('v1'), { killSignal: 'SIGKILL', killWhen: /step 2 of 3/ });
    const aborted = await deploy({ operation: 'abort' });
    tell('another job aborts what a dead runner left', dead.exitCode !== 0 && aborted.exitCode === 0, aborted.stdout); // prettier-ignore
    tell('v2 is whole after that', (await unchanged('v2')) === '', await unchanged('v2'));
    await deploy(to('v1'), { killSignal: 'SIGKILL', killWhen: /step 2 of 3/ });
    const promoted = await deploy({ operation: 'promote' });
    tell('another job promotes what a dead runner left', promoted.exitCode === 0, promoted.stdout);
    tell('v1 is whole after that', (await unchanged('v1')) === '', await unchanged('v1'));
    await deploy(to('v2'), { killSignal: 'SIGKILL', killWhen: /step 1 of 3/ });
    const next = await deploy(to('v2'));
    tell('the next run goes on where a dead one fell', next.exitCode === 0 && /left in phase/.test(next.stdout), next.stdout); // prettier-ignore
    tell('v2 is whole at the end', (await unchanged('v2')) === '', await unchanged('v2'));
    const back = await runAction('auto-rollback', {
      cwd: folder,
      inputs: {
        ...{ target: 'kubernetes', mode: 'rollback', method: peer.method, namespace },
        ...{ kubeconfig, workload: peer.workload, drain: '20s', 'github-token': '' },
        'release-record': join(folder, 'release.json'),
      },
      timeoutMs: 360_000,
    });
    tell('auto-rollback goes back to v1 by it', back.exitCode === 0, back.stdout + back.stderr);
    tell('v1 is whole after the rollback', (await unchanged('v1')) === '', await unchanged('v1'));
  } finally {
    const summary = await traffic.stop();
    process.stdout.write(`     ${peer.workload}: ${JSON.stringify(summary)}\n`);
    tell(
      `${summary.requests} requests through all of it: ${summary.lost} lost, ${summary.cut} cut off`,
      summary.lost + summary.cut === 0 && summary.requests > 100,
      summary.reasons.join('; '),
    );
  }
}
