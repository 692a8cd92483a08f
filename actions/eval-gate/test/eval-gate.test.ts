import { cpSync, readdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseRecord } from '@sluice/release/record';
import { emptyUnit } from '@sluice/release/unit';
import { appendStage } from '@sluice/release/record';
import { gate, put, read, useWorkspaces, workspace } from './workspace.ts';

/** The committed bundle, run as the runner runs it. */

const lmEval = join(import.meta.dirname, '../../../packages/evaluation/test/fixtures/lm-eval');
useWorkspaces();

const record = () => parseRecord(read('sluice-run/release.json'), 'release.json');

const card = (version = '2.0.0'): string => `# the NLP team's
apiVersion: llm/v1
kind: ModelVersion
metadata:
  name: llama-finetuned-v2.0
  version: "${version}"
spec:
  evaluation:
    metrics: {accuracy: 0.92, latency_p99_ms: 380, memory_gb: 14.2}
  status: approved
  approvedBy: "zhang.wei"
`;

describe('verdicts', () => {
  test('E20: 0.95 passes, marked as having no sample count', async () => {
    put('metrics.json', { accuracy: 0.95, f1: 0.92 });
    const done = await gate({ results: 'metrics.json', thresholds: 'accuracy >= 0.9' });
    expect(done.exitCode).toBe(0);
    expect(done.outputs).toMatchObject({ verdict: 'pass', outcome: 'success', failures: '' });
    expect(JSON.parse(done.outputs['metrics'] ?? '')).toEqual({ accuracy: 0.95, f1: 0.92 });
    expect(done.summary).toContain('pass \\(no sample count\\)');
    expect(record().stages).toMatchObject([
      { action: 'eval-gate', name: 'quality', verdict: 'pass', outcome: 'success' },
    ]);
    expect(record().status).toBe('gated');
  });
  test('E20: 0.85 is red, says why and what to do', async () => {
    put('metrics.json', { accuracy: 0.85 });
    const done = await gate({ results: 'metrics.json', thresholds: 'accuracy >= 0.9', name: 'smoke' });
    expect(done.exitCode).toBe(1);
    expect(done.outputs).toMatchObject({
      verdict: 'fail',
      outcome: 'gate-failed',
      failures: 'accuracy >= 0.9',
    });
    expect(done.stdout).toContain('accuracy is 85 % and misses >= 90 % by 5 points');
    expect(done.summary).toContain('What to do');
    expect(record().status).toBe('refused');
  });
  test('a missing metric is red; with on-missing: warn it is inconclusive, never a pass', async () => {
    put('metrics.json', '{"accuracy": NaN}');
    const inputs = { results: 'metrics.json', thresholds: 'accuracy >= 0.9' };
    expect((await gate(inputs)).outputs).toMatchObject({ verdict: 'fail', outcome: 'gate-failed' });
    const warned = await gate({ ...inputs, 'on-missing': 'warn' });
    expect(warned.exitCode).toBe(0);
    expect(warned.outputs).toMatchObject({ verdict: 'inconclusive', outcome: 'success' });
    expect(warned.stdout).toContain('::warning::');
  });
  test('E10: 160 of 200 is inconclusive at 95 %, 220 needed', async () => {
    put('metrics.json', { 'judge.win_rate': { value: 0.8, n: 200 } });
    const done = await gate({ results: 'metrics.json', thresholds: 'judge.win_rate > 75% with 95%' });
    expect(done.exitCode).toBe(1);
    expect(done.outputs).toMatchObject({ verdict: 'inconclusive', outcome: 'gate-failed' });
    expect(done.stdout).toContain('74.8 %');
    expect(done.stdout).toContain('220 samples needed');
  });
  test('enforce: report stays green, the verdict unchanged', async () => {
    put('metrics.json', { accuracy: 0.85 });
    const done = await gate({ results: 'metrics.json', thresholds: 'accuracy >= 0.9', enforce: 'report' });
    expect(done.exitCode).toBe(0);
    expect(done.outputs).toMatchObject({ verdict: 'fail' });
  });
});

