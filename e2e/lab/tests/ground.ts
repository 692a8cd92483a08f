/** The ground that all other tests stand on: pods that answer, weights that are kept, GPUs that are counted, numbers per version. */
import type { Checks } from '../../oracles/sources/checks.ts';
import type { Lab } from '../lab.ts';
import { deployment, hostOf, httpRoute, rolledOut, service } from '../objects.ts';
import { until } from '../until.ts';

interface Pods {
  items: {
    metadata: { name: string };
    status: { phase: string; conditions?: { reason?: string; message?: string }[] };
  }[];
}

export async function check(lab: Lab, checks: Checks): Promise<void> {
  await lab.inNamespace('ground', async (namespace) => {
    const arm = (version: 'v1' | 'v2') => ({
      namespace,
      name: `llm-${version}`,
      version,
      replicas: 1,
      ...(lab.external ? {} : { gpus: 1 }),
      pinned: version === 'v2',
      env: { CHUNK_MS: '1' },
    });
    const arms = [arm('v1'), arm('v2')];
    await lab.kubectl.apply([
      ...arms.flatMap((one) => [deployment(lab, one), service(one)]),
      httpRoute(lab, namespace, 'llm', { 'llm-v1': 90, 'llm-v2': 10 }),
    ]);
    for (const { name } of arms) await rolledOut(lab, namespace, name);
    checks.tell('two pods are ready, one version by tag, one by digest', true);
    await weights(lab, checks, namespace);
    await series(lab, checks, namespace);
    if (!lab.external) await gpus(lab, checks, namespace);
  });
}

/** 200 requests: 20 of them are 10 %, and Traefik's round robin by weight is exact. */
async function weights(lab: Lab, checks: Checks, namespace: string): Promise<void> {
  const host = hostOf(namespace);
  await until('the route is served', 30_000, async () => {
    const probe = lab.traffic({ host, rate: 20 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    return (await probe.stop()).versions['v2'] !== undefined || false;
  });
  const traffic = lab.traffic({ host, rate: 20 });
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const summary = await traffic.stop();
  const share = (summary.versions['v2']?.requests ?? 0) / summary.requests;
  checks.tell(
    'an HTTPRoute of 90 to 10 gives v2 8 to 12 %',
    share > 0.08 && share < 0.12,
    JSON.stringify(summary.versions),
  );
  checks.tell('nothing is lost, nothing is cut off', summary.whole === summary.requests && summary.requests > 180, JSON.stringify(summary)); // prettier-ignore
}

async function series(lab: Lab, checks: Checks, namespace: string): Promise<void> {
  const wanted = [
    'sluice_requests_total',
    'sluice_ttft_seconds_count',
    'sluice_inter_chunk_seconds_bucket{le="+Inf"}',
    'sluice_output_tokens_total',
    'sluice_open_streams',
  ];
  for (const name of wanted) {
    const selector = name.includes('{')
      ? name.replace('{', `{namespace="${namespace}",`)
      : `${name}{namespace="${namespace}"}`;
    const versions = await until(`${name} is there`, 20_000, async () => {
      const found = await lab.query(`sum by (sluice_version) (${selector})`);
      return found.length >= 2 && found;
    }).catch(() => []);
    const named = versions.map(({ metric }) => metric['sluice_version']).sort();
    checks.tell(`Prometheus has ${name} of each version`, named.join() === 'v1,v2', JSON.stringify(versions));
  }
}

/** Both GPUs are taken: a third pod stays Pending, and the scheduler says why. */
async function gpus(lab: Lab, checks: Checks, namespace: string): Promise<void> {
  const third = { namespace, name: 'third', version: 'v1' as const, replicas: 1, gpus: 1 };
  await lab.kubectl.apply([deployment(lab, third)]);
  const reason = await until('the third pod is judged', 20_000, async () => {
    const { items } = await lab.kubectl.json<Pods>('get', 'pods', '-n', namespace, '-l', 'app=third');
    return items[0]?.status.conditions?.find((condition) => condition.reason === 'Unschedulable')?.message;
  });
  checks.tell(
    'a third pod is not scheduled on two GPUs',
    reason.includes('Insufficient nvidia.com/gpu'),
    reason,
  );
  await lab.setGpus(3);
  await rolledOut(lab, namespace, 'third').finally(() => lab.setGpus(2));
  checks.tell('with a third GPU it is', true);
}
