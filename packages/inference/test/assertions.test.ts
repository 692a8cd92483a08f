import { describe, expect, test } from '@jest/globals';
import { findAssertionFault } from '../src/assertions/faults.ts';
import { decide, grade, type Observation } from '../src/assertions/decide.ts';
import type { Answer } from '../src/clients/answer.ts';
import type { Assertion } from '../src/suites/types.ts';

function seen(text: string, more: Partial<Answer> = {}, aliveAfterwards: boolean | null = null): Observation {
  const timings = { ttfbMs: 1, ttftMs: 2, chunksMs: [2], e2eMs: 100 };
  const base = {
    status: 200,
    text,
    finishReason: 'stop',
    promptTokens: 1,
    outputTokens: 1,
    complete: true,
    error: null,
  };
  return { answer: { ...base, hasErrorBody: false, timings, ...more }, aliveAfterwards };
}

describe('decisions are promptfoo decisions', () => {
  const table: [Assertion, string, boolean][] = [
    [{ type: 'equals', value: 'Paris' }, 'Paris', true],
    [{ type: 'equals', value: 'Paris' }, 'Paris.', false],
    [{ type: 'equals', value: 4 }, '4', true],
    [{ type: 'equals', value: { a: [1, { b: null }] } }, '{"a":[1,{"b":null}]}', true],
    [{ type: 'equals', value: { a: 1 } }, '{"a":2}', false],
    [{ type: 'equals', value: { a: 1 } }, 'no json', false],
    [{ type: 'contains', value: 'Par' }, 'Paris', true],
    [{ type: 'contains', value: 'par' }, 'Paris', false],
    [{ type: 'contains', value: 7 }, 'room 7', true],
    [{ type: 'icontains', value: 'pAR' }, 'Paris', true],
    [{ type: 'contains-any', value: ['x', 'is'] }, 'Paris', true],
    [{ type: 'contains-any', value: 'x, "a, b", is' }, 'has a, b', true],
    [{ type: 'contains-any', value: '"a, b"' }, 'a and b', false],
    [{ type: 'contains-all', value: ['Pa', 'is'] }, 'Paris', true],
    [{ type: 'contains-all', value: 'Pa, xx' }, 'Paris', false],
    [{ type: 'icontains-any', value: ['PARIS'] }, 'Paris', true],
    [{ type: 'icontains-all', value: ['PA', 'IS'] }, 'Paris', true],
    [{ type: 'starts-with', value: ' Pa' }, ' Paris', true],
    [{ type: 'starts-with', value: 'Pa' }, ' Paris', false],
    [{ type: 'regex', value: '^\\s*Paris\\.\\s*$' }, ' Paris.', true],
    [{ type: 'regex', value: 'paris' }, 'Paris', false],
    [{ type: 'regex', value: '(' }, '(', false],
    [{ type: 'is-json' }, '7', true],
    [{ type: 'is-json' }, '{"a":1}', true],
    [{ type: 'is-json' }, '{a:1}', false],
    [{ type: 'levenshtein', value: 'kitten' }, 'sitting', true],
    [{ type: 'levenshtein', value: 'kitten', threshold: 2 }, 'sitting', false],
    [{ type: 'levenshtein', value: 'x' }, 'y'.repeat(100_000), false],
    [{ type: 'word-count', value: 3 }, ' a  b\nc ', true],
    [{ type: 'word-count', value: { min: 2 } }, 'a', false],
    [{ type: 'word-count', value: { max: 2, min: 1 } }, 'a b', true],
    [{ type: 'word-count', value: 0 }, '', true],
    [{ type: 'latency', threshold: 100 }, 'x', true],
    [{ type: 'latency', threshold: 99 }, 'x', false],
    [{ type: 'latency' }, 'x', false],
    [{ type: 'no-such-thing' }, 'x', false],
    [{ type: 'not-no-such-thing' }, 'x', false],
  ];
  test.each(table)('%j on %j is %s', async (assertion, text, passed) => {
    expect((await decide(assertion, seen(text))).passed).toBe(passed);
  });

  test.each(
    table.filter(([{ type }]) => !type.includes('no-such') && type !== 'regex' && type !== 'latency'),
  )('not- turns %j on %j around', async (assertion, text, passed) => {
    expect((await decide({ ...assertion, type: `not-${assertion.type}` }, seen(text))).passed).toBe(!passed);
  });

  test('ends: the model stopped by itself, and the server said so', async () => {
    expect((await decide({ type: 'ends' }, seen('x'))).passed).toBe(true);
    expect((await decide({ type: 'ends' }, seen('x', { finishReason: 'length' }))).passed).toBe(false);
    expect((await decide({ type: 'ends' }, seen('x', { finishReason: null }))).passed).toBe(false);
  });

  test.each([
    ['4xx with an error body, alive', { status: 400, hasErrorBody: true }, true, '4xx', true],
    ['without an error body', { status: 400, hasErrorBody: false }, true, '4xx', false],
    ['answered with 200', { status: 200 }, true, '4xx', false],
    ['5xx where 4xx is due', { status: 500, hasErrorBody: true }, true, '4xx', false],
    ['5xx where 5xx is due', { status: 503, hasErrorBody: true }, true, '5xx', true],
    ['dead afterwards', { status: 400, hasErrorBody: true }, false, '4xx', false],
    ['nobody looked whether it lives', { status: 400, hasErrorBody: true }, null, '4xx', false],
    ['no answer at all', { status: null, hasErrorBody: false }, true, '4xx', false],
    ['exactly 422', { status: 422, hasErrorBody: true }, true, 422, true],
    ['another than 422', { status: 400, hasErrorBody: true }, true, '422', false],
  ])('rejected: %s', async (_name, answer, alive, status, passed) => {
    expect((await decide({ type: 'rejected', status }, seen('', answer, alive))).passed).toBe(passed);
  });
});

