/** Any death is survived: the runner killed at each step, the API server restarted, Prometheus down, two deploys at once. */
import type { Checks } from '../../oracles/sources/checks.ts';
import { deployer, type Deploy } from '../deployer.ts';
import type { Lab } from '../lab.ts';
import { deployment, hostOf, httpRoute, rolledOut, service } from '../objects.ts';
import { served } from '../served.ts';
import type { Traffic } from '../traffic.ts';

const RATE = 10;
const REPLICAS = 2;

interface Scene {
  lab: Lab;
  namespace: string;
  checks: Checks;
  deploy: Deploy;
}

/** What the log says at each boundary of a rollout, so that the runner is killed there; a dead one is waited for 45 s. */
const BOUNDARIES: Readonly<Record<string, RegExp>> = {
  'while the canary starts': /starting v2/,
  'at the first step': /step 1 of 3/,
  'at the second step': /step 2 of 3/,
  'when all traffic is the canary’s': /step 3 of 3/,
  'in the promotion': /becomes the template of the stable workload/,
};

/** Without SLUICE_LAB_ALL=1. */
const USUAL = ['at the second step', 'in the promotion'];

export async function check(lab: Lab, checks: Checks, folder: string): Promise<void> {
  await lab.inNamespace('crash', async (namespace) => {
    await lab.kubectl.apply([
      deployment(lab, { namespace, name: 'llm', version: 'v1', replicas: REPLICAS, env: { CHUNK_MS: '1' } }),
      service({ namespace, name: 'llm' }),
      httpRoute(lab, namespace, 'llm', { llm: 1 }),
    ]);
    await rolledOut(lab, namespace, 'llm');
    const scene: Scene = {
      lab,
      namespace,
      checks,
      deploy: deployer(lab, namespace, folder, {
        drain: '10s',
        steps: '25% 3s, 50% 3s, 100%',
        interval: '1s',
        'min-samples': '5',
        'max-duration': '2m',
        analysis: 'error_rate <= 30%',
      }),
    };
    await served(lab, namespace);
    const traffic = lab.traffic({ host: hostOf(namespace), rate: RATE });
    try {
      let to: 'v1' | 'v2' = 'v2';
      const all = process.env['SLUICE_LAB_ALL'] === '1';
      for (const [where, line] of Object.entries(BOUNDARIES).filter(
        ([name]) => all || USUAL.includes(name),
      )) {
        await killed(scene, where, line, to, traffic);
        to = to === 'v2' ? 'v1' : 'v2';
      }
      const stable = await twoAtOnce(scene, to);
      told('two deploys at once', traffic);
      if (!lab.external) await partsDown(scene, stable);
    } finally {
      await traffic.stop();
    }
    const summary = traffic.summary();
    // Streams: each kill above has its own count. Those that a gateway cuts while the API server is away are told here.
    checks.tell(
      `${summary.requests} requests through all of it: none lost (${summary.cut} cut off)`,
      summary.lost === 0 && summary.cut < summary.requests / 200 && summary.requests > 500,
      JSON.stringify(summary),
    );
  });
}

/** For people: where it was lost, when something was. */
function told(what: string, traffic: Traffic): void {
  const { requests, lost, cut, reasons } = traffic.summary();
  const text = `${what}: ${requests} requests so far, ${lost} lost, ${cut} cut off`;
  if (lost + cut > 0) process.stdout.write(`     ${text}: ${reasons.join('; ')}\n`);
}

interface Deployed {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
  status: { readyReplicas?: number };
}

/** Stable or finished, never between: the whole workload of one image, nothing beside it. */
async function between({ lab, namespace }: Scene, version: string): Promise<string> {
  const { spec, status } = await lab.kubectl.json<Deployed>('get', 'deployment', 'llm', '-n', namespace);
  const rest = await lab.kubectl.run(['get', 'deployment,service', '-n', namespace, '-o', 'name']);
  const image = spec.template.spec.containers[0]?.image ?? '';
  const faults = [
    ...(image.endsWith(`:${version}`) ? [] : [`it has ${image}`]),
    ...(spec.replicas === REPLICAS && status.readyReplicas === REPLICAS
      ? []
      : [`${status.readyReplicas ?? 0} of ${spec.replicas} pods are ready`]),
    ...(rest.includes('canary') ? [`left: ${rest}`] : []),
  ];
  return faults.join('; ');
}

