/** How a rollout begins, and how a later run takes over one that was left half-done. */
import { randomBytes } from 'node:crypto';
import type { RolloutState } from '@sluice/host/types';
import type { ReleaseRecord } from '@sluice/release/record';
import { InfraError } from '@sluice/runtime/errors';
import { drive, type DriveResult, type DriverOptions } from './driver.ts';
import { abortFor, inherit } from './machine.ts';
import { refuseLivingOwner, type Owner } from './owner.ts';
import type { Step } from './steps.ts';
import type { RolloutData, Undone, VersionSpec } from './target.ts';

export interface NewRollout {
  from: string | null;
  spec: VersionSpec;
  strategy: string;
  steps: Step[];
  owner: Owner;
  record: ReleaseRecord | null;
  deploymentId: number | null;
  /** Of a rollback: what is undone. */
  undone?: Undone;
  now: number;
}

export function newRollout(options: NewRollout): RolloutState {
  const data: RolloutData = {
    releaseDigest: options.spec.releaseDigest,
    cursor: 0,
    warmed: false,
    verified: false,
    approved: null,
    readings: {},
    weights: [],
    abortKind: null,
    spec: options.spec,
    deploymentId: options.deploymentId,
    record: options.record,
    undone: options.undone ?? null,
  };
  return {
    id: randomBytes(6).toString('hex'),
    from: options.from,
    to: options.spec.version,
    strategy: options.strategy,
    steps: options.steps,
    stepIndex: 0,
    stepStartedAt: options.now,
    startedAt: options.now,
    phase: 'preparing',
    owner: options.owner,
    reason: '',
    data: { ...data },
  };
}

/**
 * Puts a new rollout on record, unless another run did so since this one looked: of two that begin at once, one is told.
 *
 * @throws InfraError
 */
export async function beginRollout(
  state: RolloutState,
  { target, owner, exclusive }: Pick<DriverOptions, 'target' | 'owner' | 'exclusive'>,
): Promise<void> {
  await exclusive(async () => {
    const { rollout } = await target.status();
    if (rollout !== null && rollout.id !== state.id && isUnderWay(rollout)) {
      await refuseLivingOwner(rollout, owner, (other) => target.isDriving(other));
      throw new InfraError(
        `a rollout of ${rollout.to} was begun at the same moment, and its driver is gone: run again, and it is dealt with first`,
      );
    }
    await target.remember(state);
  });
}

/** Whether it still has to be brought to an end. */
export function isUnderWay(rollout: RolloutState | null): boolean {
  return rollout !== null && rollout.phase !== 'done' && rollout.phase !== 'aborted';
}

export type TakenOver =
  | { kind: 'none' }
  /** It goes on at its step: to be driven. */
  | { kind: 'continue'; state: RolloutState }
  /** It was half-way into its end, or of another release: it is ended now. */
  | { kind: 'ended'; result: DriveResult };

/**
 * Deals with what an earlier run left on the target. A rollout that a living process drives is refused, except by
 * `abort`, which takes it away from its driver.
 *
 * @param releaseDigest of the release that shall be deployed; null when the operation names none.
 * @param because why it is taken back, for the record; default: the operation.
 */
export async function takeOver(
  operation: 'deploy' | 'promote' | 'abort',
  releaseDigest: string | null,
  options: DriverOptions,
  because?: string,
): Promise<TakenOver> {
  const { target, owner, log } = options;
  const state = (await target.status()).rollout;
  const heir = inherit(state, operation, releaseDigest);
  if (state === null || heir === 'none') return { kind: 'none' };
  if (operation !== 'abort') await refuseLivingOwner(state, owner, (other) => target.isDriving(other));
  else if (state.owner !== null && (await target.isDriving(state.owner)))
    log.notice(`taking the rollout of ${state.to} away from its living driver`);
  log.info(
    `found the rollout of ${state.to}, left in phase '${state.phase}' at step ${state.stepIndex + 1}: ${SAYS[heir]}`,
  );
  const adopted = await options.exclusive(async () => {
    const current = (await target.status()).rollout ?? state;
    const kind = operation === 'abort' ? 'operator' : 'superseded';
    const asked = operation === 'abort' ? '`operation: abort`' : 'another release is deployed now';
    const why = because ?? asked;
    const mine = { ...current, owner };
    const next = heir === 'undo' && current.phase !== 'promoting' ? abortFor(mine, kind, why).state : mine;
    await target.remember(next);
    return next;
  });
  if (heir === 'continue') return { kind: 'continue', state: adopted };
  // A rollback asks no rules: it goes to a release that has proven itself.
  const policy = {
    ...options.policy,
    requireVerdict: options.policy.requireVerdict && adopted.strategy !== 'rollback',
  };
  return { kind: 'ended', result: await drive(adopted, { ...options, policy }) };
}

const SAYS = {
  none: '',
  continue: 'going on there',
  finish: 'finishing it',
  undo: 'undoing it first',
} as const;
