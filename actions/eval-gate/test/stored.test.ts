import type { PodTemplate } from '@sluice/kubernetes/types';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { hostLayout } from '@sluice/host/layout';
import { emptyState } from '@sluice/host/state';
import type { HistoryEntry } from '@sluice/host/types';
import { connect } from '@sluice/kubernetes/connect';
import { parseRecord, type ReleaseRecord } from '@sluice/release/record';
import { emptyUnit } from '@sluice/release/unit';
import { NOTHING_REMEMBERED } from '@sluice/rollout/kubernetes/memory';
import { memoryOf } from '@sluice/rollout/kubernetes/open-site';
import { templateDigest } from '@sluice/rollout/kubernetes/template';
import { startKubeApi } from '@sluice/testing/kube-api/server';
import { gate, git, put, useWorkspaces, workspace } from './workspace.ts';

/** Gates over what a host service remembers: the last stable release, what serves, the base model, its data. */

useWorkspaces();
const RECORD = 'sluice-run/release.json';
const takeRecord = (): ReleaseRecord => {
  const record = parseRecord(readFileSync(join(workspace, RECORD), 'utf8'), RECORD);
  rmSync(join(workspace, RECORD));
  return record;
};
const gated = async (metrics: object): Promise<ReleaseRecord> => {
  put('before.json', metrics);
  await gate({ results: 'before.json', thresholds: 'accuracy > 1%' });
  return takeRecord();
};
const told = (event: HistoryEntry['event'], version: string, record: ReleaseRecord | null): HistoryEntry => ({
  ...{ at: Date.now(), event, version, reason: '', record },
  releaseDigest: `sha256:${version}`,
});
const remember = (stable: string | null, history: HistoryEntry[]): void => {
  const { state } = hostLayout(join(workspace, 'state'), 'llm');
  mkdirSync(dirname(state), { recursive: true });
  writeFileSync(state, JSON.stringify({ ...emptyState('llm'), stable, history }));
};
const HOST = { target: 'host', 'state-dir': 'state' };

test('the baseline is the last release that stayed stable, and `stable` is what serves now', async () => {
  const [good, worse] = [
    await gated({ accuracy: { value: 0.9, n: 1000 } }),
    await gated({ accuracy: { value: 0.7, n: 1000 } }),
  ];
  remember('v3', [
    told('promoted', 'v1', good),
    told('promoted', 'v2', await gated({ accuracy: { value: 0.99, n: 1000 } })),
    told('rolled-back', 'v2', null),
    told('restored', 'v1', good),
    told('aborted', 'v4', null),
    told('promoted', 'v3', worse),
    told('rolled-back', 'v3', null),
  ]);
  put('m.json', { accuracy: { value: 0.91, n: 1000 } });
  const rules = 'accuracy no-worse-than baseline by 5%\naccuracy >= stable + 0.2\naccuracy >= baseline';
  const done = await gate({ ...HOST, results: 'm.json', baseline: 'release', thresholds: rules });
  expect(done.stdout).not.toContain('::error');
  expect(done.outputs).toMatchObject({ verdict: 'pass', baseline: 'service llm (v1)' });
  expect(JSON.parse(done.outputs['comparison'] ?? '')).toMatchObject([{ metric: 'accuracy', baseline: 0.9 }]);
  const red = await gate({
    ...HOST,
    results: 'm.json',
    baseline: 'release',
    thresholds: 'accuracy >= baseline + 0.02',
  });
  expect(red.outputs['verdict']).toBe('fail');
});

