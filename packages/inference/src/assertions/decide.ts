/** Decides assertions over one answer, with promptfoo's semantics where it has the assertion; fails closed. */
import type { Assertion } from '../suites/types.ts';
import { show, type Decision, type Observation } from './kinds.ts';
import { kindOf } from './registry.ts';
import { transformAnswer } from './transform.ts';

export type { Observation } from './kinds.ts';

/** What one assertion gave; those inside of a set stand behind it, with the set's weight in theirs. */
export interface Part {
  type: string;
  metric?: string;
  weight: number;
  score: number;
}

export interface Grade {
  passed: boolean;
  /** Weighted mean of the assertions' scores, 0 to 1; 1 when there are none. */
  score: number;
  /** Of the assertions that failed. */
  reasons: string[];
  parts?: readonly Part[];
}

type Scored = Required<Decision> & { parts?: readonly Part[] };

/** One assertion; `not-` turns the decision of its counterpart around. An unknown type never passes. */
export async function decide(assertion: Assertion, seen: Observation): Promise<Scored> {
  if (assertion.type === 'assert-set') return decideSet(assertion, seen);
  const { kind, isNegated } = kindOf(assertion.type);
  if (kind === undefined) return failed(`unknown assertion ${show(assertion.type)}`);
  try {
    const {
      passed,
      reason,
      score = passed ? 1 : 0,
    } = await kind.decide(assertion, await looked(assertion, seen));
    if (!Number.isFinite(score)) throw new Error('its score is no number');
    return isNegated
      ? { passed: !passed, score: 1 - score, reason: `not so: ${reason}` }
      : { passed, score, reason };
  } catch (error) {
    const why = String((error as { message?: unknown } | null)?.message ?? error);
    return failed(`'${assertion.type}' can be decided (it could not: ${why.slice(0, 300)})`);
  }
}

function looked(
  { transform, transformFile, timeout }: Assertion,
  seen: Observation,
): Observation | Promise<Observation> {
  if (transform === undefined) return seen;
  return transformAnswer({ text: transform, file: transformFile, timeout }, seen);
}

function failed(reason: string): Scored {
  return { passed: false, score: 0, reason };
}

async function decideSet({ assert = [], threshold }: Assertion, seen: Observation): Promise<Scored> {
  const graded = await grade(assert, threshold, seen);
  const bar = threshold === undefined ? '' : ` reaches ${threshold}`;
  const why = graded.reasons.length === 0 ? '' : ` (${graded.reasons.join('; ')})`;
  return {
    passed: graded.passed,
    score: graded.score,
    ...(graded.parts === undefined ? {} : { parts: graded.parts }),
    reason: `the set of assertions${bar || ' holds'}${why}`,
  };
}

/** All of a case's assertions: all must pass, or with a threshold the weighted mean score must reach it. */
export async function grade(
  assertions: readonly Assertion[],
  threshold: number | undefined,
  seen: Observation,
): Promise<Grade> {
  let weights = 0;
  let points = 0;
  const reasons: string[] = [];
  const parts: Part[] = [];
  // One after the other: judges and scripts of one case are not to crowd out those of others.
  for (const assertion of assertions) {
    const { passed, score, reason, parts: inner = [] } = await decide(assertion, seen);
    const { type, metric, weight = 1 } = assertion;
    parts.push({ type, weight, score, ...(metric === undefined ? {} : { metric }) });
    parts.push(...inner.map((part) => ({ ...part, weight: part.weight * weight })));
    weights += weight;
    points += score * weight;
    if (!passed) reasons.push(`${metric === undefined ? '' : `${metric}: `}expected that ${reason}`);
  }
  const score = weights === 0 ? 1 : points / weights;
  const passed = threshold === undefined ? reasons.length === 0 : score >= threshold;
  return { passed, score, reasons: passed ? [] : reasons, parts };
}
