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
      ['is-refusal', 'javascript'].includes(base(one)) && ours === 'passed' && theirs === 'passed',
  },
];

/** Why a difference is meant; undefined when it isn't. */
export function findDifference(one: OracleCase, ours: Verdict, theirs: Verdict): string | undefined {
  return DIFFERENCES.find(({ holds }) => holds(one, ours, theirs))?.why;
}
