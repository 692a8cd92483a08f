/** With the Role that we tell people to copy, and nothing else, everything works that must, and what must not doesn't. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { ClusterAccess } from '@sluice/kubernetes/access';
import { connect } from '@sluice/kubernetes/connect';
import { Connection, textOf } from '@sluice/kubernetes/connection';
import { findKubeconfig } from '@sluice/kubernetes/kubeconfig';
import { withLease } from '@sluice/kubernetes/lease';
import { replicaSetsOf } from '@sluice/kubernetes/pods';
import { StoredState } from '@sluice/kubernetes/stored-state';
import type { KindRef, KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { type Case, configMap, deployment, type Scene } from './conformance-scene.ts';
import { equal, refuses } from './expecting.ts';

const ROLE = new URL('../../../../examples/kubernetes/role.yaml', import.meta.url);
const ACCOUNT = 'sluice';
/** Kinds that are looked through; those that a cluster hasn't got are empty lists. */
const LISTED: KindRef[] = [
  ...['HTTPRoute', 'GRPCRoute'].map((kind) => ({ apiVersion: 'gateway.networking.k8s.io/v1', kind })),
  ...['IngressRoute', 'TraefikService'].map((kind) => ({ apiVersion: 'traefik.io/v1alpha1', kind })),
  { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
  { apiVersion: 'inference.networking.k8s.io/v1', kind: 'InferencePool' },
  { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' },
  { apiVersion: 'flagger.app/v1beta1', kind: 'Canary' },
  { apiVersion: 'rollouts.kruise.io/v1beta1', kind: 'Rollout' },
  { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
  { apiVersion: 'v1', kind: 'ResourceQuota' },
];

export const RBAC_CASES: Case[] = [
  [
    'the Role of examples/kubernetes/role.yaml allows all that is needed',
    (scene) =>
      asAccount(scene, async (api) => {
        await useWorkloads(api, scene);
        await useState(api, scene);
        await useRest(api, scene);
      }),
  ],
  [
    'the Role of examples/kubernetes/role.yaml allows nothing else',
    (scene) =>
      asAccount(scene, async (api) => {
        const secret = { apiVersion: 'v1', kind: 'Secret' };
        await refuses(api.list(secret), /add to its Role: .*secrets.*list/, 'list of secrets');
        await refuses(api.get({ ...secret, name: 'x' }), /cannot get resource "secrets"/, 'get of a secret');
        await refuses(
          api.list({ apiVersion: 'v1', kind: 'Node' }),
          /add to its ClusterRole: .*nodes/,
          'list of nodes',
        );
        const elsewhere = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kube-system' };
        await refuses(
          api.get({ ...elsewhere, name: 'x' }),
          /in the namespace "kube-system"/,
          'another namespace',
        );
        const containers = [{ name: 'main', image: 'example.invalid/none:1' }];
        const pod: KubeObject = {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'own' },
          spec: { containers },
        };
        await refuses(api.create(pod), /cannot create resource "pods"/, 'a pod of its own');
        await refuses(
          api.delete({ ...pod, name: 'own' }),
          /cannot delete resource "pods"/,
          'deletion of a pod',
        );
        const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' };
        const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
        await refuses(
          api.create({ ...role, metadata: { name: 'more' }, rules }),
          /cannot create resource "roles"/,
          'a Role',
        );
      }),
  ],
];

async function useWorkloads(api: KubeApi, { namespace }: Scene): Promise<void> {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'rbac' };
  await api.create(deployment('rbac'));
  await api.apply(deployment('rbac-canary'));
  await api.patch(ref, { type: 'merge', body: { metadata: { annotations: { a: 'b' } } } });
  await api.patch(ref, { type: 'merge', body: { spec: { replicas: 0 } } }, { subresource: 'scale' });
  equal(
    (await api.list(ref)).some(({ metadata }) => metadata.name === 'rbac'),
    true,
    'list of Deployments',
  );
  await replicaSetsOf(api, await api.apply(deployment('rbac-canary')));
  await api.list({ ...ref, kind: 'StatefulSet' });
  await api.delete({ ...ref, name: 'rbac-canary' });
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'rbac' } };
  const spec = { selector: { app: 'rbac' }, ports: [{ port: 80 }] };
  await api.create({ ...service, spec });
  await api.apply({ ...service, metadata: { name: 'rbac-canary' }, spec });
  await api.delete({ ...service, name: 'rbac-canary' });
  await api.list({ apiVersion: 'v1', kind: 'Pod' });
  equal(await api.log({ name: 'rbac-none' }), undefined, 'log of no pod');
  for (const method of ['GET', 'POST']) {
    const target = { namespace, port: 80 };
    const pod = await api.proxy({ ...target, kind: 'pods', name: 'rbac-none' }, '/', { method });
    const answer = await api.proxy({ ...target, kind: 'services', name: 'rbac' }, '/', { method });
    equal([pod.status, answer.status], [404, 503], `${method} through the proxy`);
    await Promise.all([pod.text(), answer.text()]);
  }
}