test('a record holds its items: the release is compared question by question', async () => {
  const lines = (wrong: (i: number) => boolean): string =>
    Array.from({ length: 200 }, (_, i) => JSON.stringify({ id: `q${i}`, accuracy: wrong(i) ? 0 : 1 })).join(
      '\n',
    );
  put(
    'before.jsonl',
    lines((i) => i % 10 === 0),
  );
  await gate({ results: 'before.jsonl', thresholds: 'accuracy > 1%' });
  remember('v1', [told('deployed', 'v1', takeRecord())]);
  // One lost, one gained: paired, that is almost no spread; unpaired it would be far from decided.
  put(
    'now.jsonl',
    lines((i) => (i % 10 === 0 && i !== 0) || i === 1),
  );
  const done = await gate({
    ...HOST,
    ...{ results: 'now.jsonl', baseline: 'release', thresholds: 'accuracy no-worse-than baseline by 2%' },
  });
  expect(done.stdout).not.toContain('::error');
  expect(JSON.parse(done.outputs['comparison'] ?? '')).toMatchObject([
    { metric: 'accuracy', method: 'paired score', n: 200, difference: 0 },
  ]);
  expect(done.outputs['verdict']).toBe('pass');
  const other = lines((i) => i % 10 === 0).replaceAll('"q', '"r');
  put('now.jsonl', other);
  const apart = await gate({
    ...HOST,
    ...{ results: 'now.jsonl', baseline: 'release', thresholds: 'accuracy no-worse-than baseline by 2%' },
  });
  expect(apart.outputs['verdict']).not.toBe('pass');
  expect(apart.summary).toContain('400 of 400 items are in only one of the two');
});

test('the first release has nothing to be compared with: missing, as `on-missing` says', async () => {
  put('m.json', { accuracy: 0.91 });
  const inputs = {
    ...HOST,
    results: 'm.json',
    baseline: 'release',
    thresholds: 'accuracy >= baseline\naccuracy >= 0.9',
  };
  const red = await gate(inputs);
  expect(red.outputs).toMatchObject({ verdict: 'fail', outcome: 'gate-failed' });
  expect(red.summary).toContain('has no stable release on record');
  const warned = await gate({ ...inputs, 'on-missing': 'warn' });
  expect(warned.outputs).toMatchObject({ verdict: 'inconclusive', outcome: 'success' });
});

test('what was measured in another way is no baseline', async () => {
  const file = (nShot: number, acc: number): object => ({
    results: { mmlu: { 'acc,none': acc, 'acc_stderr,none': 0.01 } },
    ...{
      versions: { mmlu: 1 },
      'n-shot': { mmlu: nShot },
      configs: { mmlu: {} },
      'n-samples': { mmlu: { original: 100, effective: 100 } },
    },
    ...{ higher_is_better: { mmlu: { acc: true } }, config: { limit: null }, lm_eval_version: '0.4.9' },
  });
  put('results_a.json', file(0, 0.9));
  await gate({ results: 'results_a.json', thresholds: 'mmlu.acc > 1%' });
  remember('v1', [told('deployed', 'v1', takeRecord())]);
  put('results_a.json', file(5, 0.95));
  const done = await gate({
    ...HOST,
    results: 'results_a.json',
    baseline: 'release',
    thresholds: 'mmlu.acc >= baseline',
  });
  expect(done.outputs['outcome']).toBe('config-error');
  expect(done.stdout).toContain('measured differently');
});

test('parent is the base model of the card, by its name among the cards', async () => {
  const card = (name: string, spec: string): string =>
    `apiVersion: llm/v1\nkind: ModelVersion\nmetadata: {name: ${name}, version: "1.0"}\nspec: {${spec}}\n`;
  put('models/base/model-card.yaml', card('llama-3-8b', 'evaluation: {metrics: {accuracy: 0.8}}'));
  put('models/tuned/model-card.yaml', card('tuned', 'baseModel: llama-3-8b, status: draft'));
  put('m.json', { accuracy: 0.85 });
  const inputs = {
    results: 'm.json',
    'model-card': 'models/tuned/model-card.yaml',
    thresholds: 'accuracy >= parent + 0.04',
  };
  expect((await gate(inputs)).outputs['verdict']).toBe('pass');
  put('models/base/eval-results.json', {
    schemaVersion: 1,
    tool: 'sluice-eval-gate',
    metrics: { accuracy: { value: 0.82, n: 50 } },
  });
  expect((await gate(inputs)).outputs['verdict']).toBe('fail');
  put('models/other/model-card.yaml', card('llama-3-8b', 'status: draft'));
  const two = await gate(inputs);
  expect(two.outputs['outcome']).toBe('config-error');
  expect(two.stdout).toContain('models/base/model-card.yaml, models/other/model-card.yaml');
});

