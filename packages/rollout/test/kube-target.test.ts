import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { KubeObject } from '@sluice/kubernetes/types';
import { deploymentRef, KubeScene, routeRef, scalerRef } from './kube-scene.ts';

let scene: KubeScene;

beforeEach(async () => {
  scene = await KubeScene.open();
});

afterEach(() => scene.close());

async function names(kind: string, apiVersion: string): Promise<string[]> {
  return (await scene.api.list({ apiVersion, kind }, { namespace: 'default' })).map(
    ({ metadata }) => metadata.name,
  );
}

interface Seen {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
  status: { readyReplicas?: number };
}

async function whole(image: string, replicas = 2): Promise<void> {
  const live = (await scene.api.get({ ...deploymentRef, name: 'llm' })) as unknown as Seen;
  expect(live.spec.template.spec.containers[0]?.image).toBe(image);
  expect([live.spec.replicas, live.status.readyReplicas]).toEqual([replicas, replicas]);
  expect(await names('Deployment', 'apps/v1')).toEqual(['llm']);
  expect(await names('Service', 'v1')).toEqual(['llm']);
  const route = (await scene.api.get(routeRef)) as KubeObject;
  const [rule] = (route['spec'] as { rules: { backendRefs: { name: string }[] }[] }).rules;
  expect(rule?.backendRefs.map(({ name }) => name)).toEqual(['llm']);
}

test('a good release goes through its steps, takes over the workload, and leaves nothing beside it', async () => {
  await scene.cluster();
  const made = scene.targetOf(scene.api, 'surge');
  expect((await made.target.status()).stable).toBe('v1');
  const { result } = await scene.rollOut(made, 'v2');
  expect(result).toBe('promoted');
  await whole('llm:v2');
  const events = await scene.api.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event' });
  const said = events.map((event) => `${String(event['reason'])}: ${String(event['note'])}`);
  expect(said.sort()).toEqual([
    'SluiceRolloutPromoted: v2 is stable: v2 went through all 3 steps',
    'SluiceRolloutStarted: v2 is started beside v1',
    'SluiceRolloutWeight: 100% of new requests to v2',
    'SluiceRolloutWeight: 25% of new requests to v2',
    'SluiceRolloutWeight: 50% of new requests to v2',
  ]);
  const { stable, history, rollout } = await made.target.status();
  expect([stable, rollout?.phase]).toEqual(['v2', 'done']);
  expect(history.map(({ event, version }) => `${event} ${version}`)).toEqual(['deployed v1', 'promoted v2']);
  // Without it there would be no way back to what was found running.
  expect(history[0]?.record?.stages.at(-1)?.data['server']).toMatchObject({ version: 'v1', replicas: 2 });
});

test('without a spare GPU the stable side gives one up first, and no pod more than before is ever there', async () => {
  await scene.cluster({ capacity: { 'nvidia.com/gpu': 2 }, gpus: 1 });
  let most = 0;
  scene.server.store.onChange(() => {
    const pods = scene.server.store.list(scene.server.kind('v1', 'Pod'));
    most = Math.max(most, pods.length);
  });
  const { result } = await scene.rollOut(scene.targetOf(scene.api, 'none'), 'v2');
  expect(result).toBe('promoted');
  expect(most).toBe(2);
  await whole('llm:v2');
});

test('an image that no registry has is taken back, and said', async () => {
  await scene.cluster({
    fate: (pod) => {
      const [container] = (pod['spec'] as { containers: { image: string }[] }).containers;
      return container?.image === 'llm:v9' ? { is: 'image', said: 'llm:v9: not found' } : undefined;
    },
  });
  const made = scene.targetOf(scene.api, 'surge');
  const { result, state } = await scene.rollOut(made, 'v9');
  expect([result, state.data['abortKind']]).toEqual(['aborted', 'not-started']);
  expect(state.reason).toMatch(/llm:v9: not found/);
  await whole('llm:v1');
});

test('while pods are moved the autoscaler keeps still, and the plan says so', async () => {
  await scene.cluster();
  const before = (await scene.api.get(scalerRef)) as KubeObject;
  const made = scene.targetOf(scene.api, 'none');
  const held: unknown[] = [];
  made.site.router.set = ((set) => async (share: number) => {
    held.push(((await scene.api.get(scalerRef)) as KubeObject)['spec']);
    return set.call(made.site.router, share);
  })(made.site.router.set.bind(made.site.router));
  const spec = await scene.specFor('v2', made.target);
  const { lines } = await made.target.plan(spec, [{ weight: 1, holdMs: 0 }]);
  expect(lines[0]).toMatch(/hold horizontalpodautoscaler\/llm while pods are moved/);
  await scene.rollOut(made, 'v2');
  const off = { selectPolicy: 'Disabled' };
  expect(held.length).toBeGreaterThan(2);
  for (const each of held)
    expect(each).toMatchObject({ minReplicas: 1, behavior: { scaleDown: off, scaleUp: off } });
  const after = (await scene.api.get(scalerRef)) as KubeObject;
  expect([after['spec'], after.metadata.annotations ?? {}]).toEqual([before['spec'], {}]);
});

test('who took the rollout over is not overtaken by a weight that was on its way', async () => {
  await scene.cluster();
  const made = scene.targetOf(scene.api, 'surge', 'first');
  const other = scene.targetOf(scene.api, 'surge', 'second');
  let once = true;
  const api = made.site.api;
  const patch = api.patch.bind(api);
  // Between the read of the route and the patch that is conditional on it, `operation: abort` comes and goes.
  api.patch = async (ref, ...rest) => {
    if (once && ref.kind === 'HTTPRoute' && (await other.site.router.read()) === 0) {
      once = false;
      await scene.abort(other);
    }
    return patch(ref, ...rest);
  };
  await expect(scene.rollOut(made, 'v2')).rejects.toThrow(/taken over by another run/);
  await whole('llm:v1');
  expect((await other.target.status()).rollout).toMatchObject({ phase: 'aborted', owner: { run: 'second' } });
});
