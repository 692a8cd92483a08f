/** Tests whose prompts compete: what compares their answers stands apart from what each answer must be. */
import { kindOf } from '../assertions/registry.ts';
import type { Assertion } from './types.ts';

const isComparison = ({ type }: Assertion): boolean => kindOf(type).kind?.compares === true;

export function splitRivals(assertions: readonly Assertion[]): { assert: Assertion[]; compare: Assertion[] } {
  return {
    assert: assertions.filter((assertion) => !isComparison(assertion)),
    compare: assertions.filter(isComparison),
  };
}

/** Why an assertion of a test can't compare anything; undefined for others. */
export function findRivalFault(
  assertion: Assertion,
  all: readonly Assertion[],
  prompts: number,
): string | undefined {
  const { type, assert = [] } = assertion;
  const nested = assert.find(isComparison);
  if (nested !== undefined) return `'${nested.type}' stands in no set of assertions`;
  if (!isComparison(assertion)) return undefined;
  if (prompts < 2) return `'${type}' compares the answers to several prompts, and the suite has one`;
  if (all.filter((other) => other.type === type).length > 1) return `'${type}' stands twice in one test`;
  if (type === 'max-score' && all.every(isComparison))
    return "'max-score' needs another assertion whose scores it compares";
  return undefined;
}