test('drift against release is measured from the very data of its gate, out of Git where they changed since', async () => {
  const rows = (shift: number): string =>
    ['score', ...Array.from({ length: 300 }, (_, i) => String(((i * 37) % 100) + shift))].join('\n');
  put('data/train.csv', rows(0));
  git('init', '--quiet');
  git('add', 'data');
  git('commit', '--quiet', '-m', 'data');
  const sha = git('rev-parse', 'HEAD').trim();
  const env = { GITHUB_SHA: sha };
  await gate({ data: 'data/train.csv', thresholds: 'data.rows >= 1' }, env);
  remember('v1', [told('deployed', 'v1', takeRecord())]);
  const inputs = {
    ...HOST,
    'drift-current': 'data/train.csv',
    thresholds: 'score.psi <= 0.2 against release',
  };
  const same = await gate(inputs, env);
  expect(same.stdout).not.toContain('::error');
  expect(same.outputs['verdict']).toBe('pass');
  put('data/train.csv', rows(60));
  const moved = await gate(inputs, env);
  expect(moved.outputs).toMatchObject({ verdict: 'fail', failures: 'score.psi <= 0.2 against release' });
  rmSync(join(workspace, '.git'), { recursive: true });
  const gone = await gate(inputs, env);
  expect(gone.outputs['outcome']).toBe('config-error');
  expect(gone.stdout).toContain('are not there any more as they were');
});

test('a target is needed', async () => {
  put('m.json', { accuracy: 0.91 });
  const done = await gate({
    results: 'm.json',
    baseline: 'release',
    service: 'x',
    thresholds: 'accuracy >= stable',
  });
  for (const text of [
    "input `baseline` = 'release'",
    '`stable` is what a target serves',
    'input `service` = "x" is only read',
  ])
    expect(done.stdout).toContain(text);
});

test('of a workload in a cluster the same is known; pods that somebody changed by hand are no release on record', async () => {
  const server = await startKubeApi();
  const log = { debug() {}, info() {}, notice() {}, warning() {}, error() {}, untrusted() {} };
  const { signal } = new AbortController();
  const { kubeconfig } = server;
  const api = await connect({ kubeconfig, log: log as never, signal });
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm', namespace: 'default' };
  const labels = { app: 'llm' };
  const made = await api.create({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'llm', namespace: 'default' } },
    spec: {
      ...{ replicas: 1, selector: { matchLabels: labels } },
      template: { metadata: { labels }, spec: { containers: [{ name: 'server', image: 'llm:v2' }] } },
    },
  });
  const { template } = made['spec'] as { template: PodTemplate };
  const spec = {
    ...{ version: 'v2', releaseDigest: 'sha256:v2', unit: emptyUnit(), modelName: 'llm' },
    ...{ template, replicas: 1, port: 8000, objects: [] },
  };
  const history = [told('promoted', 'v2', await gated({ accuracy: { value: 0.9, n: 1000 } }))];
  await memoryOf({ api, workload: ref }).update(() => ({
    ...{ ...NOTHING_REMEMBERED, stable: { spec, templateDigest: templateDigest(template) }, history },
  }));
  put('m.json', { accuracy: { value: 0.91, n: 1000 } });
  const inputs = {
    ...{ target: 'kubernetes', kubeconfig, workload: 'deployment/llm', results: 'm.json' },
    ...{
      baseline: 'release',
      thresholds: 'accuracy no-worse-than baseline by 5%\naccuracy >= stable - 0.01',
    },
  };
  const done = await gate(inputs);
  expect(done.outputs).toMatchObject({ verdict: 'pass', baseline: 'deployment/llm (v2)' });
  const body = { spec: { template: { spec: { containers: [{ name: 'server', image: 'llm:v3' }] } } } };
  await api.patch(ref, { type: 'merge', body });
  const changed = await gate(inputs);
  expect(changed.outputs['verdict']).not.toBe('pass');
  expect(changed.stdout).toMatch(/no release that serves now on record/);
  await api.close();
  await server.close();
});
