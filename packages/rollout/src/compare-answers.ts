/** Two versions' answers to one question: how alike they are, and which a judge finds better. */
import { rouge1 } from '@sluice/inference/assertions/overlap';
import { askJudge, type Judge } from '@sluice/judge/ask-judge';
import { pairPrompt } from '@sluice/judge/prompts';
import { bothOrders, readWinner, type Winner } from '@sluice/judge/verdicts';
import { describeError } from '@sluice/runtime/errors';

export interface AnswerPair {
  prompt: string;
  canary: string;
  stable: string;
}

export interface Compared {
  /** ROUGE-1's F measure of their words, 0 to 1. */
  similarity: number;
  /** Of the new version: 1 better, 0.5 as good, 0 worse; absent without a judge, or where it said nothing. */
  win?: number;
}

export type Compare = (pair: AnswerPair) => Promise<Compared>;

const WINS: Readonly<Record<Winner, number>> = { A: 1, tie: 0.5, B: 0 };

/** @param judge asked twice a pair, in both orders: what wins by its place alone is a tie */
export function compareBy(
  judge: Judge | undefined,
  { timeoutMs, signal, warn }: { timeoutMs: number; signal: AbortSignal; warn: (text: string) => void },
): Compare {
  let warned = false;
  return async ({ prompt, canary, stable }) => {
    if (canary === stable) return { similarity: 1, ...(judge === undefined ? {} : { win: WINS.tie }) };
    const similarity = rouge1(canary, stable);
    if (judge === undefined) return { similarity };
    const ask = async (a: string, b: string): Promise<Winner> =>
      readWinner((await askJudge(judge, pairPrompt(prompt, a, b), { timeoutMs, signal })).text);
    try {
      const { winner } = bothOrders(await ask(canary, stable), await ask(stable, canary));
      return { similarity, win: WINS[winner] };
    } catch (error) {
      if (!warned && !signal.aborted) warn(`the judge did not decide: ${describeError(error)}`);
      warned = true;
      return { similarity };
    }
  };
}
