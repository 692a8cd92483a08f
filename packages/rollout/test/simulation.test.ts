/**
 * How often an equal release is taken back, and how soon a bad one is found, by `simulate.ts`: seeded requests, judged
 * at every look as a rollout does. Numbers of requests are those of the new version (its arm alone).
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';

type Scenario = 'equal' | 'equalWithoutMargin' | 'loops' | 'errors' | 'slow' | 'dead';

let found: Record<Scenario | 'bars', number[]>;

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'simulate.ts')]);
  found = JSON.parse(stdout) as typeof found;
}, 120_000);

describe('an equal release, 100 rollouts of 60 looks, 5 rules', () => {
  test('is taken back by the default rules in at most 1 % of them', () => {
    expect(found.equal.length).toBeLessThanOrEqual(1);
  });

  test('and without any margin, where the bound itself is the only guard', () => {
    expect(found.equalWithoutMargin.length).toBeLessThanOrEqual(2);
  });
});

test('a rise of errors from 0 to 5, 1 to 10, 2 to 12 % is found in 6 minutes, 5 to 15 % in 10, at a request a second', () => {
  // Power 0.9 is shown by bench/rollout with 1,000 rollouts each; of 40 some more may be missed.
  expect(found.bars).toHaveLength(4);
  for (const power of found.bars) expect(power).toBeGreaterThanOrEqual(0.8);
});

describe('a bad release is found by the default rules, in 40 rollouts', () => {
  test.each<[string, Scenario, number, number]>([
    // what, scenario, median at most, nine of ten at most
    ['60 % of its answers loop', 'loops', 25, 45],
    ['10 % of its requests fail, 1 % before', 'errors', 240, 360],
    ['its first token takes twice as long', 'slow', 120, 180],
    ['every request fails', 'dead', 15, 15],
  ])('%s', (_, scenario, median, most) => {
    const requests = found[scenario];
    expect(requests.length).toBe(40);
    expect(requests[19]).toBeLessThanOrEqual(median);
    expect(requests[35]).toBeLessThanOrEqual(most);
  });
});
