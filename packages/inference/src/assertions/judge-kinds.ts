/** Assertions that a judge decides: a rubric, or which of two answers is better. */
import { pairPrompt, rubricPrompt } from '@sluice/judge/prompts';
import { bothOrders, mirrored, readRubric, readWinner } from '@sluice/judge/verdicts';
import { thresholdFault, valueFault, type Aides, type AssertionFault, type Kinds } from './kinds.ts';
import type { Assertion } from '../suites/types.ts';

/** A text, and a threshold that is a share. */
export function needsText({ type, value, threshold }: Assertion): AssertionFault | undefined {
  if (typeof value !== 'string' || value.trim() === '')
    return valueFault(`'${type}' needs a text as its value`);
  return threshold !== undefined && threshold > 1
    ? thresholdFault(`the threshold of '${type}' is at most 1`)
    : undefined;
}

export const JUDGE_KINDS: Kinds = {
  'llm-rubric': {
    judged: true,
    takes: ['threshold'],
    check: needsText,
    async decide({ value, threshold }, { answer, prompt, aides }) {
      const said = await judgeOf(aides)(rubricPrompt(String(value), prompt ?? '', answer.text));
      const { pass, score, reason } = readRubric(said);
      return {
        passed: pass && score >= (threshold ?? 0),
        score,
        reason: `the judge finds that '${String(value).slice(0, 120)}' holds (score ${score}: ${reason.slice(0, 200)})`,
      };
    },
  },
  pairwise: {
    judged: true,
    takes: ['threshold'],
    check: needsText,
    async decide({ value, threshold = 0.5 }, { answer, prompt, aides }) {
      const ask = judgeOf(aides);
      const reference = String(value);
      const first = readWinner(await ask(pairPrompt(prompt ?? '', answer.text, reference)));
      const second = readWinner(await ask(pairPrompt(prompt ?? '', reference, answer.text)));
      const { winner } = bothOrders(first, second);
      const score = winner === 'A' ? 1 : winner === 'tie' ? 0.5 : 0;
      const told = { A: 'the answer', B: 'the reference', tie: 'neither' }[winner];
      return {
        passed: score >= threshold,
        score,
        reason: `the answer is at least as good as the reference (better is ${told}; in both orders: ${first}, ${mirrored(second)})`,
      };
    },
  },
};

/** Throws when nobody named a judge. */
export function judgeOf(aides: Aides | undefined): (prompt: string) => Promise<string> {
  const { judge } = aides ?? {};
  if (judge === undefined) throw new Error('no judge is there; give `judge-endpoint`');
  return judge;
}
