/** Flagger rolls this lab's Deployments out and back: the ground of bench/delivery. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checks } from '../../../oracles/sources/checks.ts';
import type { Lab } from '../../lab.ts';
import { deployment, hostOf, rolledOut, type Workload } from '../../objects.ts';
import { phaseOf, startFlagger } from '../../peers.ts';

export async function check(lab: Lab, checks: Checks): Promise<void> {
  await startFlagger(lab);
  await lab.inNamespace('flagger', (namespace) => flagger(lab, checks, namespace));
}

/** Gateway API weights by Prometheus: a good version is promoted, a broken one rolled back. */
async function flagger(lab: Lab, checks: Checks, namespace: string): Promise<void> {
  const workload: Workload = { namespace, name: 'llm', version: 'v1', replicas: 1 };
  const of = (code: string): string =>
    `sum(rate(sluice_requests_total{namespace="${namespace}",pod=~"llm-[0-9a-f]+-[0-9a-z]+"${code}}[10s]))`;
  await lab.kubectl.apply([
    deployment(lab, workload),
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'MetricTemplate',
      metadata: { name: 'errors', namespace },
      spec: {
        provider: { type: 'prometheus', address: lab.prometheus },
        query: `100 * (${of(',code=~"5.."')} or vector(0)) / ${of('')}`,
      },
    },
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'llm', namespace },
      spec: {
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm' },
        service: { port: 80, targetPort: 8000, hosts: [hostOf(namespace)], gatewayRefs: [lab.gatewayRef] },
        analysis: {
          interval: '10s',
          threshold: 1,
          maxWeight: 50,
          stepWeight: 25,
          metrics: [
            { name: 'errors', templateRef: { name: 'errors' }, thresholdRange: { max: 1 }, interval: '10s' },
          ],
        },
      },
    },
  ]);
  await phaseOf(lab, namespace, 'canary', /^Initialized$/);
  await rolledOut(lab, namespace, 'llm-primary');
  checks.tell('Flagger takes a Deployment over', true);
  const traffic = lab.traffic({ host: hostOf(namespace), rate: 10 });
  try {
    await sleep(3_000);
    await lab.kubectl.apply([deployment(lab, { ...workload, version: 'v2' })]);
    await phaseOf(lab, namespace, 'canary', /^Progressing$/);
    checks.tell('Flagger promotes a good v2', (await phaseOf(lab, namespace, 'canary', /^(?:Succeeded|Failed)$/)) === 'Succeeded'); // prettier-ignore
    await lab.kubectl.apply([deployment(lab, { ...workload, version: 'v4', env: { ERROR_RATE: '0.5' } })]);
    await phaseOf(lab, namespace, 'canary', /^Progressing$/);
    checks.tell('Flagger rolls a failing v4 back', (await phaseOf(lab, namespace, 'canary', /^(?:Succeeded|Failed)$/)) === 'Failed'); // prettier-ignore
  } finally {
    const summary = await traffic.stop();
    process.stdout.write(`     under Flagger: ${JSON.stringify(summary.versions)}\n`);
  }
}
