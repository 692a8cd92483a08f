/** Strategies as data: what inputs become, and what the one machine makes of them, its drivers killed at every call. */
import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@sluice/runtime/errors';
import { takeOver } from '../src/begin.ts';
import { drive, type DriverOptions } from '../src/driver.ts';
import { approve } from '../src/machine.ts';
import { courseOf, type StrategyInputs } from '../src/strategies.ts';
import { deploy, hostWithV1, options, POLICY, RULES, running } from './sim-deploy.ts';
import { Killed, type Behaviour, type SimHost } from './sim-host.ts';

const mark = { header: 'x-sluice-preview', value: 'true' };

describe('courseOf', () => {
  test.each<[StrategyInputs, object[]]>([
    [
      { strategy: 'canary', steps: '5% pause, 100%' },
      [
        { weight: 0.05, holdMs: 0, ends: 'gate' },
        { weight: 1, holdMs: 0 },
      ],
    ],
    [{ strategy: 'rolling', steps: '5% 5m, 100% 1m' }, [{ weight: 1, holdMs: 60_000 }]],
    [
      { strategy: 'blue-green' },
      [
        { weight: 0, holdMs: 0, mark, pods: 1 },
        { weight: 1, holdMs: 600_000 },
      ],
    ],
    [
      { strategy: 'blue-green', steps: 'preview pause, 100% 1m', cookie: 'beta=yes' },
      [
        { weight: 0, holdMs: 0, ends: 'gate', mark: { cookie: 'beta', value: 'yes' }, pods: 1 },
        { weight: 1, holdMs: 60_000 },
      ],
    ],
    [
      { strategy: 'ab', header: 'x-beta', duration: 1_000 },
      [
        {
          weight: 0,
          mark: { header: 'x-beta', value: 'always' },
          pods: 0.5,
          holdMs: 1_000,
          ends: 'decision',
        },
        { weight: 1, holdMs: 0 },
      ],
    ],
    [
      { strategy: 'ab', split: '80/20', sticky: true, header: 'x-user', duration: 1_000 },
      [
        { weight: 0.2, holdMs: 1_000, ends: 'decision', sticky: { by: 'header', name: 'x-user' } },
        { weight: 1, holdMs: 0 },
      ],
    ],
    [
      { strategy: 'shadow', steps: '10% 1m, 50% 2m' },
      [
        { weight: 0, mirror: 0.1, pods: 0.1, holdMs: 60_000 },
        { weight: 0, mirror: 0.5, pods: 0.5, holdMs: 120_000, ends: 'report' },
      ],
    ],
  ])('%j', (inputs, steps) => expect(courseOf(inputs)).toEqual(steps));

  test.each<[StrategyInputs, RegExp]>([
    [
      { strategy: 'canary', header: 'x-beta' },
      /`header` = "x-beta" is only read with `strategy: ab` or `blue-green`/,
    ],
    [{ strategy: 'shadow', split: '50/50' }, /`split` = "50\/50" is only read with `strategy: ab`/],
    [{ strategy: 'ab' }, /needs to know who gets the new version/],
    [{ strategy: 'ab', header: 'a', cookie: 'b' }, /`header` and `cookie`: requests are told apart by one/],
    [{ strategy: 'ab', header: 'x beta' }, /`header` = "x beta" is no name/],
    [{ strategy: 'ab', split: '50/60' }, /`split` = "50\/60" must be the percent/],
    [{ strategy: 'ab', header: 'x-beta', sticky: true }, /`sticky` needs `split`/],
    [
      { strategy: 'ab', split: '50/50', header: 'x-user' },
      /`header` beside `split` tells users apart for `sticky: true`/,
    ],
    [{ strategy: 'ab', split: '50/50', steps: '100%' }, /`steps` = "100%": `strategy: ab` keeps one split/],
    [{ strategy: 'blue-green', steps: '5%, 100%' }, /shows the new version and switches once/],
    [{ strategy: 'canary', steps: 'preview, 100%' }, /`preview` is the first step of `strategy: blue-green`/],
    [{ strategy: 'shadow', steps: '20% pause' }, /`strategy: shadow` moves none/],
  ])('%j', (inputs, fault) => {
    expect(() => courseOf(inputs)).toThrow(ConfigError);
    expect(() => courseOf(inputs)).toThrow(fault);
  });
});

const course = (
  strategy: StrategyInputs['strategy'],
  rest: Partial<StrategyInputs> = {},
): ReturnType<typeof courseOf> => courseOf({ strategy, ...rest });
const DECIDE = {
  ...RULES[0],
  text: 'ttft',
  metric: 'ttft_ms',
  measure: { kind: 'mean' },
  decides: true,
} as never as (typeof RULES)[0];
const better = {
  ...DECIDE,
  test: { kind: 'relative', op: 'better-than', margin: 0.05, marginKind: 'share' },
} as typeof DECIDE;

async function seen(
  host: SimHost,
  version: string,
  rest: Partial<DriverOptions>,
  steps: Parameters<typeof deploy>[3],
): Promise<unknown[]> {
  const { result, state } = await deploy(host, version, rest, steps);
  return [result, state.data['abortKind'], host.stable, running(host), host.arrangement, host.lost];
}

