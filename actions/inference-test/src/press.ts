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
import type { Redactor } from '@sluice/report/redact';
import type { ActionContext } from '@sluice/runtime/action';
import { writeFileAtomic } from '@sluice/runtime/files';
import type { Inputs } from './inputs.gen.ts';
import { loadFiles } from './load-files.ts';
import type { TestServer } from './test-server.ts';

export interface PressWork {
  inputs: Inputs;
  context: ActionContext;
  server: Pick<TestServer, 'target' | 'metricsUrl'>;
  /** To compare with; undefined without. */
  baseline: Target | undefined;
  cases: readonly Case[];
  protocol: Protocol;
  load: LoadProfile | undefined;
  redact: Redactor;
}

const NOTHING: LoadResult = { levels: [], baseline: [], partial: false };

/** Nothing without `load`. Cancelled, it gives what there is, marked partial. */
export async function press(work: PressWork, ran: RunResult): Promise<LoadResult> {
  const { inputs, context, load, redact } = work;
  const { target } = work.server;
  if (load === undefined) return NOTHING;
  // Cancelled before: it wasn't begun.
  if (ran.partial === true) return { ...NOTHING, levels: emptyLevels(load), partial: true };
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
  const candidate = await askerOf(target);
  const told = tellProgress((line) => log.info(line));
  const result = await runLoad(
    load,
    {
      candidate: told.watch(candidate),
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
  told.stop();
  for (const { sweep } of result.levels) if (sweep !== undefined) log.info(`sweep: ${sweep.stopped}`);
  const files = loadFiles(inputs.results);
  const words = { redact, told: inputs.texts !== 'none' };
  await writeSamples(files.samples, result, words);
  const bench = benchLines(result.levels, { modelName: target.modelName, protocol: work.protocol, redact });
  await writeFileAtomic(files.bench, bench);
  log.info(`samples: ${files.samples}`);
  return result;
}

function observerOf(
  { server, context, redact }: PressWork,
  load: LoadProfile,
): ReturnType<typeof makeObserver> {
  const { target } = server;
  const url = load.metricsUrl ?? server.metricsUrl ?? `${target.origin}/metrics`;
  const origin = new URL(target.origin).origin;
  return makeObserver({
    url,
    ...(target.token === undefined || new URL(url).origin !== origin
      ? {}
      : { token: { value: target.token, origin } }),
    isLocal: LOOPBACK.test(new URL(target.origin).hostname),
    env: context.env,
    signal: context.signal,
    warn: (text) => context.log.untrusted(redact(text)),
  });
}

const PROGRESS_MS = 10_000;

/** A line now and then, so that an hour of load isn't an hour of silence. */
function tellProgress(write: (line: string) => void): { watch(asker: Asker): Asker; stop(): void } {
  let sent = 0;
  let answered = 0;
  const timer = setInterval(
    () => write(`load: ${sent} questions so far, ${sent - answered} of them under way`),
    PROGRESS_MS,
  );
  return {
    watch: (asker) => ({
      ...asker,
      async *ask(number, signal) {
        sent += 1;
        try {
          yield* asker.ask(number, signal);
        } finally {
          answered += 1;
        }
      },
    }),
    stop: () => clearInterval(timer),
  };
}

function describeRun({ said, runs }: LoadLevel, isBaseline: boolean): string {
  const samples = runs.at(-1)?.samples ?? [];
  const failed = samples.filter(({ complete, began }) => began && !complete).length;
  const began = samples.filter((sample) => sample.began).length;
  return `load of ${said}${isBaseline ? ' on the baseline' : ''}: ${began} requests, ${failed} without an answer`;
}
