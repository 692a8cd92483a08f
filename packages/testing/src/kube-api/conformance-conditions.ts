/** Writes that must not be carried out when somebody else was first, and fields that another owns. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { type Case, configMap, deployment, settled } from './conformance-scene.ts';
import { conflicts, equal, refuses } from './expecting.ts';

const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap' };
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment' };

const lease = (name: string, spec: object): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name },
  spec,
});

export const CONDITION_CASES: Case[] = [
  [
    'replace with an old resourceVersion is a conflict',
    async ({ api }) => {
      const made = await api.create(configMap('old'));
      await api.replace({ ...made, data: { key: 'second' } });
      await conflicts(api.replace({ ...made, data: { key: 'third' } }), 'the old version');
      equal((await api.get({ ...CONFIG, name: 'old' }))?.['data'], { key: 'second' }, 'data');
    },
  ],
  [
    'a merge patch that names an old resourceVersion is a conflict',
    async ({ api }) => {
      const made = await api.create(configMap('old-merge'));
      await api.replace({ ...made, data: { key: 'second' } });
      const { resourceVersion } = made.metadata;
      const body = { metadata: { resourceVersion }, data: { key: 'third' } };
      await conflicts(
        api.patch({ ...CONFIG, name: 'old-merge' }, { type: 'merge', body }),
        'the old version',
      );
    },
  ],
  [
    'a JSON patch whose test does not hold is a conflict, and changes nothing',
    async ({ api }) => {
      await api.create(configMap('test', { a: '1', b: '2' }));
      const ref = { ...CONFIG, name: 'test' };
      const operations = [
        { op: 'replace' as const, path: '/data/a', value: '9' },
        { op: 'test' as const, path: '/data/b', value: '3' },
      ];
      await conflicts(api.patch(ref, { type: 'json', operations }), 'a failed test');
      const version = [
        { op: 'test' as const, path: '/metadata/resourceVersion', value: '1' },
        ...operations.slice(0, 1),
      ];
      await conflicts(api.patch(ref, { type: 'json', operations: version }), 'a failed test of the version');
      equal((await api.get(ref))?.['data'], { a: '1', b: '2' }, 'data');
      const now = (await api.get(ref))?.metadata.resourceVersion;
      const right = [
        { op: 'test' as const, path: '/metadata/resourceVersion', value: now },
        ...operations.slice(0, 1),
      ];
      equal(
        (await api.patch(ref, { type: 'json', operations: right }))['data'],
        { a: '9', b: '2' },
        'data after a test that holds',
      );
    },
  ],
  [
    'a JSON patch that makes the object invalid is refused, not a conflict',
    async ({ api }) => {
      const made = await settled(api, await api.create(deployment('invalid')));
      const operations = [
        { op: 'test' as const, path: '/metadata/resourceVersion', value: made.metadata.resourceVersion },
        { op: 'replace' as const, path: '/spec/replicas', value: -1 },
      ];
      await refuses(
        api.patch({ ...DEPLOYMENT, name: 'invalid' }, { type: 'json', operations }),
        /spec\.replicas/,
        'replicas -1',
      );
    },
  ],
  [
    'apply makes, changes, and gives up what it no longer says',
    async ({ api }) => {
      const first = await api.apply(configMap('apply', { a: '1', b: '2' }));
      equal(first['data'], { a: '1', b: '2' }, 'made');
      const second = await api.apply(configMap('apply', { a: '3' }));
      equal(second['data'], { a: '3' }, 'b is gone');
      const owners = (second.metadata.managedFields ?? []).map(({ manager, operation }) => [
        manager,
        operation,
      ]);
      equal(owners, [['sluice', 'Apply']], 'owners');
    },
  ],
  [
    'apply over a field that another applied or changed is a conflict that names the owner; force takes it',
    async ({ api }) => {
      await api.create(deployment('owned'));
      // `create` wrote as the manager `sluice`, but by Update: another owner than an Apply.
      await api.patch(
        { ...DEPLOYMENT, name: 'owned' },
        { type: 'merge', body: { spec: { replicas: 0, paused: true } } },
      );
      const wanted = deployment('owned');
      (wanted['spec'] as Record<string, unknown>)['paused'] = false;
      const error = await conflicts(api.apply(wanted), 'apply over an update');
      equal(error.managers, ['sluice'], 'managers');
      if (!error.message.includes('.spec.paused')) throw new Error(`no field: ${error.message}`);
      const forced = await api.apply(wanted, { force: true });
      equal((forced['spec'] as Record<string, unknown>)['paused'] ?? false, false, 'forced');
    },
  ],
  [
    'apply with the value that is there shares the field',
    async ({ api }) => {
      await api.create(configMap('shared'));
      await api.apply(configMap('shared'));
      equal((await api.get({ ...CONFIG, name: 'shared' }))?.['data'], { key: 'value' }, 'data');
    },
  ],
  [
    'apply with dryRun changes nothing',
    async ({ api }) => {
      const said = await api.apply(configMap('apply-dry'), { dryRun: true });
      equal(said['data'], { key: 'value' }, 'what it would be');
      equal(await api.get({ ...CONFIG, name: 'apply-dry' }), undefined, 'what it is');
    },
  ],
  [
    "a Deployment's selector can't be changed",
    async ({ api }) => {
      await api.create(deployment('immutable'));
      const body = {
        spec: { selector: { matchLabels: { more: 'x' } }, template: { metadata: { labels: { more: 'x' } } } },
      };
      await refuses(
        api.patch({ ...DEPLOYMENT, name: 'immutable' }, { type: 'merge', body }),
        /immutable/,
        'another selector',
      );
    },
  ],
  [
    'a Lease keeps microseconds, and only one of two takers gets it',
    async ({ api }) => {
      const renewTime = '2026-01-02T03:04:05.678901Z';
      const made = await api.create(
        lease('lease', { holderIdentity: '', leaseDurationSeconds: 30, renewTime }),
      );
      equal((made['spec'] as { renewTime?: string }).renewTime, renewTime, 'renewTime');
      const taken = await api.replace({
        ...made,
        spec: { ...(made['spec'] as object), holderIdentity: 'one' },
      });
      await conflicts(
        api.replace({ ...made, spec: { ...(made['spec'] as object), holderIdentity: 'two' } }),
        'the second taker',
      );
      equal((taken['spec'] as { holderIdentity?: string }).holderIdentity, 'one', 'holder');
      await refuses(
        api.create(lease('lease-wrong', { renewTime: 'yesterday' })),
        /renewTime|parsing time/,
        'a time that is none',
      );
    },
  ],
  [
    'a ConfigMap takes a megabyte and not more',
    async ({ api }) => {
      await api.create(configMap('large', { text: 'x'.repeat(1_000_000) }));
      await refuses(
        api.create(configMap('too-large', { text: 'x'.repeat(1_048_577) })),
        /[Tt]oo long|must have at most/,
        'too much',
      );
    },
  ],
];
