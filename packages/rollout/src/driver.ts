/**
 * Drives a rollout on a target: look, judge, ask the machine, put its state on record, act. Everything that
 * matters is on record before it happens, so this loop may be killed anywhere and started again by another run.
 */
import type { RolloutState } from '@sluice/host/types';
import { sameJson } from '@sluice/kubernetes/same-json';
import { describeError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import type { JudgePolicy, Verdict } from './analysis.ts';
import type { Arm } from './evidence.ts';
import { Gathering } from './gathering.ts';
import type { LiveRule } from './live-rules.ts';
import { abortFor, nextMove, type AbortKind, type Move, type RolloutPolicy } from './machine.ts';
import { sameOwner, type Owner } from './owner.ts';
import { lookLine, seeableLine } from './lines.ts';
import { pause } from './pause.ts';
import { hasBeside, stepOf, stepText } from './strategies.ts';
import type { Prober } from './probe.ts';
import { rolloutData, type Ask, type Ending, type RolloutTarget } from './target.ts';

export interface DriverOptions {
  target: RolloutTarget;
  rules: readonly LiveRule[];
  judging: JudgePolicy;
  policy: RolloutPolicy;
  owner: Owner;
  log: Logger;
  signal: AbortSignal;
  /** Asks both versions the user's own questions while the rollout goes on. */
  probe?: Prober;
  /** Sends the warm-up requests to the new version's own address. */
  warm(ask: Ask, signal: AbortSignal, modelName: string): Promise<void>;
  /** Asks the public route, once all traffic is on the new version; the reason is told where it fails. */
  verify?: (state: RolloutState, signal: AbortSignal) => Promise<{ passed: boolean; reason: string }>;
  /** What is left behind at the end: drain time, the record with this stage, and whether to quarantine. */
  ending(state: RolloutState, verdict: Verdict): Promise<Ending>;
  /** Told after each change of weight and at the end. */
  onChange?(state: RolloutState, verdict: Verdict): Promise<void>;
  /** Runs `fn` while no other run changes this rollout. */
  exclusive<T>(fn: () => Promise<T>): Promise<T>;
  now?: () => number;
  /** Resolves early when the signal aborts. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface DriveResult {
  result: 'promoted' | 'aborted' | 'held' | 'gated';
  state: RolloutState;
  verdict: Verdict;
  canary: Arm;
  stable: Arm | null;
  /** What the probe was answered by the new version; absent without one. */
  probed?: Arm;
}

/** Of a cancelled job's 7.5 s: the traffic is back long before; a drain that takes longer is left to `post`. */
const CANCEL_DRAIN_MS = 3_000;
const ROOM_POLL_MS = 2_000;

/** Another run has it now: this one must not touch it any more. */
class TakenAwayError extends InfraError {
  override readonly name = 'TakenAwayError';
}

/** Drives the rollout on record (`start`) to its end, or to `held`. */
export async function drive(start: RolloutState, options: DriverOptions): Promise<DriveResult> {
  try {
    return await new Driver(start, options).run();
  } finally {
    await options.probe?.stop();
  }
}

class Driver {
  #state: RolloutState;
  #verdict: Verdict;
  readonly #o: DriverOptions;
  readonly #gathering: Gathering;
  #lastLine = '';
  readonly #now: () => number;

  constructor(start: RolloutState, options: DriverOptions) {
    this.#state = start;
    this.#o = options;
    this.#gathering = new Gathering(options, rolloutData(start).cursor);
    this.#now = options.now ?? Date.now;
    this.#verdict = this.#gathering.judge(start, this.#now());
  }

  async run(): Promise<DriveResult> {
    for (;;) {
      if (this.#o.signal.aborted) return await this.#cancel();
      try {
        const ended = await this.#turn();
        if (ended !== undefined) return ended;
      } catch (error) {
        await this.#giveBack(error);
      }
    }
  }

  async #turn(): Promise<DriveResult | undefined> {
    await this.#look();
    const move = await this.#decide();
    this.#o.log.debug(`${move.action.kind}: ${move.why}`);
    if (move.action.kind === 'end') return this.#result(move.action.result);
    await this.#act(move);
    return undefined;
  }

  /** What can't go on must not be left half-way either: the next turn takes it back. Throws where that isn't ours to do. */
  async #giveBack(error: unknown): Promise<void> {
    const { phase, strategy } = this.#state;
    // Cancelled meanwhile: the loop deals with that.
    if (this.#o.signal.aborted && !(error instanceof TakenAwayError)) return;
    const forward = phase === 'preparing' || phase === 'warming' || phase === 'stepping';
    if (!forward || strategy === 'rollback' || error instanceof TakenAwayError) throw error;
    const reason = `the rollout could not go on: ${describeError(error)}`;
    this.#o.log.warning(`${reason}; taking ${this.#state.to} back`);
    await this.#o.exclusive(async () => {
      await this.#refuseStrangers();
      await this.#commit(abortFor(this.#state, 'driver-failed', reason).state);
    });
  }

  async #look(): Promise<void> {
    const { log, policy } = this.#o;
    if (this.#state.phase !== 'stepping') return;
    await this.#gathering.look(this.#state);
    await this.#keepReadings();
    this.#verdict = this.#gathering.judge(this.#state, this.#now());
    if (!policy.requireVerdict) return;
    // A service at night has few requests: the same line every ten seconds would bury the others.
    const line = lookLine(this.#state, this.#verdict);
    if (line === this.#lastLine) return;
    this.#lastLine = line;
    log.info(line);
  }

  /** On record at each look: a driver that takes over can't read them anew. */
  async #keepReadings(): Promise<void> {
    const readings = this.#gathering.readings(this.#state);
    if (readings === undefined || sameJson(readings, rolloutData(this.#state).readings)) return;
    await this.#o.exclusive(async () => {
      await this.#refuseStrangers();
      await this.#commit({ ...this.#state, data: { ...this.#state.data, readings } });
    });
  }

  /** The next move, on record. Under the lock nobody else can have taken the rollout over in between. */
  #decide(): Promise<Move> {
    return this.#o.exclusive(async () => {
      await this.#refuseStrangers();
      const view = await this.#o.target.view(this.#state);
      const move = nextMove(this.#state, view, this.#verdict, this.#o.policy, this.#now());
      if (move.action.kind === 'set-weight' && !(await this.#hasRoom(move.state, move.action.weight)))
        return this.#waitForRoom(move);
      if (move.action.kind === 'set-weight') await this.#beginEvidence();
      await this.#commit(this.#withWeight(move));
      // Weights move under the lock too: a stranger's abort must not be overtaken by our step.
      if (move.action.kind === 'set-weight') await this.#setTraffic(view.weight, move.action.weight);
      return { ...move, state: this.#state };
    });
  }

  /** The share first: who is marked, or copied, is only a part of it. */
  async #setTraffic(before: number, weight: number): Promise<void> {
    const { target } = this.#o;
    // At 0 a version that has no users yet would be brought up again.
    if (before !== weight) await target.setWeight(this.#state, weight);
    if (this.#state.steps.some(hasBeside)) await target.arrange?.(this.#state);
  }

  async #hasRoom(state: RolloutState, weight: number): Promise<boolean> {
    return (await this.#o.target.reserve?.(state, weight)) ?? true;
  }

  /** Servers that are still loading get no users; looks and judgement go on meanwhile. */
  #waitForRoom(move: Move): Move {
    const ms = Math.min(this.#o.policy.intervalMs, ROOM_POLL_MS);
    const why = `waiting until ${this.#state.to} has the room for: ${stepText(stepOf(move.state), move.state.to)}`;
    return { state: this.#state, action: { kind: 'wait', ms }, why };
  }

  async #refuseStrangers(): Promise<void> {
    const { rollout } = await this.#o.target.status();
    if (rollout?.id === this.#state.id && sameOwner(rollout.owner, this.#o.owner)) return;
    if (rollout === null)
      throw new TakenAwayError(`the rollout of ${this.#state.to} is gone: the service was removed meanwhile`);
    const by = rollout.owner?.run ?? '';
    const why = rollout.reason === '' ? '' : `: ${rollout.reason}`;
    throw new TakenAwayError(
      `the rollout of ${this.#state.to} was taken over by another run${by === '' ? '' : ` (${by})`}, which has ${rollout.to} in phase '${rollout.phase}' now${why}`,
    );
  }

  /** Both arms count from the first user of the new version on: equal age, equal hours, equal load. */
  async #beginEvidence(): Promise<void> {
    if (rolloutData(this.#state).weights.length === 0) await this.#gathering.skip();
  }

  #withWeight(move: Move): RolloutState {
    if (move.action.kind !== 'set-weight') return move.state;
    const { weights, cursor } = rolloutData(move.state);
    const data = {
      ...move.state.data,
      cursor: weights.length === 0 ? this.#gathering.cursor : cursor,
      weights: [...weights, { at: this.#now(), weight: move.action.weight }],
    };
    return { ...move.state, data };
  }

  async #commit(state: RolloutState): Promise<void> {
    if (state === this.#state) return;
    await this.#o.target.remember(state);
    this.#state = state;
  }

  async #act(move: Move): Promise<void> {
    const { action } = move;
    switch (action.kind) {
      case 'start':
        this.#o.log.info(move.why);
        await this.#orTakeBack('did not start', () => this.#o.target.setWeight(this.#state, 0));
        return;
      case 'warm':
        await this.#warm();
        return;
      case 'set-weight':
        this.#tellSeeable();
        this.#o.log.info(move.why);
        await this.#o.onChange?.(this.#state, this.#verdict);
        return;
      case 'wait':
        await (this.#o.sleep ?? pause)(action.ms, this.#o.signal);
        return;
      case 'verify':
        this.#o.log.info(move.why);
        await this.#verify();
        return;
      case 'promote':
        this.#tellSeeable();
        await this.#end(
          'done',
          this.#state.strategy === 'rollback' ? `all traffic goes to ${this.#state.to} again` : move.why,
        );
        return;
      case 'abort':
        await this.#end('aborted', `taking ${this.#state.to} back: ${move.why}`);
        return;
      case 'end':
    }
  }

  /** At the end of a step: what it could have shown. */
  #tellSeeable(): void {
    const line = this.#o.policy.requireVerdict ? seeableLine(this.#verdict) : '';
    if (line !== '') this.#o.log.info(line);
  }

  async #warm(): Promise<void> {
    await this.#orTakeBack('failed its warm-up', async () => {
      const ask = await this.#o.target.askerOf(this.#state.to);
      if (ask === undefined) throw new InfraError('its server has no address');
      await this.#o.warm(ask, this.#o.signal, rolloutData(this.#state).spec?.modelName ?? '');
      await this.#commit({ ...this.#state, data: { ...this.#state.data, warmed: true } });
    });
  }

  /** While the old version is still there: what fails goes back at once. */
  async #verify(): Promise<void> {
    const { verify, signal } = this.#o;
    const { passed, reason } = (await verify?.(this.#state, signal)) ?? { passed: true, reason: '' };
    if (signal.aborted) return;
    await this.#commit(
      passed
        ? { ...this.#state, data: { ...this.#state.data, verified: true } }
        : abortFor(this.#state, 'verify', `verify: ${reason}`).state,
    );
  }

  async #orTakeBack(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (this.#o.signal.aborted) return;
      const reason = `${this.#state.to} ${what}: ${describeError(error)}`;
      await this.#commit(abortFor(this.#state, 'not-started', reason).state);
    }
  }

  async #end(phase: 'done' | 'aborted', line: string): Promise<void> {
    this.#o.log.info(line);
    const ending = await this.#o.ending(this.#state, this.#verdict);
    if (phase === 'done') await this.#o.target.promote(this.#state, ending);
    else await this.#o.target.abort(this.#state, ending);
    await this.#commit({ ...this.#state, phase });
    await this.#o.onChange?.(this.#state, this.#verdict);
  }

  /** Cancelled: the traffic goes back at once; what takes longer is finished by `post` or the next run. */
  async #cancel(): Promise<DriveResult> {
    const { phase, strategy } = this.#state;
    // A rollback is never taken back: it stays on record, and `post` or the next run finishes it.
    if (strategy !== 'rollback' && phase !== 'promoting' && phase !== 'done' && phase !== 'aborted') {
      const kind: AbortKind = rolloutData(this.#state).abortKind ?? 'cancelled';
      const reason = phase === 'aborting' ? this.#state.reason : 'the job was cancelled';
      await this.#commit(abortFor(this.#state, kind, reason).state);
      const ended = this.#end('aborted', `cancelled: taking ${this.#state.to} back`);
      // When the time is over first, nobody listens to its error any more; `post` will meet it again.
      ended.catch(() => undefined);
      const timer = new AbortController();
      await Promise.race([ended, pause(CANCEL_DRAIN_MS, timer.signal)]).finally(() => timer.abort());
    }
    const { reason } = this.#o.signal as { reason: unknown };
    throw new InfraError(`${reason instanceof Error ? reason.message : 'cancelled'}: ${this.#afterCancel()}`);
  }

  #afterCancel(): string {
    const { phase, strategy, from, to } = this.#state;
    const later = 'the clean-up step of the job, or the next run, finishes it';
    if (phase === 'done') return `${to} serves all requests`;
    if (phase === 'aborted') return `${to} was taken back, ${from ?? 'nothing'} has all traffic again`;
    if (strategy === 'rollback') return `the rollback to ${to} is half-way; ${later}`;
    return phase === 'promoting'
      ? `the promotion of ${to} is half-way; ${later}`
      : `${to} is being taken back; ${later}`;
  }

  #result(result: DriveResult['result']): DriveResult {
    return {
      ...{ result, state: this.#state, verdict: this.#verdict, ...this.#gathering.arms(this.#state) },
      ...this.#gathering.probed(this.#state),
    };
  }
}
