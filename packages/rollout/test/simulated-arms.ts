/** Simulated rollouts on counts: requests whose truth is known, judged at every look as a rollout does. */
import { judge } from '../src/analysis.ts';
import { count, emptyArm, include, type Arm } from '../src/evidence.ts';
import { DEFAULT_ANALYSIS, type LiveRule } from '../src/live-rules.ts';
import { parseLiveRules } from '../src/parse-live-rules.ts';
import { mulberry32 } from './sim-host.ts';

/** Rates of each share; mean of a log-normal time to the first token with sigma 0.35, as measured latencies have. */
export interface Truth {
  shares: Record<string, number>;
  ttftMs: number;
}

/** One errs as the others do: seldom, often, and in between. */
export const GOOD: Truth = {
  shares: { error_rate: 0.01, rejected_rate: 0.02, empty_rate: 0.005, loop_rate: 0.05 },
  ttftMs: 300,
};
const SIGMA = 0.35;

export interface Scenario {
  name: string;
  /** Empty: the default analysis. */
  rules?: string;
  stable?: Truth;
  canary?: Truth;
  looks: number;
  /** Requests of the new version and of stable before each look; by default ten of each, one a second. */
  perLook?: (look: number) => [number, number];
  /** Share of rollouts taken back: at most, or at least. */
  atMost?: number;
  atLeast?: number;
}

const rise = (from: number, to: number, minutes: number): Scenario => ({
  name: `error rate ${from * 100} to ${to * 100} %, ${minutes} minutes`,
  stable: { ...GOOD, shares: { ...GOOD.shares, error_rate: from } },
  canary: { ...GOOD, shares: { ...GOOD.shares, error_rate: to } },
  looks: minutes * 6,
  atLeast: 0.9,
});

const FIVE = ['error_rate', 'rejected_rate', 'empty_rate', 'loop_rate', 'ttft_ms'];
const NO_MARGIN = FIVE.map((name) => `${name} no-worse-than stable`).join('\n');

export const SCENARIOS: readonly Scenario[] = [
  { name: 'equal, default rules, 60 looks', looks: 60, atMost: 0.01 },
  {
    name: 'equal, default rules, share moved 5, 25, 50 %',
    looks: 60,
    perLook: (look) => (look < 20 ? [2, 38] : look < 40 ? [10, 30] : [20, 20]),
    atMost: 0.01,
  },
  { name: 'equal, five rules without margin', rules: NO_MARGIN, looks: 60, atMost: 0.05 },
  rise(0, 0.05, 6),
  rise(0.01, 0.1, 6),
  rise(0.02, 0.12, 6),
  rise(0.05, 0.15, 10),
  rise(0.02, 0.06, 20),
  rise(0.01, 0.03, 40),
  {
    name: 'first token 20 % later, 30 minutes, rule with a margin of 10 %',
    rules: `${FIVE.slice(0, 4)
      .map((name) => `${name} no-worse-than stable by 5%`)
      .join('\n')}\nttft_ms no-worse-than stable by 10%`,
    canary: { ...GOOD, ttftMs: GOOD.ttftMs * 1.2 },
    looks: 180,
    atLeast: 0.8,
  },
];

/** Share of `runs` rollouts that were taken back, and the median look at which they were. */
export function simulate(scenario: Scenario, runs: number, seed: number): { taken: number; median: number } {
  const text = scenario.rules ?? DEFAULT_ANALYSIS;
  const optional = scenario.rules === undefined;
  const { rules } = parseLiveRules(text, { input: 'analysis', stable: true, optional });
  const looks: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const at = takenAt(rules, scenario, mulberry32(seed * 1_000_003 + run * 7919));
    if (at !== undefined) looks.push(at);
  }
  looks.sort((a, b) => a - b);
  return { taken: looks.length / runs, median: looks[Math.floor(looks.length / 2)] ?? NaN };
}

function takenAt(rules: readonly LiveRule[], scenario: Scenario, random: () => number): number | undefined {
  const { stable = GOOD, canary = GOOD, perLook = () => [10, 10] } = scenario;
  const arms = { v1: emptyArm('v1'), v2: emptyArm('v2') };
  for (let look = 0; look < scenario.looks; look += 1) {
    const [mine, theirs] = perLook(look);
    serve(arms.v2, canary, mine, random);
    serve(arms.v1, stable, theirs, random);
    const verdict = judge(rules, arms.v2, arms.v1, { confidence: 0.95, minSamples: 20 });
    if (verdict.overall === 'fail') return look + 1;
  }
  return undefined;
}

function serve(arm: Arm, truth: Truth, requests: number, random: () => number): void {
  const times = (arm.values['ttft_ms'] ??= { n: 0, mean: 0, variance: 0 });
  for (let i = 0; i < requests; i += 1) {
    arm.requests += 1;
    for (const [metric, rate] of Object.entries(truth.shares))
      count((arm.shares[metric] ??= { n: 0, hits: 0 }), random() < rate);
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    include(times, truth.ttftMs * Math.exp(SIGMA * normal - SIGMA ** 2 / 2));
  }
}
