import { describe, expect, test } from '@jest/globals';
import { decideRules, type Policy } from '../src/decide.ts';
import type { RuleOutcome, RuleVerdict } from '../src/outcome.ts';

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

describe('decideRules', () => {
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
      const decision = decideRules(
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
      const decision = decideRules([outcome('pass'), outcome(verdict, { warn: true })], {
        onInconclusive: 'fail',
        onMissing: 'fail',
        subject: "gate 'quality'",
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
    expect(decideRules([open], { onInconclusive: 'fail', onMissing: 'fail' }).advice).toContain(
      '220 in all for m',
    );
  });
  test('what got no answer fails whatever the rules say, and comes first', () => {
    const mild = { onInconclusive: 'warn', onMissing: 'warn' } as const;
    const unanswered = ['2 cases got no complete answer'];
    expect(decideRules([outcome('pass')], { ...mild, unanswered })).toMatchObject({
      verdict: 'fail',
      reasons: unanswered,
    });
  });
  test('rules that only warn decide nothing, and nothing decided is no pass', () => {
    const mild = { onInconclusive: 'warn', onMissing: 'warn' } as const;
    expect(decideRules([], mild)).toMatchObject({ verdict: 'fail', outcome: 'gate-failed' });
    expect(decideRules([outcome('pass', { warn: true })], mild).verdict).toBe('fail');
  });
});
