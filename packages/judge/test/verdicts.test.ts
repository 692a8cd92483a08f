import { describe, expect, test } from '@jest/globals';
import { bothOrders, readRubric, readWinner } from '../src/verdicts.ts';

describe('verdicts of a judge are read strictly', () => {
  test.each([
    '{"score": 0.4}',
    '{"reason": "fine"}',
    '{"pass": true, "score": 5}',
    '{"pass": "true", "score": 1}',
    '{"pass": true}',
    '<think>{"pass": true, "score": 1}</think>',
    '<think>{"pass": true, "score": 1}',
    '{"pass": true, "score": 1} or {"pass": false, "score": 0}',
    'I would say {"pass": true, "score": 1}',
    '[{"pass": true, "score": 1}]',
    '{"pass": true, "score": NaN}',
    '',
  ])('%j is none', (said) => {
    expect(() => readRubric(said)).toThrow();
  });

  test('one object, in a fence or after closed thinking', () => {
    const verdict = '{"pass": false, "score": 0.1, "reason": "no"}';
    expect(readRubric(`<think>{"pass": true, "score": 1}</think>\n${verdict}`).pass).toBe(false);
    expect(readRubric('```json\n{"pass": true, "score": 1}\n```').pass).toBe(true);
    expect(readWinner('{"winner": "tie"}')).toBe('tie');
    expect(() => readWinner('{"winner": "C"}')).toThrow();
  });
});

test.each([
  ['A', 'B', 'A', true],
  ['B', 'A', 'B', true],
  ['A', 'A', 'tie', false],
  ['tie', 'tie', 'tie', true],
  ['A', 'tie', 'tie', false],
] as const)('%s, then %s with the places changed, is %s', (first, second, winner, consistent) => {
  expect(bothOrders(first, second)).toEqual({ winner, consistent });
});
