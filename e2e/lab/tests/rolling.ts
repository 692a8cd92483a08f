/**
 * Kubernetes' own rolling update under streams loses nothing, through the gateway and through the Service's address: what a rollout of ours
 * loses is then ours. And the image's knobs do what they say, as seen by users and by Prometheus.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checks } from '../../oracles/sources/checks.ts';
import type { Lab } from '../lab.ts';
import { deployment, hostOf, httpRoute, rolledOut, service, type Workload } from '../objects.ts';
import { LONG, startTraffic, type TrafficSummary } from '../traffic.ts';
import { until } from '../until.ts';

export async function check(lab: Lab, checks: Checks): Promise<void> {
  await lab.inNamespace('rolling', async (namespace) => {
    const workload: Workload = {
      namespace,
      name: 'llm',
      version: 'v1',
      replicas: 2,
      env: { CHUNK_MS: '50' },
    };
    await lab.kubectl.apply([
      deployment(lab, workload),
      service(workload),
      httpRoute(lab, namespace, 'llm', { llm: 1 }),
    ]);
    await rolledOut(lab, namespace, 'llm');
    await update(lab, checks, workload);
    await knobs(lab, checks, { ...workload, replicas: 1 });
  });
}

const isUnharmed = ({ requests, whole, versions }: TrafficSummary): boolean =>
  requests === whole && (versions['v1']?.whole ?? 0) > 0 && (versions['v2']?.whole ?? 0) > 0;

async function update(lab: Lab, checks: Checks, workload: Workload): Promise<void> {
  const host = hostOf(workload.namespace);
  await until('the route is served', 30_000, async () => {
    const first = lab.traffic({ host, rate: 10 });
    await sleep(400);
    return (await first.stop()).whole > 0;
  });
  const through = lab.traffic({ host, rate: 20 });
  const { spec } = await lab.kubectl.json<{ spec: { clusterIP: string } }>('get', 'service', 'llm', '-n', workload.namespace); // prettier-ignore
  const direct = lab.external
    ? undefined
    : startTraffic({ url: `http://${spec.clusterIP}`, rate: 5, newConnections: true });
  await sleep(2_000);
  await lab.kubectl.apply([deployment(lab, { ...workload, version: 'v2' })]);
  await rolledOut(lab, workload.namespace, 'llm', 180_000);
  await sleep(8_000);
  const seen = await through.stop();
  checks.tell(
    'a rolling update under 20 streams a second loses and cuts nothing',
    isUnharmed(seen),
    JSON.stringify(seen),
  );
  if (direct === undefined) return;
  const seenDirectly = await direct.stop();
  checks.tell("nor does it at the Service's address", isUnharmed(seenDirectly), JSON.stringify(seenDirectly));
}

/** A version that fails half of its requests, is slow, and answers in loops. */
async function knobs(lab: Lab, checks: Checks, workload: Workload): Promise<void> {
  const { namespace } = workload;
  const env = { ERROR_RATE: '0.5', EXTRA_TTFT_MS: '300' };
  const bad: Workload = { ...workload, name: 'bad', version: 'v4', env };
  const host = `bad.${hostOf(namespace)}`;
  const route = httpRoute(lab, namespace, 'bad', { bad: 1 }) as { spec: object };
  await lab.kubectl.apply([
    deployment(lab, bad),
    service(bad),
    { ...route, spec: { ...route.spec, hostnames: [host] } },
  ]);
  await rolledOut(lab, namespace, 'bad');
  await until('the bad route is served', 30_000, async () => {
    const first = lab.traffic({ host, rate: 10 });
    await sleep(500);
    return (await first.stop()).whole > 0;
  });
  const traffic = lab.traffic({ host, rate: 6, prompt: LONG, maxTokens: 100 });
  await sleep(8_000);
  const { requests, lost, whole, bad: looping, ttftMs } = await traffic.stop();
  const told = JSON.stringify({ requests, lost, whole, looping, ttftMs });
  checks.tell('ERROR_RATE fails about half', lost > 0.3 * requests && lost < 0.7 * requests, told);
  checks.tell('EXTRA_TTFT_MS is felt', ttftMs.p50 > 300, told);
  checks.tell('v4 answers in loops', looping === whole && whole > 0, told);
  const series = {
    'sluice_requests_total{code="500"}': 0.3 * lost,
    'sluice_answers_total{kind="looping"}': 0.3 * whole,
  };
  for (const [name, least] of Object.entries(series)) {
    const query = `sum by (sluice_version) (${name.replace('{', `{namespace="${namespace}",`)})`;
    const value = await until(`${name} in Prometheus`, 15_000, async () => {
      const [found] = await lab.query(query);
      return found?.metric['sluice_version'] === 'v4' && found.value >= least && found.value;
    }).catch(() => 0);
    checks.tell(`Prometheus counts ${name}`, value >= least && value > 0, `${value} of ${least}`);
  }
}
