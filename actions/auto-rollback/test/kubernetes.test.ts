/** The committed bundles against an API server with controllers: a release is deployed, undone, and doesn't come back. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActionOutcome } from '@sluice/testing/runner';
import { startPrometheus, type PrometheusServer } from '@sluice/testing/prometheus-server';
import { LiveCluster } from '../../../packages/rollout/test/live-cluster.ts';

let live: LiveCluster;
let prometheus: PrometheusServer;

beforeAll(async () => {
  [live, prometheus] = await Promise.all([LiveCluster.open({ routeMs: 5 }), startPrometheus()]);
});

afterAll(async () => {
  await live.close();
  await prometheus[Symbol.asyncDispose]();
});

const V2 = `registry.test/llm@sha256:${'2'.repeat(64)}`;
function deployV2(workload: string, given: Record<string, string> = {}): Promise<ActionOutcome> {
  const hurried = { strategy: 'rolling', warmup: '0', 'require-gate': 'false', version: 'v2' };
  return live.run('canary-deploy', workload, { image: `server=${V2}`, ...hurried, ...given });
}

/** What serves, what the route sends users to, and whether nothing is left beside it. */
function seen(name: string): unknown[] {
  const { api } = live;
  const routes = api.kind('gateway.networking.k8s.io/v1', 'HTTPRoute');
  const { rules } = api.store.read(routes, 'default', name)['spec'] as {
    rules: { backendRefs: { name: string }[] }[];
  };
  const [image, replicas, alone] = live.seen(name);
  return [image, replicas, rules[0]?.backendRefs.map((ref) => ref.name), alone];
}

/** Every answer of the pods that serve now is an error. */
function allErrors(workload: string): void {
  const pods = live.api.store
    .list(live.api.kind('v1', 'Pod'))
    .filter(({ metadata }) => metadata.name.startsWith(`${workload}-`));
  const start = Date.now() / 1000 - 5;
  for (const { metadata } of pods) {
    const labels = { __name__: 'http_requests_total', namespace: 'default', pod: metadata.name };
    const samples = Array.from({ length: 400 }, (_, i): [number, number] => [start + i / 4, i * 10]);
    prometheus.series.push({ labels: { ...labels, method: 'POST', status: '5xx' }, samples });
  }
}

async function provenBad(): Promise<void> {
  live.make('bad');
  const deployed = await deployV2('bad');
  expect([deployed.outputs['outcome'], deployed.outputs['stable']]).toEqual(['success', 'v2']);
  expect(seen('bad')).toEqual([V2, 2, ['bad'], true]);
  const silent = await live.run('auto-rollback', 'bad', { mode: 'check', prometheus: prometheus.url });
  expect(silent.outputs).toMatchObject({ verdict: 'inconclusive', 'rolled-back': 'false' });
  allErrors('bad');
  const { outputs, stdout } = await live.run('auto-rollback', 'bad', {
    ...{ mode: 'check', prometheus: prometheus.url, slo: 'error_rate <= 5%' },
  });
  expect(stdout).toMatch(/going back from v2 to v1/);
  expect(outputs).toMatchObject({ verdict: 'fail', outcome: 'gate-failed', 'rolled-back': 'true' });
  expect([outputs['from'], outputs['to']]).toEqual(['v2', 'v1']);
  expect(seen('bad')).toEqual(['llm:v1', 2, ['bad'], true]);
}

async function killed(): Promise<void> {
  live.make('cut');
  await deployV2('cut');
  const main = await live.run(
    'auto-rollback',
    'cut',
    { mode: 'rollback' },
    { killWhen: /becomes the template/ },
  );
  expect([main.signal, main.outputs['rolled-back']]).toEqual(['SIGKILL', 'false']);
  expect(seen('cut')).not.toEqual(['llm:v1', 2, ['cut'], true]);
  const post = await live.run('auto-rollback', 'cut', {}, { post: true, state: main.state });
  expect([post.exitCode, post.stdout]).toEqual([0, expect.stringMatching(/finishing it/)]);
  expect(seen('cut')).toEqual(['llm:v1', 2, ['cut'], true]);
  const again = await deployV2('cut');
  expect(again.outputs['outcome']).toBe('gate-failed');
  expect(again.stdout).toMatch(/quarantine.*octocat/s);
  expect(seen('cut')).toEqual(['llm:v1', 2, ['cut'], true]);
}

test('errors that are proven bring the release before back; a killed undo is finished, and what it undid is refused', async () => {
  await Promise.all([provenBad(), killed()]);
}, 60_000);

test('inputs of the other target, and a watch that nobody counts for, are refused all at once', async () => {
  const { outputs, stdout } = await live.run('auto-rollback', 'llm', { mode: 'check', 'state-dir': '/tmp' });
  expect(outputs['outcome']).toBe('config-error');
  expect(stdout).toMatch(/`state-dir` belongs to `target: host`/);
  expect(stdout).toMatch(/`prometheus` is required with `target: kubernetes` and `mode: check`/);
});