describe('blue-green', () => {
  test('is shown to who asks for it, then gets all users at once, and goes back as fast', async () => {
    const host = await hostWithV1({ v3: { errorRate: 0.5 } });
    host.served = {};
    const { result, state } = await deploy(
      host,
      'v2',
      {},
      course('blue-green', { steps: 'preview 10s, 100% 10s' }),
    );
    expect([result, (state.data['weights'] as { weight: number }[]).map(({ weight }) => weight)]).toEqual([
      'promoted',
      [0, 1],
    ]);
    expect([host.stable, running(host), host.arrangement, host.lost]).toEqual(['v2', ['v2'], null, 0]);
    host.marked = 0.05;
    host.served = {};
    const back = await seen(host, 'v3', {}, course('blue-green', { steps: 'preview 10s, 100% 10s' }));
    expect(back).toEqual(['aborted', 'evidence', 'v2', ['v2'], null, 0]);
    // Only who asked for the preview has met it.
    expect((host.served['v3'] ?? 0) / ((host.served['v2'] ?? 0) + (host.served['v3'] ?? 0))).toBeLessThan(
      0.1,
    );
  });

  test('waits at its gate for a person, for days, and switches then', async () => {
    const host = await hostWithV1();
    const gated = await deploy(host, 'v2', {}, course('blue-green', { steps: 'preview pause, 100% 10s' }));
    expect([gated.result, host.rollout?.phase, host.arrangement?.mark]).toEqual(['gated', 'stepping', mark]);
    expect(gated.state.reason).toBe('v2 waits for `operation: promote` at step 1 of 2');
    host.now += 100_000_000;
    const o = options(host);
    const left = await takeOver('promote', null, o);
    if (left.kind !== 'continue') throw new Error(left.kind);
    const state = approve(left.state, 'promoted by hand', host.now);
    await o.target.remember(state);
    const ended = await drive(state, o);
    expect([ended.result, ended.state.reason, host.stable]).toEqual(['promoted', 'promoted by hand', 'v2']);
    expect([running(host), host.arrangement, host.lost]).toEqual([['v2'], null, 0]);
  });
});

describe('ab', () => {
  const byHeader = course('ab', { header: 'x-beta', duration: 20_000 });
  test.each<[string, Behaviour, unknown[]]>([
    ['the better one wins', { ttftMs: 60 }, ['promoted', null, 'v2', ['v2'], null, 0]],
    ['the one that is no better is ended', { ttftMs: 101 }, ['aborted', 'decided', 'v1', ['v1'], null, 0]],
    [
      'what breaks a rule loses, however fast',
      { ttftMs: 60, loopRate: 0.6 },
      ['aborted', 'evidence', 'v1', ['v1'], null, 0],
    ],
  ])('by header: %s', async (_, behaviour, ends) => {
    const host = await hostWithV1({ v2: behaviour });
    expect(await seen(host, 'v2', { rules: [...RULES, better] }, byHeader)).toEqual(ends);
  });

  test('by share: answers that get lost on one side are an error, not a winner', async () => {
    const host = await hostWithV1({ v2: { ttftMs: 60 } });
    host.vanishing = 0.3;
    const split = course('ab', { split: '50/50', duration: 600_000 });
    const { result, state } = await deploy(host, 'v2', { rules: [...RULES, better] }, split);
    expect([result, state.data['abortKind'], host.stable]).toEqual(['aborted', 'mismatch', 'v1']);
    expect(state.reason).toMatch(
      /^sample-ratio mismatch: v2 has \d+ of \d+ requests, and 50% were meant \(chi-square [\d.]+, p [\de.-]+;/,
    );
  });
});

describe('shadow', () => {
  const copies = course('shadow', { steps: '20% 10s, 50% 10s' });
  test.each<[Behaviour, unknown[]]>([
    [{}, ['aborted', 'reported', 'v1', ['v1'], null, 0]],
    [{ errorRate: 0.5 }, ['aborted', 'evidence', 'v1', ['v1'], null, 0]],
  ])('%j ends with its verdict, and no user has met it', async (behaviour, ends) => {
    const host = await hostWithV1({ v2: behaviour });
    expect(await seen(host, 'v2', {}, copies)).toEqual(ends);
    expect(host.served['v2']).toBeUndefined();
  });
});

describe('a driver that is killed at any call', () => {
  const cases: [string, ReturnType<typeof courseOf>, string][] = [
    ['blue-green', course('blue-green', { steps: 'preview 5s, 100% 5s' }), 'v2'],
    ['ab', course('ab', { header: 'x-beta', duration: 5_000 }), 'v2'],
    ['shadow', course('shadow', { steps: '50% 5s' }), 'v1'],
  ];
  test.each(cases)('of %s: the next run ends it, and nothing is left arranged', async (_, steps, winner) => {
    const whole = await hostWithV1();
    const start = whole.calls;
    await deploy(whole, 'v2', {}, steps);
    const total = whole.calls - start;
    expect(total).toBeGreaterThan(20);
    for (let call = 1; call <= total; call += 1) {
      const host = await hostWithV1();
      host.killAt = { call, after: call % 2 === 0 };
      await expect(deploy(host, 'v2', {}, steps)).rejects.toThrow(Killed);
      host.killAt = null;
      await deploy(host, 'v2', { policy: POLICY }, steps).catch((error: unknown) => {
        if ((error as Error).message !== 'already serves') throw error;
      });
      const left = [host.stable, running(host), host.arrangement, host.lost];
      expect([call, ...left]).toEqual([call, winner, [winner], null, 0]);
    }
  });
});
