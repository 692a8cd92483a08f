/** Several clusters in waves, by the committed bundle: all are looked at first, one after another, and the first that fails ends it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';
import { parse, stringify } from 'yaml';
import { LiveCluster } from '../../../packages/rollout/test/live-cluster.ts';
import { wavesOf } from '../src/waves.ts';

interface Config {
  clusters: { name: string }[];
  users: { name: string }[];
  contexts: { name: string; context: { cluster: string; user: string } }[];
  [field: string]: unknown;
}

const NAMES = ['eu', 'us', 'ap'] as const;
const image = (digit: string): string => `registry.test/llm@sha256:${digit.repeat(64)}`;
/** In `us` it never gets ready. */
const STUCK = image('9');
const folder = mkdtempSync(join(tmpdir(), 'sluice-waves-'));
const kubeconfig = join(folder, 'kubeconfig.yaml');
const lives: LiveCluster[] = [];

beforeAll(async () => {
  let all: Config | undefined;
  for (const name of NAMES) {
    const live = await LiveCluster.open({
      routeMs: 0,
      fate: (pod) =>
        name === 'us' && JSON.stringify(pod['spec']).includes(STUCK) ? { is: 'never-ready' } : undefined,
    });
    lives.push(live);
    live.make('llm');
    const own = parse(readFileSync(live.api.kubeconfig, 'utf8')) as Config;
    for (const entry of [...own.clusters, ...own.users]) entry.name = name;
    for (const entry of own.contexts)
      Object.assign(entry, { name, context: { ...entry.context, cluster: name, user: name } });
    all ??= { ...own, clusters: [], users: [], contexts: [] };
    for (const part of ['clusters', 'users', 'contexts'] as const) all[part].push(...(own[part] as never[]));
  }
  writeFileSync(kubeconfig, stringify(all));
});

afterAll(async () => {
  for (const live of lives) await live.close();
  rmSync(folder, { recursive: true, force: true });
});

function deploy(given: Record<string, string>): Promise<ActionOutcome> {
  return runAction('canary-deploy', {
    cwd: folder,
    timeoutMs: 60_000,
    inputs: {
      ...{ target: 'kubernetes', kubeconfig, workload: 'deployment/llm', strategy: 'rolling' },
      ...{ interval: '100ms', drain: '0s', warmup: '0', 'require-gate': 'false', ...given },
    },
  });
}

/** The image that serves in each cluster. */
const serving = (): unknown[] => lives.map((live) => live.seen('llm')[0]);

test('waves are lines of clusters, with a time until the next at their end', () => {
  const { waves } = wavesOf({ waves: ['eu-canary 30m', 'eu-1, us-1'], context: [] });
  expect(waves).toEqual([
    { clusters: ['eu-canary'], holdMs: 1_800_000 },
    { clusters: ['eu-1', 'us-1'], holdMs: 0 },
  ]);
  expect(wavesOf({ waves: ['eu', 'us eu'], context: ['x'] }).faults).toEqual([
    'inputs `waves` and `context` both name clusters; give one of them',
    'input `waves` names the cluster eu twice',
  ]);
});

test('a cluster that can’t be asked ends it before any is touched', async () => {
  const { exitCode, stdout } = await deploy({
    image: `server=${image('2')}`,
    version: 'v2',
    waves: 'eu\nmars',
  });
  expect([exitCode, serving()]).toEqual([1, ['llm:v1', 'llm:v1', 'llm:v1']]);
  expect(stdout).toMatch(/::error::mars: .*context/);
});

test('each cluster gets it in its turn', async () => {
  const { outputs, stdout } = await deploy({
    image: `server=${image('2')}`,
    version: 'v2',
    waves: 'eu 1s\nus ap',
  });
  expect(stdout).toMatch(
    /wave 1 of 2: eu[^]*wave 1 is done; .{1,6} until the next[^]*wave 2 of 2: us[^]*wave 2 of 2: ap/,
  );
  expect([outputs['outcome'], serving()]).toEqual(['success', [image('2'), image('2'), image('2')]]);
  expect(JSON.parse(outputs['clusters'] ?? '')).toEqual(
    NAMES.map((cluster) => ({ cluster, verdict: 'pass', stable: 'v2', weight: '1' })),
  );
});

test('the first that fails ends it, and who has what is said', async () => {
  const given = { image: `server=${STUCK}`, version: 'v9', context: 'eu, us, ap', 'startup-timeout': '2s' };
  const { exitCode, stdout } = await deploy(given);
  expect([exitCode, serving()]).toEqual([1, [STUCK, image('2'), image('2')]]);
  expect(stdout).toMatch(/::error::us: v9 was taken back: .*; eu has the new version; not begun: ap/);
  const status = await deploy({ operation: 'status', context: 'eu, us, ap' });
  expect(status.outputs['outcome']).toBe('success');
  expect(status.stdout).toMatch(/eu: .*v9[^]*us: .*v2[^]*ap: .*v2/);
});
