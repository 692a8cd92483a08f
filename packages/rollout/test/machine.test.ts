import { describe, expect, test } from '@jest/globals';
import type { RolloutState } from '@sluice/host/types';
import type { Verdict } from '../src/analysis.ts';
import { inherit, nextMove, type RolloutPolicy, type View } from '../src/machine.ts';

const POLICY: RolloutPolicy = {
  maxDurationMs: 60_000,
  onInconclusive: 'rollback',
  intervalMs: 2_000,
  requireVerdict: true,
};

function state(changes: Partial<RolloutState> = {}): RolloutState {
  return {
    id: 'r',
    from: 'v1',
    to: 'v2',
    strategy: 'canary',
    steps: [
      { weight: 0.1, holdMs: 10_000 },
      { weight: 0.5, holdMs: 10_000 },
      { weight: 1, holdMs: 0 },
    ],
    stepIndex: 0,
    stepStartedAt: 0,
    startedAt: 0,
    phase: 'stepping',
    owner: null,
    reason: '',
    data: { releaseDigest: 'sha256:v2' },
    ...changes,
  };
}

function verdict(overall: Verdict['overall'], enough = true): Verdict {
  const status = overall === 'no-data' ? 'no-data' : overall;
  const rule = {
    rule: 'loop_rate <= 5%',
    metric: 'loop_rate',
    status,
    warn: false,
    canary: null,
    stable: null,
    needed: null,
  } as const;
  return { overall, rules: [rule], canaryRequests: 9, stableRequests: 9, enough, problems: [] };
}

const up = (weight: number): View => ({ canary: 'ready', weight });

describe('while stepping', () => {
  test.each<[string, Partial<RolloutState>, View, Verdict, number, string, object]>([
    [
      'holds until its time is up',
      {},
      up(0.1),
      verdict('inconclusive'),
      9_000,
      'stepping',
      { kind: 'wait', ms: 1_000 },
    ],
    [
      'looks at least every interval',
      {},
      up(0.1),
      verdict('inconclusive'),
      1_000,
      'stepping',
      { kind: 'wait', ms: 2_000 },
    ],
    [
      'sets a weight that was on record but never set',
      {},
      up(0),
      verdict('inconclusive'),
      1_000,
      'stepping',
      { kind: 'set-weight', weight: 0.1 },
    ],
    [
      'an early step goes on undecided',
      {},
      up(0.1),
      verdict('inconclusive'),
      10_000,
      'stepping',
      { kind: 'set-weight', weight: 0.5 },
    ],
    [
      'but not with fewer requests than min-samples',
      {},
      up(0.1),
      verdict('inconclusive', false),
      10_000,
      'stepping',
      { kind: 'wait', ms: 2_000 },
    ],
    [
      'the step to 100 % waits for every rule',
      { stepIndex: 1 },
      up(0.5),
      verdict('inconclusive'),
      10_000,
      'stepping',
      { kind: 'wait', ms: 2_000 },
    ],
    [
      'missing data is no pass',
      { stepIndex: 1 },
      up(0.5),
      verdict('no-data'),
      10_000,
      'stepping',
      { kind: 'wait', ms: 2_000 },
    ],
    [
      'and goes on when all pass',
      { stepIndex: 1 },
      up(0.5),
      verdict('pass'),
      10_000,
      'stepping',
      { kind: 'set-weight', weight: 1 },
    ],
    [
      'the last step is followed by the promotion',
      { stepIndex: 2 },
      up(1),
      verdict('pass'),
      0,
      'promoting',
      { kind: 'promote' },
    ],
    ['a breach ends it at once', {}, up(0.1), verdict('fail'), 100, 'aborting', { kind: 'abort' }],
    ['a breach at 100 % too', { stepIndex: 2 }, up(1), verdict('fail'), 100, 'aborting', { kind: 'abort' }],
    [
      'a dead server ends it',
      {},
      { canary: 'failed', weight: 0.1 },
      verdict('inconclusive'),
      100,
      'aborting',
      { kind: 'abort' },
    ],
    [
      'a vanished server ends it',
      {},
      { canary: 'absent', weight: 0 },
      verdict('inconclusive'),
      100,
      'aborting',
      { kind: 'abort' },
    ],
    [
      'a slow one is waited for',
      {},
      { canary: 'starting', weight: 0.1 },
      verdict('inconclusive'),
      100,
      'stepping',
      { kind: 'wait', ms: 2_000 },
    ],
    [
      'undecided at max-duration is taken back',
      { stepIndex: 1 },
      up(0.5),
      verdict('inconclusive'),
      60_000,
      'aborting',
      { kind: 'abort' },
    ],
    [
      'never waits beyond max-duration',
      { stepIndex: 1 },
      up(0.5),
      verdict('inconclusive'),
      59_500,
      'stepping',
      { kind: 'wait', ms: 500 },
    ],
  ])('%s', (_, changes, view, judged, now, phase, action) => {
    const move = nextMove(state(changes), view, judged, POLICY, now);
    expect([move.state.phase, move.action]).toEqual([phase, action]);
  });

  test('undecided at max-duration is held when asked so, and says what is open', () => {
    const move = nextMove(
      state({ stepIndex: 1 }),
      up(0.5),
      verdict('no-data'),
      { ...POLICY, onInconclusive: 'hold' },
      60_000,
    );
    expect(move.action).toEqual({ kind: 'end', result: 'held' });
    expect(move.state.phase).toBe('stepping');
    expect(move.why).toMatch(/open: loop_rate <= 5% \(no data\)/);
  });

  test('without rules, health and time decide', () => {
    const move = nextMove(
      state({ stepIndex: 1 }),
      up(0.5),
      verdict('no-data', false),
      { ...POLICY, requireVerdict: false },
      10_000,
    );
    expect(move.action).toEqual({ kind: 'set-weight', weight: 1 });
  });
});

