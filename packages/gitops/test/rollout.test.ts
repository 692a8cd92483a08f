/** Whole rollouts by commits, with credentials that can only read the cluster. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { KubeObject } from '@sluice/kubernetes/types';
import { parseAllDocuments } from 'yaml';
import { deploymentRef, routeRef } from '../../rollout/test/kube-scene.ts';
import { GitopsScene } from './gitops-scene.ts';

let scene: GitopsScene;

beforeEach(async () => {
  scene = await GitopsScene.open();
});

afterEach(() => scene.close());

interface Seen {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
}

async function served(image: string): Promise<void> {
  const { api } = scene.kube;
  const live = (await api.get({ ...deploymentRef, name: 'llm' })) as unknown as Seen;
  expect([live.spec.template.spec.containers[0]?.image, live.spec.replicas]).toEqual([image, 2]);
  expect(await api.get({ ...deploymentRef, name: 'llm-canary' })).toBeUndefined();
  const route = (await api.get(routeRef)) as KubeObject;
  expect(route['spec']).toMatchObject({ rules: [{ backendRefs: [{ name: 'llm' }] }] });
  const [workload] = parseAllDocuments(scene.show('apps/llm/workload.yaml')).map(
    (each) => each.toJS() as Seen,
  );
  expect(workload?.spec.template.spec.containers[0]?.image).toBe(image);
  expect(scene.git(scene.bare, 'ls-tree', '--name-only', 'main:apps/llm').trim().split('\n')).toEqual([
    'route.yaml',
    'workload.yaml',
  ]);
  expect(scene.show('apps/llm/route.yaml')).toContain("# the users' way");
  expect(scene.controller?.failure()).toBeUndefined();
}

test('Flux: a good release is rolled out by commits alone, each carried out before the next', async () => {
  await scene.start('flux');
  const made = await scene.driver();
  const { result, state } = await scene.kube.rollOut(made, 'v2');
  expect([result, state.reason]).toEqual(['promoted', 'v2 went through all 3 steps']);
  await served('llm:v2');
  const weights = scene.subjects().filter((subject) => subject.includes('.weight'));
  expect(weights.length).toBeGreaterThanOrEqual(4);
  expect(scene.git(scene.bare, 'log', '-1', '--format=%B', 'main')).toContain(
    'Sluice-Run: https://ci.test/run/1',
  );
});
