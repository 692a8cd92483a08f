/** Judges that go by readings: plain bars with a failure limit, and Kayenta's; on a host in memory, over a driver's death too. */
import { expect, test } from '@jest/globals';
import type { RolloutState } from '@sluice/host/types';
import { emptyArm, type Arm } from '../src/evidence.ts';
import { judgeReadings, readingsFaults, type ReadingsJudge } from '../src/judge-readings.ts';
import { parseLiveRules } from '../src/parse-live-rules.ts';
import { keeps, withLook, type Readings } from '../src/readings.ts';
import { rolloutData } from '../src/target.ts';
import { deploy, hostWithV1 } from './sim-deploy.ts';

const rulesOf = (text: string): ReturnType<typeof parseLiveRules>['rules'] => {
  const { rules, faults } = parseLiveRules(text, { input: 'analysis', stable: true });
  expect(faults).toEqual([]);
  return rules;
};
const armOf = (n: number, hits: number, ttft = 100): Arm => ({
  ...emptyArm('v'),
  requests: n,
  shares: { error_rate: { n, hits } },
  values: { ttft_ms: { n, mean: ttft, variance: 1 } },
});

test('a reading is what came since the look before, of shares and of means', () => {
  const rules = rulesOf('error_rate <= 5%\nttft_ms no-worse-than stable by 10%');
  let readings: Readings = {};
  for (const [canary, stable] of [
    [armOf(10, 1, 100), armOf(20, 0, 90)],
    [armOf(30, 1, 150), armOf(20, 0, 90)],
    [armOf(30, 1, 150), armOf(20, 0, 90)],
  ] as const)
    readings = withLook(readings, rules, { canary, stable });
  const [share = '', mean = ''] = rules.map(({ text }) => text);
  // 20 more, none of them failed; the third look saw nothing new and is no reading.
  expect(readings[share]?.readings).toEqual([[0.1, 0], [0, null]]); // prettier-ignore
  expect(readings[mean]?.readings).toEqual([[100, 90], [175, null]]); // prettier-ignore
});

test('a reading keeps its rule, or breaks it, or can’t tell', () => {
  const [bar, quantile, relative] = rulesOf(
    'error_rate <= 5%\nttft_ms.p90 <= 800\nttft_ms no-worse-than stable by 10%',
  );
  if (bar === undefined || quantile === undefined || relative === undefined) throw new Error('rules');
  expect([keeps(bar, [0.05, null]), keeps(bar, [0.06, null]), keeps(bar, [null, 0])]).toEqual([true, false, undefined]); // prettier-ignore
  // Of a quantile the share beyond the bar is read.
  expect([keeps(quantile, [0.1, null]), keeps(quantile, [0.11, null])]).toEqual([true, false]);
  expect([keeps(relative, [110, 100]), keeps(relative, [111, 100]), keeps(relative, [1, null])]).toEqual([true, false, undefined]); // prettier-ignore
});

test('plain bars: as many failures as the limit allows, and one more breaks the rule', () => {
  const rules = rulesOf('error_rate <= 5%');
  const text = rules[0]?.text ?? '';
  const totals: Readings[string]['totals'] = { canary: [0, 0], stable: [0, 0] };
  const look = (failed: number): Parameters<typeof judgeReadings>[2] => ({
    ...{ canary: armOf(100, 0), stable: null, minSamples: 20, isOver: false },
    readings: {
      [text]: { totals, readings: [[0, null], ...Array<[number, null]>(failed).fill([0.5, null])] },
    },
  });
  const judge: ReadingsJudge = { kind: 'thresholds', failureLimit: 2 };
  expect(judgeReadings(judge, rules, look(2)).overall).toBe('pass');
  expect(judgeReadings(judge, rules, look(3)).overall).toBe('fail');
  expect(judgeReadings(judge, rules, { ...look(0), readings: {} }).overall).toBe('no-data');
  expect(judgeReadings(judge, rules, { ...look(0), minSamples: 101 }).overall).toBe('inconclusive');
});

