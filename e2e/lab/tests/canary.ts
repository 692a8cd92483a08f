/** canary-deploy on the cluster, by the committed bundle, under streaming traffic: a good release goes through, nothing is lost. */
import type { Checks } from '../../oracles/sources/checks.ts';
import { deployer, type Deploy } from '../deployer.ts';
import type { Lab } from '../lab.ts';
import { deployment, hostOf, httpRoute, rolledOut, service } from '../objects.ts';
import { served } from '../served.ts';
import { LONG, type TrafficSummary } from '../traffic.ts';

/** Requests a second of every test here. */
const RATE = 20;

export interface Scene {
  lab: Lab;
  namespace: string;
  deploy: Deploy;
}

interface Deployed {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
}

/** By evidence, with absolute rules: some dozens of requests decide them. */
const BY_EVIDENCE = {
  strategy: 'canary',
  steps: '25% 8s, 50% 8s, 100%',
  interval: '2s',
  'min-samples': '20',
  'max-duration': '3m',
  analysis: 'error_rate <= 15%\nloop_rate <= 25%\nempty_rate <= 25%',
};

export async function check(lab: Lab, checks: Checks, folder: string): Promise<void> {
  await lab.inNamespace('canary', async (namespace) => {
    await lab.kubectl.apply([
      deployment(lab, {
        namespace,
        name: 'llm',
        version: 'v1',
        replicas: 2,
        ...gpus(lab),
        env: { CHUNK_MS: '1' },
      }),
      service({ namespace, name: 'llm' }),
      httpRoute(lab, namespace, 'llm', { llm: 1 }),
    ]);
    await rolledOut(lab, namespace, 'llm');
    const deploy = deployer(lab, namespace, folder, { drain: '20s', ...BY_EVIDENCE });
    const scene: Scene = { lab, namespace, deploy };
    await served(lab, namespace);
    await noRoom(checks, scene);
    await good(checks, scene, lab.external ? {} : { 'gpu-surge': 'none' });
    if (!lab.external) await lab.setGpus(8);
    try {
      await bad(checks, scene);
      await noImage(checks, scene);
    } finally {
      if (!lab.external) await lab.setGpus(2);
    }
  });
}

/** Both of the node's GPUs are the stable's: no spare one. */
function gpus(lab: Lab): { gpus?: number } {
  return lab.external ? {} : { gpus: 1 };
}

async function image(lab: Lab, namespace: string): Promise<string> {
  const { spec } = await lab.kubectl.json<Deployed>('get', 'deployment', 'llm', '-n', namespace);
  return `${spec.template.spec.containers[0]?.image ?? ''} x ${spec.replicas}`;
}

/** Two GPUs, both taken: refused with the arithmetic before anything is touched. */
async function noRoom(checks: Checks, scene: Scene): Promise<void> {
  const { lab, namespace } = scene;
  if (lab.external) return;
  const before = await lab.kubectl.run([
    'get',
    'deployment,service,configmap,lease',
    '-n',
    namespace,
    '-o',
    'name',
  ]);
  const { exitCode, stdout } = await scene.deploy({
    image: `server=${lab.image('v2')}`,
    version: 'v2',
    'gpu-surge': 'surge',
  });
  const after = await lab.kubectl.run([
    'get',
    'deployment,service,configmap,lease',
    '-n',
    namespace,
    '-o',
    'name',
  ]);
  checks.tell(
    'surge without a spare GPU is refused, with its arithmetic',
    exitCode === 1 && /2 of 2 nvidia\.com\/gpu taken/.test(stdout),
    stdout,
  );
  checks.tell('and nothing was touched', before === after, after);
}

async function good(checks: Checks, scene: Scene, inputs: Record<string, string>): Promise<void> {
  const { lab, namespace } = scene;
  const traffic = lab.traffic({ host: hostOf(namespace), rate: RATE });
  const outcome = await scene.deploy({ image: `server=${lab.image('v2')}`, version: 'v2', ...inputs });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const summary = await traffic.stop();
  checks.tell(
    'a good v2 is promoted by evidence, without a spare GPU',
    outcome.exitCode === 0,
    outcome.stdout + outcome.stderr,
  );
  whole(checks, summary);
  checks.tell(
    'the workload has the new image and all its pods',
    (await image(lab, namespace)) === `${lab.image('v2')} x 2`,
    await image(lab, namespace),
  );
  await nothingBeside(checks, scene);
}

/** v4 loops on long answers. */
async function bad(checks: Checks, scene: Scene): Promise<void> {
  const { lab, namespace } = scene;
  const traffic = lab.traffic({ host: hostOf(namespace), rate: RATE, prompt: LONG, maxTokens: 120 });
  const outcome = await scene.deploy({ image: `server=${lab.image('v4')}`, version: 'v4' });
  const summary = await traffic.stop();
  checks.tell(
    'a bad v4 is taken back by evidence',
    outcome.exitCode === 1 && /broken: loop_rate/.test(outcome.stdout),
    outcome.stdout + outcome.stderr,
  );
  whole(checks, summary);
  checks.tell(
    `users got ${summary.versions['v4']?.bad ?? 0} bad answers of v4`,
    (summary.versions['v4']?.bad ?? 0) > 0,
    JSON.stringify(summary.versions),
  );
  checks.tell(
    'the stable version is as it was',
    (await image(lab, namespace)) === `${lab.image('v2')} x 2`,
    await image(lab, namespace),
  );
  await nothingBeside(checks, scene);
  const again = await scene.deploy({ image: `server=${lab.image('v4')}`, version: 'v4' });
  checks.tell(
    'and is quarantined',
    again.exitCode === 1 && /quarantined since/.test(again.stdout),
    again.stdout,
  );
}

async function noImage(checks: Checks, scene: Scene): Promise<void> {
  const { exitCode, stdout } = await scene.deploy({
    image: 'server=docker.io/sluice-lab/llm:v99',
    version: 'v99',
  });
  checks.tell(
    'an image that no node has is taken back, and said',
    exitCode === 1 && /ErrImageNeverPull/.test(stdout),
    stdout,
  );
  await nothingBeside(checks, scene);
}

function whole(checks: Checks, summary: TrafficSummary): void {
  checks.tell(
    `${summary.requests} requests: none lost, none cut off`,
    summary.whole === summary.requests && summary.requests > 100,
    JSON.stringify(summary),
  );
}

async function nothingBeside(checks: Checks, { lab, namespace }: Scene): Promise<void> {
  const rest = await lab.kubectl.run(['get', 'deployment,service', '-n', namespace, '-o', 'name']);
  checks.tell('no canary is left', !rest.includes('canary'), rest);
}
