/** `changed`, by the bundles: against a host service that canary-deploy made, and a GitHub environment. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startKubeApi } from '@sluice/testing/kube-api/server';
import type { ActionOutcome } from '@sluice/testing/runner';
import { runAction } from '@sluice/testing/runner';
import type { Emulator } from '../../../e2e/github/src/server.ts';
import { startEmulator } from '../../../e2e/github/src/server.ts';
import { LiveService } from '../../../packages/rollout/test/live-service.ts';

const SHA = 'a'.repeat(40);
let github: Emulator;
let live: LiveService;
let env: Record<string, string>;
let v1: string;
let v2: string;

beforeAll(async () => {
  live = await LiveService.open();
  v1 = `file:${live.weights('v1')}`;
  v2 = `file:${live.weights('v2')}`;
  github = await startEmulator({ repositories: [{ name: 'acme/llm', sha: SHA }] });
  env = { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: 'acme/llm', GITHUB_SHA: SHA };
});
afterAll(async () => {
  await live.close();
  await github.close();
});

async function pull(
  inputs: Record<string, string>,
  more: Record<string, string> = {},
): Promise<ActionOutcome> {
  const cwd = await mkdtemp(join(live.folder, 'job-'));
  return runAction('model-pull', {
    cwd,
    inputs: { model: v1, ...inputs },
    env: { ...env, ...more },
    timeoutMs: 60_000,
  });
}
const onHost = (inputs: Record<string, string> = {}) =>
  pull({ target: 'host', 'state-dir': live.stateDir, ...inputs });
const inProduction = (inputs: Record<string, string> = {}) =>
  pull({ environment: 'production', 'github-token': 'ghs_test', ...inputs });

test('nothing runs yet: changed', async () => {
  const host = await onHost();
  expect([host.exitCode, host.outputs['changed']]).toEqual([0, 'true']);
  expect(host.stdout).toContain('service llm runs nothing');
  const environment = await inProduction();
  expect([environment.exitCode, environment.outputs['changed']]).toEqual([0, 'true']);
  expect(environment.stdout).toContain('environment production runs nothing');
});

test('what canary-deploy deployed is no change; other weights are one', async () => {
  const deployed = await live.deploy(
    'v1',
    { environment: 'production', 'github-token': 'ghs_test' },
    { env },
  );
  expect({ exitCode: deployed.exitCode, stdout: deployed.stdout }).toMatchObject({ exitCode: 0 });
  const same = await onHost();
  expect([same.exitCode, same.outputs['changed']]).toEqual([0, 'false']);
  expect(same.stdout).toContain('service llm (v1) runs this');
  expect((await onHost({ model: v2 })).outputs['changed']).toBe('true');
  const environment = await inProduction();
  expect([environment.exitCode, environment.outputs['changed']]).toEqual([0, 'false']);
  expect((await inProduction({ model: v2 })).outputs['changed']).toBe('true');
});

test('pods that say which weights they serve are compared as well', async () => {
  const { outputs } = await pull({});
  const api = await startKubeApi();
  const labels = { app: 'llm' };
  const annotations = { 'sluice/weights': outputs['digest'] ?? '' };
  const template = {
    metadata: { labels, annotations },
    spec: { containers: [{ name: 's', image: 'llm:v1' }] },
  };
  const workload = {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'llm', namespace: 'default' } },
    spec: { selector: { matchLabels: labels }, template },
  };
  api.store.create(api.kind('apps/v1', 'Deployment'), workload, { manager: 'kubectl' });
  const cluster = { target: 'kubernetes', kubeconfig: api.kubeconfig };
  const same = await pull({ ...cluster, workload: 'deployment/llm' });
  expect(same.stdout).toMatch(/deployment\/llm in namespace default .* runs this/);
  expect(same.outputs['changed']).toBe('false');
  const other = await pull({ ...cluster, workload: 'deployment/llm', model: v2 });
  expect(other.outputs['changed']).toBe('true');
  const none = await pull({ ...cluster, workload: 'deployment/none' });
  expect(none.stdout).toMatch(/deployment\/none in namespace default .* runs nothing/);
  expect(none.outputs['changed']).toBe('true');
  await api.close();
});

test('a supervisor that is away still says what will be served', async () => {
  const host = await live.host();
  process.kill((await host?.status())?.supervisor.pid ?? 0, 'SIGKILL');
  for (let left = 100; left > 0 && (await live.host()) !== undefined; left--) await sleep(20);
  const away = await onHost();
  expect([away.exitCode, away.outputs['changed']]).toEqual([0, 'false']);
  expect(away.stdout).toContain('whose supervisor is away, runs this');
  // Brought back, so that it can be ended with what it started.
  expect((await live.deploy('v1')).exitCode).toBe(0);
});

test('a deployment of another tool is a change', async () => {
  const api = `${github.url}/repos/acme/llm/deployments`;
  const headers = { authorization: 'Bearer ghs_test', 'content-type': 'application/json' };
  const post = async (url: string, body: object): Promise<{ id: number }> =>
    (await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as {
      id: number;
    };
  const { id } = await post(api, {
    ref: 'main',
    environment: 'production',
    required_contexts: [],
    auto_merge: false,
  });
  // Not before it has succeeded.
  expect((await inProduction()).outputs['changed']).toBe('false');
  await post(`${api}/${id}/statuses`, { state: 'success' });
  const run = await inProduction();
  expect([run.exitCode, run.outputs['changed']]).toEqual([0, 'true']);
  expect(run.stdout).toContain('runs a model whose digest is not told');
});

test.each<[string, Record<string, string>, RegExp]>([
  [
    'a service without its target',
    { service: 'llm' },
    /input `service` = "llm" is only read with `target: host`/,
  ],
  [
    'an environment without a token',
    { environment: 'production' },
    /pass `github-token`, with `permissions: \{deployments: read\}`/,
  ],
  [
    'a cluster without its workload',
    { target: 'kubernetes' },
    /input `workload` is required with `target: kubernetes`/,
  ],
])('%s is a config error', async (_, inputs, message) => {
  const run = await pull(inputs);
  expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'config-error']);
  expect(run.stdout).toMatch(message);
});

test('an API that refuses says which permission is missing', async () => {
  const run = await pull(
    { environment: 'production', 'github-token': 'ghs_test' },
    { GITHUB_REPOSITORY: 'acme/other' },
  );
  expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'config-error']);
  expect(run.stdout).toMatch(
    /would not list the deployments of production in acme\/other: .*permissions: \{deployments: read\}/,
  );
});
