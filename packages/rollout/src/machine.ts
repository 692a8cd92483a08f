/**
 * The rollout as a pure state machine: from the state on record, what is seen and the verdict so far to the next
 * move. The driver persists a move's state BEFORE it acts, and every action can be done again, so that a driver
 * may die between any two lines and the next one carries on from what is on record.
 *
 *     preparing -> warming -> stepping -> promoting -> done
 *          \____________\________\_____> aborting -> aborted
 */
import type { RolloutState } from '@sluice/host/types';
import type { Verdict } from './analysis.ts';
import { brokenReason, openRules } from './facts.ts';
import { stepOf, stepText } from './strategies.ts';

/** What the driver sees of the new version before it asks for the next move. */
export interface View {
  canary: 'absent' | 'starting' | 'ready' | 'failed';
  /** What is known of its death: for the reason. */
  detail?: string;
  /** Share of new requests that the new version gets at this moment. */
  weight: number;
  /** What the step asks beside the share (marks, copies, who stays where) is so; absent: it asks nothing, or the target can't tell otherwise. */
  arranged?: boolean;
}

export interface RolloutPolicy {
  /** From the rollout's start; an undecided rollout ends then. */
  maxDurationMs: number;
  onInconclusive: 'rollback' | 'hold';
  /** Longest time between two looks. */
  intervalMs: number;
  /** false: no rules are asked (a first release, `rolling` without `analysis`); health and time alone decide. */
  requireVerdict: boolean;
  /** The public route is asked once all traffic is on the new version, while the old one is still there. */
  verify?: boolean;
}

export type Action =
  | { kind: 'start' }
  | { kind: 'warm' }
  | { kind: 'set-weight'; weight: number }
  | { kind: 'wait'; ms: number }
  | { kind: 'verify' }
  | { kind: 'promote' }
  | { kind: 'abort' }
  | { kind: 'end'; result: 'promoted' | 'aborted' | 'held' | 'gated' };

export interface Move {
  /** To be persisted before the action is carried out. */
  state: RolloutState;
  action: Action;
  /** Why, for the log. */
  why: string;
}

/** Why a rollout was taken back; decides the verdict of the run and whether the release is quarantined. */
export type AbortKind =
  | 'evidence'
  /** The suite that was asked through the public route after 100 %. */
  | 'verify'
  | 'died'
  | 'not-started'
  | 'undecided'
  | 'cancelled'
  | 'operator'
  | 'superseded'
  /** Of two versions the stable one was found better, or as good. */
  | 'decided'
  /** It was only to be seen, and was: the verdict stands, no traffic was to be moved. */
  | 'reported'
  /** The split was not the one that was asked for, so nothing can be learned from it. */
  | 'mismatch'
  /** The driver met an error that it can't go on with: a full disk, a supervisor that can't be started again. */
  | 'driver-failed';

/** The next move; `now` is epoch milliseconds. Never waits longer than `intervalMs`. */
export function nextMove(
  state: RolloutState,
  view: View,
  verdict: Verdict,
  policy: RolloutPolicy,
  now: number,
): Move {
  switch (state.phase) {
    case 'preparing':
      return prepare(state, view);
    case 'warming':
      return view.canary === 'ready' ? warm(state, now) : prepare({ ...state, phase: 'preparing' }, view);
    case 'stepping':
      return step(state, view, verdict, policy, now);
    case 'promoting':
      return { state, action: { kind: 'promote' }, why: 'finishing the promotion' };
    case 'aborting':
      return { state, action: { kind: 'abort' }, why: state.reason };
    case 'done':
      return { state, action: { kind: 'end', result: 'promoted' }, why: state.reason };
    case 'aborted':
      return { state, action: { kind: 'end', result: 'aborted' }, why: state.reason };
  }
}