describe('lm-eval against a baseline', () => {
  test('paired, with rules from a file, an HTML report, and the comparison as output', async () => {
    cpSync(join(lmEval, 'candidate'), join(workspace, 'new'), { recursive: true });
    cpSync(join(lmEval, 'baseline'), join(workspace, 'old'), { recursive: true });
    put(
      'gate.txt',
      'capitals.acc >= 0.8\nwarn: capitals.acc no-worse-than baseline by 5%\ncapitals_ppl.word_perplexity <= baseline * 1.02\n',
    );
    const done = await gate({
      results: 'new/*',
      baseline: 'old/results_*.json',
      thresholds: '@gate.txt',
      'html-report': 'out/gate.html',
    });
    expect(done.stdout).toContain('rules hold');
    expect(done.outputs['verdict']).toBe('pass');
    const comparison = JSON.parse(done.outputs['comparison'] ?? '') as {
      metric: string;
      n?: number;
      method?: string;
    }[];
    expect(comparison.find(({ metric }) => metric === 'capitals.acc')).toMatchObject({
      n: 24,
      method: 'paired score',
      difference: expect.closeTo(1 / 24),
    });
    expect(done.summary).toContain('Candidate and baseline');
    expect(done.outputs['report']).toBe(join(workspace, 'out/gate.html'));
    expect(read('out/gate.html')).toContain('<svg');
  });
  test('another number of shots is wrong input', async () => {
    cpSync(join(lmEval, 'candidate'), join(workspace, 'new'), { recursive: true });
    cpSync(join(lmEval, 'baseline-2shot'), join(workspace, 'old'), { recursive: true });
    const done = await gate({
      results: 'new/results_*.json',
      baseline: 'old/results_*.json',
      thresholds: 'capitals.acc >= baseline * 0.9',
    });
    expect(done.exitCode).toBe(1);
    expect(done.outputs).toMatchObject({ verdict: 'error', outcome: 'config-error' });
    expect(done.stdout).toContain('few-shot 0 and 2');
  });
});

describe('model card', () => {
  test('a pass changes its metrics and status, and nothing else', async () => {
    put('models/v2.0/model-card.yaml', card());
    put('results/a.json', { accuracy: 0.935, latency_p99_ms: 380, memory_gb: 14.2 });
    const done = await gate({
      results: 'results/*.json',
      'model-card': 'models/v2.0/model-card.yaml',
      thresholds: 'accuracy >= 0.90\nlatency_p99_ms <= 400\nmemory_gb <= 16',
    });
    expect(done.exitCode).toBe(0);
    expect(read('models/v2.0/model-card.yaml')).toBe(
      card().replace('accuracy: 0.92', 'accuracy: 0.935').replace('status: approved', 'status: evaluated'),
    );
    expect(read('models/v2.0/release.json')).toBe(read('sluice-run/release.json'));
    expect(JSON.parse(read('models/v2.0/eval-results.json'))).toMatchObject({
      tool: 'sluice-eval-gate',
      metrics: { accuracy: { value: 0.935 } },
    });
    // what one gate wrote is a baseline of the next
    const next = await gate({
      results: 'results/*.json',
      baseline: 'models/v2.0/eval-results.json',
      thresholds: 'accuracy >= baseline',
    });
    expect(next.outputs['verdict']).toBe('pass');
  });
  test('a failure rejects it', async () => {
    put('models/v2.0/model-card.yaml', card());
    put('m.json', { accuracy: 0.5 });
    const done = await gate({
      results: 'm.json',
      'model-card': 'models/v2.0/model-card.yaml',
      thresholds: 'accuracy >= 0.9',
    });
    expect(done.exitCode).toBe(1);
    expect(read('models/v2.0/model-card.yaml')).toContain(
      'metrics: {accuracy: 0.5, latency_p99_ms: 380, memory_gb: 14.2}\n  status: rejected\n  approvedBy: "zhang.wei"',
    );
  });
  test('one that is not there is made', async () => {
    put('m.json', { accuracy: 0.95 });
    await gate({
      results: 'm.json',
      'model-card': 'models/v3/model-card.yaml',
      thresholds: 'accuracy >= 0.9',
    });
    expect(read('models/v3/model-card.yaml')).toContain('accuracy: 0.95');
    expect(read('models/v3/model-card.yaml')).toContain('status: evaluated');
  });
  test('a folder of another version is refused, and nothing is written', async () => {
    put('models/v2.0/model-card.yaml', card('2.1.0'));
    put('m.json', { accuracy: 0.95 });
    const done = await gate({
      results: 'm.json',
      'model-card': 'models/v2.0/model-card.yaml',
      thresholds: 'accuracy >= 0.9',
    });
    expect(done.outputs['outcome']).toBe('config-error');
    expect(done.stdout).toContain('but its folder is v2.0');
    expect(readdirSync(workspace)).not.toContain('sluice-run');
  });
});

