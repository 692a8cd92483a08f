/** The load of a run: asked, watched, told, and its samples written beside the results. */
import { LOOPBACK } from '@sluice/http/agents';
import type { Target } from '@sluice/inference/clients/openai-request';
import { makeAsker, type Asker } from '@sluice/inference/load/asker';
import { benchLines, writeSamples } from '@sluice/inference/load/files';
import { emptyLevels } from '@sluice/inference/load/empty-levels';
import type { LoadLevel } from '@sluice/inference/load/level';
import { makeObserver } from '@sluice/inference/load/observe';
import type { LoadProfile } from '@sluice/inference/load/profile';
import { runLoad, type LoadResult } from '@sluice/inference/load/run-load';
import type { RunResult } from '@sluice/inference/runs/run-cases';
import type { Case, Protocol } from '@sluice/inference/suites/types';
import type { ActionContext } from '@sluice/runtime/action';
import { writeFileAtomic } from '@sluice/runtime/files';
import type { Inputs } from './inputs.gen.ts';

export interface PressWork {
  inputs: Inputs;
  context: ActionContext;
  target: Target;
  /** To compare with; undefined without. */
  baseline: Target | undefined;
  cases: readonly Case[];
  protocol: Protocol;
  load: LoadProfile | undefined;
}

const NOTHING: LoadResult = { levels: [], baseline: [], partial: false };

/** Nothing without `load`. Cancelled, it gives what there is, marked partial. */
export async function press(work: PressWork, ran: RunResult): Promise<LoadResult> {
  const { inputs, context, load, target } = work;
  if (load === undefined) return NOTHING;
  const { log, signal } = context;
  if (!ran.cases.some((result) => result.attempts.some(({ answer }) => answer.complete))) {
    log.warning('no case was answered, so the load is left out');
    return { ...NOTHING, levels: emptyLevels(load) };
  }
  const askerOf = (of: Target): Promise<Asker> =>
    makeAsker(
      work.cases,
      load,
      { target: of, protocol: work.protocol, seed: inputs.seed, timeoutMs: inputs.requestTimeout },
      { signal, warn: (text) => log.warning(text) },
    );
  const result = await runLoad(
    load,
    {
      candidate: await askerOf(target),
      ...(work.baseline === undefined ? {} : { baseline: await askerOf(work.baseline) }),
    },
    {
      signal,
      seed: inputs.seed ?? 1,
      observe: observerOf(work, load),
      onRun: (level, side) => log.info(describeRun(level, side === 'baseline')),
      onTry: ({ rate, requests, holds, why }) =>
        log.info(
          `${rate}/s ${holds ? 'holds' : 'misses'}: ${why ?? `${requests} requests kept every bar often enough`}`,
        ),
    },
  );
  for (const { sweep } of result.levels) if (sweep !== undefined) log.info(`sweep: ${sweep.stopped}`);
  await writeSamples(besides(inputs.results, 'samples.jsonl'), result);
  await writeFileAtomic(
    besides(inputs.results, 'bench.jsonl'),
    benchLines(result.levels, { modelName: target.modelName, protocol: work.protocol }),
  );
  log.info(`samples: ${besides(inputs.results, 'samples.jsonl')}`);
  return result;
}

/** `results.json` -> `results.samples.jsonl`, in the same folder. */
export function besides(results: string, ending: string): string {
  return `${results.replace(/\.json$/, '')}.${ending}`;
}

function observerOf({ target, context }: PressWork, load: LoadProfile): ReturnType<typeof makeObserver> {
  const url = load.metricsUrl ?? `${target.origin}/metrics`;
  const origin = new URL(target.origin).origin;
  return makeObserver({
    url,
    ...(target.token === undefined || new URL(url).origin !== origin
      ? {}
      : { token: { value: target.token, origin } }),
    isLocal: LOOPBACK.test(new URL(target.origin).hostname),
    env: context.env,
    signal: context.signal,
    warn: (text) => context.log.untrusted(text),
  });
}

function describeRun({ said, runs }: LoadLevel, isBaseline: boolean): string {
  const samples = runs.at(-1)?.samples ?? [];
  const failed = samples.filter(({ complete, began }) => began && !complete).length;
  const began = samples.filter((sample) => sample.began).length;
  return `load of ${said}${isBaseline ? ' on the baseline' : ''}: ${began} requests, ${failed} without an answer`;
}