describe('before the first user', () => {
  test.each<[string, Partial<RolloutState>, View, string, object]>([
    ['starts', { phase: 'preparing' }, { canary: 'absent', weight: 0 }, 'preparing', { kind: 'start' }],
    [
      'joins a start',
      { phase: 'preparing' },
      { canary: 'starting', weight: 0 },
      'preparing',
      { kind: 'start' },
    ],
    ['warms', { phase: 'preparing' }, up(0), 'warming', { kind: 'warm' }],
    ['warms again after a death', { phase: 'warming' }, up(0), 'warming', { kind: 'warm' }],
    [
      'steps when warm',
      { phase: 'warming', data: { warmed: true } },
      up(0),
      'stepping',
      { kind: 'set-weight', weight: 0.1 },
    ],
    [
      'starts again what died while warming',
      { phase: 'warming' },
      { canary: 'absent', weight: 0 },
      'preparing',
      { kind: 'start' },
    ],
    [
      'ends what does not start',
      { phase: 'preparing' },
      { canary: 'failed', weight: 0 },
      'aborting',
      { kind: 'abort' },
    ],
  ])('%s', (_, changes, view, phase, action) => {
    const move = nextMove(state(changes), view, verdict('no-data', false), POLICY, 5);
    expect([move.state.phase, move.action]).toEqual([phase, action]);
  });
});

describe('a rollout that is found half-done', () => {
  test.each<[string, Partial<RolloutState> | null, 'deploy' | 'promote' | 'abort', string | null, string]>([
    ['nothing', null, 'deploy', 'sha256:v2', 'none'],
    ['one that had ended', { phase: 'done' }, 'deploy', 'sha256:v2', 'none'],
    ['the same release', {}, 'deploy', 'sha256:v2', 'continue'],
    ['another release', {}, 'deploy', 'sha256:v3', 'undo'],
    ['an abort', {}, 'abort', null, 'undo'],
    ['a promotion by hand', {}, 'promote', null, 'continue'],
    ['half-promoted, another release', { phase: 'promoting' }, 'deploy', 'sha256:v3', 'finish'],
    ['half-promoted, an abort', { phase: 'promoting' }, 'abort', null, 'finish'],
    ['half-aborted, the same release', { phase: 'aborting' }, 'deploy', 'sha256:v2', 'finish'],
    ['a rollback, another release', { strategy: 'rollback' }, 'deploy', 'sha256:v3', 'finish'],
    ['a rollback, an abort', { strategy: 'rollback' }, 'abort', null, 'finish'],
  ])('%s', (_, found, operation, digest, heir) => {
    expect(inherit(found === null ? null : state(found), operation, digest)).toBe(heir);
  });
});
