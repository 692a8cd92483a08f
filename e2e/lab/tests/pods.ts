/** The client and its readers on real pods: why they aren't ready, their last words, the proxy, and the lock while the API server is away. */
import { connect } from '@sluice/kubernetes/connect';
import { EventWriter } from '@sluice/kubernetes/events';
import { withLease } from '@sluice/kubernetes/lease';
import { describeTroubles, explainPods, podsOf } from '@sluice/kubernetes/pods';
import { StoredState } from '@sluice/kubernetes/stored-state';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { workloadStatus } from '@sluice/kubernetes/workload-status';
import { plainLogger } from '@sluice/runtime/logger';
import type { Checks } from '../../oracles/sources/checks.ts';
import type { Lab } from '../lab.ts';
import { deployment, PORT } from '../objects.ts';
import { until } from '../until.ts';

const log = plainLogger(() => undefined);
const WAIT_MS = 90_000;

interface Container {
  image: string;
  command?: string[];
  env: { name: string; value: string }[];
  readinessProbe: object;
  resources?: object;
}

export async function check(lab: Lab, checks: Checks): Promise<void> {
  await lab.inNamespace('pods', async (namespace) => {
    const { signal } = new AbortController();
    const api = await connect({ kubeconfig: lab.kubeconfig, namespace, log, signal });
    try {
      await reasons(lab, checks, api, namespace);
      await reached(lab, checks, api, namespace);
      if (!lab.external) await locked(lab, checks, api, signal);
    } finally {
      await api.close();
    }
  });
}

/** Each fault is made, and told in the words of who found it. */
async function reasons(lab: Lab, checks: Checks, api: KubeApi, namespace: string): Promise<void> {
  const faults: [name: string, spoil: (container: Container) => void, said: RegExp][] = [
    [
      'image',
      (one) => void (one.image = 'docker.io/sluice-lab/none:9'),
      /ErrImageNeverPull|ImagePullBackOff|ErrImagePull/,
    ],
    [
      'crash',
      (one) =>
        void (one.command = ['node', '-e', 'console.error("no such model: /models/v9"); process.exit(3)']),
      /CrashLoopBackOff.*exit code 3.*\n {4}\| no such model: \/models\/v9/,
    ],
    [
      'probe',
      (one) => void (one.readinessProbe = { httpGet: { path: '/nowhere', port: PORT }, periodSeconds: 1 }),
      /Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404/,
    ],
    [
      'room',
      (one) => void (one.resources = { limits: { 'nvidia.com/gpu': 99 } }),
      /Unschedulable: .*Insufficient nvidia\.com\/gpu/,
    ],
    [
      'memory',
      (one) => {
        one.command = ['node', '-e', 'const kept = []; for (;;) kept.push(Buffer.alloc(1e7, 1));'];
        one.resources = { limits: { memory: '64Mi' } };
      },
      /OOMKilled: it took more memory than its limit/,
    ],
  ];
  const made = await Promise.all(
    faults.map(async ([name, spoil]) => {
      const object = deployment(lab, { namespace, name, version: 'v1', replicas: 1 }) as KubeObject;
      const { template } = object['spec'] as { template: { spec: { containers: Container[] } } };
      for (const container of template.spec.containers) spoil(container);
      return api.create(object);
    }),
  );
  for (const [index, [name, , said]] of faults.entries()) {
    let told = '';
    const found = await until(`${name} is told`, WAIT_MS, async () => {
      const now = made[index];
      if (now === undefined) return false;
      told = describeTroubles(await explainPods(api, await podsOf(api, now)));
      return said.test(told);
    }).catch(() => false);
    checks.tell(`why a pod isn't ready: ${name}`, found, told);
    await api.delete({ apiVersion: 'apps/v1', kind: 'Deployment', name });
  }
}

/** A pod that is well: no trouble, reached through the API server, with a log; and events that kubectl shows. */
async function reached(lab: Lab, checks: Checks, api: KubeApi, namespace: string): Promise<void> {
  const good = await api.create(
    deployment(lab, { namespace, name: 'good', version: 'v1', replicas: 1 }) as KubeObject,
  );
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'good' };
  await until(
    'it is rolled out',
    WAIT_MS,
    async () => workloadStatus((await api.get(ref)) ?? good).rolledOut,
  );
  const pods = await podsOf(api, good, { newest: true });
  checks.equal('a good pod is rolled out, without trouble', await explainPods(api, pods), []);
  const name = pods[0]?.metadata.name ?? '';
  const target = { kind: 'pods' as const, namespace, name, port: PORT };
  const models = (await (await api.proxy(target, '/v1/models')).json()) as { data: { id: string }[] };
  const answer = await api.proxy(target, '/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: models.data[0]?.id,
      stream: true,
      max_tokens: 8,
      messages: [{ role: 'user', content: 'Hello' }],
    }),
  });
  const text = await answer.text();
  checks.tell(
    'the proxy carries a stream to its end',
    answer.status === 200 && text.trimEnd().endsWith('data: [DONE]'),
    `${answer.status} ${text.slice(-80)}`,
  );
  checks.tell('the log of a running pod', typeof (await api.log({ name })) === 'string');
  await new EventWriter(api, { instance: 'lab', log }).write(good, { reason: 'SluiceLab', note: 'seen' });
  const selector = 'involvedObject.name=good,reason=SluiceLab';
  const events = ['get', 'events', '-n', namespace, '--field-selector', selector, '-o', 'name'];
  const shown = await lab.kubectl.run(events);
  checks.tell('kubectl shows our events on the workload', shown.includes('event'), shown);
}

/** Killed and started again: the lock is kept, the state is whole. */
async function locked(lab: Lab, checks: Checks, api: KubeApi, signal: AbortSignal): Promise<void> {
  const state = new StoredState<{ steps: number }>(api, { name: 'sluice-deployment-lab' });
  const step = () => state.update((now) => ({ steps: (now?.steps ?? 0) + 1 }));
  const kept = await withLease(
    api,
    { name: 'sluice-deployment-lab', holder: 'one', log, signal },
    async (lease) => {
      await step();
      await lab.kill('kube-apiserver');
      const waiting = step();
      await lab.restart('kube-apiserver');
      await waiting;
      lease.assertHeld();
      return true;
    },
  ).catch((error: unknown) => String(error));
  checks.tell('the lease outlives a restart of the API server', kept === true, String(kept));
  checks.equal('and the state has each step once', await state.read(), { steps: 2 });
}
