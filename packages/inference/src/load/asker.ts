/** Asks the questions of a load of one server. */
import { seededRandom } from '@sluice/statistics/random';
import type { Answer } from '../clients/answer.ts';
import { converse } from '../runs/converse.ts';
import { askOnce, type RunPlan } from '../runs/run-cases.ts';
import type { Case } from '../suites/types.ts';
import { meanOf, type LoadSettings, type Shape } from './profile-settings.ts';
import { headOf, makePrompts, newMark, USUAL_SCALE, words, type TokenScale } from './prompts.ts';

export type AskPlan = Pick<RunPlan, 'target' | 'protocol' | 'seed' | 'timeoutMs'>;

export interface Asker {
  /**
   * The n-th conversation of the load, from 1: the answer to each of its requests, which is sent as it is taken. Never
   * throws; a signal makes it an answer that isn't complete, and the last.
   */
  ask(number: number, signal: AbortSignal): AsyncIterable<Answer>;
  /** Requests that a conversation has at the most. */
  turns: number;
}

/** As many digits as most numbers of a load have. */
const PROBE_NUMBER = 500;

/** `warn` is told when the server doesn't count tokens, so that the lengths of prompts are only about right. */
export async function makeAsker(
  cases: readonly Case[],
  settings: LoadSettings,
  plan: AskPlan,
  { signal, warn }: { signal: AbortSignal; warn: (text: string) => void },
): Promise<Asker> {
  const { promptTokens, outputTokens, forceOutput } = settings;
  // Prompts of told lengths have no conversation that could go on from them.
  const asked = cases
    .filter((test) => test.kind === 'functional')
    .map((test) => (promptTokens === undefined ? test : { ...test, turns: [] }));
  const first = asked[0];
  let scale: TokenScale | undefined;
  if (promptTokens !== undefined && first !== undefined) {
    scale = await measureScale(first, promptTokens, plan, signal);
    if (scale === undefined)
      warn(
        'the server tells no number of prompt tokens, so the lengths of `prompt-tokens` are only about right',
      );
  }
  const prompts = makePrompts(asked, {
    seed: plan.seed ?? 1,
    ...(promptTokens === undefined ? {} : { promptTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(forceOutput === undefined ? {} : { forceOutput }),
    scale: scale ?? USUAL_SCALE,
  });
  return {
    ask: (number, stop) => askCase(prompts(number), plan, stop),
    turns: Math.max(1, ...asked.map(({ turns = [] }) => 1 + turns.length)),
  };
}

/** What comes after the first question carries the server's own answers before it. */
async function* askCase(test: Case, plan: AskPlan, signal: AbortSignal): AsyncGenerator<Answer, void> {
  for await (const { answer } of converse(test, (prompt) => askOnce(test, prompt, plan, signal)))
    yield answer;
}

/** From two prompts of different lengths, well within what is asked for: what a word costs, and the template around it. */
async function measureScale(
  test: Case,
  shape: Shape,
  plan: AskPlan,
  signal: AbortSignal,
): Promise<TokenScale | undefined> {
  const tokens = meanOf(shape);
  const sizes = [clamp(tokens / 8, 4, 40), clamp(tokens / 2, 16, 240)] as const;
  const counts: number[] = [];
  for (const size of sizes) {
    const prompt = headOf(newMark(), PROBE_NUMBER) + words(seededRandom(size), size);
    const options = { ...test.options, max_tokens: 1 };
    const { promptTokens } = await askOnce({ ...test, prompt, options }, prompt, plan, signal);
    if (promptTokens === null) return undefined;
    counts.push(promptTokens);
  }
  const [few = 0, many = 0] = counts;
  const perWord = (many - few) / (sizes[1] - sizes[0]);
  return perWord > 0 ? { perWord, base: few - perWord * sizes[0] } : undefined;
}

function clamp(value: number, low: number, high: number): number {
  return Math.round(Math.min(high, Math.max(low, value)));
}