describe('grades', () => {
  const yes: Assertion = { type: 'contains', value: 'a' };
  const no: Assertion = { type: 'contains', value: 'z' };

  test('all must pass', async () => {
    expect(await grade([yes, yes], undefined, seen('a'))).toMatchObject({
      passed: true,
      score: 1,
      reasons: [],
    });
    const mixed = await grade([yes, { ...no, metric: 'fluency' }], undefined, seen('a'));
    expect(mixed).toMatchObject({
      passed: false,
      score: 0.5,
      reasons: ["fluency: expected that the answer contains 'z'"],
    });
  });

  test('a threshold takes the weighted mean instead', async () => {
    expect(await grade([{ ...yes, weight: 3 }, no], 0.75, seen('a'))).toMatchObject({
      passed: true,
      score: 0.75,
    });
    expect(await grade([{ ...yes, weight: 3 }, no], 0.76, seen('a'))).toMatchObject({ passed: false });
    expect((await grade([no], 0, seen('a'))).passed).toBe(true);
  });
});

describe('faults are found before anything is asked', () => {
  test.each<[Assertion, string]>([
    [{ type: 'contains', value: '' }, 'value'],
    [{ type: 'contains', value: ['a'] }, 'value'],
    [{ type: 'contains-any', value: [] }, 'value'],
    [{ type: 'contains-all', value: ['a', ''] }, 'value'],
    [{ type: 'not-regex', value: '[' }, 'value'],
    [{ type: 'is-json', value: 'object' }, 'value'],
    [{ type: 'latency' }, 'threshold'],
    [{ type: 'word-count', value: { min: 3, max: 2 } }, 'value'],
    [{ type: 'word-count', value: 'many' }, 'value'],
    [{ type: 'rejected', status: '2xx' }, 'status'],
    [{ type: 'rejected', status: 200 }, 'status'],
    [{ type: 'contains', value: 'a', status: 400 }, 'status'],
    [{ type: 'contains', value: 'a', threshold: 1 }, 'threshold'],
    [{ type: 'ends', value: true }, 'value'],
    [{ type: 'equals' }, 'value'],
    [{ type: 'nonsense' }, 'type'],
  ])('%j', (assertion, key) => {
    expect(findAssertionFault(assertion)?.key).toBe(key);
  });

  test.each<Assertion>([
    { type: 'contains', value: 'a' },
    { type: 'rejected' },
    { type: 'rejected', status: 413 },
    { type: 'not-ends' },
    { type: 'levenshtein', value: '' },
    { type: 'word-count', value: { max: 5 } },
  ])('%j is fine', (assertion) => {
    expect(findAssertionFault(assertion)).toBeUndefined();
  });
});
