/** The undo itself: the last good release is started, warmed, given all traffic; the bad one drains and is quarantined. */
import { newRecord, withStage } from '@sluice/release/record';
import type { Verdict } from '@sluice/rollout/analysis';
import { beginRollout, isUnderWay, takeOver, type TakenOver } from '@sluice/rollout/begin';
import { drive, type DriverOptions } from '@sluice/rollout/driver';
import { refuseLivingOwner } from '@sluice/rollout/owner';
import { goodReleases, newRollback, type GoodRelease } from '@sluice/rollout/rollback';
import { rolloutData, type TargetStatus, type Undone } from '@sluice/rollout/target';
import { warmUp } from '@sluice/rollout/warm';
import type { ActionContext } from '@sluice/runtime/action';
import type { CheckedInputs } from './checks.ts';
import type { Inputs } from './inputs.gen.ts';
import type { Place, UndoSite } from './place.ts';
import type { Saved } from './post.ts';
import { breachStage } from './stage.ts';

export interface Session {
  inputs: Inputs;
  checked: CheckedInputs;
  context: ActionContext;
  place: Place;
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
  const { place } = session;
  const before = await place.target.status();
  await refuseSecondRollback(before, place);
  const site = await place.begin(isUnderWay(before.rollout) && before.rollout?.strategy !== 'rollback');
  try {
    return await undoAt(site, session, breach);
  } finally {
    await site.close();
  }
}

async function undoAt(site: UndoSite, session: Session, breach: Breach): Promise<Undoing> {
  const { context } = session;
  const { target } = site;
  const options = undoOptions(site, session);
  save(site, session, breach);
  await refuseSecondRollback(await target.status(), site);
  const left = await takeOver('abort', null, options, `what is stable is rolled back: ${breach.reason}`);
  const status = await target.status();
  if (status.stable !== breach.version) return replaced(breach, status.stable, left);
  const bad = status.versions.find(({ version }) => version === status.stable);
  if (bad === undefined) return { kind: 'impossible', version: breach.version, why: 'its server is gone' };
  const { good, skipped } = goodReleases(status.history, status.quarantine, bad, (value) =>
    target.readSpec(value),
  );
  const record =
    status.history.findLast((entry) => entry.releaseDigest === bad.releaseDigest)?.record ?? null;
  const stage = breachStage(session, breach, bad, bad.spec.unit, good[0]?.version ?? null);
  const undone: Undone = {
    version: bad.version,
    releaseDigest: bad.releaseDigest,
    weights: bad.spec.unit.weights,
    reason: breach.reason,
    record: withStage(record ?? newRecord(), stage, { status: 'rolled-back' }),
  };
  const problems = [...skipped];
  for (const release of good) {
    context.log.info(`going back from ${bad.version} to ${release.version}: ${breach.reason}`);
    const ready = await site.ready(release.spec);
    if ('fault' in ready) {
      context.log.warning(`${release.version} can't be restored: ${ready.fault}`);
      problems.push(`${release.version}: ${ready.fault}`);
      continue;
    }
    save(site, session, breach);
    const to = { ...release, spec: ready.spec };
    const state = newRollback({ good: to, undone, owner: options.owner, now: Date.now() });
    await beginRollout(state, options);
    const result = await drive(state, options);
    const restoredAt = rolloutData(result.state).weights.at(-1)?.at ?? Date.now();
    if (result.result === 'promoted')
      return { kind: 'done', from: bad.version, to, undone, restoredAt, problems };
    context.log.warning(`${release.version} could not be restored: ${result.state.reason}`);
    problems.push(`${release.version}: ${result.state.reason}`);
  }
  const reverted = good.length === 0 ? await site.revert?.(undone) : undefined;
  if (reverted !== undefined)
    return { kind: 'done', from: bad.version, to: reverted, undone, restoredAt: Date.now(), problems };
  const why =
    problems.length > 0 ? problems.join('; ') : 'no earlier release of this service was ever stable';
  return { kind: 'impossible', version: bad.version, why };
}

/** From here on the clean-up step goes on with it. */
function save(site: UndoSite, { inputs, context, place }: Session, { version, reason }: Breach): void {
  const { drain, registry } = inputs;
  const saved = { kind: place.kind, place: site.saved, drainMs: drain, registry, version, reason };
  context.saveState('rollback', saved satisfies Saved);
}

/** Two rollbacks at once would undo two releases. */
async function refuseSecondRollback(
  { rollout }: TargetStatus,
  { target, owner }: Pick<UndoSite, 'target'> & Partial<Pick<UndoSite, 'owner'>>,
): Promise<void> {
  if (rollout === null || rollout.strategy !== 'rollback' || !isUnderWay(rollout)) return;
  await refuseLivingOwner(rollout, owner ?? null, (other) => target.isDriving(other));
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

function undoOptions(
  { target, owner, exclusive, signal }: UndoSite,
  { inputs, checked, context }: Session,
): DriverOptions {
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
    owner,
    log: context.log,
    signal,
    exclusive,
    warm: async (ask, cancelled, modelName) => {
      await warmUp(ask, { ...checked.warmUp, modelName, timeoutMs: inputs.startupTimeout }, cancelled);
    },
    // The record of a release that is restored or taken back is the one it came with.
    ending: (state) => Promise.resolve({ drainMs: inputs.drain, record: rolloutData(state).record }),
  };
}
