import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';

/** Gates and files as users write them, to the letter, through the bundle. */

const folders: string[] = [];
let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'sluice-printed-'));
  folders.push(workspace);
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
const put = (path: string, content: string | object): void => {
  mkdirSync(join(workspace, path, '..'), { recursive: true });
  writeFileSync(join(workspace, path), typeof content === 'string' ? content : JSON.stringify(content));
};
const gate = async (inputs: Record<string, string>): Promise<ActionOutcome> => {
  const done = await runAction('eval-gate', { inputs, cwd: workspace });
  return { ...done, stdout: done.stdout.replaceAll('%25', '%') };
};

const CARD = `apiVersion: llm/v1
kind: ModelVersion
metadata:
  name: llama-finetuned-v2.0
  version: "2.0.0"
  labels: {team: nlp, environment: production}
spec:
  baseModel: llama-3-8b
  trainingData: s3://datasets/instruction-v3
  hyperparameters: {learningRate: 2e-5, batchSize: 32, epochs: 3, loraRank: 16}
  evaluation:
    dataset: eval-set-2024q1
    metrics: {accuracy: 0.92, latency_p99_ms: 380, memory_gb: 14.2}
  dependencies:
    - {name: transformers, version: ">=4.40.0"}
    - {name: peft, version: ">=0.10.0"}
  status: approved
  approvedBy: "zhang.wei"
  approvalDate: "2024-06-15"
`;
const CARD_RULES = 'accuracy >= 0.90\nlatency_p99_ms <= 400\nmemory_gb <= 16\n';

describe('E15: a model card as users have it', () => {
  const inputs = {
    results: 'results/*.json',
    'model-card': 'models/v2.0/model-card.yaml',
    thresholds: CARD_RULES,
  };
  const results = (accuracy: number): object => ({
    accuracy: { value: accuracy, n: 1000 },
    'e2e_ms.p99': { value: 391, n: 1000 },
    memory_gb: 14.1,
  });
  test('a pass changes metrics and status alone', async () => {
    put('models/v2.0/model-card.yaml', CARD);
    put('results/eval.json', results(0.94));
    const done = await gate(inputs);
    expect(done.outputs).toMatchObject({ verdict: 'pass', outcome: 'success' });
    const after = readFileSync(join(workspace, 'models/v2.0/model-card.yaml'), 'utf8').split('\n');
    const changed = CARD.split('\n').flatMap((line, i) =>
      line === after[i] ? [] : [[line.trim(), after[i]?.trim()]],
    );
    expect(changed).toEqual([
      [
        'metrics: {accuracy: 0.92, latency_p99_ms: 380, memory_gb: 14.2}',
        expect.stringMatching(/^metrics: \{ ?accuracy: 0\.94, latency_p99_ms: 391, memory_gb: 14\.1 ?\}$/u),
      ],
      ['status: approved', 'status: evaluated'],
    ]);
  });
  test('a miss is red and the card says rejected', async () => {
    put('models/v2.0/model-card.yaml', CARD);
    put('results/eval.json', results(0.89));
    const done = await gate(inputs);
    expect(done.exitCode).toBe(1);
    expect(done.outputs).toMatchObject({ verdict: 'fail', failures: 'accuracy >= 0.90' });
    expect(readFileSync(join(workspace, 'models/v2.0/model-card.yaml'), 'utf8')).toContain(
      'status: rejected',
    );
  });
  test('a folder v2.0 with version 2.1.0 is refused', async () => {
    put('models/v2.0/model-card.yaml', CARD.replace('2.0.0', '2.1.0'));
    put('results/eval.json', results(0.94));
    const done = await gate(inputs);
    expect(done.outputs['outcome']).toBe('config-error');
    expect(done.stdout).toContain('2.1.0');
  });
});

describe('E21: coverage', () => {
  const cobertura = (covered: number, valid: number): string =>
    `<?xml version="1.0" ?>\n<coverage lines-valid="${valid}" lines-covered="${covered}" line-rate="${covered / (valid || 1)}" branches-valid="0" branches-covered="0"><packages/></coverage>\n`;
  test('450 of 500 lines are 90 %', async () => {
    put('coverage.xml', cobertura(450, 500));
    const done = await gate({ results: 'coverage.xml', thresholds: 'coverage.lines >= 80%' });
    expect(done.outputs['verdict']).toBe('pass');
    expect(done.summary).toContain('90 %');
    expect(JSON.parse(done.outputs['metrics'] ?? '')).toMatchObject({ 'coverage.lines': 0.9 });
  });
  test.each([
    ['no line at all', cobertura(0, 0)],
    ['an empty file', ''],
  ])('%s is no pass', async (_why, text) => {
    put('coverage.xml', text);
    const done = await gate({ results: 'coverage.xml', thresholds: 'coverage.lines >= 80%' });
    expect(done.exitCode).toBe(1);
    expect(done.outputs['verdict']).not.toBe('pass');
    expect(done.stdout).toContain('coverage.xml');
  });
});

describe('figures as people write them', () => {
  test.each([
    ['judge.win_rate > 75%', { 'judge.win_rate': { value: 0.8, n: 200 } }, 'pass'],
    ['judge.win_rate > 75%', { 'judge.win_rate': { value: 0.75, n: 200 } }, 'fail'],
    ['accuracy >= 0.9', { accuracy: 0.9 }, 'pass'],
    ['latency_p99_ms < 800', { latency_p99_ms: 799.5 }, 'pass'],
    ['latency_p99_ms < 800', { latency_p99_ms: 800 }, 'fail'],
    ['memory_gb <= 24', { memory_gb: 24 }, 'pass'],
    ['memory_gb <= 24GiB', { memory_gb: 25.5 }, 'pass'],
    ['latency_p99_ms < 0.8s', { latency_p99_ms: 801 }, 'fail'],
  ])('%s over %j is a %s', async (thresholds, metrics, verdict) => {
    put('m.json', metrics);
    expect((await gate({ results: 'm.json', thresholds })).outputs['verdict']).toBe(verdict);
  });
});
