/** Runs a load, level by level; of a comparison both sides in turn. */
import type { Asker } from './asker.ts';
import { plansOf, type LevelPlan } from './level-plans.ts';
import type { LoadLevel } from './level.ts';
import type { Observe } from './observe.ts';
import type { LoadProfile } from './profile.ts';
import type { StageResult } from './run-stage.ts';
import type { RateTry } from './sweep.ts';

export interface LoadSides {
  candidate: Asker;
  baseline?: Asker;
}

export interface LoadHooks {
  signal: AbortSignal;
  seed: number;
  observe?: Observe;
  onRun?: (level: LoadLevel, side: keyof LoadSides, stage: StageResult) => void;
  onTry?: (tried: RateTry) => void;
}

export interface LoadResult {
  levels: LoadLevel[];
  /** The same levels of the baseline; empty without one. */
  baseline: LoadLevel[];
  /** Cancelled: what there is, is not all. */
  partial: boolean;
}

const COMPARED_RUNS = 5;

/** Never throws because of the signal: what was measured until then is the result, marked partial. */
export async function runLoad(load: LoadProfile, sides: LoadSides, hooks: LoadHooks): Promise<LoadResult> {
  const result: LoadResult = { levels: [], baseline: [], partial: false };
  const nexts = { candidate: { number: 0 }, baseline: { number: 0 } };
  const runs = sides.baseline === undefined ? 1 : (load.runs ?? COMPARED_RUNS);
  const isAborted = (): boolean => hooks.signal.aborted;
  for (const profile of load.profiles) {
    for (const plan of plansOf(profile, load, hooks.seed)) {
      const level = emptyLevel(plan, load, sides.candidate);
      const other = emptyLevel(plan, load, sides.candidate);
      result.levels.push(level);
      if (sides.baseline !== undefined) result.baseline.push(other);
      for (let run = 0; run < runs && !isAborted(); run += 1) {
        const pair = [
          { side: 'candidate' as const, asker: sides.candidate, into: level },
          ...(sides.baseline === undefined
            ? []
            : [{ side: 'baseline' as const, asker: sides.baseline, into: other }]),
        ];
        // By turns the one and the other first, so that a machine that grows slower is nobody's advantage.
        for (const { side, asker, into } of run % 2 === 0 ? pair : pair.reverse()) {
          if (isAborted()) break;
          const context = { asker, signal: hooks.signal, run, next: nexts[side] };
          const watch = side === 'candidate' ? hooks.observe?.() : undefined;
          const stage = await plan.run(context, into, hooks.onTry ?? (() => undefined));
          const seen = await watch?.stop();
          if (seen !== undefined) into.observed.push(seen);
          take(into, stage);
          hooks.onRun?.(into, side, stage);
        }
      }
      if (!isAborted()) continue;
      for (const cut of [level, ...(sides.baseline === undefined ? [] : [other])]) cut.partial = true;
      return { ...result, partial: true };
    }
  }
  return result;
}

function take(level: LoadLevel, stage: StageResult): void {
  level.runs.push(stage);
  level.samples = level.samples.concat(stage.samples);
  level.durationMs += stage.durationMs;
}

function emptyLevel(
  { name, said, value, open }: LevelPlan,
  { slos }: LoadProfile,
  { turns }: Asker,
): LoadLevel {
  return { name, said, value, open, slos, turns, runs: [], samples: [], durationMs: 0, observed: [] };
}