async function useState(api: KubeApi, { log, signal }: Scene): Promise<void> {
  const state = new StoredState<{ run: number }>(api, { name: 'sluice-deployment-rbac' });
  await state.update((now) => ({ run: (now?.run ?? 0) + 1 }));
  await state.update((now) => ({ run: (now?.run ?? 0) + 1 }));
  equal(await state.read(), { run: 2 }, 'state');
  for (let run = 1; run <= 11; run += 1) await state.addRecord({ run });
  equal((await state.records()).length, 10, 'records');
  await state.delete();
  const lease = { name: 'sluice-deployment-rbac', log, signal };
  await withLease(api, { ...lease, holder: 'one' }, () => Promise.resolve());
  await withLease(api, { ...lease, holder: 'two' }, () => Promise.resolve());
}

async function useRest(api: KubeApi, { namespace }: Scene): Promise<void> {
  const metadata = { name: 'rbac.1' };
  const regarding = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'rbac', namespace };
  const said = {
    reason: 'Test',
    action: 'Test',
    note: 'said',
    type: 'Normal',
    reportingController: 'sluice',
    reportingInstance: 'x',
  };
  const eventTime = new Date().toISOString().replace('Z', '000Z');
  await api.create({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata,
    eventTime,
    regarding,
    ...said,
  });
  await api.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event' }, { fieldSelector: 'regarding.kind=Pod' });
  for (const kind of LISTED) await api.list(kind);
  await api.delete({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: 'sluice-deployment-rbac' });
  await useScaling(api);
  equal(
    (await api.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace }))?.metadata.name,
    namespace,
    'its namespace',
  );
}

/** What a model deployment brings beside its workload. */
async function useScaling(api: KubeApi): Promise<void> {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'rbac' };
  const autoscaler = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' };
  const metadata = { name: 'rbac' };
  await api.apply({ ...autoscaler, metadata, spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 2 } });
  const held = { metadata: { annotations: { held: 'yes' } } };
  await api.patch({ ...autoscaler, name: 'rbac' }, { type: 'merge', body: held });
  await api.delete({ ...autoscaler, name: 'rbac' });
  const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' };
  const selector = { matchLabels: { app: 'rbac' } };
  await api.apply({ ...budget, metadata, spec: { maxUnavailable: 1, selector } });
  await api.delete({ ...budget, name: 'rbac' });
}

/** Puts the example's objects into the namespace of the run, and works as their account. */
async function asAccount(scene: Scene, work: (api: KubeApi) => Promise<void>): Promise<void> {
  const { api, namespace, log, signal } = scene;
  const [account, role, binding] = await exampleObjects(namespace);
  if (account === undefined || role === undefined || binding === undefined)
    throw new Error('role.yaml is short');
  for (const object of [account, role, binding]) await api.apply(object);
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const kubeconfig = join(folder, 'config');
    await writeFile(kubeconfig, await kubeconfigOf(scene), { mode: 0o600 });
    const own = await connect({ kubeconfig, namespace, log, signal });
    try {
      await untilBound(own);
      await work(own);
    } finally {
      await own.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** ServiceAccount, Role and RoleBinding, without the ClusterRole. */
async function exampleObjects(namespace: string): Promise<KubeObject[]> {
  const text = (await readFile(ROLE, 'utf8')).replaceAll('namespace: models', `namespace: ${namespace}`);
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject)
    .filter(({ kind }) => kind !== 'ClusterRole');
}

/** The given kubeconfig with the account's token in place of the user's credentials. */
async function kubeconfigOf({ kubeconfig, namespace, log, signal }: Scene): Promise<string> {
  const access = await ClusterAccess.open({ kubeconfig, namespace });
  const connection = new Connection(access, { log, signal, patienceMs: 10_000 });
  const answer = await connection.send({
    method: 'POST',
    path: `api/v1/namespaces/${namespace}/serviceaccounts/${ACCOUNT}/token`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 600 },
    }),
    repeatable: true,
  });
  const { status } = JSON.parse(await textOf(answer.body)) as { status?: { token?: string } };
  access.close();
  if (typeof status?.token !== 'string') throw new Error(`no token is had: HTTP ${answer.status}`);
  const config = await findKubeconfig(kubeconfig);
  if (config === undefined) throw new Error('no kubeconfig');
  const token = { user: { token: status.token } };
  return JSON.stringify({ ...config, users: config.users.map((user) => ({ ...user, ...token })) });
}

/** The authorizer hears of a new binding a moment later. */
async function untilBound(api: KubeApi): Promise<void> {
  for (let tried = 0; tried < 50; tried += 1) {
    try {
      await api.list(configMap('x'));
      return;
    } catch {
      await sleep(200);
    }
  }
  await api.list(configMap('x'));
}
