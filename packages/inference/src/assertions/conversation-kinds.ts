/** Whether an answer belongs into its conversation: promptfoo's variant of DeepEval's conversation relevancy. */
import { isMap } from '../suites/files.ts';
import { judgeOf } from './judge-kinds.ts';
import { reaches, takesNothing, type Exchanged, type Kind, type Kinds, type Observation } from './kinds.ts';
import { checkShare } from './model-kinds.ts';

const USUAL_THRESHOLD = 0.5;
const USUAL_WINDOW = 5;

/** Turns that a judge sees at once; undefined where the setting is none. */
function windowOf(config: Readonly<Record<string, unknown>> | undefined): number | undefined {
  const { windowSize = USUAL_WINDOW } = config ?? {};
  return typeof windowSize === 'number' && Number.isInteger(windowSize) && windowSize >= 1
    ? windowSize
    : undefined;
}

/** What was said before comes from the variable `_conversation` and from the case's turns; the answer is the last. */
function conversationOf({ vars, before = [], said, prompt, answer }: Observation): Exchanged[] {
  const told: unknown = vars?.['_conversation'] ?? [];
  const isTurn = (entry: unknown): entry is Exchanged =>
    isMap(entry) && typeof entry['input'] === 'string' && typeof entry['output'] === 'string';
  if (!Array.isArray(told) || !told.every(isTurn))
    throw new Error('the variable `_conversation` is no list of {input, output}');
  return [...told, ...before, { input: said ?? prompt ?? '', output: answer.text }];
}

const RELEVANCE: Kind = {
  judged: true,
  takes: ['threshold', 'config'],
  check: (assertion) =>
    takesNothing(assertion) ??
    checkShare(assertion) ??
    (windowOf(assertion.config) === undefined
      ? { key: 'config', message: `'${assertion.type}' takes a windowSize of 1 or more turns` }
      : undefined),
  async decide({ threshold = USUAL_THRESHOLD, config }, seen) {
    const { relevancePrompt } = await import('@sluice/judge/metric-prompts');
    const { readRelevant } = await import('@sluice/judge/metric-verdicts');
    const ask = judgeOf(seen.aides);
    const turns = conversationOf(seen);
    const size = windowOf(config) ?? USUAL_WINDOW;
    let relevant = 0;
    const against: string[] = [];
    for (const at of turns.keys()) {
      const verdict = readRelevant(
        await ask(relevancePrompt(turns.slice(Math.max(0, at - size + 1), at + 1))),
      );
      if (verdict.relevant) relevant += 1;
      else against.push(`turn ${at + 1}: ${verdict.reason.slice(0, 120)}`);
    }
    const decided = reaches(
      relevant / turns.length,
      threshold,
      'the share of answers that belong into their conversation',
    );
    return against.length === 0
      ? decided
      : { ...decided, reason: `${decided.reason}; ${against.join('; ')}` };
  },
};

export const CONVERSATION_KINDS: Kinds = { 'conversation-relevance': RELEVANCE };
