/**
 * A program, not a test: jest's module sandbox makes this arithmetic ten times slower than plain Node does.
 * How often an equal release is taken back, and how soon a bad one is found: seeded simulations of requests, judged
 * at every look as a rollout does. Numbers of requests are those of the new version (its arm alone).
 */
import type { RequestSample } from '@sluice/host/types';
import { judge, type Verdict } from '../src/analysis.ts';
import { Evidence } from '../src/evidence.ts';
import { DEFAULT_ANALYSIS } from '../src/live-rules.ts';
import { parseLiveRules } from '../src/parse-live-rules.ts';
import { mulberry32 } from './sim-host.ts';
import { SCENARIOS, simulate } from './simulated-arms.ts';

interface Truth {
  errors: number;
  loops: number;
  empties: number;
  ttftMs: number;
}

const GOOD: Truth = { errors: 0.01, loops: 0.02, empties: 0.01, ttftMs: 100 };

function sample(version: string, truth: Truth, random: () => number): RequestSample {
  const error = random() < truth.errors;
  const kind = random();
  // Log-normal with sigma 0.35, as measured latencies of model servers are.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return {
    seq: 0,
    at: 0,
    version,
    track: 'stable',
    status: error ? 500 : 200,
    complete: true,
    clientGone: false,
    ttftMs: error ? null : truth.ttftMs * Math.exp(0.35 * normal),
    e2eMs: 500,
    interChunkMs: null,
    outputTokens: 20,
    answer: error
      ? null
      : kind < truth.loops
        ? 'looping'
        : kind < truth.loops + truth.empties
          ? 'empty'
          : 'ok',
    probe: false,
  };
}

/** Looks until the verdict is fail, at most `looks` times, with `perLook` requests to each arm before each look. */
function rollout(
  seed: number,
  text: string,
  truth: Truth,
  perLook: number,
  looks: number,
): { overall: Verdict['overall']; requests: number } {
  const optional = text === DEFAULT_ANALYSIS;
  const { rules } = parseLiveRules(text, { input: 'analysis', stable: true, optional });
  const random = mulberry32(seed);
  const evidence = new Evidence();
  let verdict: Verdict | undefined;
  for (let look = 0; look < looks; look += 1) {
    for (let i = 0; i < perLook; i += 1)
      evidence.add([sample('v2', truth, random), sample('v1', GOOD, random)]);
    verdict = judge(rules, evidence.arm('v2'), evidence.arm('v1'), { confidence: 0.95, minSamples: 20 });
    if (verdict.overall === 'fail') break;
  }
  return { overall: verdict?.overall ?? 'no-data', requests: verdict?.canaryRequests ?? 0 };
}

/** Sorted numbers of requests after which the runs failed; those that never did are left out. */
function detection(text: string, truth: Truth, runs: number, perLook: number, looks: number): number[] {
  return Array.from({ length: runs }, (_, seed) => rollout(seed + 1, text, truth, perLook, looks))
    .filter(({ overall }) => overall === 'fail')
    .map(({ requests }) => requests)
    .sort((a, b) => a - b);
}

const shares = ['error_rate', 'loop_rate', 'empty_rate', 'ttft_ms', 'rejected_rate'];
const noMargin = shares.map((name) => `${name} no-worse-than stable`).join('\n');
const bad = (change: Partial<Truth>, perLook: number): number[] =>
  detection(DEFAULT_ANALYSIS, { ...GOOD, ...change }, 40, perLook, Math.ceil(1000 / perLook));

process.stdout.write(
  JSON.stringify({
    equal: detection(DEFAULT_ANALYSIS, GOOD, 100, 10, 60),
    equalWithoutMargin: detection(noMargin, GOOD, 100, 10, 60),
    loops: bad({ loops: 0.6 }, 5),
    errors: bad({ errors: 0.1 }, 20),
    slow: bad({ ttftMs: 200 }, 10),
    dead: bad({ errors: 1 }, 5),
    bars: SCENARIOS.filter(({ atLeast, looks }) => atLeast !== undefined && looks <= 60).map(
      (scenario, index) => simulate(scenario, 40, index + 1).taken,
    ),
  }),
);
