/** Asks the questions of a load of one server. */
import { seededRandom } from '@sluice/statistics/random';
import type { Answer } from '../clients/answer.ts';
import { ask } from '../clients/ask.ts';
import { buildRequest } from '../clients/protocols.ts';
import { converse } from '../runs/converse.ts';
import type { RunPlan } from '../runs/run-cases.ts';
import type { Case } from '../suites/types.ts';
import { meanOf, type LoadSettings, type Shape } from './profile-settings.ts';
import { headOf, makePrompts, newMark, USUAL_SCALE, words, type TokenScale } from './prompts.ts';

export type AskPlan = Pick<RunPlan, 'target' | 'protocol' | 'seed' | 'timeoutMs'>;

export interface Asker {
  /** The n-th question of the load, from 1. Never throws; a signal makes it an answer that isn't complete. */
  ask(number: number, signal: AbortSignal): Promise<Answer>;
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
  const asked = cases.filter((test) => test.kind === 'functional');
  const { promptTokens, outputTokens, forceOutput } = settings;
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
  return { ask: (number, stop) => askCase(prompts(number), plan, stop) };
}

/** Of a conversation the first question: those after it would come in step with the server. */
async function askCase(test: Case, plan: AskPlan, signal: AbortSignal): Promise<Answer> {
  const protocol = test.options.protocol ?? plan.protocol;
  const timeoutMs = test.options.timeout === undefined ? plan.timeoutMs : test.options.timeout * 1000;
  const [{ answer }] = await converse({ ...test, turns: [] }, (prompt) => {
    const built = buildRequest(plan.target, protocol, prompt, test.options, plan.seed);
    return ask({ ...built, token: plan.target.token, timeoutMs, signal });
  });
  return answer;
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
    const { promptTokens } = await askCase({ ...test, prompt, options }, plan, signal);
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
