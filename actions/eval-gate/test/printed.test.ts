import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runAction } from '@sluice/testing/runner';
import { gate, git, put, useWorkspaces, workspace } from './workspace.ts';

/** Gates and files as users write them, to the letter, through the bundle. */

const CLI = resolve(import.meta.dirname, '../../../bin/sluice.mjs');
useWorkspaces();

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

describe('E14: data, as printed', () => {
  /** The block of examples, to the letter. */
  const E14 = {
    data: 'data/datasets.yaml#instruction-v3',
    'data-schema': 'data/schema.yaml',
    'drift-reference': 'dvc:data/train.csv@main',
    'drift-current': 'data/train.csv',
    thresholds: 'schema.violations == 0\nnulls.rate <= 1%\noutliers.rate <= 1%\ndrift.max_psi <= 0.2\n',
    'data-report': 'reports/data_validation_report.html',
  };
  const rows = (shift: number): string =>
    ['prompt,score', ...Array.from({ length: 200 }, (_, i) => `question ${i} of it,${((i * 37) % 100) + shift}`)].join('\n'); // prettier-ignore
  /** A repository with DVC, whose `main` has the training data in a remote of its own. */
  const putRepository = (): void => {
    const md5 = createHash('md5').update(rows(0)).digest('hex');
    put(`store/files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`, rows(0));
    put('.dvc/config', `[core]\n    remote = r\n['remote "r"']\n    url = ../store\n`);
    put(
      'data/train.csv.dvc',
      `outs:\n- md5: ${md5}\n  size: ${rows(0).length}\n  hash: md5\n  path: train.csv\n`,
    );
    put('data/schema.yaml', 'columns:\n  prompt: {type: string, min-length: 5}\n  score: {type: number}\n');
    put('data/datasets.yaml', 'datasets:\n  - {name: instruction-v3, uri: file:data/instruction.csv}\n');
    put('data/instruction.csv', rows(0));
    git('init', '--quiet', '--initial-branch=main');
    git('add', '.dvc', 'data/train.csv.dvc');
    git('commit', '--quiet', '-m', 'data');
  };
  test.each([
    [0, 'pass', ''],
    [60, 'fail', 'drift.max_psi <= 0.2'],
  ])('scores moved by %d: %s', async (shift, verdict, failures) => {
    putRepository();
    put('data/train.csv', rows(shift));
    const done = await gate(E14);
    expect(done.stdout).not.toMatch(/::error::input/u);
    expect(done.outputs).toMatchObject({ verdict, failures });
    expect(readFileSync(join(workspace, E14['data-report']), 'utf8')).toMatch(
      /Everything fits the schema[\s\S]*of 200 values; 1, 99 % need up to 299/u,
    );
  });
});

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
  test('the printed `promote: git:models/v2.0` commits that folder and tags it', async () => {
    put('models/v2.0/model-card.yaml', CARD);
    put('results/eval.json', results(0.94));
    git('init', '--quiet', '--bare', '--initial-branch=main', 'remote.git');
    git('init', '--quiet', '--initial-branch=main');
    git('remote', 'add', 'origin', 'remote.git');
    git('add', 'models');
    git('commit', '--quiet', '-m', 'card');
    git('push', '--quiet', 'origin', 'main');
    const done = await runAction('eval-gate', {
      cwd: workspace,
      env: { GITHUB_REF: 'refs/heads/main', GITHUB_ACTOR: 'octocat' },
      inputs: { ...inputs, promote: 'git:models/v2.0' },
    });
    expect(done.stdout).not.toContain('::error');
    expect(done.outputs).toMatchObject({ verdict: 'pass', promoted: 'git:models/v2.0' });
    const seen = git('--git-dir=remote.git', 'show', 'models/v2.0:models/v2.0/model-card.yaml');
    expect(seen).toBe(readFileSync(join(workspace, 'models/v2.0/model-card.yaml'), 'utf8'));
    expect(seen).toContain('status: evaluated');
    const files = git('--git-dir=remote.git', 'diff', '--name-only', 'main~1', 'main').trim().split('\n');
    expect(files.sort()).toEqual([
      ...['models/v2.0/eval-results.json', 'models/v2.0/model-card.yaml', 'models/v2.0/release.json'],
    ]);
  });
  test('a folder v2.0 with version 2.1.0 is refused', async () => {
    put('models/v2.0/model-card.yaml', CARD.replace('2.0.0', '2.1.0'));
    put('results/eval.json', results(0.94));
    const done = await gate(inputs);
    expect(done.outputs['outcome']).toBe('config-error');
    expect(done.stdout).toContain('2.1.0');
  });
});

describe('E20: a metrics.json of a pipeline, through the command line', () => {
  const cli = (...words: string[]): Promise<{ code: number | null; said: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [CLI, 'eval-gate', ...words], { cwd: workspace });
      let said = '';
      child.stdout.on('data', (text: Buffer) => (said += text.toString()));
      child.stderr.on('data', (text: Buffer) => (said += text.toString()));
      child.on('close', (code) => resolve({ code, said }));
    });
  test.each([
    [0.95, 0, 'pass'],
    [0.85, 1, 'fail'],
  ])('%d: exit %d', async (accuracy, code, verdict) => {
    put('metrics.json', { accuracy, f1: 0.92 });
    const rule = ['--results', 'metrics.json', '--thresholds', 'accuracy >= 0.9'];
    const done = await cli(...rule, '--outputs', 'out.json');
    expect(done.code).toBe(code);
    expect(done.said).toContain(`eval-gate: verdict ${verdict}`);
    expect(done.said).not.toContain('::');
    expect(JSON.parse(readFileSync(join(workspace, 'out.json'), 'utf8'))).toMatchObject({ verdict });
  });
  test('0.95 is marked: no sample count', async () => {
    put('metrics.json', { accuracy: 0.95, f1: 0.92 });
    const done = await gate({ results: 'metrics.json', thresholds: 'accuracy >= 0.9' });
    expect(done.outputs['verdict']).toBe('pass');
    expect(done.summary).toContain('no sample count');
  });
  test('what is no input is refused', async () => {
    expect(await cli('--result', 'metrics.json')).toMatchObject({
      code: 2,
      said: expect.stringContaining("'--result' is no input of eval-gate"),
    });
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
