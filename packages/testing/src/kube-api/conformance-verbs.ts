/** Each verb does what types.ts says. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '@sluice/kubernetes/types';
import { type Case, configMap, deployment, settled } from './conformance-scene.ts';
import { conflicts, equal, refuses } from './expecting.ts';

const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap' };
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment' };
const ABSENT = { apiVersion: 'absent.example.com/v1', kind: 'Absent' };

const specOf = (object: KubeObject | undefined): Record<string, unknown> =>
  (object?.['spec'] ?? {}) as Record<string, unknown>;

export const VERB_CASES: Case[] = [
  [
    'get: an object, none, and no such kind',
    async ({ api }) => {
      await api.create(configMap('get'));
      equal((await api.get({ ...CONFIG, name: 'get' }))?.['data'], { key: 'value' }, 'data');
      equal(await api.get({ ...CONFIG, name: 'get-none' }), undefined, 'none');
      equal(await api.get({ ...ABSENT, name: 'x' }), undefined, 'no such kind');
      equal(await api.get({ apiVersion: 'v1', kind: 'Absent', name: 'x' }), undefined, 'no such kind in v1');
    },
  ],
  [
    'serves: kinds that are there and not',
    async ({ api }) => {
      equal(await api.serves(DEPLOYMENT), true, 'Deployment');
      equal(await api.serves({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }), true, 'Lease');
      equal(await api.serves({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' }), true, 'HPA');
      equal(await api.serves(ABSENT), false, 'Absent');
    },
  ],
  [
    'list: by labels and fields, with kind and version; empty where the kind is absent',
    async ({ api }) => {
      for (const name of ['list-a', 'list-b']) {
        const made = configMap(name);
        await api.create({ ...made, metadata: { ...made.metadata, labels: { group: 'list', one: name } } });
      }
      const names = async (options: object): Promise<string[]> =>
        (await api.list(CONFIG, options)).map(({ metadata }) => metadata.name);
      equal(await names({ labelSelector: 'group=list' }), ['list-a', 'list-b'], 'equality');
      equal(await names({ labelSelector: 'group=list,one!=list-a' }), ['list-b'], 'inequality');
      equal(await names({ labelSelector: 'one in (list-a,list-c)' }), ['list-a'], 'set');
      equal(await names({ labelSelector: 'group,!one' }), [], 'absence');
      equal(await names({ fieldSelector: 'metadata.name=list-b' }), ['list-b'], 'field');
      const [first] = await api.list(CONFIG, { labelSelector: 'one=list-a' });
      equal([first?.apiVersion, first?.kind], ['v1', 'ConfigMap'], 'kind of an item');
      equal(await api.list(ABSENT), [], 'absent kind');
    },
  ],
  [
    'create: bookkeeping of the server; twice is a conflict; an invalid object is refused in words',
    async ({ api, namespace }) => {
      const made = await api.create(deployment('create'));
      equal(made.metadata.generation, 1, 'generation');
      equal(made.metadata.namespace, namespace, 'namespace');
      equal(typeof made.metadata.uid, 'string', 'uid');
      equal(specOf(made)['progressDeadlineSeconds'], 600, 'default');
      await conflicts(api.create(deployment('create')), 'a second create');
      await refuses(api.create(configMap('Not_A_Name')), /metadata\.name/, 'a bad name');
      const wrong = deployment('create-wrong');
      specOf(wrong)['selector'] = { matchLabels: { app: 'another' } };
      await refuses(
        api.create(wrong),
        /selector.*does not match template/,
        'a selector that misses its pods',
      );
    },
  ],
  [
    'create: an unknown field is refused',
    async ({ api }) => {
      const wrong = deployment('create-unknown');
      specOf(wrong)['replica'] = 1;
      await refuses(api.create(wrong), /unknown field "spec\.replica"/, 'an unknown field');
    },
  ],
  [
    'create: a namespace that is not there',
    async ({ api }) => {
      const made = configMap('nowhere');
      const elsewhere = { ...made, metadata: { ...made.metadata, namespace: 'sluice-nowhere' } };
      await refuses(api.create(elsewhere), /namespace: .*"sluice-nowhere" not found/, 'an absent namespace');
    },
  ],
  [
    'replace: the whole object; status is left alone, and changed by its subresource only',
    async ({ api }) => {
      const made = await settled(api, await api.create(deployment('replace')));
      const spec = { ...specOf(made), replicas: 0, paused: true };
      const now = await api.replace({ ...made, spec, status: { replicas: 7 } });
      equal(specOf(now)['paused'], true, 'spec');
      equal(now.metadata.generation, 2, 'generation');
      equal(
        (now['status'] as { replicas?: number } | undefined)?.replicas ?? 0,
        0,
        'status by the main resource',
      );
      const latest = await settled(api, now);
      const status = { observedGeneration: 1, replicas: 3, updatedReplicas: 3 };
      const said = await api.replace(
        { ...latest, status, spec: { ...spec, paused: false } },
        { subresource: 'status' },
      );
      equal((said['status'] as { replicas?: number }).replicas, 3, 'status');
      equal(specOf(said)['paused'], true, 'spec by the status subresource');
      equal(said.metadata.generation, 2, 'generation after a status');
    },
  ],
  [
    'patch: merge, JSON and strategic',
    async ({ api }) => {
      await api.create(configMap('patch', { a: '1', b: '2' }));
      const ref = { ...CONFIG, name: 'patch' };
      const merged = await api.patch(ref, { type: 'merge', body: { data: { a: null, c: '3' } } });
      equal(merged['data'], { b: '2', c: '3' }, 'merge');
      const operations = [{ op: 'replace' as const, path: '/data/b', value: '4' }];
      equal((await api.patch(ref, { type: 'json', operations }))['data'], { b: '4', c: '3' }, 'json');
      await api.create(deployment('patch'));
      const body = {
        spec: { template: { spec: { containers: [{ name: 'main', image: 'example.invalid/none:2' }] } } },
      };
      const now = await api.patch({ ...DEPLOYMENT, name: 'patch' }, { type: 'strategic', body });
      const { containers } = (specOf(now)['template'] as { spec: { containers: Record<string, unknown>[] } })
        .spec;
      equal(
        containers.map(({ image, imagePullPolicy }) => [image, imagePullPolicy]),
        [['example.invalid/none:2', 'Never']],
        'strategic',
      );
    },
  ],
  [
    'patch: dryRun changes nothing',
    async ({ api }) => {
      await api.create(configMap('dry'));
      const ref = { ...CONFIG, name: 'dry' };
      const said = await api.patch(
        ref,
        { type: 'merge', body: { data: { key: 'other' } } },
        { dryRun: true },
      );
      equal(said['data'], { key: 'other' }, 'what it would be');
      equal((await api.get(ref))?.['data'], { key: 'value' }, 'what it is');
    },
  ],
  [
    'patch: the scale subresource',
    async ({ api }) => {
      await api.create(deployment('scale'));
      const ref = { ...DEPLOYMENT, name: 'scale' };
      const scaled = await api.patch(
        ref,
        { type: 'merge', body: { spec: { replicas: 2 } } },
        { subresource: 'scale' },
      );
      equal([scaled.kind, specOf(scaled)['replicas']], ['Scale', 2], 'Scale');
      equal(specOf(await api.get(ref))['replicas'], 2, 'spec.replicas');
      await api.patch(ref, { type: 'merge', body: { spec: { replicas: 0 } } }, { subresource: 'scale' });
    },
  ],
  [
    'delete: taken, twice without harm, absent kinds too',
    async ({ api }) => {
      await api.create(configMap('delete'));
      await api.delete({ ...CONFIG, name: 'delete' });
      equal(await api.get({ ...CONFIG, name: 'delete' }), undefined, 'gone');
      await api.delete({ ...CONFIG, name: 'delete' });
      await api.delete({ ...ABSENT, name: 'delete' });
    },
  ],
  [
    'an Event of ours is taken and found by its object',
    async ({ api, namespace }) => {
      const at = new Date().toISOString().replace('Z', '000Z');
      const regarding = { apiVersion: 'v1', kind: 'ConfigMap', name: 'eventful', namespace };
      await api.create({
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: 'eventful.1' },
        eventTime: at,
        reason: 'SluiceTest',
        note: 'said',
        type: 'Normal',
        action: 'Test',
        regarding,
        reportingController: 'sluice',
        reportingInstance: 'sluice-test',
      });
      const [found] = await api.list(
        { apiVersion: 'events.k8s.io/v1', kind: 'Event' },
        { fieldSelector: 'reason=SluiceTest' },
      );
      equal(found?.['note'], 'said', 'note');
    },
  ],
  [
    'a pod that has not started has no log',
    async ({ api }) => {
      const spec = {
        containers: [{ name: 'main', image: 'example.invalid/none:1', imagePullPolicy: 'Never' }],
        nodeName: 'sluice-no-such-node',
      };
      await api.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'log' }, spec });
      equal(await api.log({ name: 'log' }), undefined, 'log');
      equal(await api.log({ name: 'log' }, { previous: true }), undefined, 'log of an earlier run');
    },
  ],
  [
    'the proxy reaches nothing where nothing is, and says so by its status',
    async ({ api, namespace }) => {
      await api.create({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'proxy' },
        spec: { ports: [{ port: 80 }], selector: { app: 'none' } },
      });
      const target = { kind: 'services', namespace, name: 'proxy', port: 80 } as const;
      let said = await api.proxy(target, '/');
      // A real API server's proxy learns of a new Service a moment later.
      for (let tries = 0; said.status === 404 && tries < 20; tries += 1) {
        await said.text();
        await sleep(250);
        said = await api.proxy(target, '/');
      }
      equal(said.status, 503, 'status');
      await said.text();
    },
  ],
];
