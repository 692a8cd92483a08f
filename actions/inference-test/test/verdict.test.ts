import { describe, expect, test } from '@jest/globals';
import type { RuleOutcome } from '@sluice/evaluation/judge';
import type { CaseResult } from '@sluice/inference/run-cases';
import type { Case } from '@sluice/inference/suite-types';
import { formatMetric } from '../src/report.ts';
import { combine, readThresholds } from '../src/thresholds.ts';
import { findUnanswered, judgeCases } from '../src/verdict.ts';

function result(
  status: CaseResult['status'],
  kind: Case['kind'] = 'functional',
  complete = status !== 'error',
): CaseResult {
  const timings = { ttfbMs: 1, ttftMs: 1, chunksMs: [1], e2eMs: 1 };
  const answer = {
    status: 200,
    text: 'x',
    finishReason: 'stop',
    promptTokens: 1,
    outputTokens: 1,
    complete,
    error: null,
    hasErrorBody: false,
    timings,
  };
  const test: Case = {
    id: '1',
    description: 'a',
    suite: 's',
    tags: [],
    kind,
    prompt: 'p',
    options: {},
    assert: [],
    threshold: undefined,
  };
  const grade = { passed: status === 'passed', score: 1, reasons: [] };
  return { test, status, score: 1, reasons: [], attempts: [{ status, answer, kind: 'ok', grade }] };
}
const passed = (n: number): Record<string, { value: number }> => ({ 'tests.passed': { value: n } });

describe('without rules', () => {
  test('all passed is a pass, one failure or error is none', () => {
    expect(judgeCases([result('passed')], passed(1))).toEqual({
      verdict: 'pass',
      reasons: ['all 1 case passed'],
    });
    expect(judgeCases([result('passed'), result('failed')], passed(1)).verdict).toBe('fail');
    expect(judgeCases([result('passed'), result('error')], passed(1)).verdict).toBe('fail');
  });

  test('nothing is never a pass', () => {
    expect(judgeCases([], passed(0)).verdict).toBe('fail');
    expect(findUnanswered([result('error'), result('passed', 'bad-input', false)])[0]).toContain(
      'nothing was measured',
    );
    expect(findUnanswered([result('passed', 'bad-input', false)])).toEqual([]);
  });
});

describe('rules together', () => {
  const rule = (verdict: RuleOutcome['verdict'], warn = false): RuleOutcome => ({
    rule: `r-${verdict}`,
    metric: 'm',
    verdict,
    warn,
    value: 1,
    bar: 1,
    text: 't',
  });
  const strict = { onMissing: 'fail', onInconclusive: 'fail' } as const;
  const mild = { onMissing: 'warn', onInconclusive: 'warn' } as const;

  test.each([
    ['all hold', [rule('pass')], [], strict, 'pass', undefined],
    ['one fails', [rule('pass'), rule('fail')], [], mild, 'fail', undefined],
    ['one is missing', [rule('missing')], [], strict, 'fail', undefined],
    ['one is missing, policy warn', [rule('missing')], [], mild, 'inconclusive', 'success'],
    ['one is open', [rule('inconclusive')], [], strict, 'inconclusive', 'gate-failed'],
    ['one is open, policy warn', [rule('inconclusive')], [], mild, 'inconclusive', 'success'],
    [
      'missing warns, open fails',
      [rule('missing'), rule('inconclusive')],
      [],
      { onMissing: 'warn', onInconclusive: 'fail' } as const,
      'inconclusive',
      'gate-failed',
    ],
    [
      'a warning never fails',
      [rule('pass'), rule('fail', true), rule('missing', true)],
      [],
      strict,
      'pass',
      undefined,
    ],
    [
      'what got no answer fails all the same',
      [rule('pass')],
      ['2 cases got no complete answer'],
      mild,
      'fail',
      undefined,
    ],
  ])('%s', (_name, outcomes, unanswered, policies, verdict, outcome) => {
    const decided = combine(outcomes, unanswered, policies);
    expect([decided.verdict, decided.outcome]).toEqual([verdict, outcome]);
  });

  test('a text without a rule is a fault, an empty input none', () => {
    expect(readThresholds(undefined)).toBeUndefined();
    expect(() => readThresholds('# nothing')).toThrow(/holds no rule/);
    expect(() => readThresholds('accuracy => 3\nx')).toThrow(/line 1[\s\S]*line 2/);
    expect(readThresholds('accuracy >= 90%')?.rules.length).toBe(1);
  });
});

test.each([
  [{ value: 12.3456, unit: 'ms' }, '12.3 ms'],
  [{ value: 0.5, low: 0.25, high: 0.75 }, '0.500 (0.250 to 0.750)'],
  [{ value: null, insufficient: true as const, needed: 299 }, 'insufficient: needs 299 requests'],
  [{ value: null }, 'not measured'],
  [{ value: 3 }, '3'],
])('%j reads %s', (metric, text) => {
  expect(formatMetric(metric)).toBe(text);
});
