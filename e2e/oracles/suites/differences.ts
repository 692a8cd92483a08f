/** Where we decide otherwise than promptfoo on purpose. */
import type { OracleCase } from './cases.ts';
import type { Verdict } from './promptfoo.ts';

interface Difference {
  why: string;
  holds: (one: OracleCase, ours: Verdict, theirs: Verdict) => boolean;
}

const base = ({ assertion }: OracleCase): string => assertion.type.replace(/^not-/, '');

const hasThinking = ({ replies }: OracleCase): boolean =>
  replies?.ours.some((reply) => reply.startsWith('<think>')) === true;

const DIFFERENCES: readonly Difference[] = [
  {
    why: 'JSON is not repaired before it is found: braces that close nothing are no object, braces in a string are text',
    holds: (one) =>
      base(one) === 'contains-json' &&
      ['{"city": "a } in a \\" text"} done', 'none { at all'].includes(one.answer),
  },
  {
    why: 'a document type is never read (entities), so such a text is no XML',
    holds: (one) => base(one) === 'is-xml' && one.answer.startsWith('<!DOCTYPE'),
  },
  {
    why: 'an attribute without quotes is no XML, also inside of other text',
    holds: (one) => base(one) === 'contains-xml' && one.answer === '<a x=1></a>',
  },
  {
    why: 'not- of what could not be decided fails, where promptfoo passes it',
    holds: (one, ours, theirs) =>
      one.assertion.type === 'not-finish-reason' &&
      ours === 'failed' &&
      theirs === 'passed' &&
      one.more === undefined,
  },
  {
    why: 'a judge is read strictly: one JSON object with a verdict in its bounds, a verdict for each statement, none of a draft in its thinking',
    holds: (one, ours) => one.loose === true && (ours === 'failed' || hasThinking(one)),
  },
  {
    why: 'not- of a number turns its score around in every language, where promptfoo does so in JavaScript only',
    holds: (one, ours, theirs) =>
      ['not-python', 'not-ruby'].includes(one.assertion.type) && ours === 'passed' && theirs === 'passed',
  },
  {
    why: 'a score lies between 0 and 1: a dot product above 1 is 1',
    holds: (one, ours, theirs) => base(one) === 'similar:dot' && ours === theirs && ours === 'passed',
  },
  {
    why: 'a moderation that says nothing, or nothing of a category, flags nothing there; here that is undecided',
    holds: (one, ours, theirs) =>
      one.assertion.type === 'moderation' &&
      ours === 'failed' &&
      theirs === 'passed' &&
      (['flagged oddly', 'no results'].includes(one.answer) ||
        JSON.stringify(one.assertion.value) === '["violense"]'),
  },
  {
    why: 'conversation-relevance judges the answer behind _conversation too, where promptfoo looks at what the variable holds only',
    holds: (one) => base(one) === 'conversation-relevance' && one.vars?.['_conversation'] !== undefined,
  },
  {
    why: 'not- turns the verdict around, where promptfoo leaves it as it is',
    holds: (one, ours, theirs) =>
      ['not-factuality', 'not-model-graded-closedqa'].includes(one.assertion.type) &&
      (ours === 'passed') !== (theirs === 'passed'),
  },
  {
    why: "promptfoo's meteor doesn't run: an import of natural 8.1 has none of the names that it takes from it",
    holds: (one, _ours, theirs) => base(one) === 'meteor' && theirs === 'error',
  },
  {
    why: 'what passes has no score of 0: an empty answer that is a refusal, not- of a number of 0',
    holds: (one, ours, theirs) =>
      ['is-refusal', 'javascript', 'python', 'ruby'].includes(base(one)) &&
      ours === 'passed' &&
      theirs === 'passed',
  },
];

/** Why a difference is meant; undefined when it isn't. */
export function findDifference(one: OracleCase, ours: Verdict, theirs: Verdict): string | undefined {
  return DIFFERENCES.find(({ holds }) => holds(one, ours, theirs))?.why;
}
