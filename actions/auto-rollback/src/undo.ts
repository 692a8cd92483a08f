/** The undo itself: the last good release is started, warmed, given all traffic; the bad one drains and is quarantined. */
import type { HostClient } from '@sluice/host/client';
import type { RolloutState } from '@sluice/host/types';
import { newRecord, withStage } from '@sluice/release/record';
import type { Verdict } from '@sluice/rollout/analysis';
import { beginRollout, isUnderWay, takeOver, type TakenOver } from '@sluice/rollout/begin';
import { drive, type DriverOptions } from '@sluice/rollout/driver';
import type { HostTarget } from '@sluice/rollout/host-target';
import { refuseLivingOwner, thisOwner, type IsDriving, type Owner } from '@sluice/rollout/owner';
import { goodReleases, newRollback, type GoodRelease } from '@sluice/rollout/rollback';
import { rolloutLock } from '@sluice/rollout/rollout-lock';
import { rolloutData, type Undone } from '@sluice/rollout/target';
import { warmUp } from '@sluice/rollout/warm';
import type { ActionContext } from '@sluice/runtime/action';
import type { CheckedInputs } from './checks.ts';
import type { Inputs } from './inputs.gen.ts';
import type { Saved } from './post.ts';
import { breachStage } from './stage.ts';

export interface Session {
  inputs: Inputs;
  checked: CheckedInputs;
  context: ActionContext;
  stateDir: string;
  client: HostClient;
  target: HostTarget;
}

export interface Breach {
  /** What was stable when this was decided: that, and nothing that replaced it meanwhile, is undone. */
  version: string;
  reason: string;
  /** null when a person asked for the rollback. */
  verdict: Verdict | null;
  /** Of the first request that counted. */
  firstAt: number | null;
  decidedAt: number;
}

export type Undoing =
  | {
      kind: 'done';
      from: string;
      to: GoodRelease;
      undone: Undone;
      restoredAt: number;
      /** Better releases that could not be restored. */
      problems: string[];
    }
  | { kind: 'guarded'; version: string; why: string }
  | { kind: 'impossible'; version: string; why: string };

/** Undoes what is stable. A rollout that is under way is ended first: its canary has no business beside an undo. */
export async function undo(session: Session, breach: Breach): Promise<Undoing> {
  const { target, context } = session;
  const options = await undoOptions(session);
  const { service, drain, registry } = session.inputs;
  const { version, reason } = breach;
  const saved = { stateDir: session.stateDir, service, drainMs: drain, registry, version, reason };
  context.saveState('rollback', saved satisfies Saved);
  await refuseSecondRollback((await target.status()).rollout, options.owner, (owner) =>
    target.isDriving(owner),
  );
  const left = await takeOver('abort', null, options, `what is stable is rolled back: ${breach.reason}`);
  const status = await target.status();
  if (status.stable !== breach.version) return replaced(breach, status.stable, left);
  const bad = status.versions.find(({ version }) => version === status.stable);
  if (bad === undefined)
    return { kind: 'impossible', version: breach.version, why: 'its server is gone from the host' };
  const { good, skipped } = goodReleases(status.history, status.quarantine, bad, (value) =>
    target.readSpec(value),
  );
  const record =
    status.history.findLast((entry) => entry.releaseDigest === bad.releaseDigest)?.record ?? null;
  const { spec } =
    (await session.client.status()).servers.find(({ version }) => version === bad.version) ?? {};
  const stage = breachStage(session, breach, bad, spec?.unit, good[0]?.version ?? null);
  const undone: Undone = {
    version: bad.version,
    releaseDigest: bad.releaseDigest,
    weights: spec?.unit.weights ?? null,
    reason: breach.reason,
    record: withStage(record ?? newRecord(), stage, { status: 'rolled-back' }),
  };
  const problems = [...skipped];
  for (const release of good) {
    context.log.info(`going back from ${bad.version} to ${release.version}: ${breach.reason}`);
    const state = newRollback({ good: release, undone, owner: options.owner, now: Date.now() });
    await beginRollout(state, options);
    const result = await drive(state, options);
    const restoredAt = rolloutData(result.state).weights.at(-1)?.at ?? Date.now();
    if (result.result === 'promoted')
      return { kind: 'done', from: bad.version, to: release, undone, restoredAt, problems };
    context.log.warning(`${release.version} could not be restored: ${result.state.reason}`);
    problems.push(`${release.version}: ${result.state.reason}`);
  }
  const why =
    problems.length > 0 ? problems.join('; ') : 'no earlier release of this service was ever stable';
  return { kind: 'impossible', version: bad.version, why };
}

/** Two rollbacks at once would undo two releases. */
async function refuseSecondRollback(
  rollout: RolloutState | null,
  self: Owner,
  isDriving: IsDriving,
): Promise<void> {
  if (rollout === null || rollout.strategy !== 'rollback' || !isUnderWay(rollout)) return;
  await refuseLivingOwner(rollout, self, isDriving);
}

/** Another run has replaced the bad release meanwhile, or this one has just finished the undo of a dead run. */
function replaced(breach: Breach, stable: string | null, left: TakenOver): Undoing {
  const state = left.kind === 'ended' && left.result.result === 'promoted' ? left.result.state : undefined;
  const data = state === undefined ? undefined : rolloutData(state);
  if (
    state === undefined ||
    data?.undone?.version !== breach.version ||
    data.spec === null ||
    data.record === null
  )
    return {
      kind: 'guarded',
      version: breach.version,
      why: `${stable ?? 'nothing'} has replaced it meanwhile`,
    };
  const { releaseDigest, spec, record, undone, weights } = data;
  return {
    kind: 'done',
    from: breach.version,
    to: { version: state.to, releaseDigest, spec, record, at: state.startedAt },
    undone,
    restoredAt: weights.at(-1)?.at ?? Date.now(),
    problems: [],
  };
}

async function undoOptions({ inputs, checked, context, stateDir, target }: Session): Promise<DriverOptions> {
  return {
    target,
    rules: [],
    judging: { confidence: inputs.confidence, minSamples: 1 },
    policy: {
      maxDurationMs: Infinity,
      onInconclusive: 'hold',
      intervalMs: inputs.interval,
      requireVerdict: false,
    },
    owner: await thisOwner(context.run.url),
    log: context.log,
    signal: context.signal,
    exclusive: rolloutLock(stateDir, inputs.service),
    warm: async (ask, signal, modelName) => {
      await warmUp(ask, { ...checked.warmUp, modelName, timeoutMs: inputs.startupTimeout }, signal);
    },
    // The record of a release that is restored or taken back is the one it came with.
    ending: (state) => Promise.resolve({ drainMs: inputs.drain, record: rolloutData(state).record }),
  };
}