function prepare(state: RolloutState, view: View): Move {
  if (view.canary === 'failed') return abortFor(state, 'not-started', `${state.to} did not start`);
  if (view.canary === 'ready') {
    return {
      state: { ...state, phase: 'warming' },
      action: { kind: 'warm' },
      why: 'warming up before the first user',
    };
  }
  return { state: { ...state, phase: 'preparing' }, action: { kind: 'start' }, why: `starting ${state.to}` };
}

function warm(state: RolloutState, now: number): Move {
  if (state.data['warmed'] !== true)
    return { state, action: { kind: 'warm' }, why: 'warming up before the first user' };
  return enterStep(state, 0, now);
}

function enterStep(state: RolloutState, index: number, now: number): Move {
  const weight = state.steps[index]?.weight ?? 1;
  return {
    state: { ...state, phase: 'stepping', stepIndex: index, stepStartedAt: now },
    action: { kind: 'set-weight', weight },
    why: `step ${index + 1} of ${state.steps.length}: ${stepText(state.steps[index] ?? { weight, holdMs: 0 }, state.to)}`,
  };
}

function step(state: RolloutState, view: View, verdict: Verdict, policy: RolloutPolicy, now: number): Move {
  if (view.canary === 'failed' || view.canary === 'absent') {
    return abortFor(
      state,
      'died',
      `the server of ${state.to} died under its users, after ${verdict.canaryRequests} requests${view.detail === undefined ? '' : ` (${view.detail})`}`,
    );
  }
  if (verdict.overall === 'fail') return abortFor(state, 'evidence', brokenReason(verdict));
  if (verdict.mismatch !== undefined) return abortFor(state, 'mismatch', verdict.mismatch);
  const { weight } = stepOf(state);
  // A driver that died between "persist" and "act" left the old weight.
  if (Math.abs(view.weight - weight) > 1e-9 || view.arranged === false) {
    return {
      state,
      action: { kind: 'set-weight', weight },
      why: `again: ${stepText(stepOf(state), state.to)}`,
    };
  }
  const wait = (ms: number, why: string): Move => ({
    state,
    action: { kind: 'wait', ms: Math.max(1, Math.min(ms, policy.intervalMs)) },
    why,
  });
  const holdLeft = state.stepStartedAt + stepOf(state).holdMs - now;
  const blocked = blockedBy(state, verdict, policy);
  if (holdLeft <= 0 && blocked === undefined) return leave(state, verdict, policy, now);
  // Who waits for a person waits as long as that takes.
  const begun = isApproved(state) ? Math.max(state.startedAt, state.stepStartedAt) : state.startedAt;
  const timeLeft = begun + policy.maxDurationMs - now;
  if (timeLeft <= 0) {
    const why = `undecided after \`max-duration\`: ${blocked ?? 'the steps take longer than that'}`;
    return policy.onInconclusive === 'hold'
      ? { state: { ...state, reason: why }, action: { kind: 'end', result: 'held' }, why }
      : abortFor(state, 'undecided', why);
  }
  if (holdLeft > 0)
    return wait(Math.min(holdLeft, timeLeft), `holding: ${stepText(stepOf(state), state.to)}`);
  return wait(timeLeft, blocked ?? 'holding');
}

/** What keeps a step whose time is up from going on; undefined when nothing does. */
function blockedBy(state: RolloutState, verdict: Verdict, policy: RolloutPolicy): string | undefined {
  if (!policy.requireVerdict || isApproved(state)) return undefined;
  // What nobody sees isn't fine: a step ends on evidence, so a source that is down holds it.
  if (verdict.problems.length > 0) return `no data: ${verdict.problems.join('; ')}`;
  if (!verdict.enough) return `too few requests (${verdict.canaryRequests}) for \`min-samples\``;
  const next = state.steps[state.stepIndex + 1];
  // Early steps go on while nothing is proven against the new version. Giving it all traffic needs proof for it.
  if (next !== undefined && next.weight < 1) return undefined;
  if (stepOf(state).ends === 'decision' && verdict.decision !== undefined) {
    if (verdict.decision === 'stable') return undefined;
    if (verdict.decision === 'open') return 'the rule of `decide` is not decided yet';
  }
  if (verdict.overall === 'pass') return undefined;
  if (stepOf(state).ends === 'report') return `open: ${openRules(verdict).join('; ')}`;
  return `all traffic needs every rule to pass; open: ${openRules(verdict).join('; ')}`;
}

