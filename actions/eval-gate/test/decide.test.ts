import { describe, expect, test } from '@jest/globals';
import type { RuleOutcome, RuleVerdict } from '@sluice/evaluation/judge';
import { emptyUnit } from '@sluice/release/unit';
import type { ReleaseRecord, Stage } from '@sluice/release/record';
import { decideGate, type Policy } from '../src/decide.ts';
import { statusWith } from '../src/stage.ts';

const outcome = (verdict: RuleVerdict, more: Partial<RuleOutcome> = {}): RuleOutcome => ({
  rule: `m >= 1 (${verdict})`,
  metric: 'm',
  verdict,
  warn: false,
  value: 1,
  bar: 1,
  text: 'as seen',
  ...more,
});

describe('decideGate', () => {
  test.each<[RuleVerdict[], Policy, Policy, string, string]>([
    [['pass', 'pass'], 'fail', 'fail', 'pass', 'success'],
    [['pass', 'fail'], 'warn', 'warn', 'fail', 'gate-failed'],
    [['pass', 'inconclusive'], 'fail', 'fail', 'inconclusive', 'gate-failed'],
    [['pass', 'inconclusive'], 'warn', 'fail', 'inconclusive', 'success'],
    [['pass', 'missing'], 'fail', 'fail', 'fail', 'gate-failed'],
    [['pass', 'missing'], 'fail', 'warn', 'inconclusive', 'success'],
    [['inconclusive', 'missing'], 'fail', 'warn', 'inconclusive', 'gate-failed'],
    [['inconclusive', 'missing'], 'warn', 'warn', 'inconclusive', 'success'],
    [['inconclusive', 'fail'], 'warn', 'warn', 'fail', 'gate-failed'],
  ])(
    '%j, on-inconclusive %s, on-missing %s: %s, %s',
    (verdicts, onInconclusive, onMissing, verdict, result) => {
      const decision = decideGate(
        'quality',
        verdicts.map((each) => outcome(each)),
        { onInconclusive, onMissing },
      );
      expect(decision).toMatchObject({ verdict, outcome: result });
      expect(decision.failures).toHaveLength(verdicts.filter((each) => each !== 'pass').length);
    },
  );
  test.each<RuleVerdict>(['fail', 'inconclusive', 'missing'])(
    'warn: %s is told and decides nothing',
    (verdict) => {
      const decision = decideGate('quality', [outcome('pass'), outcome(verdict, { warn: true })], {
        onInconclusive: 'fail',
        onMissing: 'fail',
      });
      expect(decision).toMatchObject({ verdict: 'pass', failures: [] });
      expect(decision.reasons).toEqual([
        "gate 'quality': 1 of 1 rules hold",
        `warn: m >= 1 (${verdict}): as seen`,
      ]);
    },
  );
  test('advice names the samples needed', () => {
    const open = outcome('inconclusive', { needed: 220 });
    expect(decideGate('q', [open], { onInconclusive: 'fail', onMissing: 'fail' }).advice).toContain(
      '220 in all for m',
    );
  });
});

describe('statusWith', () => {
  const stage = (name: string, outcomeOf: Stage['outcome']): Stage => ({
    action: 'eval-gate',
    name,
    at: '',
    run: { url: '', id: '', attempt: 1, sha: '' },
    unit: emptyUnit(),
    verdict: 'pass',
    outcome: outcomeOf,
    reasons: [],
    metrics: {},
    data: {},
    previous: null,
  });
  const record = (...stages: Stage[]): ReleaseRecord => ({
    schemaVersion: 1,
    id: 'x',
    unit: emptyUnit(),
    model: null,
    stages,
    status: 'open',
  });
  test('every gate has to hold, the last word of each counts', () => {
    expect(statusWith(undefined, 'a', 'success')).toBe('gated');
    expect(statusWith(record(stage('b', 'gate-failed')), 'a', 'success')).toBe('refused');
    expect(statusWith(record(stage('a', 'gate-failed')), 'a', 'success')).toBe('gated');
    expect(statusWith(record(stage('a', 'success')), 'a', 'gate-failed')).toBe('refused');
  });
});