describe('whose results', () => {
  const results = {
    schemaVersion: 1,
    tool: 'sluice-inference-test',
    metrics: { 'tests.failed': { value: 0, n: 1 } },
    cases: [{ id: 'a', status: 'passed', kind: 'functional' }],
  };
  const testStage = (digest: string) =>
    appendStage(join(workspace, 'sluice-run/release.json'), {
      action: 'inference-test',
      name: 'inference-test',
      at: '2026-01-01T00:00:00Z',
      run: { url: '', id: '', attempt: 1, sha: '' },
      unit: { ...emptyUnit(), weights: `sha256:${'a'.repeat(64)}` },
      verdict: 'pass',
      outcome: 'success',
      reasons: [],
      metrics: {},
      data: { results: digest },
    });
  const inputs = { results: 'sluice-run/results.json', thresholds: 'tests.failed == 0' };

  test('those of this record: the gate judges its unit', async () => {
    put('sluice-run/results.json', results);
    await testStage(createHash('sha256').update(JSON.stringify(results)).digest('hex'));
    const done = await gate(inputs);
    expect(done.outputs['verdict']).toBe('pass');
    expect(record().stages.at(-1)?.unit.weights).toBe(`sha256:${'a'.repeat(64)}`);
  });
  test('those of another run are wrong input', async () => {
    put('sluice-run/results.json', results);
    await testStage('0'.repeat(64));
    const done = await gate(inputs);
    expect(done.outputs['outcome']).toBe('config-error');
    expect(done.stdout).toContain('was not written by an inference-test of this release record');
  });
});

describe('wrong inputs', () => {
  test.each([
    [{ results: 'm.json' }, 'input `thresholds` is required'],
    [
      { results: 'no/*.json', thresholds: 'accuracy >= 0.9' },
      "input `results` = 'no/*.json': there is no such file",
    ],
    [
      { results: 'm.json', thresholds: 'accuracy > 0.9 ?' },
      "input `thresholds`, line 1, column 16: '?' has no meaning",
    ],
    [{ results: 'm.json', thresholds: 'warn: accuracy > 0.9' }, 'only warns'],
    [
      { results: 'm.json', thresholds: 'accuracy >= baseline' },
      "`baseline` = 'none', but a rule compares with baseline",
    ],
    [{ results: 'm.json', thresholds: 'accuracy >= stable' }, '`stable` is what a target serves now'],
    [{ results: 'mlflow:run1', thresholds: 'accuracy >= 0' }, 'this source is not built yet'],
    [
      { results: 'm.json', thresholds: 'accuracy >= 0', baseline: 'release' },
      "`baseline` = 'release' is what a target remembers",
    ],
    [{ results: 'm.json', thresholds: 'accuracy >= 0', confidence: '40%' }, 'from 50% to under 100%'],
    [{ results: 'm.json', thresholds: 'perplexity <= 5%' }, "isn't known as a share"],
  ])('%j', async (inputs: Record<string, string>, message) => {
    put('m.json', { accuracy: 0.95 });
    const done = await gate(inputs);
    expect(done.exitCode).toBe(1);
    expect(done.outputs['outcome']).toBe('config-error');
    expect(done.stdout).toContain(message);
    expect(done.stdout + done.stderr).not.toMatch(/\n\s+at /u);
  });
  test('validate judges nothing', async () => {
    const done = await gate({
      results: 'not-there-yet.json',
      thresholds: 'accuracy >= 0.9',
      validate: 'true',
    });
    expect(done.exitCode).toBe(0);
    expect(readdirSync(workspace)).not.toContain('sluice-run');
  });
});

