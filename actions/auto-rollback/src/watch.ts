/** Judges what is stable by its own live requests, look after look. */
import { judge, type Verdict } from '@sluice/rollout/analysis';
import { Evidence, type Arm } from '@sluice/rollout/evidence';
import { judgedLine } from '@sluice/rollout/lines';
import { watchesOf } from '@sluice/rollout/live-rules';
import { servingSince } from '@sluice/rollout/rollback';
import { ConfigError } from '@sluice/runtime/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from './undo.ts';

export interface Watched {
  version: string;
  verdict: Verdict;
  arm: Arm;
  decidedAt: number;
}

/**
 * `check`: one look at all requests kept of the stable version since it became stable. `watch`: from now on until a
 * rule is proven broken or the window ends; when another version becomes stable meanwhile, that one is watched.
 */
export async function watch(session: Session): Promise<Watched> {
  const { inputs, context } = session;
  const once = inputs.mode === 'check';
  const end = Date.now() + inputs.window;
  const first = await stableNow(session);
  let current = new Look(session, first.version, once ? first.since : undefined);
  if (!once) await current.skip();
  let told = '';
  for (;;) {
    context.signal.throwIfAborted();
    const { version, since } = await stableNow(session);
    if (version !== current.version) {
      context.log.notice(`${version} became stable: it is watched from now on`);
      current = new Look(session, version, since, current.cursor);
    }
    const watched = await current.judge();
    const line = judgedLine(watched.version, watched.verdict);
    if (line !== told) context.log.info(line);
    told = line;
    const left = end - Date.now();
    if (once || watched.verdict.overall === 'fail' || left <= 0) return watched;
    await sleep(Math.min(left, inputs.interval), undefined, { signal: context.signal });
  }
}

async function stableNow({ place }: Session): Promise<{ version: string; since: number | undefined }> {
  const status = await place.target.status();
  if (status.stable === null) throw new ConfigError(`${place.name} has no stable version any more`);
  return { version: status.stable, since: servingSince(status) };
}

/** The evidence about one version, gathered look by look: each request, or the totals of a source that counts. */
class Look {
  readonly version: string;
  cursor: number;
  readonly #session: Session;
  readonly #since: number | undefined;
  readonly #evidence: Evidence;
  /** Of totals, where nothing else says so. */
  readonly #began = Date.now();
  readonly #told = new Set<string>();

  constructor(session: Session, version: string, since: number | undefined, cursor = 0) {
    this.version = version;
    this.cursor = cursor;
    this.#session = session;
    this.#since = since;
    this.#evidence = new Evidence(watchesOf(session.checked.rules));
  }

  /** Leaves out everything that is there already. */
  async skip(): Promise<void> {
    while ((await this.#fetch()) > 0);
  }

  async judge(): Promise<Watched> {
    const problems = await this.#count();
    while ((await this.#fetch(true)) > 0);
    const { inputs, checked } = this.#session;
    const policy = { confidence: inputs.confidence, minSamples: inputs.minSamples, estimate: true };
    const arm = this.#evidence.arm(this.version);
    const verdict = { ...judge(checked.rules, arm, null, policy), problems };
    // Numbers that are not of now prove nothing good.
    const overall = problems.length > 0 && verdict.overall === 'pass' ? 'no-data' : verdict.overall;
    return { version: this.version, verdict: { ...verdict, overall }, arm, decidedAt: Date.now() };
  }

  async #count(): Promise<string[]> {
    const { place, checked, context } = this.#session;
    if (place.totalsOf === undefined) return [];
    const since = this.#since ?? this.#began;
    const { arms, problems, notes } = await place.totalsOf(this.version, since, watchesOf(checked.rules));
    this.#evidence.setTotals(arms);
    for (const text of [...problems.map((problem) => `no data: ${problem}`), ...notes]) {
      if (!this.#told.has(text)) context.log[notes.includes(text) ? 'info' : 'warning'](text);
      this.#told.add(text);
    }
    return problems;
  }

  async #fetch(keep = false): Promise<number> {
    const { samples, next } = await this.#session.place.target.observe(this.cursor);
    this.cursor = next;
    const since = this.#since ?? 0;
    if (keep)
      this.#evidence.add(samples.filter(({ version, at }) => version === this.version && at >= since));
    return samples.length;
  }
}
