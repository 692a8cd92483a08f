/** What is wrong with an assertion before any answer is there: it would pass or fail for no reason. */
import { isScalar, readList, readStatus, readWordRange } from './values.ts';
import type { Assertion } from '../suites/types.ts';

export interface AssertionFault {
  key: 'value' | 'threshold' | 'status' | 'type';
  message: string;
}

type Check = (assertion: Assertion) => AssertionFault | undefined;

const valueFault = (message: string): AssertionFault => ({ key: 'value', message });

const needsText: Check = ({ type, value }) => {
  if (!isScalar(value)) return valueFault(`'${type}' needs a text as its value`);
  return String(value) === '' ? valueFault(`'${type}' with an empty text holds for every answer`) : undefined;
};

const needsList: Check = ({ type, value }) => {
  const list = readList(value);
  if (list === undefined) return valueFault(`'${type}' needs a list of texts, or one text with commas`);
  if (list.length === 0 || list.includes('')) return valueFault(`'${type}' needs entries that aren't empty`);
  return undefined;
};

const needsNothing: Check = ({ type, value }) =>
  value === undefined ? undefined : valueFault(`'${type}' takes no value; remove it`);

const CHECKS: Readonly<Record<string, Check>> = {
  equals: ({ value }) =>
    value === undefined || value === null ? valueFault("'equals' needs a value") : undefined,
  contains: needsText,
  icontains: needsText,
  'starts-with': needsText,
  'contains-any': needsList,
  'contains-all': needsList,
  'icontains-any': needsList,
  'icontains-all': needsList,
  regex({ value }) {
    if (typeof value !== 'string' || value === '') return valueFault("'regex' needs a pattern as its value");
    if (value.includes('{{')) return undefined;
    try {
      new RegExp(value);
      return undefined;
    } catch (error) {
      return valueFault(`'${value}' is no regular expression of JavaScript: ${(error as Error).message}`);
    }
  },
  'is-json': ({ value }) =>
    value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))
      ? undefined
      : valueFault("'is-json' takes a JSON Schema as a map, or no value"),
  latency: ({ threshold }) =>
    threshold === undefined
      ? { key: 'threshold', message: "'latency' needs a threshold in milliseconds" }
      : undefined,
  'word-count': ({ value }) =>
    readWordRange(value) === undefined
      ? valueFault("'word-count' needs a whole number, or {min, max} with min at most max")
      : undefined,
  levenshtein: ({ value }) =>
    isScalar(value) ? undefined : valueFault("'levenshtein' needs a text as its value"),
  rejected: ({ value, status }) => {
    if (value !== undefined) return valueFault("'rejected' takes a status, not a value");
    if (readStatus(status) !== undefined) return undefined;
    return {
      key: 'status',
      message: `'${String(status)}' is no refusal: write 4xx, 5xx or a number from 400 to 599`,
    };
  },
  ends: needsNothing,
};

/** Undefined when the assertion can be decided for any answer. */
export function findAssertionFault(assertion: Assertion): AssertionFault | undefined {
  const base = assertion.type.replace(/^not-/, '');
  const check = CHECKS[base];
  if (check === undefined) return { key: 'type', message: `unknown assertion '${assertion.type}'` };
  if (assertion.status !== undefined && base !== 'rejected') {
    return { key: 'status', message: `'${assertion.type}' takes no status; only 'rejected' does` };
  }
  if (assertion.threshold !== undefined && base !== 'latency' && base !== 'levenshtein') {
    return { key: 'threshold', message: `'${assertion.type}' takes no threshold` };
  }
  return check(assertion);
}
