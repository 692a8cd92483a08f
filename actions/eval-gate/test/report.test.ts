import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';
import { put, useWorkspaces, workspace } from './workspace.ts';

/** The HTML report: what got worse with its texts, slices, earlier releases. */

useWorkspaces();

/** Forty cases, of which those in `failed` did not pass. */
const results = (failed: readonly number[], answer: string): object => {
  const cases = Array.from({ length: 40 }, (_, i) => ({
    ...{ id: `case-${i}`, kind: 'functional', description: `case ${i}`, suite: 's.yaml', reasons: [] },
    ...{ status: failed.includes(i) ? 'failed' : 'passed', score: failed.includes(i) ? 0 : 1 },
    ...{ prompt: `question ${i} <script>alert(1)</script>`, answer: `${answer} ${i}, card secret-${i}77` },
    tags: [`language:${i % 2 === 0 ? 'de' : 'fr'}`, 'smoke'],
  }));
  const passed = 40 - failed.length;
  const metrics = {
    ...{ 'tests.total': { value: 40, n: 40 }, 'tests.passed': { value: passed, n: 40 } },
    ...{ 'tests.failed': { value: failed.length, n: 40 }, accuracy: { value: passed / 40, n: 40 } },
  };
  return { schemaVersion: 1, tool: 'sluice-inference-test', cases, metrics };
};
const card = (version: string, accuracy: number): string =>
  `apiVersion: llm/v1\nkind: ModelVersion\nmetadata: {name: llm, version: "${version}"}\nspec: {evaluation: {metrics: {accuracy: ${accuracy}}}, status: approved}\n`;
const gate = async (more: Record<string, string> = {}): Promise<{ done: ActionOutcome; page: string }> => {
  put('now.json', results([2, 4, 6, 8], 'new answer'));
  put('before.json', results([8], 'old answer'));
  put('models/v1.0/model-card.yaml', card('1.0', 0.8));
  put('models/v1.1/model-card.yaml', card('1.1', 0.85));
  put('models/v9.0/model-card.yaml', card('9.0', 0.1));
  put('models/v2.0/model-card.yaml', card('2.0', 0.9));
  const done = await runAction('eval-gate', {
    cwd: workspace,
    inputs: {
      ...{ results: 'now.json', baseline: 'before.json', 'model-card': 'models/v2.0/model-card.yaml' },
      ...{ thresholds: 'accuracy >= 85%', 'html-report': 'gate.html', ...more },
    },
  });
  const page = done.outputs['report'] === '' ? '' : readFileSync(join(workspace, 'gate.html'), 'utf8');
  return { done, page };
};

test('what got worse stands there with its texts, escaped and with `redact` blacked out', async () => {
  const { done, page } = await gate({ redact: 'secret-\\d+' });
  expect(done.outputs['verdict']).toBe('pass');
  expect(page).toContain('accuracy: 3 items');
  expect(page).toContain('question 2 &lt;script&gt;');
  expect(page).toContain('new answer 2, card [redacted]');
  expect(page).toContain('old answer 2, card [redacted]');
  expect(page).not.toMatch(/<script|secret-\d/u);
  // Case 8 failed before, too.
  expect(page).not.toContain('question 8');
});

test('`texts: none` shows numbers alone; a pattern that is none is refused', async () => {
  const { page } = await gate({ texts: 'none' });
  expect(page).toContain('accuracy: 3 items');
  expect(page).not.toMatch(/question|answer \d/u);
  const { done } = await gate({ redact: '(' });
  expect(done.outputs['outcome']).toBe('config-error');
  expect(done.stdout).toContain('input `redact` = "("');
});

test('slices and the releases before this one are drawn, later ones are not', async () => {
  const { page } = await gate();
  expect(page).toContain('accuracy by language');
  const [de, fr] = [page.indexOf('language=de'), page.indexOf('language=fr')];
  // The worst first: all that failed is German.
  expect(de).toBeGreaterThan(0);
  expect(de).toBeLessThan(fr);
  expect(page).toContain('Over the last releases');
  expect(page).toMatch(/v1\.0<\/text>[\s\S]*v1\.1<\/text>[\s\S]*this release<\/text>/u);
  expect(page).not.toContain('v9.0');
});
