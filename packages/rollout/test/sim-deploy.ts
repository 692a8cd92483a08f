/** Deploys on a host in memory, as the action does; for tests of rollouts. */
import { expect } from '@jest/globals';
import { quietLog } from '@sluice/testing/quiet-log';
import { newRollout, takeOver } from '../src/begin.ts';
import { drive, type DriverOptions, type DriveResult } from '../src/driver.ts';
import { HostTarget } from '../src/host-target.ts';
import type { LiveRule } from '../src/live-rules.ts';
import type { RolloutPolicy } from '../src/machine.ts';
import { parseSteps, type Step } from '../src/steps.ts';
import { SimHost, specOf, type Behaviour } from './sim-host.ts';

const share = (metric: string, margin: number): LiveRule => ({
  text: `${metric} no-worse-than stable by ${margin * 100}%`,
  metric,
  measure: { kind: 'rate' },
  test: { kind: 'relative', op: 'no-worse-than', margin, marginKind: 'absolute' },
  warn: false,
  optional: false,
});
export const RULES = [share('error_rate', 0.1), share('loop_rate', 0.1)];
export const POLICY: RolloutPolicy = {
  maxDurationMs: 600_000,
  onInconclusive: 'rollback',
  intervalMs: 5_000,
  requireVerdict: true,
};

let runs = 0;

export function options(host: SimHost, changes: Partial<DriverOptions> = {}): DriverOptions {
  runs += 1;
  return {
    target: new HostTarget(host.client(), () => host.now),
    rules: RULES,
    judging: { confidence: 0.95, minSamples: 20 },
    policy: POLICY,
    // Pid 1 lives, but did not start at 'x': as with a recycled pid, the driver of an earlier run is dead for the next.
    owner: { pid: 1, startTime: `x${runs}`, run: `run ${runs}` },
    log: quietLog,
    signal: new AbortController().signal,
    warm: () => Promise.resolve(),
    ending: (state) =>
      Promise.resolve({
        drainMs: 1000,
        record: null,
        ...(state.data['abortKind'] === 'evidence'
          ? { quarantine: { reason: state.reason, weights: null } }
          : {}),
      }),
    exclusive: (fn) => fn(),
    now: () => host.now,
    sleep: (ms) => {
      host.pass(ms);
      return Promise.resolve();
    },
    ...changes,
  };
}

export async function deploy(
  host: SimHost,
  version: string,
  changes: Partial<DriverOptions> = {},
  steps: string | Step[] = '20% 10s, 50% 10s, 100%',
): Promise<DriveResult> {
  const o = options(host, changes);
  const left = await takeOver('deploy', `sha256:${version}`, o);
  if (left.kind === 'continue') return drive(left.state, o);
  if (left.kind === 'ended' && left.result.state.to === version) return left.result;
  const from = (await o.target.status()).stable;
  if (from === version) throw new Error('already serves');
  const first = from === null;
  const state = newRollout({
    from,
    spec: specOf(version),
    strategy: typeof steps === 'string' ? 'canary' : 'other',
    steps: first ? [{ weight: 1, holdMs: 0 }] : typeof steps === 'string' ? parseSteps(steps) : steps,
    owner: o.owner,
    record: null,
    deploymentId: null,
    now: host.now,
  });
  await o.target.remember(state);
  return drive(state, first ? { ...o, policy: { ...POLICY, requireVerdict: false } } : o);
}

export async function hostWithV1(behaviour: Record<string, Behaviour> = {}): Promise<SimHost> {
  const host = new SimHost(behaviour);
  expect((await deploy(host, 'v1')).result).toBe('promoted');
  host.calls = 0;
  return host;
}

export function running(host: SimHost): string[] {
  return [...host.servers.values()]
    .filter((server) => server.phase !== 'stopped')
    .map((server) => server.version);
}
