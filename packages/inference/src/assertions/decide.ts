/** Decides assertions over one answer, with promptfoo's semantics where it has the assertion; fails closed. */
import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { editDistance } from '@sluice/runtime/input-parsers';
import { readList, readStatus, readWordRange } from './values.ts';
import { findMisfit } from './json-schemas.ts';
import type { Answer } from '../clients/openai-client.ts';
import type { Assertion } from '../suites/types.ts';

/** What assertions look at. */
export interface Observation {
  answer: Answer;
  /** Whether the server answered its health check after a refusal; null when nobody asked. */
  aliveAfterwards: boolean | null;
}

export interface Decision {
  passed: boolean;
  /** For a person, in one line; holds hostile text. */
  reason: string;
}

export interface Grade {
  passed: boolean;
  /** Weighted mean of the assertions' scores, 0 to 1; 1 when there are none. */
  score: number;
  /** Of the assertions that failed. */
  reasons: string[];
}

type Decider = (assertion: Assertion, observation: Observation) => Decision;

const LEVENSHTEIN_DEFAULT = 5;
const REGEX_TIMEOUT_MS = 1_000;
const SHOWN = 80;

const show = (value: unknown): string => {
  const text = typeof value === 'string' ? value : value === undefined ? 'nothing' : JSON.stringify(value);
  return `'${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}'`;
};

const onText =
  (holds: (text: string, assertion: Assertion) => boolean, says: (assertion: Assertion) => string): Decider =>
  (assertion, { answer }) => ({ passed: holds(answer.text, assertion), reason: says(assertion) });

const entries = (assertion: Assertion): string[] => readList(assertion.value) ?? [];
const lower = (text: string): string => text.toLowerCase();
const valueText = (assertion: Assertion): string => lower(String(assertion.value));

const DECIDERS: Readonly<Record<string, Decider>> = {
  equals: onText(isEqual, (a) => `the answer equals ${show(a.value)}`),
  contains: onText(
    (text, a) => text.includes(String(a.value)),
    (a) => `the answer contains ${show(a.value)}`,
  ),
  icontains: onText(
    (text, a) => lower(text).includes(valueText(a)),
    (a) => `the answer contains ${show(a.value)} in any case`,
  ),
  'contains-any': onText(
    (text, a) => entries(a).some((entry) => text.includes(entry)),
    (a) => `the answer contains one of ${entries(a).map(show).join(', ')}`,
  ),
  'contains-all': onText(
    (text, a) => entries(a).every((entry) => text.includes(entry)),
    (a) => `the answer contains all of ${entries(a).map(show).join(', ')}`,
  ),
  'icontains-any': onText(
    (text, a) => entries(a).some((entry) => lower(text).includes(lower(entry))),
    (a) => `the answer contains one of ${entries(a).map(show).join(', ')} in any case`,
  ),
  'icontains-all': onText(
    (text, a) => entries(a).every((entry) => lower(text).includes(lower(entry))),
    (a) => `the answer contains all of ${entries(a).map(show).join(', ')} in any case`,
  ),
  'starts-with': onText(
    (text, a) => text.startsWith(String(a.value)),
    (a) => `the answer starts with ${show(a.value)}`,
  ),
  regex: onText(
    (text, a) => matches(String(a.value), text),
    (a) => `the answer matches /${String(a.value)}/`,
  ),
  'is-json'({ value }, { answer }) {
    const parsed = parseJson(answer.text);
    if (parsed === undefined || typeof value !== 'object' || value === null)
      return { passed: parsed !== undefined, reason: 'the answer is JSON' };
    const misfit = findMisfit(value, parsed.value);
    const why = misfit === undefined ? '' : ` (${misfit.slice(0, SHOWN)})`;
    return { passed: misfit === undefined, reason: `the answer is JSON that fits the schema${why}` };
  },
  levenshtein: onText(
    (text, a) => isWithin(text, String(a.value), a.threshold ?? LEVENSHTEIN_DEFAULT),
    (a) => `the answer is at most ${a.threshold ?? LEVENSHTEIN_DEFAULT} edits from ${show(a.value)}`,
  ),
  'word-count'(assertion, { answer }) {
    const range = readWordRange(assertion.value);
    const count = answer.text.split(/\s+/).filter((word) => word !== '').length;
    const passed = range !== undefined && count >= range.min && count <= range.max;
    return { passed, reason: `the answer has ${show(assertion.value)} words (it has ${count})` };
  },
  latency({ threshold = -1 }, { answer }) {
    const { e2eMs } = answer.timings;
    return {
      passed: e2eMs <= threshold,
      reason: `the answer takes at most ${threshold} ms (it took ${e2eMs.toFixed(0)} ms)`,
    };
  },
  ends(_assertion, { answer }) {
    const how =
      answer.finishReason === null ? 'the server gave no reason' : `finish_reason ${answer.finishReason}`;
    return {
      passed: answer.finishReason === 'stop',
      reason: `the answer comes to its end by itself (${how})`,
    };
  },
  rejected({ status }, { answer, aliveAfterwards }) {
    const fits = readStatus(status);
    const wanted = `the request is refused with ${String(status ?? '4xx')} and an error body`;
    const not = (why: string): Decision => ({ passed: false, reason: `${wanted} (${why})` });
    if (answer.status === null) return not(`no answer: ${answer.error ?? 'unknown'}`);
    if (fits?.(answer.status) !== true) return not(`the server answered ${answer.status}`);
    if (!answer.hasErrorBody) return not(`${answer.status} without an error body`);
    return aliveAfterwards === true
      ? { passed: true, reason: wanted }
      : not('the server was not alive afterwards');
  },
};

/** One assertion; `not-` turns the decision of its counterpart around. An unknown type never passes. */
export function decide(assertion: Assertion, observation: Observation): Decision {
  const isNegated = assertion.type.startsWith('not-');
  const decider = DECIDERS[isNegated ? assertion.type.slice('not-'.length) : assertion.type];
  if (decider === undefined) return { passed: false, reason: `unknown assertion ${show(assertion.type)}` };
  try {
    const { passed, reason } = decider(assertion, observation);
    return isNegated ? { passed: !passed, reason: `not so: ${reason}` } : { passed, reason };
  } catch (error) {
    const why =
      error instanceof Error ? error.message : String((error as { message?: unknown }).message ?? error);
    return { passed: false, reason: `'${assertion.type}' can be decided (it could not: ${why})` };
  }
}

/** All of a case's assertions: all must pass, or with a threshold the weighted mean score must reach it. */
export function grade(
  assertions: readonly Assertion[],
  threshold: number | undefined,
  observation: Observation,
): Grade {
  let weights = 0;
  let points = 0;
  const reasons: string[] = [];
  for (const assertion of assertions) {
    const { passed, reason } = decide(assertion, observation);
    const weight = assertion.weight ?? 1;
    weights += weight;
    if (passed) points += weight;
    else
      reasons.push(`${assertion.metric === undefined ? '' : `${assertion.metric}: `}expected that ${reason}`);
  }
  const score = weights === 0 ? 1 : points / weights;
  const passed = threshold === undefined ? reasons.length === 0 : score >= threshold;
  return { passed, score, reasons: passed ? [] : reasons };
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

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function isWithin(text: string, wanted: string, edits: number): boolean {
  // The difference in length is a lower bound, and keeps a huge answer from costing its square.
  return Math.abs(text.length - wanted.length) <= edits && editDistance(text, wanted) <= edits;
}
