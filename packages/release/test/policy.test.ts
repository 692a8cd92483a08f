import { describe, expect, test } from '@jest/globals';
import { updateModelCard } from '@sluice/release/model-card-update';
import { checkCard, judgeApproval, parsePolicy, type Policy } from '@sluice/release/policy';
import { parse } from 'yaml';

const TEXT = `apiVersion: llm/v1
kind: ModelVersion
metadata: {name: m, version: "2.0", labels: {}}
spec:
  license: llama3 # theirs
  trainingData: ''
  evaluation: {metrics: {accuracy: 0.9}}
  status: evaluated
`;
const check = (policy: Policy, text = TEXT) =>
  checkCard(policy, 'policy.yaml', {
    text,
    path: 'models/v2.0/model-card.yaml',
    value: parse(text) as unknown,
  });

describe('the card', () => {
  test('each finding names file, line, key and mend', async () => {
    const findings = await check({
      licenses: ['Apache-2.0', 'MIT'],
      cardSections: ['evaluation.metrics', 'trainingData', 'hyperparameters', 'metadata.labels'],
    });
    expect(findings).toEqual([
      'models/v2.0/model-card.yaml:5: spec.license is "llama3", and policy.yaml allows Apache-2.0, MIT; use another base model, or allow it there',
      'models/v2.0/model-card.yaml:6: spec.trainingData is empty, and policy.yaml requires it; fill it in',
      'models/v2.0/model-card.yaml:4: spec.hyperparameters is missing, and policy.yaml requires it; fill it in',
      'models/v2.0/model-card.yaml:3: metadata.labels is empty, and policy.yaml requires it; fill it in',
    ]);
  });
  test('a card that fits has none; case does not matter', async () => {
    expect(await check({ licenses: ['LLAMA3'], cardSections: ['evaluation.metrics'] })).toEqual([]);
    const [missing] = await check({ licenses: ['mit'] }, TEXT.replace('  license: llama3 # theirs\n', ''));
    expect(missing).toContain('spec.license is missing, and policy.yaml allows mit');
  });
});

describe('a policy', () => {
  test('is read', async () => {
    const policy = { licenses: ['mit'], approval: { environments: ['prod'], roles: { safety: ['carol'] } } };
    expect(await parsePolicy(JSON.stringify(policy), 'p.yaml')).toEqual(policy);
    expect(await parsePolicy('', 'p.yaml')).toEqual({});
  });
  test.each([
    ['licenses: []\n', 'p.yaml:1: licenses must NOT have fewer than 1 items'],
    ['licenses:\n  - mit\n  - 3\n', 'p.yaml:3: licenses.1 must be string'],
    ['licenses: [mit]\nlicence: x\n', 'p.yaml:2: licence is no key of a policy'],
    ['approval:\n  roles:\n    lead: bob\n', 'p.yaml:3: approval.roles.lead must be array'],
    ['approval: [\n', 'the policy p.yaml: '],
  ])('%j is refused with its line', async (text, fault) => {
    await expect(parsePolicy(text, 'p.yaml')).rejects.toThrow(fault);
  });
});

describe('approval', () => {
  const review = (login: string, environment = 'prod', state = 'approved') => ({
    ...{ state, login },
    environments: [environment],
  });
  const judge = (policy: Policy | undefined, ...reviews: ReturnType<typeof review>[]) =>
    judgeApproval(policy, 'p.yaml', reviews, '2026-01-31');
  test('without a policy a review approves, and none is missing', () => {
    expect(judge(undefined)).toEqual({ missing: [] });
    expect(judge(undefined, review('zhang.wei'), review('bob', 'prod', 'rejected'))).toEqual({
      approval: { by: 'zhang.wei', date: '2026-01-31' },
      missing: [],
    });
  });
  test('automatic', () => {
    expect(judge({ approval: 'automatic' }).approval).toEqual({ by: 'policy p.yaml', date: '2026-01-31' });
  });
  test('each role needs one of its people, in the environments that count', () => {
    const policy: Policy = {
      approval: { environments: ['prod'], roles: { lead: ['alice', 'Bob'], safety: ['carol'] } },
    };
    expect(judge(policy).missing).toEqual([
      'the approval of lead is missing (alice or Bob)',
      'the approval of safety is missing (carol)',
    ]);
    expect(judge(policy, review('bob'), review('carol', 'staging')).missing).toHaveLength(1);
    expect(judge(policy, review('bob'), review('carol'))).toEqual({
      approval: { by: 'bob, carol', date: '2026-01-31' },
      missing: [],
    });
  });
  test('environments alone need somebody', () => {
    const policy: Policy = { approval: { environments: ['prod'] } };
    expect(judge(policy, review('bob', 'test')).missing).toEqual(['an approving review of prod is missing']);
    expect(judge(policy, review('bob')).missing).toEqual([]);
  });
});

test.each(['octocat', 'null', '1e3', "o'neil: #x"])(
  '%s is written as a text, and nothing else changes',
  async (by) => {
    const approval = { by, date: '2026-01-31' };
    const after = await updateModelCard(TEXT, { metrics: {}, status: 'approved', approval });
    const [head, tail] = [TEXT.replace('status: evaluated', 'status: approved'), after];
    expect(tail.startsWith(head)).toBe(true);
    expect((parse(after) as { spec: object }).spec).toMatchObject({
      approvedBy: by,
      approvalDate: '2026-01-31',
    });
    const again = await updateModelCard(after, { metrics: {}, status: 'approved', approval });
    expect(again).toBe(after);
  },
);