test('Kayenta: one verdict at the end of the step, by its score', () => {
  const rules = rulesOf('error_rate no-worse-than stable\nttft_ms no-worse-than stable by 5%');
  const totals: Readings[string]['totals'] = { canary: [0, 0], stable: [0, 0] };
  const series = (high: number): [number, number][] =>
    Array.from({ length: 30 }, (_, i) => [high + ((i * 7) % 11) / 100, 1 + ((i * 5) % 11) / 100]);
  const judged = (isOver: boolean, ...highs: number[]): ReturnType<typeof judgeReadings> => {
    const readings = Object.fromEntries(
      rules.map(({ text }, i) => [text, { totals, readings: series(highs[i] ?? 1) }]),
    );
    const look = { canary: armOf(100, 0), stable: armOf(100, 0), readings, minSamples: 20, isOver };
    return judgeReadings({ kind: 'kayenta', marginal: 75, pass: 95 }, rules, look);
  };
  expect(judged(false, 9, 9)).toMatchObject({ overall: 'inconclusive' });
  expect(judged(true, 1, 1)).toMatchObject({ overall: 'pass', score: 100 });
  expect(judged(true, 1, 2)).toMatchObject({ overall: 'fail', score: 50 });
  expect(readingsFaults({ kind: 'kayenta', marginal: 75, pass: 95 }, rulesOf('error_rate <= 5%')).join()).toMatch(/compares with stable/); // prettier-ignore
});

const THRESHOLDS: ReadingsJudge = { kind: 'thresholds', failureLimit: 1 };
const KAYENTA: ReadingsJudge = { kind: 'kayenta', marginal: 75, pass: 95 };
const by = (
  judge: ReadingsJudge,
): { judging: { confidence: number; minSamples: number; by: ReadingsJudge } } => ({
  judging: { confidence: 0.95, minSamples: 20, by: judge },
});

test.each([
  ['thresholds', THRESHOLDS, 'error_rate <= 10%'],
  ['kayenta', KAYENTA, 'error_rate no-worse-than stable'],
] as const)('%s: a good release goes through, a bad one is taken back', async (_, judge, text) => {
  const rules = rulesOf(text);
  const steps = '20% 60s, 50% 60s, 100%';
  const good = await hostWithV1({ v1: { errorRate: 0.02 }, v2: { errorRate: 0.02 } });
  expect((await deploy(good, 'v2', { ...by(judge), rules }, steps)).result).toBe('promoted');
  const bad = await hostWithV1({ v1: { errorRate: 0.02 }, v2: { errorRate: 0.3 } });
  const { result, state } = await deploy(bad, 'v2', { ...by(judge), rules }, steps);
  expect([result, state.data['abortKind']]).toEqual(['aborted', 'evidence']);
});

test('a driver that takes over goes on with the readings of the dead one', async () => {
  const rules = rulesOf('error_rate <= 10%');
  const host = await hostWithV1({ v2: { errorRate: 0 } });
  const steps = '20% 60s, 100%';
  const run = (): ReturnType<typeof deploy> => deploy(host, 'v2', { ...by(THRESHOLDS), rules }, steps);
  host.killAt = { call: 40, after: false };
  await expect(run()).rejects.toThrow();
  const left = rolloutData(host.rollout as RolloutState).readings[rules[0]?.text ?? ''];
  const before = left?.readings.length ?? 0;
  expect(before).toBeGreaterThan(1);
  host.killAt = null;
  const { result, state } = await run();
  expect(result).toBe('promoted');
  const after = rolloutData(state).readings[rules[0]?.text ?? ''];
  expect(after?.readings.slice(0, before)).toEqual(left?.readings);
  expect(after?.totals.canary[0]).toBe(host.samples.filter(({ version }) => version === 'v2').length);
});
