/** What Flux's and Argo CD's own status says of a commit. The statuses are those that their controllers write. */
import { afterEach, expect, jest, test } from '@jest/globals';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { ArgoApplication } from '../src/argo.ts';
import { sameRepository } from '../src/find-controller.ts';
import { FluxHelmRelease, FluxKustomization, shaOf } from '../src/flux.ts';

const OURS = 'a'.repeat(40);
const OLD = 'b'.repeat(40);
const LATER = 'c'.repeat(40);
const contains = (revision: string): Promise<boolean> => Promise.resolve([OURS, LATER].includes(revision));
const place = { name: 'llm', namespace: 'flux-system' };

afterEach(() => {
  jest.useRealTimers();
});

/** Only looked at: whatever is asked for is this object. */
function holding(object: Omit<KubeObject, 'metadata'>): KubeApi {
  const whole = { ...object, metadata: { ...place, generation: 3 } };
  return { get: () => Promise.resolve(whole) } as unknown as KubeApi;
}

function kustomization(
  ready: [status: string, reason: string],
  applied: string,
  attempted = applied,
): FluxKustomization {
  const [status, reason] = ready;
  const revision = (sha: string): string => `main@sha1:${sha}`;
  const conditions = [{ type: 'Ready', status, reason, message: 'said' }];
  return new FluxKustomization(
    holding({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      status: {
        observedGeneration: 3,
        conditions,
        lastAppliedRevision: revision(applied),
        lastAttemptedRevision: revision(attempted),
      },
    }),
    place,
  );
}

test('Flux: ready at our commit or a later one; what is applied but not healthy is told by its pods', async () => {
  const done = async (one: FluxKustomization): Promise<boolean> => (await one.progress(contains)).done;
  expect(await done(kustomization(['True', 'ReconciliationSucceeded'], OURS))).toBe(true);
  expect(await done(kustomization(['True', 'ReconciliationSucceeded'], LATER))).toBe(true);
  expect(await done(kustomization(['True', 'ReconciliationSucceeded'], OLD))).toBe(false);
  expect(await done(kustomization(['Unknown', 'Progressing'], OLD, OURS))).toBe(false);
  expect(await done(kustomization(['False', 'HealthCheckFailed'], OLD, OURS))).toBe(true);
  const late = await kustomization(['True', 'ReconciliationSucceeded'], OLD).progress(contains);
  expect(late.why).toContain(`it has applied ${OLD.slice(0, 12)}`);
});

test('Flux: a failure at our commit counts when it lasts, one of an earlier commit never', async () => {
  jest.useFakeTimers({ now: 0 });
  const broken = kustomization(['False', 'BuildFailed'], OLD, OURS);
  expect(await broken.progress(contains)).toMatchObject({ done: false, failed: false });
  jest.setSystemTime(31_000);
  expect(await broken.progress(contains)).toMatchObject({
    failed: true,
    why: expect.stringContaining('BuildFailed, said'),
  });
  const before = kustomization(['False', 'BuildFailed'], OLD, OLD);
  const waiting = kustomization(['False', 'DependencyNotReady'], OLD, OURS);
  for (const each of [before, waiting]) await each.progress(contains);
  jest.setSystemTime(99_000);
  for (const each of [before, waiting]) expect((await each.progress(contains)).failed ?? false).toBe(false);
});

test('Flux: a HelmRelease is done when it is ready at the generation that it has', async () => {
  const release = (status: string, observedGeneration: number): FluxHelmRelease => {
    const conditions = [{ type: 'Ready', status, reason: 'UpgradeSucceeded', observedGeneration }];
    return new FluxHelmRelease(
      holding({ apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', status: { conditions } }),
      place,
    );
  };
  expect((await release('True', 3).progress()).done).toBe(true);
  expect(await release('True', 2).progress()).toMatchObject({
    done: false,
    why: expect.stringContaining('has not seen the change'),
  });
  expect([
    shaOf(`main/${OURS}`),
    shaOf(`sha1:${OURS}`),
    shaOf(OURS),
    shaOf('6.5.0'),
    shaOf(undefined),
  ]).toEqual([OURS, OURS, OURS, '', '']);
});

const ROUTE: KubeObject = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'llm', namespace: 'models' },
};

function application(status: Record<string, unknown>, spec: Record<string, unknown> = {}): ArgoApplication {
  const api = holding({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', spec, status });
  return new ArgoApplication(api, place, ({ repoURL }) =>
    sameRepository(repoURL, 'https://github.test/acme/fleet.git'),
  );
}

test('Argo CD: synced at our commit, and what the commit touched is healthy; other objects are not asked', async () => {
  const resources = (route: string, other: string): object[] => [
    {
      group: 'gateway.networking.k8s.io',
      kind: 'HTTPRoute',
      name: 'llm',
      namespace: 'models',
      status: 'Synced',
      health: { status: route },
    },
    {
      group: 'apps',
      kind: 'Deployment',
      name: 'llm-canary',
      namespace: 'models',
      status: 'Synced',
      health: { status: other },
    },
  ];
  const at = (revision: string, route: string, other = 'Degraded') =>
    application({
      sync: { status: 'Synced', revision },
      health: { status: other },
      resources: resources(route, other),
    }).progress(contains, [ROUTE]);
  expect((await at(OURS, 'Healthy')).done).toBe(true);
  expect((await at(LATER, 'Healthy')).done).toBe(true);
  expect((await at(OLD, 'Healthy')).done).toBe(false);
  expect(await at(OURS, 'Progressing', 'Healthy')).toMatchObject({ done: false, failed: false });
  expect(await at(OURS, 'Degraded', 'Healthy')).toMatchObject({
    failed: true,
    why: expect.stringContaining('HTTPRoute llm Degraded'),
  });
});

test('Argo CD: a sync that failed at our commit, one of several sources, and an application that lists nothing', async () => {
  const failed = application({
    sync: { status: 'OutOfSync', revision: OLD },
    operationState: { phase: 'Failed', message: 'no such kind', syncResult: { revision: OURS } },
  });
  expect(await failed.progress(contains, [ROUTE])).toMatchObject({
    failed: true,
    why: expect.stringContaining('no such kind'),
  });
  const sources = [
    { repoURL: 'https://charts.test', chart: 'llm' },
    { repoURL: 'git@github.test:acme/fleet.git', path: 'apps/llm' },
  ];
  const several = application(
    { sync: { status: 'Synced', revisions: ['1.2.3', OURS] }, health: { status: 'Healthy' } },
    { sources },
  );
  expect((await several.progress(contains, [ROUTE])).done).toBe(true);
  const ill = application({ sync: { status: 'Synced', revision: OURS }, health: { status: 'Degraded' } });
  expect((await ill.progress(contains, [ROUTE])).done).toBe(false);
  // Nothing of ours is in question: that the branch is carried out is enough.
  expect((await ill.progress(contains, [])).done).toBe(true);
});

test('one repository by several addresses', () => {
  const one = 'https://github.test/acme/fleet.git';
  for (const other of [
    'https://github.test/acme/fleet',
    'git@github.test:acme/fleet.git',
    'ssh://git@github.test/Acme/fleet',
    `${one}/`,
  ])
    expect(sameRepository(other, one)).toBe(true);
  for (const other of ['https://github.test/acme/fleet2', 'https://other.test/acme/fleet', undefined])
    expect(sameRepository(other, one)).toBe(false);
});
