/** Numbers that somebody else counted, beside the requests seen here: what the driver asks for, and what it makes of them. */
import { describe, expect, test } from '@jest/globals';
import type { RolloutState } from '@sluice/host/types';
import type { Logger } from '@sluice/runtime/logger';
import { newRollout } from '../src/begin.ts';
import { drive, type DriverOptions, type DriveResult } from '../src/driver.ts';
import { emptyArm, Evidence, type Arm } from '../src/evidence.ts';
import type { Look, Totals } from '../src/evidence-source.ts';
import { HostTarget } from '../src/host-target.ts';
import { parseLiveRules } from '../src/parse-live-rules.ts';
import { parseSteps } from '../src/steps.ts';
import { SimHost, specOf } from './sim-host.ts';

const RULES = parseLiveRules('error_rate no-worse-than stable by 10%', { input: 'analysis', stable: true });

function counted(version: string, n: number, hits: number): Arm {
  return { ...emptyArm(version), requests: n, shares: { error_rate: { n, hits } } };
}

/** Hands out totals only: its requests are seen by nobody else. */
class CountingTarget extends HostTarget {
  looks: Look[] = [];
  readonly #host: SimHost;
  readonly #count: (look: Look, seconds: number) => Totals;

  constructor(host: SimHost, count: (look: Look, seconds: number) => Totals) {
    super(host.client(), () => host.now);
    this.#host = host;
    this.#count = count;
  }

  override observe(after: number, look?: Look): ReturnType<HostTarget['observe']> {
    if (look === undefined) return Promise.resolve({ samples: [], next: after });
    this.looks.push(look);
    const totals = this.#count(look, (this.#host.now - look.since) / 1000);
    return Promise.resolve({ samples: [], next: after, totals });
  }
}

async function rollOut(
  count: (look: Look, seconds: number) => Totals,
  changes: Partial<DriverOptions> = {},
): Promise<DriveResult & { looks: Look[]; lines: string[] }> {
  const host = new SimHost({});
  const target = new CountingTarget(host, count);
  const lines: string[] = [];
  const say = (text: string): void => void lines.push(text);
  const log: Logger = {
    ...{ info: say, notice: say, warning: say, error: say, debug: () => undefined, untrusted: say },
    group: (_, fn) => fn(),
  };
  const options: DriverOptions = {
    ...{ target, rules: RULES.rules, judging: { confidence: 0.95, minSamples: 20 }, log },
    policy: { maxDurationMs: 600_000, onInconclusive: 'rollback', intervalMs: 5_000, requireVerdict: true },
    owner: { pid: 1, startTime: 'x', run: 'run' },
    signal: new AbortController().signal,
    warm: () => Promise.resolve(),
    ending: () => Promise.resolve({ drainMs: 1000, record: null }),
    exclusive: (fn) => fn(),
    now: () => host.now,
    sleep: (ms) => {
      host.pass(ms);
      return Promise.resolve();
    },
    ...changes,
  };
  const start = async (to: string, from: string | null, steps: string): Promise<RolloutState> => {
    const common = { spec: specOf(to), strategy: 'canary' as const, owner: options.owner, record: null };
    const state = newRollout({
      ...common,
      from,
      steps: parseSteps(steps),
      deploymentId: null,
      now: host.now,
    });
    await target.remember(state);
    return state;
  };
  const first = { ...options, policy: { ...options.policy, requireVerdict: false } };
  await drive(await start('v1', null, '100%'), first);
  target.looks = [];
  lines.length = 0;
  const result = await drive(await start('v2', 'v1', '20% 10s, 100%'), options);
  return { ...result, looks: target.looks, lines };
}

const both = (seconds: number, badHits: number): Totals => ({
  arms: { v1: counted('v1', seconds * 8, 0), v2: counted('v2', seconds * 2, badHits) },
  problems: [],
  notes: ['the bar lies between two buckets'],
});

describe('a rollout on totals', () => {
  test('asks for everything since the first user at each look, and is promoted by it', async () => {
    const { result, looks, verdict, lines } = await rollOut((_, seconds) => both(seconds, 0));
    expect(result).toBe('promoted');
    expect(new Set(looks.map(({ since }) => since)).size).toBe(1);
    expect(looks[0]).toMatchObject({ canary: 'v2', stable: 'v1' });
    expect(verdict.canaryRequests).toBeGreaterThan(20);
    expect(lines.filter((line) => line.includes('between two buckets'))).toHaveLength(1);
  });

  test('is taken back by it', async () => {
    const { result, state } = await rollOut((_, seconds) => both(seconds, Math.floor(seconds)));
    expect(result).toBe('aborted');
    expect(state.reason).toMatch(/^broken: error_rate/);
  });

  test('holds while its source is down, however good the numbers before, and goes on afterwards', async () => {
    const down: Totals = { arms: {}, problems: ['Prometheus does not answer'], notes: [] };
    const { result, state, lines } = await rollOut((_, seconds) =>
      seconds > 5 && seconds < 300 ? down : both(seconds, 0),
    );
    expect(result).toBe('promoted');
    expect((state.data['weights'] as { at: number }[]).map(({ at }) => at - state.startedAt)).toEqual([
      0, 300_000,
    ]);
    expect(lines.filter((line) => line === 'no data: Prometheus does not answer')).toHaveLength(1);
  });

  test('whose source stays away is rolled back at max-duration, with the reason', async () => {
    const down: Totals = { arms: {}, problems: ['Prometheus does not answer'], notes: [] };
    const { result, state } = await rollOut(() => down);
    expect(result).toBe('aborted');
    expect(state.reason).toBe('undecided after `max-duration`: no data: Prometheus does not answer');
  });
});

test('one measure for both arms: what the totals have of one version is not read from samples of the other', () => {
  const evidence = new Evidence();
  const base = { seq: 1, at: 5, track: 'stable' as const, complete: true, clientGone: false, probe: false };
  const answer = { ttftMs: 80, e2eMs: 200, interChunkMs: null, outputTokens: 5, answer: 'ok' as const };
  evidence.add([
    { ...base, ...answer, version: 'v1', status: 200 },
    { ...base, ...answer, version: 'v2', status: 500 },
  ]);
  evidence.setTotals({ v2: counted('v2', 50, 1) });
  expect(evidence.arm('v2')).toMatchObject({ requests: 50, shares: { error_rate: { n: 50, hits: 1 } } });
  expect(evidence.arm('v1').requests).toBe(0);
  expect(evidence.arm('v1').shares['error_rate']).toBeUndefined();
  // Of empty answers the totals know nothing: the samples stand.
  expect(evidence.arm('v1').shares['empty_rate']).toEqual({ n: 1, hits: 0 });
  evidence.setTotals({});
  expect(evidence.arm('v2').shares['error_rate']).toEqual({ n: 1, hits: 1 });
});
