/** Assertions over the answer's words, as promptfoo decides them. */
import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { editDistance } from '@sluice/runtime/input-parsers';
import type { Assertion } from '../suites/types.ts';
import { parseJson } from './json-text.ts';
import { show, valueFault, type AssertionFault, type Kind, type Kinds } from './kinds.ts';
import { isScalar, readList, readWordRange } from './values.ts';

const LEVENSHTEIN_DEFAULT = 5;
const REGEX_TIMEOUT_MS = 1_000;

function needsText({ type, value }: Assertion): AssertionFault | undefined {
  if (!isScalar(value)) return valueFault(`'${type}' needs a text as its value`);
  return String(value) === '' ? valueFault(`'${type}' with an empty text holds for every answer`) : undefined;
}

function needsList({ type, value }: Assertion): AssertionFault | undefined {
  const list = readList(value);
  if (list === undefined) return valueFault(`'${type}' needs a list of texts, or one text with commas`);
  if (list.length === 0 || list.includes('')) return valueFault(`'${type}' needs entries that aren't empty`);
  return undefined;
}

type Holds = (text: string, assertion: Assertion) => boolean;

const onText = (
  check: Kind['check'],
  holds: Holds,
  says: (assertion: Assertion) => string,
  takes: Kind['takes'] = [],
): Kind => ({
  takes,
  check,
  decide: (assertion, { answer }) => ({
    passed: holds(answer.text, assertion),
    reason: `the answer ${says(assertion)}`,
  }),
});

const lower = (text: string): string => text.toLowerCase();
const entries = ({ value }: Assertion): string[] => readList(value) ?? [];
const listed = (assertion: Assertion): string => entries(assertion).map(show).join(', ');

export const TEXT_KINDS: Kinds = {
  equals: onText(
    ({ value }) => (value === undefined || value === null ? valueFault("'equals' needs a value") : undefined),
    isEqual,
    ({ value }) => `equals ${show(value)}`,
  ),
  contains: onText(
    needsText,
    (text, { value }) => text.includes(String(value)),
    ({ value }) => `contains ${show(value)}`,
  ),
  icontains: onText(
    needsText,
    (text, { value }) => lower(text).includes(lower(String(value))),
    ({ value }) => `contains ${show(value)} in any case`,
  ),
  'contains-any': onText(
    needsList,
    (text, assertion) => entries(assertion).some((entry) => text.includes(entry)),
    (assertion) => `contains one of ${listed(assertion)}`,
  ),
  'contains-all': onText(
    needsList,
    (text, assertion) => entries(assertion).every((entry) => text.includes(entry)),
    (assertion) => `contains all of ${listed(assertion)}`,
  ),
  'icontains-any': onText(
    needsList,
    (text, assertion) => entries(assertion).some((entry) => lower(text).includes(lower(entry))),
    (assertion) => `contains one of ${listed(assertion)} in any case`,
  ),
  'icontains-all': onText(
    needsList,
    (text, assertion) => entries(assertion).every((entry) => lower(text).includes(lower(entry))),
    (assertion) => `contains all of ${listed(assertion)} in any case`,
  ),
  'starts-with': onText(
    needsText,
    (text, { value }) => text.startsWith(String(value)),
    ({ value }) => `starts with ${show(value)}`,
  ),
  regex: onText(
    checkPattern,
    (text, { value }) => matches(String(value), text),
    ({ value }) => `matches /${String(value)}/`,
  ),
  levenshtein: onText(
    ({ value }) => (isScalar(value) ? undefined : valueFault("'levenshtein' needs a text as its value")),
    (text, { value, threshold = LEVENSHTEIN_DEFAULT }) => isWithin(text, String(value), threshold),
    ({ value, threshold = LEVENSHTEIN_DEFAULT }) => `is at most ${threshold} edits from ${show(value)}`,
    ['threshold'],
  ),
  'word-count': {
    check: ({ value }) =>
      readWordRange(value) === undefined
        ? valueFault("'word-count' needs a whole number, or {min, max} with min at most max")
        : undefined,
    decide({ value }, { answer }) {
      const range = readWordRange(value);
      const count = answer.text.split(/\s+/).filter((word) => word !== '').length;
      const passed = range !== undefined && count >= range.min && count <= range.max;
      return { passed, reason: `the answer has ${show(value)} words (it has ${count})` };
    },
  },
};

function checkPattern({ value }: Assertion): AssertionFault | undefined {
  if (typeof value !== 'string' || value === '') return valueFault("'regex' needs a pattern as its value");
  if (value.includes('{{')) return undefined;
  try {
    new RegExp(value);
    return undefined;
  } catch (error) {
    return valueFault(`'${value}' is no regular expression of JavaScript: ${(error as Error).message}`);
  }
}

/**
 * The pattern is the suite's, the text is the model's: one that backtracks for ever must not hold the run.
 * Throws when it wasn't decided in time, which makes the assertion fail, negated or not.
 */
function matches(pattern: string, text: string): boolean {
  const found: unknown = runInNewContext(
    'new RegExp(pattern).test(text)',
    { pattern, text },
    { timeout: REGEX_TIMEOUT_MS },
  );
  return found === true;
}

/** Objects are compared with the parsed answer, all else as text. */
function isEqual(text: string, { value }: Assertion): boolean {
  if (typeof value !== 'object' || value === null) return text === String(value);
  const parsed = parseJson(text);
  return parsed !== undefined && isDeepStrictEqual(parsed.value, value);
}

function isWithin(text: string, wanted: string, edits: number): boolean {
  // The difference in length is a lower bound, and keeps a huge answer from costing its square.
  return Math.abs(text.length - wanted.length) <= edits && editDistance(text, wanted) <= edits;
}
