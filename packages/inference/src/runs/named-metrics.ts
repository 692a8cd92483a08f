/** Metrics that a suite names: the scores of assertions with a `metric`, and what `derivedMetrics` makes of them. */
import type { Assertion, Case } from '../suites/types.ts';
import { parseFormula } from './formula.ts';
import type { RunMetric } from './metrics.ts';
import type { CaseResult } from './run-cases.ts';

/** What the rules of a run can name: the suites' own metrics, without values. */
export interface NamedSuite {
  path: string;
  cases: readonly Case[];
  derived: readonly DerivedMetric[];
}

export interface DerivedMetric {
  name: string;
  value: string;
}

/** How many answers there are, as promptfoo calls it. */
const COUNT = '__count';

/** Names of metrics in assertions, those inside of sets too. */
export function metricNames(assertions: readonly Assertion[]): string[] {
  return assertions.flatMap(({ metric, assert = [] }) => [
    ...(metric === undefined ? [] : [metric]),
    ...metricNames(assert),
  ]);
}

interface DerivedFault {
  place: number;
  key: 'name' | 'value';
  message: string;
}

/** What is wrong with each of a suite's derived metrics, by its place. */
export function findDerivedFaults(
  derived: readonly DerivedMetric[],
  assertions: readonly Assertion[],
): DerivedFault[] {
  const known = new Set([...metricNames(assertions), COUNT]);
  return derived.flatMap(({ name, value }, place): DerivedFault[] => {
    const isTaken = known.has(name);
    known.add(name);
    if (isTaken) return [{ place, key: 'name', message: `'${name}' is a metric already` }];
    try {
      const missing = [...parseFormula(value).names].find((one) => one === name || !known.has(one));
      if (missing === undefined) return [];
      known.delete(name);
      const message = `no assertion has the metric '${missing}'; there is ${[...known].join(', ')}`;
      known.add(name);
      return [{ place, key: 'value', message }];
    } catch (error) {
      return [{ place, key: 'value', message: (error as Error).message }];
    }
  });
}

/**
 * `score.<metric>`: the weighted mean over all answers. `derived.<name>`: the formula over the weighted sums, as
 * promptfoo has it; without a value where it makes no number.
 */
export function computeNamed(
  suites: readonly NamedSuite[],
  results: readonly CaseResult[],
): Record<string, RunMetric> {
  const metrics: Record<string, RunMetric> = {};
  const all = sumsOf(
    suites.map(({ path }) => path),
    results,
  ).sums;
  for (const name of new Set(suites.flatMap(({ cases }) => cases.flatMap(namesOf)))) {
    const { points, weight, n } = all.get(name) ?? { points: 0, weight: 0, n: 0 };
    metrics[`score.${name}`] = { value: weight === 0 ? null : points / weight, n };
  }
  for (const { path, derived } of suites) {
    const { sums, count } = sumsOf([path], results);
    const scope = new Map([...sums].map(([name, { points }]) => [name, points]));
    scope.set(COUNT, count);
    for (const { name, value } of derived) {
      const made = evaluate(value, scope);
      if (made !== null) scope.set(name, made);
      metrics[`derived.${name}`] = { value: made, n: count };
    }
  }
  return metrics;
}

const namesOf = ({ assert, turns = [] }: Case): string[] =>
  metricNames([...assert, ...turns.flatMap((turn) => turn.assert)]);

/** Null for what has no number, or hangs on what has none. */
function evaluate(text: string, scope: ReadonlyMap<string, number>): number | null {
  try {
    const value = parseFormula(text).evaluate(scope);
    return Number.isFinite(value) ? value : null;
  } catch {
    return null;
  }
}

interface Sum {
  points: number;
  weight: number;
  n: number;
}

/** Over the answers that were judged: one that never came has no score. */
function sumsOf(
  paths: readonly string[],
  results: readonly CaseResult[],
): { sums: Map<string, Sum>; count: number } {
  const sums = new Map<string, Sum>();
  const judged = results
    .filter(({ test }) => paths.includes(test.suite) && test.kind !== 'perturbed')
    .flatMap(({ attempts }) => attempts)
    .filter(({ status }) => status !== 'error');
  for (const { grade } of judged)
    for (const { metric, score, weight } of grade.parts ?? []) {
      if (metric === undefined) continue;
      const sum = sums.get(metric) ?? { points: 0, weight: 0, n: 0 };
      sums.set(metric, { points: sum.points + score * weight, weight: sum.weight + weight, n: sum.n + 1 });
    }
  return { sums, count: judged.length };
}
