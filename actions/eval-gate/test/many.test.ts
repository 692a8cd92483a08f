import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { gate, git, put, useWorkspaces, workspace } from './workspace.ts';

/** The bundle with several candidates, slices, and baselines out of git. */

const lmEval = join(import.meta.dirname, '../../../packages/evaluation/test/fixtures/lm-eval');
useWorkspaces();

describe('several candidates', () => {
  const three = (): void => {
    put('results/f16.json', { accuracy: { value: 0.95, n: 2000 }, memory_gb: 14 });
    put('results/q8.json', { accuracy: { value: 0.94, n: 2000 }, memory_gb: 8 });
    put('results/q4.json', { accuracy: { value: 0.86, n: 2000 }, memory_gb: 5 });
  };
  const candidates = 'f16=results/f16.json\nq8=results/q8.json\nq4=results/q4.json';
  test('the smallest that passes is taken, and its numbers are the gate’s', async () => {
    three();
    const done = await gate({ candidates, select: 'smallest', thresholds: 'accuracy >= 0.9 with 95%' });
    expect(done.outputs).toMatchObject({ verdict: 'pass', selected: 'q8' });
    expect(JSON.parse(done.outputs['metrics'] ?? '')).toEqual({ accuracy: 0.94, memory_gb: 8 });
    expect(done.summary).toContain('smallest of 2 that pass');
  });
  test('the best that passes', async () => {
    three();
    const done = await gate({ candidates, select: 'best accuracy', thresholds: 'accuracy >= 0.9' });
    expect(done.outputs).toMatchObject({ verdict: 'pass', selected: 'f16' });
  });
  test('none passes: red, none selected, each one’s verdict told', async () => {
    three();
    const done = await gate({ candidates, select: 'smallest', thresholds: 'accuracy >= 0.99' });
    expect(done.exitCode).toBe(1);
    expect(done.outputs).toMatchObject({ verdict: 'fail', selected: '' });
    expect(done.stdout).toContain('candidate q4: fail');
  });
  test('what one alone would pass, one of twenty does not', async () => {
    put('a.json', { accuracy: { value: 0.93, n: 500 } });
    const one = await gate({
      candidates: 'c0=a.json',
      select: 'best accuracy',
      thresholds: 'accuracy > 90.8% with 95%',
    });
    expect(one.outputs).toMatchObject({ verdict: 'pass', selected: 'c0' });
    const lines: string[] = [];
    for (let i = 0; i < 20; i++) {
      put(`c/${i}.json`, { accuracy: { value: 0.93, n: 500 } });
      lines.push(`c${i}=c/${i}.json`);
    }
    const many = await gate({
      candidates: lines.join('\n'),
      select: 'best accuracy',
      thresholds: 'accuracy > 90.8% with 95%',
    });
    expect(many.outputs).toMatchObject({ verdict: 'inconclusive', selected: '' });
    expect(many.stdout).toContain('99.75 %');
  });
  test.each([
    [{ candidates: 'a', select: 'smallest' }, "'a' is no candidate"],
    [{ candidates: 'a=x.json\na=y.json', select: 'smallest' }, "'a' is there twice"],
    [{ candidates: 'a=x.json' }, 'input `select`'],
    [{ candidates: 'a=x.json', select: 'quickest' }, "'quickest' is not known"],
    [{ candidates: 'a=x.json', select: 'best' }, 'by which metric'],
    [{ candidates: 'a=x.json', select: 'smallest', results: 'x.json' }, '`results`'],
    [{ results: 'x.json', select: 'smallest' }, '`candidates`'],
  ])('refuses %p', async (inputs, message) => {
    const done = await gate({ thresholds: 'accuracy >= 0.9', ...inputs });
    expect(done.outputs).toMatchObject({ verdict: 'error', outcome: 'config-error' });
    expect(done.stdout).toContain(message);
  });
  test('a size that nobody measured is named', async () => {
    put('x.json', { accuracy: 0.95 });
    const done = await gate({ candidates: 'a=x.json', select: 'cheapest', thresholds: 'accuracy >= 0.9' });
    expect(done.outputs['outcome']).toBe('config-error');
    expect(done.stdout).toContain('a has no cost.per_mtok');
  });
});

describe('a baseline out of git', () => {
  test('results with their samples, as a tag has them', async () => {
    cpSync(join(lmEval, 'baseline'), join(workspace, 'base'), { recursive: true });
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'a');
    git('tag', 'v1');
    rmSync(join(workspace, 'base'), { recursive: true });
    cpSync(join(lmEval, 'candidate'), join(workspace, 'new'), { recursive: true });
    const inputs = {
      results: 'new/results_*.json',
      thresholds: 'capitals.acc no-worse-than baseline by 20%',
    };
    const done = await gate({ ...inputs, baseline: 'git:v1:base/*.json' });
    expect(done.outputs['verdict']).toBe('pass');
    expect(done.outputs['baseline']).toMatch(/^git:v1:base\/results_.*\.json$/u);
    const comparison = JSON.parse(done.outputs['comparison'] ?? '[]') as {
      metric: string;
      method?: string;
    }[];
    expect(comparison.find(({ metric }) => metric === 'capitals.acc')?.method).toBe('paired score');
    const status = execFileSync('git', ['status', '--porcelain'], { cwd: workspace, encoding: 'utf8' });
    expect(status).toContain(' D base/');
    for (const [baseline, message] of [
      ['git:v9:base/*.json', "this checkout has no 'v9'"],
      ['git:v1:nowhere/*.json', 'has no such file'],
      ['git:v1', 'is no git source'],
      ['git:--all:x', "begins with '-'"],
      ['git:v1:../x', 'outside of the repository'],
    ] as const) {
      const refused = await gate({ ...inputs, baseline });
      expect(refused.outputs['outcome']).toBe('config-error');
      expect(refused.stdout).toContain(message);
    }
  });
  test('without a repository', async () => {
    put('m.json', { accuracy: 0.95 });
    const done = await gate({
      results: 'm.json',
      baseline: 'git:main:m.json',
      thresholds: 'accuracy >= baseline',
    });
    expect(done.outputs['outcome']).toBe('config-error');
    expect(done.stdout).toContain('is no git repository');
  });
});

describe('E10: counts of a judge at 95 %', () => {
  test.each([
    [165, 'pass', 'success', '77.5 %'],
    [160, 'inconclusive', 'gate-failed', '220 samples needed'],
    [140, 'inconclusive', 'gate-failed', '75.3 %'],
    [130, 'fail', 'gate-failed', '70.6 %'],
  ])('%p of 200', async (wins, verdict, outcome, message) => {
    put('m.json', { 'judge.win_rate': { value: wins / 200, n: 200 } });
    const done = await gate({ results: 'm.json', thresholds: 'judge.win_rate > 75% with 95%' });
    expect(done.outputs).toMatchObject({ verdict, outcome });
    expect(`${done.stdout}${done.summary}`).toContain(message);
  });
});

test('slices and a direction of one’s own, through the bundle', async () => {
  put('m.json', {
    'score[language=de]': { value: 7, n: 50 },
    'score[language=fr]': { value: 5, n: 50 },
  });
  const done = await gate({
    results: 'm.json',
    thresholds: 'score.gap(language) <= 1\nscore.min(language) >= 4\ndirection: score higher',
  });
  expect(done.outputs).toMatchObject({ verdict: 'fail', failures: 'score.gap(language) <= 1' });
  expect(done.stdout).toContain('score.gap(language) is 2');
});
