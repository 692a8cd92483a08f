import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@sluice/runtime/errors';
import { parseSteps, percent } from '../src/steps.ts';

describe('parseSteps', () => {
  test('reads shares and holds, by commas and by lines', () => {
    const expected = [
      { weight: 0.05, holdMs: 300_000 },
      { weight: 0.25, holdMs: 600_000 },
      { weight: 1, holdMs: 0 },
    ];
    expect(parseSteps('5% 5m, 25% 10m, 100%')).toEqual(expected);
    expect(parseSteps('5% 5m\n25% 10m\n\n100%\n')).toEqual(expected);
  });

  test.each([
    ['25, 100%', /step 1 "25" at character 1: "25" is not a share; write it like 25%/],
    ['5% 5m, 25% soon, 100%', /step 2 "25% soon" at character 8: "soon" is not a duration/],
    ['50%, 25%, 100%', /step 2 "25%" at character 6: 25% doesn't rise above 50%/],
    ['5% 5m, 50% 5m', /ends at 50%; the last step must be 100%/],
    ['0% 5m, 100%', /0% is outside/],
    ['120%', /120% is outside/],
    ['1 host 5m, 100%', /has more than a share and a duration/],
    ['5% 5m 5m, 100%', /has more than/],
    [' , ', /`steps` is empty/],
  ])('refuses %j', (text, message) => {
    expect(() => parseSteps(text)).toThrow(ConfigError);
    expect(() => parseSteps(text)).toThrow(message);
  });

  test('tells all faults at once', () => {
    try {
      parseSteps('5, 25% soon, 100%');
    } catch (error) {
      expect((error as ConfigError).faults).toHaveLength(2);
      return;
    }
    throw new Error('accepted');
  });
});

test('percent', () => expect(percent(0.125)).toBe('12.5%'));