/** What a step whose time is up, and which nothing blocks, leads to. */
function leave(state: RolloutState, verdict: Verdict, policy: RolloutPolicy, now: number): Move {
  const approved = isApproved(state);
  switch (stepOf(state).ends) {
    case 'gate': {
      if (approved) return advance(state, policy, now);
      const why = `${state.to} waits for \`operation: promote\` at step ${state.stepIndex + 1} of ${state.steps.length}`;
      return { state: { ...state, reason: why }, action: { kind: 'end', result: 'gated' }, why };
    }
    case 'decision':
      return verdict.decision === 'stable' && !approved
        ? abortFor(state, 'decided', `${state.from ?? 'the stable version'} was chosen by \`decide\``)
        : advance(state, policy, now);
    case 'report':
      return abortFor(state, 'reported', `${state.to} kept every rule on copies of users' requests`);
    default:
      return advance(state, policy, now);
  }
}

function advance(state: RolloutState, policy: RolloutPolicy, now: number): Move {
  if (state.stepIndex + 1 < state.steps.length) return enterStep(state, state.stepIndex + 1, now);
  if (policy.verify === true && state.data['verified'] !== true)
    return { state, action: { kind: 'verify' }, why: `asking ${state.to} through the public route` };
  const reason = promotionReason(state);
  return { state: { ...state, phase: 'promoting', reason }, action: { kind: 'promote' }, why: reason };
}

function promotionReason({ strategy, from, to, steps, reason, data }: RolloutState): string {
  if (strategy === 'rollback') return reason;
  if (typeof data['approved'] === 'string') return data['approved'];
  if (from === null || steps.length === 1) return `${to} is up and warm`;
  return `${to} went through all ${steps.length} steps`;
}

/** The state of a rollout that somebody answers for: it goes to all traffic, and its rules can only stop it by a breach. */
export function approve(state: RolloutState, why: string, now: number): RolloutState {
  const stepIndex = state.steps.length - 1;
  const data = { ...state.data, approved: why };
  const last = state.steps[stepIndex];
  if (last?.weight !== 1) return { ...state, phase: 'promoting', reason: why, data };
  const stepStartedAt = state.stepIndex === stepIndex ? state.stepStartedAt : now;
  return { ...state, phase: 'stepping', stepIndex, stepStartedAt, reason: '', data };
}

function isApproved({ data }: RolloutState): boolean {
  return typeof data['approved'] === 'string';
}

/** The state and move that take the new version back. */
export function abortFor(state: RolloutState, kind: AbortKind, reason: string): Move {
  const data = { ...state.data, abortKind: kind };
  return { state: { ...state, phase: 'aborting', reason, data }, action: { kind: 'abort' }, why: reason };
}

/** What a later run that finds a rollout on record has to do first. */
export type Inheritance = 'none' | 'continue' | 'finish' | 'undo';

/**
 * A rollout whose owner is gone: one that was being promoted or taken back is finished so; one of the release
 * that is deployed now goes on at its step; any other is undone first. A rollback is always finished.
 */
export function inherit(
  state: RolloutState | null,
  operation: 'deploy' | 'promote' | 'abort',
  releaseDigest: string | null,
): Inheritance {
  if (state === null || state.phase === 'done' || state.phase === 'aborted') return 'none';
  if (state.phase === 'promoting' || state.phase === 'aborting') return 'finish';
  // Taking back a rollback would give the users back what was proven bad.
  if (state.strategy === 'rollback') return 'finish';
  if (operation === 'abort') return 'undo';
  if (operation === 'promote') return 'continue';
  return state.data['releaseDigest'] === releaseDigest ? 'continue' : 'undo';
}
