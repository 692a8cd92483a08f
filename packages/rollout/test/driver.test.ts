/** The whole rollout against a host in memory, and its driver killed before and after every single call. */
import { describe, expect, test } from '@jest/globals';
import { InfraError } from '@sluice/runtime/errors';
import { takeOver } from '../src/begin.ts';
import { deploy, hostWithV1, options, POLICY, running } from './sim-deploy.ts';
import { Killed, type Behaviour } from './sim-host.ts';

describe('a rollout', () => {
  test('of an equal version goes through its steps and is promoted', async () => {
    const host = await hostWithV1();
    const { result, state, verdict } = await deploy(host, 'v2');
    expect(result).toBe('promoted');
    expect(verdict.overall).toBe('pass');
    expect((state.data['weights'] as { weight: number }[]).map(({ weight }) => weight)).toEqual([
      0.2, 0.5, 1,
    ]);
    expect([host.stable, host.canary, running(host), host.lost]).toEqual(['v2', null, ['v2'], 0]);
    expect(host.history.map(({ event, version }) => `${event} ${version}`)).toEqual([
      'deployed v1',
      'promoted v2',
    ]);
  });

  test.each<[string, Behaviour]>([
    ['loops', { loopRate: 0.6 }],
    ['answers with errors', { errorRate: 0.5 }],
  ])('of a version that %s is taken back and quarantined', async (_, bad) => {
    const host = await hostWithV1({ v2: bad });
    const { result, state, verdict } = await deploy(host, 'v2');
    expect([result, state.data['abortKind'], verdict.overall]).toEqual(['aborted', 'evidence', 'fail']);
    expect([host.stable, running(host), host.lost]).toEqual(['v1', ['v1'], 0]);
    expect(host.quarantine.map(({ releaseDigest }) => releaseDigest)).toEqual(['sha256:v2']);
    // Found at the first share, not after it had been given all.
    expect(state.stepIndex).toBe(0);
  });

  test('without traffic is neither passed nor failed: rolled back at max-duration, or held', async () => {
    const host = await hostWithV1();
    (host as { perSecond: number }).perSecond = 0;
    const back = await deploy(host, 'v2');
    expect([back.result, back.state.data['abortKind'], back.verdict.overall]).toEqual([
      'aborted',
      'undecided',
      'no-data',
    ]);
    expect(host.quarantine).toEqual([]);

    const held = await deploy(host, 'v3', { policy: { ...POLICY, onInconclusive: 'hold' } });
    expect([held.result, host.rollout?.phase]).toEqual(['held', 'stepping']);
    expect(host.servers.get('v3')?.weight).toBeCloseTo(0.2);
    // Users come back: the next run of the same release goes on, and ends it.
    (host as { perSecond: number }).perSecond = 20;
    const policy = { ...POLICY, maxDurationMs: 10 * POLICY.maxDurationMs };
    expect((await deploy(host, 'v3', { policy })).result).toBe('promoted');
  });

  test('of a version that does not start, or fails its warm-up, touches no user', async () => {
    const host = await hostWithV1({ v2: { failsToStart: true } });
    const result = await deploy(host, 'v2');
    expect([result.state.data['abortKind'], result.state.data['weights']]).toEqual(['not-started', []]);
    expect(result.state.reason).toMatch(/v2 did not start: v2 won't start/);
    const cold = await deploy(host, 'v3', { warm: () => Promise.reject(new InfraError('status 500')) });
    expect(cold.state.reason).toMatch(/v3 failed its warm-up: status 500/);
    expect([host.stable, running(host), host.lost]).toEqual(['v1', ['v1'], 0]);
  });

  test('whose server dies is taken back', async () => {
    const host = await hostWithV1();
    const o = {
      sleep: (ms: number): Promise<void> => {
        host.pass(ms);
        const server = host.servers.get('v2');
        if (server !== undefined) server.phase = 'failed';
        const stable = host.servers.get('v1');
        if (stable !== undefined) stable.weight = 1;
        if (server !== undefined) server.weight = 0;
        return Promise.resolve();
      },
    };
    const { result, state } = await deploy(host, 'v2', o);
    expect([result, state.data['abortKind'], host.stable]).toEqual(['aborted', 'died', 'v1']);
  });

  test('that is cancelled gives the traffic back before it ends', async () => {
    const host = await hostWithV1();
    const controller = new AbortController();
    const sleep = (ms: number): Promise<void> => {
      host.pass(ms);
      controller.abort(new InfraError('cancelled by SIGTERM'));
      return Promise.resolve();
    };
    await expect(deploy(host, 'v2', { sleep, signal: controller.signal })).rejects.toThrow(
      'cancelled by SIGTERM',
    );
    expect([host.stable, host.rollout?.phase, running(host), host.quarantine]).toEqual([
      'v1',
      'aborted',
      ['v1'],
      [],
    ]);
  });
});

describe('a driver that is killed', () => {
  async function callsOf(behaviour: Record<string, Behaviour>): Promise<number> {
    const host = await hostWithV1(behaviour);
    await deploy(host, 'v2');
    return host.calls;
  }

  test.each<[string, Record<string, Behaviour>, string]>([
    ['a good release', {}, 'v2'],
    ['a bad release', { v2: { loopRate: 0.7 } }, 'v1'],
  ])(
    'at any call, while it deploys %s: the next run ends it, no request is lost',
    async (_, behaviour, winner) => {
      const total = await callsOf(behaviour);
      expect(total).toBeGreaterThan(20);
      for (let call = 1; call <= total; call += 1) {
        // Dead after one call is dead before the next: only before the first there is one state more.
        for (const after of call === 1 ? [false, true] : [true]) {
          const host = await hostWithV1(behaviour);
          host.killAt = { call, after };
          await expect(deploy(host, 'v2')).rejects.toThrow(Killed);
          host.killAt = null;
          host.pass(3_000);
          if (
            host.rollout?.to !== 'v2' ||
            host.rollout.phase === 'aborted' ||
            host.rollout.phase === 'done'
          ) {
            // Nothing was on record yet, or it had ended already: a new deploy would be a new rollout.
            if (host.rollout?.phase === 'done' && host.rollout.to === 'v2') expect(host.stable).toBe('v2');
            continue;
          }
          await deploy(host, 'v2');
          expect({ call, after, stable: host.stable, running: running(host) }).toEqual({
            call,
            after,
            stable: winner,
            running: [winner],
          });
          expect(host.lost).toBe(0);
          const told = host.history.filter(({ version }) => version === 'v2');
          expect(told).toHaveLength(1);
        }
      }
    },
  );

  test('at any call, and then another release comes: the half-done one is undone or finished first', async () => {
    const total = await callsOf({});
    for (let call = 1; call <= total; call += 3) {
      const host = await hostWithV1();
      host.killAt = { call, after: true };
      await expect(deploy(host, 'v2')).rejects.toThrow(Killed);
      host.killAt = null;
      host.pass(3_000);
      await deploy(host, 'v3');
      expect({ call, stable: host.stable, running: running(host), lost: host.lost }).toEqual({
        call,
        stable: 'v3',
        running: ['v3'],
        lost: 0,
      });
    }
  });

  test('may not be overtaken while it lives; abort may take the rollout away', async () => {
    const host = await hostWithV1();
    const { thisOwner } = await import('../src/owner.ts');
    const living = { ...(await thisOwner('the other run')), pid: process.ppid };
    const { processStartTime } = await import('@sluice/runtime/files');
    living.startTime = (await processStartTime(process.ppid)) ?? '';
    const sleepOnce = { count: 0 };
    const sleep = async (ms: number): Promise<void> => {
      host.pass(ms);
      if (sleepOnce.count++ > 0) return;
      await expect(deploy(host, 'v3')).rejects.toThrow(
        /is driven by process \d+ of the other run, which is alive/,
      );
      const ended = await takeOver('abort', null, options(host));
      expect(ended.kind === 'ended' && ended.result.state.data['abortKind']).toBe('operator');
    };
    await expect(deploy(host, 'v2', { owner: living, sleep })).rejects.toThrow(
      /was taken over by another run/,
    );
    expect([host.stable, running(host), host.rollout?.phase]).toEqual(['v1', ['v1'], 'aborted']);
  });
});
