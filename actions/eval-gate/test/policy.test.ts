import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { startEmulator, type Emulator } from '../../../e2e/github/src/server.ts';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';

/** The bundle with a policy, against GitHub's reviews of a run. */

const CARD = `# the NLP team's
apiVersion: llm/v1
kind: ModelVersion
metadata: {name: m, version: "2.0"}
spec:
  license: apache-2.0
  evaluation: {metrics: {accuracy: 0.5}}
  status: draft # until it is judged
  approvedBy: "zhang.wei"
`;
let github: Emulator;
let workspace: string;
beforeEach(async () => {
  github = await startEmulator({ repositories: [{ name: 'acme/llm' }] });
  workspace = mkdtempSync(join(tmpdir(), 'sluice-gate-'));
  put('models/v2.0/model-card.yaml', CARD);
});
afterEach(async () => {
  expect(github.world.violations).toEqual([]);
  await github.close();
  rmSync(workspace, { recursive: true, force: true });
});
const put = (path: string, content: string): void => {
  mkdirSync(join(workspace, path, '..'), { recursive: true });
  writeFileSync(join(workspace, path), content);
};
const card = (): string => readFileSync(join(workspace, 'models/v2.0/model-card.yaml'), 'utf8');
const approve = (login: string): void => {
  const review = { run: '42', state: 'approved', login, comment: '', environments: ['prod'] } as const;
  github.world.repositories['acme/llm']?.approvals.push({ ...review, environments: ['prod'] });
};
const gate = (inputs: Record<string, string> = {}): Promise<ActionOutcome> => {
  put('metrics.json', '{"accuracy": 0.95}');
  const env = { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: 'acme/llm', GITHUB_RUN_ID: '42' };
  return runAction('eval-gate', {
    cwd: workspace,
    env,
    inputs: {
      ...{ results: 'metrics.json', thresholds: 'accuracy >= 0.9', 'github-token': 'ghs_job' },
      'model-card': 'models/v2.0/model-card.yaml',
      ...inputs,
    },
  });
};

test('after the environment’s review the card says who and when; order and comments stay', async () => {
  await gate();
  const evaluated = CARD.replace('accuracy: 0.5', 'accuracy: 0.95').replace('draft', 'evaluated');
  expect(card()).toBe(evaluated);
  approve('octocat');
  await gate();
  const date = (parse(card()) as { spec: { approvalDate: string } }).spec.approvalDate;
  expect(date).toMatch(/^\d{4}-\d\d-\d\d$/u);
  const approved = evaluated.replace('evaluated', 'approved').replace('"zhang.wei"', '"octocat"');
  expect(card()).toBe(`${approved}  approvalDate: "${date}"\n`);
});

test('a licence that the policy does not allow fails the gate, with file, line and mend', async () => {
  put('policy.yaml', 'licenses: [mit]\n');
  const done = await gate({ policy: 'policy.yaml' });
  expect(done.outputs).toMatchObject({ verdict: 'fail', outcome: 'gate-failed' });
  expect(done.stdout).toContain('models/v2.0/model-card.yaml:6: spec.license is "apache-2.0"');
  expect(card()).toContain('status: rejected');
});

test('an approval that is still missing leaves it undecided until it is there', async () => {
  put('policy.yaml', 'approval:\n  roles: {safety: [carol]}\n');
  const open = await gate({ policy: 'policy.yaml' });
  expect(open.outputs).toMatchObject({ verdict: 'inconclusive', outcome: 'gate-failed' });
  expect(open.stdout).toContain('the approval of safety is missing');
  approve('carol');
  expect((await gate({ policy: 'policy.yaml' })).outputs['verdict']).toBe('pass');
  expect(card()).toContain('approvedBy: "carol"');
});

test('policy: {approval: automatic}', async () => {
  put('policy.yaml', '{approval: automatic}\n');
  expect((await gate({ policy: 'policy.yaml' })).outputs['verdict']).toBe('pass');
  expect(card()).toContain('approvedBy: "policy policy.yaml"');
  put('policy.yaml', 'approvals: automatic\n');
  const wrong = await gate({ policy: 'policy.yaml', validate: 'true' });
  expect(wrong.stdout).toContain('policy.yaml:1: approvals is no key of a policy');
});
