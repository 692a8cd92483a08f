/**
 * Answers from a context (retrieval): promptfoo's variants of the RAGAS metrics (Es et al. 2023). The test's variables
 * give `query` and `context`; what is counted is counted here, and a judge that says too much or too little decides nothing.
 */
import { judgeOf, needsText } from './judge-kinds.ts';
import { reaches, takesNothing, type Aides, type Kind, type Kinds, type Observation } from './kinds.ts';
import { checkShare } from './model-kinds.ts';
import { resolveContext } from './resolve-context.ts';
import { cosine } from './vectors.ts';

const USUAL_THRESHOLD = 0.5;
const QUESTIONS = 3;

type Vars = Observation['vars'];

function queryOf(vars: Vars): string {
  const value = vars?.['query'];
  if (typeof value !== 'string' || value.trim() === '') throw new Error('the variable `query` is no text');
  return value;
}

function answerOf({ answer }: Observation): string {
  if (answer.text.trim() === '') throw new Error('an answer that says nothing claims nothing');
  return answer.text;
}

/**
 * promptfoo's units: lines, where there are two or more; else sentences, which end at . ! or ? before a space. What is
 * only the number of a list is none.
 */
export function splitSentences(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.length > 1 ? lines : text.split(/(?<=[.!?])\s+/))
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '' && !/^\d+[.)]$/.test(sentence));
}

async function supportedShare(
  aides: Aides | undefined,
  context: string,
  statements: readonly string[],
): Promise<number> {
  const { supportPrompt } = await import('@sluice/judge/metric-prompts');
  const { readSupported } = await import('@sluice/judge/metric-verdicts');
  const said = await judgeOf(aides)(supportPrompt(context, statements));
  const supported = readSupported(said, statements.length);
  return supported.filter(Boolean).length / statements.length;
}

const FAITHFULNESS: Kind = {
  judged: true,
  takes: ['threshold', 'contextTransform', 'timeout'],
  vars: ['query', 'context'],
  check: (assertion) => takesNothing(assertion) ?? checkShare(assertion),
  async decide(assertion, seen) {
    const { threshold = USUAL_THRESHOLD } = assertion;
    const { statementsPrompt } = await import('@sluice/judge/metric-prompts');
    const { readTexts } = await import('@sluice/judge/metric-verdicts');
    const context = (await resolveContext(assertion, seen)).chunks.join('\n\n');
    const said = await judgeOf(seen.aides)(statementsPrompt(queryOf(seen.vars), answerOf(seen)));
    const score = await supportedShare(seen.aides, context, readTexts(said, 'statements'));
    return reaches(score, threshold, "the share of the answer's claims that the context supports");
  },
};

const RECALL: Kind = {
  judged: true,
  takes: ['threshold', 'contextTransform', 'timeout'],
  check: needsText,
  async decide(assertion, seen) {
    const { value, threshold = USUAL_THRESHOLD, contextTransform } = assertion;
    // As promptfoo: without a variable, the prompt is the context.
    const isPrompt = contextTransform === undefined && seen.vars?.['context'] === undefined;
    const context = isPrompt
      ? (seen.prompt ?? '')
      : (await resolveContext(assertion, seen)).chunks.join('\n\n');
    const score = await supportedShare(seen.aides, context, splitSentences(String(value)));
    return reaches(score, threshold, 'the share of what should be known that the context tells');
  },
};

const RELEVANCE: Kind = {
  judged: true,
  takes: ['threshold', 'contextTransform', 'timeout'],
  vars: ['query', 'context'],
  check: (assertion) => takesNothing(assertion) ?? checkShare(assertion),
  async decide(assertion, seen) {
    const { threshold = USUAL_THRESHOLD } = assertion;
    const { neededPrompt } = await import('@sluice/judge/metric-prompts');
    const { readNumbers } = await import('@sluice/judge/metric-verdicts');
    const { chunks, isList } = await resolveContext(assertion, seen);
    const units = isList ? chunks : chunks.flatMap(splitSentences);
    const said = await judgeOf(seen.aides)(neededPrompt(queryOf(seen.vars), units));
    const needed = readNumbers(said, 'needed', units.length);
    return reaches(needed.length / units.length, threshold, 'the share of the context that the query needs');
  },
};

const ANSWER_RELEVANCE: Kind = {
  judged: true,
  takes: ['threshold', 'model'],
  check: (assertion) => takesNothing(assertion) ?? checkShare(assertion),
  async decide({ threshold = USUAL_THRESHOLD, model }, seen) {
    const { questionsPrompt } = await import('@sluice/judge/metric-prompts');
    const { readTexts } = await import('@sluice/judge/metric-verdicts');
    const { vars, prompt, aides } = seen;
    const ask = judgeOf(aides);
    if (aides?.embed === undefined) throw new Error('no server gives vectors');
    const query = typeof vars?.['query'] === 'string' ? vars['query'] : (prompt ?? '');
    const questions = readTexts(
      await ask(questionsPrompt(answerOf(seen), QUESTIONS)),
      'questions',
      QUESTIONS,
    );
    const [asked, ...guessed] = await aides.embed([query, ...questions], model);
    const likeness = guessed.map((vector) => cosine(asked ?? [], vector));
    const mean = likeness.reduce((sum, one) => sum + one, 0) / likeness.length;
    return reaches(mean, threshold, 'the likeness of what the answer answers to what was asked');
  },
};

export const CONTEXT_KINDS: Kinds = {
  'context-faithfulness': FAITHFULNESS,
  'context-recall': RECALL,
  'context-relevance': RELEVANCE,
  'answer-relevance': ANSWER_RELEVANCE,
};
