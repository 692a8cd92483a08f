import { describe, expect, test } from '@jest/globals';
import type { LoadLevel } from '@sluice/inference/load/level';
import { readLoad } from '@sluice/inference/load/profile';
import type { CaseResult } from '@sluice/inference/runs/run-cases';
import type { Case } from '@sluice/inference/suites/types';
import { formatMetric } from '../src/report.ts';
import { hasBindingRule, readThresholds } from '../src/thresholds.ts';
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
  return {
    test,
    status,
    score: 1,
    reasons: [],
    flaky: false,
    attempts: status === 'skipped' ? [] : [{ status, atMs: 0, answer, kind: 'ok', grade }],
  };
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

describe('rules', () => {
  test('a text without a rule is a fault, an empty input none', () => {
    expect(readThresholds(undefined)).toBeUndefined();
    expect(() => readThresholds('# nothing')).toThrow(/holds no rule/);
    expect(() => readThresholds('accuracy => 3\nx')).toThrow(/line 1[\s\S]*line 2/);
    expect(readThresholds('accuracy >= 90%')?.rules.length).toBe(1);
  });

  test.each([
    ['accurcy >= 90%', "line 1, column 1: 'accurcy' isn't measured here; there is accuracy"],
    ['ttft.p99 < 800', 'there is ttft_ms.p99'],
    ['tests.total[capitals] >= 90', "'tests.total[capitals]' isn't measured here"],
    ['define: q = accuracy + bleu\nq >= 0.5', "'bleu' isn't measured here; "],
  ])('a metric that no run has is told before anything is asked: %s', (rules, why) => {
    expect(() => readThresholds(rules)).toThrow(why);
  });

  test('slices are the tags of cases, known when they have run', () => {
    expect(readThresholds('accuracy[smoke] >= 90%\naccuracy.min(language) >= 80%')?.rules.length).toBe(2);
  });

  test('rules that only warn are not the ones that decide', () => {
    expect(hasBindingRule(readThresholds('warn: accuracy >= 90%'))).toBe(false);
    expect(hasBindingRule(readThresholds('warn: accuracy >= 90%\ntests.failed == 0'))).toBe(true);
    expect(hasBindingRule(undefined)).toBe(false);
  });
});

describe('load', () => {
  const level = (complete: boolean[]): LoadLevel => {
    const samples = complete.map((is, number) => ({
      number,
      turn: 1,
      run: 0,
      sentMs: 1,
      lateMs: null,
      complete: is,
      error: is ? null : 'the server answered 500: busy',
      errorKind: is ? null : ('http_5xx' as const),
      promptTokens: 1,
      outputTokens: 1,
      ttfbMs: 1,
      ttftMs: 1,
      e2eMs: 1,
      chunksMs: Float32Array.from([1]),
      began: true,
      ended: true,
    }));
    const about = {
      name: 'c4',
      said: '4 at a time',
      value: 4,
      open: false,
      slos: [],
      turns: 1,
      observed: [],
    };
    return { ...about, samples, durationMs: 1_000, runs: [{ startedAt: 0, durationMs: 1_000, samples }] };
  };
  const [fine] = [[result('passed')]];
  test('errors fail it, with or without rules, unless a rule judges them', () => {
    const load = [level([true, true, false])];
    expect(judgeCases(fine, passed(1), { load })).toMatchObject({ verdict: 'fail' });
    expect(findUnanswered(fine, { load })[0]).toBe(
      '1 of 3 requests of the load of 4 at a time got no complete answer (the server answered 500: busy); a rule over load.c4.error_rate would allow some',
    );
    expect(findUnanswered(fine, { load, told: false })[0]).not.toContain('busy');
    expect(findUnanswered(fine, { load, judged: ['c4'] })).toEqual([]);
  });
  test('no answer at all is no load, whatever a rule allows', () => {
    expect(findUnanswered(fine, { load: [level([false])], judged: ['c4'] })).toHaveLength(1);
    expect(findUnanswered(fine, { load: [level([])], judged: ['c4'] })).toHaveLength(1);
    expect(judgeCases(fine, passed(1), { load: [level([true])] }).verdict).toBe('pass');
  });
  test('levels bring metrics that rules may name', () => {
    const { profile } = readLoad(['concurrency: 4 for 1s']);
    expect(readThresholds('load.c4.ttft_ms.p95 < 800ms', profile)?.rules).toHaveLength(1);
    expect(() => readThresholds('load.c8.ttft_ms.p95 < 800ms', profile)).toThrow(
      'there is load.c4.ttft_ms.p95',
    );
    const compared = 'load.c4.e2e_ms.p50 <= baseline * 1.1\nload.c4.vs_baseline.e2e_ms.p50.high <= 1.1';
    expect(readThresholds(compared, profile, true)?.rules).toHaveLength(2);
    expect(() => readThresholds(compared, profile)).toThrow(/line 1.*baseline[\s\S]*line 2/);
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
