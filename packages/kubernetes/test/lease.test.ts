import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@sluice/kubernetes/connect';
import { Lease, LeaseHeldError, type LeaseOptions, withLease } from '@sluice/kubernetes/lease';
import { decideLease, observe } from '@sluice/kubernetes/lease-decision';
import type { KubeApi } from '@sluice/kubernetes/types';
import { plainLogger } from '@sluice/runtime/logger';
import { type KubeApiServer, startKubeApi } from '@sluice/testing/kube-api/server';

let server: KubeApiServer;
let api: KubeApi;
const { signal } = new AbortController();
const log = plainLogger(() => undefined);
const by = (holder: string, name: string, more: Partial<LeaseOptions> = {}): LeaseOptions => ({
  name,
  holder,
  durationMs: 1000,
  log,
  signal,
  ...more,
});
const holderOf = async (name: string): Promise<unknown> =>
  (
    (await api.get({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name }))?.['spec'] as {
      holderIdentity?: string;
    }
  ).holderIdentity;

beforeAll(async () => {
  server = await startKubeApi();
  api = await connect({ kubeconfig: server.kubeconfig, log, signal, patienceMs: 2000 });
});
afterAll(async () => {
  await api.close();
  await server.close();
});

describe('who may take it', () => {
  const held = { holderIdentity: 'other', leaseDurationSeconds: 30, leaseTransitions: 4 };
  // A clock that is years off, on either side, plays no part.
  const spec = { ...held, renewTime: '1999-01-01T00:00:00.000000Z' };

  test.each([
    ['free', { leaseTransitions: 4 }, 0, { take: true, transitions: 5 }],
    ['released', { ...spec, holderIdentity: '' }, 0, { take: true, transitions: 5 }],
    ['our own', { ...spec, holderIdentity: 'me' }, 0, { take: true, transitions: 4 }],
    ['just seen', spec, 0, { take: false, waitMs: 30_000 }],
    ['seen for 29 s', spec, 29_000, { take: false, waitMs: 1000 }],
    ['seen for 30 s', spec, 30_000, { take: true, transitions: 5 }],
    [
      'from the future, seen for 30 s',
      { ...spec, renewTime: '2999-01-01T00:00:00.000000Z' },
      30_000,
      { take: true, transitions: 5 },
    ],
  ])('%s', (_what, now, sinceMs, decision) => {
    const seen = observe(undefined, now, 1000);
    expect(decideLease(now, 'me', observe(seen, now, 1000 + sinceMs), 1000 + sinceMs)).toEqual(decision);
  });

  test('a renewal begins the wait anew', () => {
    const seen = observe(undefined, spec, 0);
    const renewed = { ...spec, renewTime: '1999-01-01T00:00:10.000000Z' };
    expect(decideLease(renewed, 'me', observe(seen, renewed, 29_000), 31_000)).toEqual({
      take: false,
      waitMs: 28_000,
    });
  });
});

test('of five at once one gets it, and the next when it is released', async () => {
  const runs = await Promise.allSettled(
    ['a', 'b', 'c', 'd', 'e'].map((holder) => Lease.acquire(api, by(holder, 'five', { waitMs: 0 }))),
  );
  const had = runs.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : []));
  const refused = runs.flatMap((run) => (run.status === 'rejected' ? [run.reason as unknown] : []));
  expect(had).toHaveLength(1);
  expect(refused.every((error) => error instanceof LeaseHeldError)).toBe(true);
  await had[0]?.release();
  expect(await withLease(api, by('f', 'five'), () => holderOf('five'))).toBe('f');
  expect(await holderOf('five')).toBe('');
});

test('it is renewed while the work lasts, and taken over from the dead', async () => {
  const alive = new AbortController();
  const first = await Lease.acquire(api, by('first', 'over', { signal: alive.signal }));
  await expect(Lease.acquire(api, by('second', 'over', { waitMs: 1600 }))).rejects.toMatchObject({
    holder: 'first',
  });
  first.assertHeld();
  // Killed: nobody renews or releases.
  alive.abort(new Error('killed'));
  const started = performance.now();
  const second = await Lease.acquire(api, by('second', 'over'));
  expect(performance.now() - started).toBeGreaterThan(500);
  expect(await holderOf('over')).toBe('second');
  await second.release();
});

test('a lost lease ends the work', async () => {
  await expect(
    withLease(api, by('me', 'lost'), async (lease) => {
      const ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: 'lost' };
      await api.patch(ref, { type: 'merge', body: { spec: { holderIdentity: 'thief' } } });
      await sleep(5000, undefined, { signal: lease.signal }).catch(() => lease.assertHeld());
    }),
  ).rejects.toThrow('lease lost is lost: thief holds it now');
  expect(await holderOf('lost')).toBe('thief');
});

test('without an API server it is lost before another could have it', async () => {
  const lease = await Lease.acquire(api, by('me', 'gone'));
  const began = performance.now();
  await server.stop();
  await new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
  expect(performance.now() - began).toBeLessThan(1000);
  expect(() => lease.assertHeld()).toThrow(/could not be renewed/);
  await server.start();
  await lease.release();
});
