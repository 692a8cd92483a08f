/** Particulars of kinds that a rollout changes: routes (a CustomResourceDefinition), lists with keys, owners, finalizers. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { without } from '@sluice/kubernetes/without';
import { type Case, configMap, deployment } from './conformance-scene.ts';
import { conflicts, equal, refuses } from './expecting.ts';

const ROUTE = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' };
const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap' };
/** A controller manager's garbage collector takes its time. */
const COLLECTED_MS = 60_000;

type Backend = Record<string, unknown>;

function route(name: string, backendRefs: Backend[]): KubeObject {
  const spec = { parentRefs: [{ name: 'none' }], rules: [{ backendRefs }] };
  return { ...ROUTE, metadata: { name }, spec };
}

const rulesOf = (object: KubeObject): { backendRefs: Backend[]; matches?: unknown }[] =>
  (object['spec'] as { rules: { backendRefs: Backend[]; matches?: unknown }[] }).rules;

/** Skipped where the cluster has no Gateway API. */
const withRoutes = (holds: (api: KubeApi) => Promise<void>): Case[1] => {
  return async ({ api }) => {
    if (await api.serves(ROUTE)) await holds(api);
  };
};

export const KIND_CASES: Case[] = [
  [
    'HTTPRoute: defaults, a weight changed under tests, and the generation that counts it',
    withRoutes(async (api) => {
      const made = await api.create(
        route('weights', [
          { name: 'a', port: 80 },
          { name: 'b', port: 80, weight: 0 },
        ]),
      );
      const [rule] = rulesOf(made);
      equal(
        rule?.backendRefs.map(({ kind, weight }) => [kind, weight]),
        [
          ['Service', 1],
          ['Service', 0],
        ],
        'backends',
      );
      equal(rule?.matches, [{ path: { type: 'PathPrefix', value: '/' } }], 'matches');
      const at = '/spec/rules/0/backendRefs';
      const now = await api.patch(
        { ...ROUTE, name: 'weights' },
        {
          type: 'json',
          operations: [
            { op: 'test', path: `${at}/1/name`, value: 'b' },
            { op: 'replace', path: `${at}/0/weight`, value: 95 },
            { op: 'replace', path: `${at}/1/weight`, value: 5 },
          ],
        },
      );
      equal(
        rulesOf(now)[0]?.backendRefs.map(({ weight }) => weight),
        [95, 5],
        'weights',
      );
      equal(now.metadata.generation, 2, 'generation');
      const status = { parents: [] };
      const said = await api.patch(
        { ...ROUTE, name: 'weights' },
        { type: 'merge', body: { status, spec: { rules: [] } } },
        { subresource: 'status' },
      );
      equal(
        [said.metadata.generation, rulesOf(said).length],
        [2, 1],
        'what the status subresource leaves alone',
      );
    }),
  ],
  [
    'HTTPRoute: the schema refuses weights that are none, and backends without a port',
    withRoutes(async (api) => {
      const bad = (backend: Backend): Promise<KubeObject> => api.create(route('bad', [backend]));
      await refuses(bad({ name: 'a', port: 80, weight: -1 }), /weight/, 'weight -1');
      await refuses(bad({ name: 'a', port: 80, weight: 0.5 }), /weight/, 'weight 0.5');
      await refuses(bad({ name: 'a', port: 80, weight: 1_000_001 }), /weight/, 'weight 1,000,001');
      await refuses(bad({ name: 'a' }), /port/, 'no port');
    }),
  ],
  [
    'HTTPRoute: a custom resource takes no update without its version, and no strategic patch',
    withRoutes(async (api) => {
      const made = await api.create(route('custom', [{ name: 'a', port: 80 }]));
      const metadata = without(made.metadata, 'resourceVersion');
      await refuses(api.replace({ ...made, metadata }), /resourceVersion/, 'an update without version');
      const strategic = api.patch(
        { ...ROUTE, name: 'custom' },
        { type: 'strategic', body: { metadata: { labels: { a: 'b' } } } },
      );
      equal(await strategic.then(() => 'taken').catch(() => 'refused'), 'refused', 'a strategic patch');
    }),
  ],
  [
    'HTTPRoute: the rules have one owner, together',
    withRoutes(async (api) => {
      await api.create(route('owned', [{ name: 'a', port: 80, weight: 1 }]));
      const error = await conflicts(
        api.apply(route('owned', [{ name: 'a', port: 80, weight: 2 }])),
        'apply over the rules',
      );
      if (!error.message.includes('.spec.rules')) throw new Error(`no field: ${error.message}`);
      if (error.message.includes('.spec.rules[')) throw new Error(`a part of the rules: ${error.message}`);
    }),
  ],
  [
    'apply takes a container away that it no longer names, and leaves one that another made',
    async ({ api }) => {
      const two = deployment('containers');
      const template = (two['spec'] as { template: { spec: { containers: object[] } } }).template.spec;
      template.containers.push({ name: 'second', image: 'example.invalid/none:1' });
      await api.apply(two);
      const third = { name: 'third', image: 'example.invalid/none:1' };
      const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'containers' };
      const operations = [{ op: 'add' as const, path: '/spec/template/spec/containers/2', value: third }];
      await api.patch(ref, { type: 'json', operations });
      const now = await api.apply(deployment('containers'));
      const names = (
        now['spec'] as { template: { spec: { containers: { name: string }[] } } }
      ).template.spec.containers.map(({ name }) => name);
      equal(names.sort(), ['main', 'third'], 'containers');
    },
  ],
  [
    'the scale subresource takes a patch under a test',
    async ({ api }) => {
      await api.create(deployment('scale-test'));
      const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'scale-test' };
      const to = (from: number, value: number): Promise<KubeObject> => {
        const operations = [
          { op: 'test' as const, path: '/spec/replicas', value: from },
          { op: 'replace' as const, path: '/spec/replicas', value },
        ];
        return api.patch(ref, { type: 'json', operations }, { subresource: 'scale' });
      };
      await conflicts(to(3, 4), 'scale from 3');
      // Zero leaves the field out of a Scale: nothing to test or to replace.
      await api.patch(ref, { type: 'merge', body: { spec: { replicas: 1 } } }, { subresource: 'scale' });
      equal(((await to(1, 2))['spec'] as { replicas?: number }).replicas, 2, 'scale from 1');
      await api.delete(ref);
    },
  ],
  [
    'dependents go with their owner, and stay with `Orphan`',
    async ({ api, namespace }) => {
      const owner = async (name: string, propagation: 'Background' | 'Orphan'): Promise<void> => {
        const made = await api.create(configMap(name));
        const ownerReferences = [{ ...CONFIG, name, uid: made.metadata.uid ?? '' }];
        await api.create({
          ...configMap(`${name}-dependent`),
          metadata: { name: `${name}-dependent`, ownerReferences },
        });
        await api.delete({ ...CONFIG, name, namespace }, { propagation });
      };
      await owner('orphan', 'Orphan');
      await owner('owner', 'Background');
      const until = Date.now() + COLLECTED_MS;
      while ((await api.get({ ...CONFIG, name: 'owner-dependent' })) !== undefined) {
        if (Date.now() > until) throw new Error('the dependent stays');
        await sleep(200);
      }
      equal(
        (await api.get({ ...CONFIG, name: 'orphan-dependent' }))?.metadata.name,
        'orphan-dependent',
        'the orphan',
      );
    },
  ],
  [
    'an object with a finalizer stays, marked, until that is taken away',
    async ({ api }) => {
      const ref = { ...CONFIG, name: 'final' };
      await api.create({
        ...configMap('final'),
        metadata: { name: 'final', finalizers: ['sluice.test/hold'] },
      });
      await api.delete(ref);
      equal(typeof (await api.get(ref))?.metadata.deletionTimestamp, 'string', 'deletionTimestamp');
      await api.patch(ref, { type: 'merge', body: { metadata: { finalizers: null } } });
      equal(await api.get(ref), undefined, 'gone');
    },
  ],
  [
    'events are selected by what they regard',
    async ({ api, namespace }) => {
      const event = { apiVersion: 'events.k8s.io/v1', kind: 'Event' };
      const eventTime = new Date().toISOString().replace('Z', '000Z');
      for (const name of ['regarded', 'other']) {
        const regarding = { ...CONFIG, name, namespace, uid: `uid-of-${name}` };
        const said = {
          reason: 'Test',
          action: 'Test',
          note: name,
          type: 'Normal',
          reportingController: 'sluice',
          reportingInstance: 'x',
        };
        await api.create({ ...event, metadata: { name: `${name}.1` }, eventTime, regarding, ...said });
      }
      for (const fieldSelector of ['regarding.name=regarded', 'regarding.uid=uid-of-regarded']) {
        const notes = (await api.list(event, { fieldSelector })).map(({ note }) => note);
        equal(notes, ['regarded'], fieldSelector);
      }
    },
  ],
];
