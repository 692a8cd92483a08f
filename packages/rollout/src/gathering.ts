/** The evidence of a rollout while it is driven: gathered from the target and the probe look by look, and judged. */
import type { RequestSample, RolloutState } from '@sluice/host/types';
import type { Logger } from '@sluice/runtime/logger';
import { judge, type JudgePolicy, type Verdict } from './analysis.ts';
import { Evidence, type Arm } from './evidence.ts';
import type { Look, Totals } from './evidence-source.ts';
import { judgeBoth, type Arms } from './judge-both.ts';
import { judgeReadings } from './judge-readings.ts';
import { watchesOf, type LiveRule } from './live-rules.ts';
import type { Prober } from './probe.ts';
import { withLook, type Readings } from './readings.ts';
import { mismatchOf } from './sample-mismatch.ts';
import { rolloutData, type RolloutTarget } from './target.ts';

export interface GatheringOptions {
  target: Pick<RolloutTarget, 'observe'>;
  rules: readonly LiveRule[];
  judging: JudgePolicy;
  /** Asks both versions the user's own questions while the rollout goes on. */
  probe?: Prober;
  log: Logger;
}

export class Gathering {
  readonly #o: GatheringOptions;
  readonly #evidence: Evidence;
  /** Of the probe, apart from users': both versions get the same questions, and not of the same kind as users'. */
  readonly #probed: Evidence;
  #cursor: number;
  #problems: string[] = [];
  #users: Record<string, number> | undefined;
  readonly #noted = new Set<string>();

  /** @param cursor evidence begins after this sample */
  constructor(options: GatheringOptions, cursor: number) {
    this.#o = options;
    this.#evidence = new Evidence(watchesOf(options.rules));
    this.#probed = new Evidence(watchesOf(options.rules));
    this.#cursor = cursor;
  }

  /** The last sample that was read. */
  get cursor(): number {
    return this.#cursor;
  }

  /** What came since the look before. */
  async look(state: RolloutState): Promise<void> {
    this.#evidence.add(await this.#fetch(this.#lookOf(state)));
    this.#probed.add(this.#o.probe?.take(state.to, state.from) ?? []);
  }

  /** Leaves out what is there already. */
  async skip(): Promise<void> {
    await this.#fetch();
  }

  arms({ from, to }: RolloutState, evidence = this.#evidence): Arms {
    return { canary: evidence.arm(to), stable: from === null ? null : evidence.arm(from) };
  }

  /** What the probe was answered by the new version; nothing without one. */
  probed(state: RolloutState): { probed?: Arm } {
    return this.#o.probe === undefined ? {} : { probed: this.arms(state, this.#probed).canary };
  }

  /** With this look's, for a judge that goes by readings; undefined for one that doesn't. */
  readings(state: RolloutState): Readings | undefined {
    const { rules, judging } = this.#o;
    return judging.by === undefined
      ? undefined
      : withLook(rolloutData(state).readings, rules, this.arms(state));
  }

  /** @param now epoch milliseconds */
  judge(state: RolloutState, now: number): Verdict {
    const { rules, judging, probe } = this.#o;
    const users = this.arms(state);
    if (judging.by !== undefined) {
      const { readings } = rolloutData(state);
      const isOver = state.stepStartedAt + (state.steps[state.stepIndex]?.holdMs ?? 0) <= now;
      const look = { ...users, readings, isOver, minSamples: judging.minSamples };
      return { ...judgeReadings(judging.by, rules, look), problems: this.#problems };
    }
    const verdict =
      probe === undefined
        ? judge(rules, users.canary, users.stable, judging)
        : judgeBoth(rules, users, this.arms(state, this.#probed), judging);
    const mismatch = mismatchOf(state, users, this.#users);
    return { ...verdict, problems: this.#problems, ...(mismatch === undefined ? {} : { mismatch }) };
  }

  #lookOf(state: RolloutState): Look | undefined {
    const { from, to } = state;
    const since = rolloutData(state).weights[0]?.at;
    return since === undefined
      ? undefined
      : { since, canary: to, stable: from, watches: watchesOf(this.#o.rules) };
  }

  /** The new samples; totals, where the target has them, are put beside them. */
  async #fetch(look?: Look): Promise<RequestSample[]> {
    const all: RequestSample[] = [];
    for (let ask = look; ; ask = undefined) {
      const { samples, next, totals, users } = await this.#o.target.observe(this.#cursor, ask);
      this.#cursor = next;
      if (users !== undefined) this.#users = users;
      if (totals !== undefined) this.#count(totals);
      if (samples.length === 0) return all;
      all.push(...samples);
    }
  }

  #count({ arms, problems, notes }: Totals): void {
    this.#evidence.setTotals(arms);
    for (const problem of problems)
      if (!this.#problems.includes(problem)) this.#o.log.warning(`no data: ${problem}`);
    this.#problems = problems;
    for (const note of notes) {
      if (this.#noted.has(note)) continue;
      this.#noted.add(note);
      this.#o.log.info(note);
    }
  }
}
