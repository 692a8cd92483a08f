/** Single steps by commits, with credentials that can only read the cluster; whole rollouts are e2e/oracles/gitops. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { routeRef } from '../../rollout/test/kube-scene.ts';
import { GitopsScene } from './gitops-scene.ts';

let scene: GitopsScene;

// One for all: a scene is an API server, controllers and a repository.
beforeAll(async () => {
  scene = await GitopsScene.open();
  await scene.start('argo');
});

afterAll(() => scene.close());

test('a canary and its weight are two commits, each carried out before the next look', async () => {
  const opened = await scene.gitops();
  const { api, says } = opened;
  expect([says, await opened.faults()]).toEqual([
    expect.stringContaining('carried out by Argo CD Application default/llm'),
    [],
  ]);
  const { site } = scene.kube.targetOf(api, 'surge');
  const stable = await site.stable.object();
  if (stable === undefined) throw new Error('no workload');
  const spec = await scene.kube.specFor('v2', scene.kube.targetOf(api, 'surge').target);
  for (const object of site.canaryOf(stable, spec, 1)) await site.api.apply(object, { force: true });
  await site.router.prepare();
  await site.router.set(0.25);
  expect(await site.router.read()).toBe(0.25);
  expect((await site.canary.state())?.wanted).toBe(1);
  const subjects = scene.subjects().slice(3);
  expect(subjects).toEqual([
    'llm: Deployment llm-canary added (and 1 more)',
    expect.stringMatching(/^llm: HTTPRoute llm: metadata.annotations\["sluice\/weights-before"\]/),
    'llm: HTTPRoute llm: spec.rules[0].backendRefs[llm].weight 1 -> 75 (and 1 more)',
  ]);
  expect(scene.show('apps/llm/route.yaml')).toContain("# the users' way");
  await expect(
    scene.kube.api.get({ apiVersion: 'v1', kind: 'ConfigMap', name: 'sluice-deployment-llm' }),
  ).resolves.toBeUndefined();
});

test('what would let a rollout hang, and a path that leads nowhere, are told before anything is touched', async () => {
  const ref = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', name: 'llm' };
  const by = async (body: Record<string, unknown>): Promise<string> => {
    await scene.kube.api.patch(ref, { type: 'merge', body: { spec: body } });
    return (await (await scene.gitops()).faults()).join('; ');
  };
  expect(await by({ syncPolicy: { automated: { prune: false } } })).toMatch(
    /^Argo CD Application default\/llm has `prune` off/,
  );
  expect(await by({ syncPolicy: { automated: null } })).toMatch(/synced by hand only/);
  expect(await by({ syncPolicy: { automated: { prune: true } } })).toBe('');
  await expect(scene.gitops('apps/none').then((opened) => opened.faults())).resolves.toEqual([
    expect.stringContaining('"apps/none": branch main has no such file or folder'),
  ]);
  await scene.push('values/llm.yaml', 'image: llm:v1\nreplicas: 2\n');
  await expect(scene.gitops('values/llm.yaml').then((opened) => opened.faults())).resolves.toEqual([
    expect.stringContaining('holds values only'),
  ]);
});

test('the commit that brought an image is taken back, once, and the pods of before serve', async () => {
  await scene.push(
    'apps/llm/workload.yaml',
    scene.show('apps/llm/workload.yaml').replace('llm:v1', 'llm:v5'),
  );
  const image = (): string =>
    JSON.stringify(
      scene.kube.server.store.read(scene.kube.server.kind('apps/v1', 'Deployment'), 'default', 'llm'),
    );
  while (!image().includes('llm:v5')) await new Promise((resolve) => setTimeout(resolve, 20));
  const opened = await scene.gitops();
  expect(await opened.revert('llm:v5', 'users say so')).toBe('people change apps/llm/workload.yaml');
  expect(scene.subjects().at(-1)).toBe('Revert "people change apps/llm/workload.yaml"');
  expect(scene.git(scene.bare, 'log', '-1', '--format=%b', 'main')).toMatch(
    /This reverts commit [0-9a-f]{40}\.\n\nusers say so/,
  );
  while (!image().includes('llm:v1')) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await opened.revert('llm:v5', 'again')).toBeUndefined();
  expect((await opened.api.get(routeRef))?.kind).toBe('HTTPRoute');
});
