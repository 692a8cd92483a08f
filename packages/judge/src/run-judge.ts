/** Judges pairs in both orders and rubrics, several at a time, with what the cache knows asked nowhere. */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { askJudge, Refused, type AskOptions, type Judge, type Tokens } from './ask-judge.ts';
import type { JudgeCache } from './cache.ts';
import type { Pair, Side } from './pairs.ts';
import { pairPrompt, rubricPrompt } from './prompts.ts';
import { bothOrders, readRubric, readWinner, type RubricVerdict } from './verdicts.ts';

/** A pair after judging; what has no readable verdict says why. */
export interface Judged {
  pair: Pair;
  /** `consistent` is absent where both answers are the same text: a tie that nobody was asked about. */
  comparison?: { winner: Side; consistent?: boolean } | { unreadable: string };
  rubric?: RubricVerdict | { unreadable: string };
}

export interface JudgeRun {
  judged: Judged[];
  asked: number;
  cached: number;
  /** What the judge counted for what was asked now; null when it didn't for all of it. */
  tokens: Tokens | null;
}

export interface JudgePlan extends AskOptions {
  judge: Judge;
  cache: JudgeCache;
  /** Requests that may be made; what the cache knows is free. */
  maxRequests: number;
  concurrency?: number;
  progress?: (text: string) => void;
}

/** Sent with every request and part of the cache's key: servers that honour it answer alike twice. */
const SEED = 1;
const CONCURRENCY = 8;

/**
 * @throws ConfigError when more requests are needed than allowed, before any is made; InfraError when the judge fails or
 * refuses every text: half a judgement is none. What was answered until then is in the cache.
 */
export async function runJudge(pairs: readonly Pair[], plan: JudgePlan): Promise<JudgeRun> {
  const readers = new Map(pairs.flatMap(questionsOf));
  const prompts = [...readers.keys()];
  const open = prompts.filter((prompt) => plan.cache.get(prompt, SEED) === undefined);
  if (open.length > plan.maxRequests) {
    throw new ConfigError(
      `input \`judge-max-requests\` = ${plan.maxRequests}, but ${open.length} requests are needed (${pairs.length} rows, each pair in both orders, ${prompts.length - open.length} known from before); allow more or give fewer rows`,
    );
  }
  const said = new Map<string, string | Refused>();
  for (const prompt of prompts) {
    const known = plan.cache.get(prompt, SEED);
    if (known !== undefined) said.set(prompt, known);
  }
  const tokens = await askAll(open, readers, plan, said);
  const judged = pairs.map((pair) => judgeOne(pair, (prompt) => said.get(prompt)));
  const refusals = [...said.values()].filter((text) => text instanceof Refused);
  if (refusals.length > 0 && refusals.length === said.size)
    throw new InfraError(`the judge refuses every text: ${refusals[0]?.message ?? ''}`);
  return { judged, asked: open.length, cached: prompts.length - open.length, tokens };
}

type Reader = (said: string) => unknown;

/** What is asked of a row, each with how its answer is read. */
function questionsOf({ prompt, candidate, baseline, rubric }: Pair): [string, Reader][] {
  return [
    ...(baseline === undefined || baseline === candidate
      ? []
      : [pairPrompt(prompt, candidate, baseline), pairPrompt(prompt, baseline, candidate)].map(
          (question): [string, Reader] => [question, readWinner],
        )),
    ...(rubric === undefined
      ? []
      : [[rubricPrompt(rubric, prompt, candidate), readRubric] satisfies [string, Reader]]),
  ];
}

/** The first failure ends all: the others are called off, not left to run on the judge's bill. */
async function askAll(
  open: readonly string[],
  readers: ReadonlyMap<string, Reader>,
  plan: JudgePlan,
  said: Map<string, string | Refused>,
): Promise<Tokens | null> {
  const { judge, cache, progress, concurrency = CONCURRENCY } = plan;
  const stop = new AbortController();
  const signal = plan.signal === undefined ? stop.signal : AbortSignal.any([plan.signal, stop.signal]);
  const step = Math.max(1, Math.ceil(open.length / 10));
  let next = 0;
  let done = 0;
  let tokens: Tokens | null = { prompt: 0, answer: 0 };
  const worker = async (): Promise<void> => {
    for (let prompt = open[next++]; prompt !== undefined; prompt = open[next++]) {
      try {
        const answer = await askJudge(judge, prompt, { ...plan, signal, seed: SEED });
        said.set(prompt, answer.text);
        tokens = added(tokens, answer.tokens);
        // What can't be read isn't kept: another run may get it.
        if (isReadable(answer.text, readers.get(prompt))) await cache.put(prompt, SEED, answer.text);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        said.set(prompt, error);
      }
      done += 1;
      if (done % step === 0 || done === open.length)
        progress?.(`the judge answered ${done} of ${open.length} requests`);
    }
  };
  const workers = Array.from({ length: Math.min(concurrency, open.length) }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(workers);
    throw error;
  }
  return tokens;
}

function added(sum: Tokens | null, more: Tokens | null): Tokens | null {
  return sum === null || more === null
    ? null
    : { prompt: sum.prompt + more.prompt, answer: sum.answer + more.answer };
}

function isReadable(text: string, read: Reader | undefined): boolean {
  try {
    read?.(text);
    return read !== undefined;
  } catch {
    return false;
  }
}

function judgeOne(pair: Pair, saidTo: (prompt: string) => string | Refused | undefined): Judged {
  const read = <T>(prompt: string, reader: (said: string) => T): T => {
    const said = saidTo(prompt);
    if (typeof said !== 'string') throw said ?? new Error('the judge said nothing');
    return reader(said);
  };
  const tried = <T extends object>(decide: () => T): T | { unreadable: string } => {
    try {
      return decide();
    } catch (error) {
      return { unreadable: error instanceof Error ? error.message : String(error) };
    }
  };
  const { prompt, candidate, baseline, rubric } = pair;
  const sides = { A: 'candidate', B: 'baseline', tie: 'tie' } as const;
  return {
    pair,
    ...(baseline === undefined
      ? {}
      : {
          comparison: tried(() => {
            if (candidate === baseline) return { winner: 'tie' as const };
            const first = read(pairPrompt(prompt, candidate, baseline), readWinner);
            const second = read(pairPrompt(prompt, baseline, candidate), readWinner);
            const { winner, consistent } = bothOrders(first, second);
            return { winner: sides[winner], consistent };
          }),
        }),
    ...(rubric === undefined
      ? {}
      : { rubric: tried(() => read(rubricPrompt(rubric, prompt, candidate), readRubric)) }),
  };
}
