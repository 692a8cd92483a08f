/**
 * Assertions that compare the answers to several prompts of one test, as promptfoo does: one prompt passes, the others
 * fail. They are decided when all prompts are answered (../runs/compare-rivals.ts), never over one answer.
 */
import { needsText } from './judge-kinds.ts';
import { valueFault, type AssertionFault, type Kind, type Kinds } from './kinds.ts';
import type { Assertion } from '../suites/types.ts';

export interface MaxScore {
  method: 'average' | 'sum';
  /** By types of assertions; 1 where a type isn't named. */
  weights: Readonly<Record<string, number>>;
  threshold?: number;
}

const METHODS: readonly unknown[] = ['average', 'sum'];

/** Undefined when it is none. */
export function readMaxScore(value: unknown): MaxScore | undefined {
  if (value === undefined) return { method: 'average', weights: {} };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { method = 'average', weights = {}, threshold, ...others } = value as Record<string, unknown>;
  const isWeights =
    typeof weights === 'object' &&
    weights !== null &&
    Object.values(weights).every((weight) => typeof weight === 'number' && weight >= 0);
  if (Object.keys(others).length > 0 || !METHODS.includes(method) || !isWeights) return undefined;
  if (threshold !== undefined && typeof threshold !== 'number') return undefined;
  return {
    method: method as MaxScore['method'],
    weights: weights as Record<string, number>,
    ...(threshold === undefined ? {} : { threshold }),
  };
}

const decide: Kind['decide'] = () => {
  throw new Error('it compares the answers to several prompts');
};

function positive({ type }: Assertion): AssertionFault | undefined {
  return type.startsWith('not-')
    ? { key: 'type', message: `'${type}' says of no answer what it must be; write '${type.slice(4)}'` }
    : undefined;
}

export const RIVAL_KINDS: Kinds = {
  'select-best': {
    judged: true,
    compares: true,
    check: (assertion) => positive(assertion) ?? needsText(assertion),
    decide,
  },
  'max-score': {
    compares: true,
    check: (assertion) =>
      positive(assertion) ??
      (readMaxScore(assertion.value) === undefined
        ? valueFault(
            "'max-score' takes {method: average or sum, weights: {<type>: <number>}, threshold}, or no value",
          )
        : undefined),
    decide,
  },
};
