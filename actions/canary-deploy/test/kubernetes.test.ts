/** The committed bundle against an API server with controllers: `target: kubernetes` from outside, with nothing but a kubeconfig. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActionOutcome, ActionRun } from '@sluice/testing/runner';
import { LiveCluster } from '../../../packages/rollout/test/live-cluster.ts';

let live: LiveCluster;

beforeAll(async () => {
  live = await LiveCluster.open({
    ...{ gpus: 1, routeMs: 0 },
    fate: (pod) => (JSON.stringify(pod['spec']).includes(STUCK) ? { is: 'never-ready' } : undefined),
  });
  for (const name of ['good', 'dry', 'cut', 'held', 'busy']) live.make(name);
  live.make('gpu', { replicas: 1, gpus: 2 });
});

afterAll(() => live.close());

const V2 = `registry.test/llm@sha256:${'2'.repeat(64)}`;
const STUCK = `registry.test/llm@sha256:${'9'.repeat(64)}`;

const run = (
  workload: string,
  given: Record<string, string>,
  options: ActionRun = {},
): Promise<ActionOutcome> => live.run('canary-deploy', workload, { warmup: '0', ...given }, options);
const seen = (name: string): unknown[] => live.seen(name);

const V2_DEPLOY = { image: `server=${V2}`, strategy: 'rolling', 'require-gate': 'false', version: 'v2' };

/** As if its holder renewed it, or as if it had run out. */
function touchLease(workload: string, holder?: string): void {
  const leases = live.api.kind('coordination.k8s.io/v1', 'Lease');
  const lease = live.api.store.find(leases, 'default', `sluice-deployment-${workload}`);
  if (lease === undefined) return;
  const renewTime = new Date().toISOString().replace('Z', '000Z');
  const spec = {
    ...(lease['spec'] as object),
    renewTime,
    ...(holder === undefined ? {} : { holderIdentity: holder }),
  };
  live.api.store.update(leases, { ...lease, spec }, { manager: 'sluice' });
}

test('a good release takes over the workload; one that serves already is nothing to do', async () => {
  const { exitCode, outputs, stdout } = await run('good', V2_DEPLOY);
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  expect(outputs).toMatchObject({
    verdict: 'pass',
    outcome: 'success',
    stable: 'v2',
    weight: '1',
    canary: '',
  });
  expect(stdout).toMatch(/traffic: gateway-api, because/);
  expect(seen('good')).toEqual([V2, 2, true]);
  const status = await run('good', { operation: 'status' });
  expect(status.outputs).toMatchObject({ verdict: 'pass', stable: 'v2', canary: '', weight: '0' });
  expect(status.stdout).toMatch(/promoted v2/);
});

test('a dry run prints the plan, and a plan without room is refused; both before anything is written', async () => {
  const before = live.api.store
    .list(live.api.kind('apps/v1', 'Deployment'))
    .map(({ metadata }) => metadata.uid);
  const dry = await run('dry', { ...V2_DEPLOY, 'dry-run': 'true' });
  expect([dry.exitCode, dry.outputs['stable']]).toEqual([0, 'v1']);
  expect(JSON.parse(dry.outputs['plan'] ?? '')).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/start deployment\/dry-canary: v2 .* 2 pods, without users/),
    ]),
  );
  const gpu = await run('gpu', V2_DEPLOY);
  expect([gpu.exitCode, gpu.outputs['outcome']]).toEqual([1, 'gate-failed']);
  expect(gpu.stdout).toMatch(/2 nvidia\.com\/gpu/);
  const leases = live.api.store.list(live.api.kind('coordination.k8s.io/v1', 'Lease'));
  expect(leases.filter(({ metadata }) => /-(dry|gpu)$/.test(metadata.name))).toEqual([]);
  const after = live.api.store
    .list(live.api.kind('apps/v1', 'Deployment'))
    .map(({ metadata }) => metadata.uid);
  expect(after.filter((uid) => !before.includes(uid)).length).toBe(0);
});

test.each<[Record<string, string>, RegExp]>([
  [{ kubeconfig: '/nowhere/config' }, /kubeconfig: there is no file \/nowhere\/config/],
  [{ context: 'moon' }, /context: "moon" isn't in the kubeconfig; it has emulator/],
  [{ workload: 'pod/good' }, /input `workload` = "pod\/good" is not <kind>\/<name>, such as deployment\/llm/],
  [
    { workload: 'deployment/none' },
    /"deployment\/none": there is none in namespace default .*needs `manifest`/,
  ],
  [{ service: 'other' }, /input `service` = "other": no Service of this name selects the pods of dry .*dry/],
])('%j is refused with input, value and mend', async (wrong, said) => {
  const { exitCode, stdout } = await run('dry', { ...V2_DEPLOY, ...wrong });
  expect([exitCode, stdout]).toEqual([1, expect.stringMatching(said)]);
  expect(stdout).not.toMatch(/^\s+at /m);
});

test('main is killed: the clean-up step takes the release back', async () => {
  const main = await run('cut', V2_DEPLOY, { killWhen: /step 1 of 1/ });
  expect(main.signal).toBe('SIGKILL');
  expect(seen('cut')).toEqual(['llm:v1', 2, false]);
  const post = await run('cut', {}, { post: true, state: main.state });
  expect([post.exitCode, post.stdout]).toEqual([0, expect.stringMatching(/v2 was taken back; v1 serves/)]);
  expect(seen('cut')).toEqual(['llm:v1', 2, true]);
});

test('without a clean-up step the rollout stays on record: status tells it, promote finishes it', async () => {
  const main = await run('held', V2_DEPLOY, { killWhen: /step 1 of 1/ });
  expect(main.signal).toBe('SIGKILL');
  touchLease('held', '');
  const status = await run('held', { operation: 'status' });
  expect(status.outputs).toMatchObject({ stable: 'v1', canary: 'v2' });
  expect(status.stdout).toMatch(/a rollout of v2 is in phase stepping, step 1: its driver is gone/);
  const { exitCode, outputs, stdout } = await run('held', { operation: 'promote' });
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  expect(outputs['stable']).toBe('v2');
  expect(seen('held')).toEqual([V2, 2, true]);
});

test('of two deploys at once the second is refused; `abort` takes the rollout from the first, which stops', async () => {
  let begun = (): void => undefined;
  const started = new Promise<void>((resolve) => (begun = resolve));
  const onStdout = (text: string): void => {
    if (text.includes('busy-canary')) begun();
  };
  const first = run('busy', { ...V2_DEPLOY, image: `server=${STUCK}`, version: 'v9' }, { onStdout });
  await started;
  const alive = setInterval(() => touchLease('busy'), 200);
  const second = await run('busy', V2_DEPLOY).finally(() => clearInterval(alive));
  expect([second.exitCode, second.stdout]).toEqual([
    1,
    expect.stringMatching(
      /deployment\/busy is driven by https:.*, which is alive; let it end, .*`concurrency` group/,
    ),
  ]);
  const abort = await run('busy', { operation: 'abort' });
  expect([abort.exitCode, seen('busy')]).toEqual([0, ['llm:v1', 2, true]]);
  const { exitCode, stdout } = await first;
  expect([exitCode, stdout]).toEqual([
    1,
    expect.stringMatching(/taken over by another run|lease .* is lost|is gone/),
  ]);
  expect(seen('busy')).toEqual(['llm:v1', 2, true]);
});
