/** canary-deploy by the other ways that requests come: a good version goes to 100 % under users, and none of them loses anything. */
import type { Checks } from '../../oracles/sources/checks.ts';
import { deployer } from '../deployer.ts';
import type { Lab } from '../lab.ts';
import {
  deployment,
  hostOf,
  httpRoute,
  ingressRoute,
  rolledOut,
  service,
  traefikService,
} from '../objects.ts';
import { served } from '../served.ts';

const RATE = 20;
const REPLICAS = 2;

interface Way {
  /** As input `traffic` names it. */
  traffic: string;
  /** Left to the action, or told: a Service of which nobody weighs the pods can be behind any route. */
  asked: 'auto' | 'replicas';
  route(lab: Lab, namespace: string): object[];
}

const WAYS: readonly Way[] = [
  {
    traffic: 'traefik',
    asked: 'auto',
    route: (_, namespace) => [
      traefikService(namespace, [{ name: 'llm', port: 80 }]),
      ingressRoute(namespace),
    ],
  },
  {
    traffic: 'replicas',
    asked: 'replicas',
    route: (lab, namespace) => [httpRoute(lab, namespace, 'llm', { llm: 1 })],
  },
];

export async function check(lab: Lab, checks: Checks, folder: string): Promise<void> {
  for (const way of WAYS)
    await lab.inNamespace(`by-${way.traffic}`, (namespace) => goodBy(lab, checks, way, namespace, folder));
}

async function goodBy(lab: Lab, checks: Checks, way: Way, namespace: string, folder: string): Promise<void> {
  await lab.kubectl.apply([
    deployment(lab, { namespace, name: 'llm', version: 'v1', replicas: REPLICAS, env: { CHUNK_MS: '50' } }),
    service({ namespace, name: 'llm' }),
    ...way.route(lab, namespace),
  ]);
  await rolledOut(lab, namespace, 'llm');
  const users = { host: hostOf(namespace), rate: RATE };
  await served(lab, namespace);
  const deploy = deployer(lab, namespace, folder, {
    traffic: way.asked,
    drain: '20s',
    steps: '25% 5s, 50% 5s, 100%',
    interval: '2s',
    'min-samples': '20',
    'max-duration': '3m',
    analysis: 'error_rate <= 15%\nempty_rate <= 25%',
  });
  const traffic = lab.traffic(users);
  const { exitCode, stdout, stderr } = await deploy({ image: `server=${lab.image('v2')}`, version: 'v2' });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const summary = await traffic.stop();
  const by = new RegExp(`traffic: ${way.traffic}, because`).test(stdout);
  checks.tell(`${way.traffic}: a good v2 is promoted`, exitCode === 0 && by, stdout + stderr);
  const whole = summary.whole === summary.requests && summary.requests > 200;
  checks.tell(`${way.traffic}: ${summary.requests} requests, none lost, none cut off`, whole, JSON.stringify(summary)); // prettier-ignore
  checks.tell(`${way.traffic}: both versions had users`, (summary.versions['v1']?.whole ?? 0) > 20 && (summary.versions['v2']?.whole ?? 0) > 20, JSON.stringify(summary.versions)); // prettier-ignore
  const rest = await lab.kubectl.run(['get', 'deployment,service', '-n', namespace, '-o', 'name']);
  checks.tell(`${way.traffic}: no canary is left`, !rest.includes('canary'), rest);
}
