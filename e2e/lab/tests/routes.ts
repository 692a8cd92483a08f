/** The gateway keeps weights in the other forms that rollouts write: a TraefikService. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checks } from '../../oracles/sources/checks.ts';
import type { Lab } from '../lab.ts';
import { deployment, hostOf, rolledOut, service } from '../objects.ts';
import { until } from '../until.ts';

const NAMES = ['v1', 'v2'] as const;

export async function check(lab: Lab, checks: Checks): Promise<void> {
  await lab.inNamespace('routes', async (namespace) => {
    const arms = NAMES.map((version) => ({ namespace, name: `llm-${version}`, version, replicas: 1 }));
    await lab.kubectl.apply(arms.flatMap((arm) => [deployment(lab, arm), service(arm)]));
    for (const { name } of arms) await rolledOut(lab, namespace, name);
    for (const [what, objects] of Object.entries(FORMS)) {
      const host = `${what}.${hostOf(namespace)}`;
      await lab.kubectl.apply(objects(namespace, host, 80));
      checks.tell(`${what}: 80 to 20 gives v2 a fifth`, await hasShare(lab, host, 0.2));
      await lab.kubectl.apply(objects(namespace, host, 0));
      checks.tell(`${what}: 0 to 100 gives it all`, await hasShare(lab, host, 1));
    }
  });
}

/** Whether v2's share of 100 requests comes to be this, within 5 points, and nothing is lost. */
async function hasShare(lab: Lab, host: string, wanted: number): Promise<boolean> {
  return until(`v2 has ${wanted}`, 40_000, async () => {
    const traffic = lab.traffic({ host, rate: 20 });
    await sleep(5_050);
    const { requests, whole, versions } = await traffic.stop();
    const share = (versions['v2']?.whole ?? 0) / requests;
    return requests > 90 && whole === requests && Math.abs(share - wanted) < 0.05;
  }).catch(() => false);
}

type Form = (namespace: string, host: string, stable: number) => object[];

const traefikService: Form = (namespace, host, stable) => [
  {
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'TraefikService',
    metadata: { name: 'llm', namespace },
    spec: {
      weighted: {
        services: [
          { name: 'llm-v1', port: 80, weight: stable },
          { name: 'llm-v2', port: 80, weight: 100 - stable },
        ],
      },
    },
  },
  {
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'IngressRoute',
    metadata: { name: 'llm', namespace },
    spec: {
      entryPoints: ['web'],
      routes: [
        { kind: 'Rule', match: `Host(\`${host}\`)`, services: [{ name: 'llm', kind: 'TraefikService' }] },
      ],
    },
  },
];

const FORMS: Readonly<Record<string, Form>> = { traefik: traefikService };
