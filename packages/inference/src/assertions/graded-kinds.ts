/** Assertions that a judge decides by one fixed question each: facts, a criterion, G-Eval. */
import { judgeOf, needsText } from './judge-kinds.ts';
import { reaches, valueFault, type AssertionFault, type Kind, type Kinds } from './kinds.ts';
import type { Assertion } from '../suites/types.ts';

const EVALUATION_DEFAULT = 0.7;
const MOST_CRITERIA = 20;

/** What each category says of the answer; only a disagreement fails, as promptfoo's weights are unless changed. */
const CATEGORIES = {
  A: 'it is a consistent subset',
  B: 'it is a consistent superset',
  C: 'it holds the same details',
  D: 'they disagree',
  E: "the differences don't matter",
} as const;

const FACTUALITY: Kind = {
  judged: true,
  check: needsText,
  async decide({ value }, { answer, prompt, aides }) {
    const { factualityPrompt } = await import('@sluice/judge/metric-prompts');
    const { readCategory } = await import('@sluice/judge/metric-verdicts');
    const said = await judgeOf(aides)(factualityPrompt(prompt ?? '', String(value), answer.text));
    const { category, reason } = readCategory(said);
    return {
      passed: category !== 'D',
      reason: `the answer's facts agree with the expert's (${category}: ${CATEGORIES[category]}; ${reason.slice(0, 200)})`,
    };
  },
};

const CLOSED_QUESTION: Kind = {
  judged: true,
  check: needsText,
  async decide({ value }, { answer, prompt, aides }) {
    const { closedQuestionPrompt } = await import('@sluice/judge/metric-prompts');
    const { readMeets } = await import('@sluice/judge/metric-verdicts');
    const said = await judgeOf(aides)(closedQuestionPrompt(prompt ?? '', String(value), answer.text));
    const { meets, reason } = readMeets(said);
    return {
      passed: meets,
      reason: `the answer meets '${String(value).slice(0, 120)}' (${reason.slice(0, 200)})`,
    };
  },
};

function criteriaOf(value: unknown): string[] {
  return (Array.isArray(value) ? (value as unknown[]) : [value]).map(String);
}

function checkCriteria(assertion: Assertion): AssertionFault | undefined {
  const { type, value } = assertion;
  if (!Array.isArray(value)) return needsText(assertion);
  if (value.length === 0 || value.length > MOST_CRITERIA)
    return valueFault(`'${type}' needs one criterion to ${MOST_CRITERIA}`);
  return value.map((entry: unknown) => needsText({ ...assertion, value: entry })).find((fault) => fault);
}

/** Each criterion by steps that the judge lays down first; the mean of their scores counts. */
const G_EVAL: Kind = {
  judged: true,
  takes: ['threshold'],
  check: checkCriteria,
  async decide({ value, threshold = EVALUATION_DEFAULT }, { answer, prompt, aides }) {
    const { evaluationPrompt, evaluationStepsPrompt } = await import('@sluice/judge/metric-prompts');
    const { readEvaluation, readTexts } = await import('@sluice/judge/metric-verdicts');
    const ask = judgeOf(aides);
    const scores: number[] = [];
    const reasons: string[] = [];
    for (const criteria of criteriaOf(value)) {
      const steps = readTexts(await ask(evaluationStepsPrompt(criteria)), 'steps');
      const said = await ask(evaluationPrompt(criteria, steps, prompt ?? '', answer.text));
      const { score, reason } = readEvaluation(said);
      scores.push(score);
      reasons.push(reason.slice(0, 120));
    }
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const decision = reaches(mean, threshold, "the judge's score");
    return { ...decision, reason: `${decision.reason}: ${reasons.join('; ')}` };
  },
};

export const GRADED_KINDS: Kinds = {
  factuality: FACTUALITY,
  'model-graded-factuality': FACTUALITY,
  'model-graded-closedqa': CLOSED_QUESTION,
  'g-eval': G_EVAL,
};