describe('green by mistake', () => {
  test('the baseline is what is judged: the same file, or a copy of the same run', async () => {
    const own = {
      schemaVersion: 1,
      tool: 'sluice-inference-test',
      cases: [{ id: 'a', kind: 'functional', status: 'passed' }],
      metrics: { accuracy: { value: 1, n: 1 } },
    };
    put('m.json', own);
    put('copy.json', own);
    const inputs = { results: 'm.json', thresholds: 'accuracy >= baseline' };
    expect((await gate({ ...inputs, baseline: 'm.json' })).stdout).toContain('is also in `results`');
    const copied = await gate({ ...inputs, baseline: 'copy.json' });
    expect(copied).toMatchObject({ exitCode: 1, outputs: { outcome: 'config-error' } });
    expect(copied.stdout).toContain('is a copy of m.json in `results`');
  });
  test('what an earlier gate wrote is no evidence', async () => {
    put('m.json', { accuracy: 0.95 });
    const first = {
      results: 'm.json',
      thresholds: 'accuracy >= 0.9',
      'model-card': 'models/v1.0/model-card.yaml',
    };
    expect((await gate(first)).exitCode).toBe(0);
    const again = await gate({ results: 'models/v1.0/*.json', thresholds: 'accuracy >= 0.9' });
    expect(again).toMatchObject({ exitCode: 1, outputs: { outcome: 'config-error' } });
    expect(again.stdout).toContain('eval-results.json was written by an earlier gate');
    expect(again.stdout).toContain('release.json was written by an earlier gate');
  });
  test('a test that broke is no test that passed', async () => {
    put(
      'r.xml',
      '<testsuite><testcase name="a"/><testcase name="b"><error message="fixture"/></testcase></testsuite>',
    );
    const done = await gate({ results: 'r.xml', thresholds: 'tests.failed == 0' });
    expect(done).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail' } });
    expect(done.stdout).toContain('1 test ended in an error');
  });
  test('a bar that every share meets is refused', async () => {
    put('m.json', { 'toxicity.rate': 0.4 });
    const done = await gate({ results: 'm.json', thresholds: 'toxicity.rate <= 1' });
    expect(done).toMatchObject({ exitCode: 1, outputs: { outcome: 'config-error' } });
    expect(done.stdout).toContain('for 1 % write 1% or 0.01');
  });
  test('a folder, and a number in quotes, are told as what they are', async () => {
    put('out/m.json', { accuracy: '0.95' });
    const rule = { thresholds: 'accuracy >= 0.9' };
    expect((await gate({ ...rule, results: 'out/' })).stdout).toContain(
      'is a folder; name its files, as out/*.json',
    );
    expect((await gate({ ...rule, results: 'out/m.json' })).stdout).toContain(
      'its value is the text "0.95", not a number',
    );
  });
});

test('text from a results file is inert in the summary', async () => {
  put('metrics.json', { '<img src=x>|`': 1, accuracy: 0.1 });
  put('old.json', { '<img src=x>|`': 2, accuracy: 0.1 });
  const done = await gate({ results: 'metrics.json', baseline: 'old.json', thresholds: 'accuracy >= 0.9' });
  expect(done.summary).not.toContain('<img');
  expect(done.summary).toContain('&lt;img');
});