/** Killed there, then the same release is deployed again: it goes on, or begins anew, and ends whole. */
async function killed(
  scene: Scene,
  where: string,
  line: RegExp,
  to: 'v1' | 'v2',
  traffic: Traffic,
): Promise<void> {
  const { lab, checks } = scene;
  const inputs = { image: `server=${lab.image(to)}`, version: to };
  const at = new RegExp(line.source.replaceAll('v2', to));
  const before = traffic.summary();
  const first = await scene.deploy(inputs, { killSignal: 'SIGKILL', killWhen: at });
  const second = await scene.deploy(inputs);
  const faults = await between(scene, to);
  const after = traffic.summary();
  const broken = after.lost + after.cut - before.lost - before.cut;
  checks.tell(
    `the runner killed ${where}: the next run finishes`,
    first.signal === 'SIGKILL' && second.exitCode === 0 && faults === '' && broken === 0,
    `${faults}\n--- first (${first.signal})\n${first.stdout}\n--- second\n${second.stdout}${second.stderr}`,
  );
}

/** Returns what is stable then. */
async function twoAtOnce(scene: Scene, to: 'v1' | 'v2'): Promise<string> {
  const { lab, checks } = scene;
  const inputs = { image: `server=${lab.image(to)}`, version: to };
  const other = { image: `server=${lab.image('v3')}`, version: 'v3' };
  const one = scene.deploy(inputs);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  const two = await scene.deploy(other);
  const first = await one;
  const stable = two.exitCode === 0 ? 'v3' : to;
  const faults = await between(scene, stable);
  checks.tell(
    'of two deploys at the same time the second waits for the first, or is told who is at it',
    first.exitCode === 0 && faults === '' && (two.exitCode === 0 || /is held by/.test(two.stdout)),
    `${faults}\n--- one\n${first.stdout}\n--- two\n${two.stdout}`,
  );
  return stable;
}

/** The API server is away for some seconds in mid-rollout, then Prometheus for good. */
async function partsDown(scene: Scene, stable: string): Promise<void> {
  const { lab, checks } = scene;
  let restarted: Promise<void> | undefined;
  const to = stable === 'v2' ? 'v1' : 'v2';
  const inputs = { image: `server=${lab.image(to)}`, version: 'again' };
  const outcome = await scene.deploy(inputs, {
    onStdout: (text) => {
      if (/step 1 of 3/.test(text))
        restarted ??= lab.kill('kube-apiserver').then(() => lab.restart('kube-apiserver'));
    },
  });
  await restarted;
  const faults = await between(scene, to);
  checks.tell('the API server restarted in mid-rollout: it goes on', restarted !== undefined && outcome.exitCode === 0 && faults === '', `${faults}\n${outcome.stdout}${outcome.stderr}`); // prettier-ignore
  let stopped: Promise<void> | undefined;
  const blind = await scene.deploy(
    { image: `server=${lab.image('v3')}`, version: 'blind', 'max-duration': '25s', steps: '25% 3s, 100%' },
    {
      onStdout: (text) => {
        if (/step 1 of 2/.test(text)) stopped ??= lab.kill('prometheus');
      },
    },
  );
  await stopped;
  await lab.restart('prometheus');
  const left = await between(scene, outcome.exitCode === 0 ? to : stable);
  checks.tell('Prometheus gone in mid-rollout: no data is no pass, and it is taken back at the deadline', blind.exitCode === 1 && /no data/.test(blind.stdout) && left === '', `${left}\n${blind.stdout}${blind.stderr}`); // prettier-ignore
}
