import { judgeBar } from './judge-bar.ts';
import { judgeComparison } from './judge-comparison.ts';
import type { EvalMetric } from './model.ts';
import type { JudgePolicy, RuleOutcome } from './outcome.ts';
import { metricLabel, type MetricRef, type Reference, type RuleSet } from './rules.ts';
import { sliceKeys, slicesBy } from './slices.ts';
import { suggestNames } from './suggest-names.ts';
import { lookupOf, valueOf, type Lookup } from './values.ts';

export type { RuleOutcome } from './outcome.ts';

/**
 * Judges every rule. Pure; the rules have been checked against the same metrics (`checkRules`).
 *
 * @param baseline metrics by reference; an absent one makes the rules that need it `missing`
 */
export function judgeRules(
  set: RuleSet,
  metrics: readonly EvalMetric[],
  baseline: Partial<Record<Reference, readonly EvalMetric[]>>,
  policy: JudgePolicy,
): RuleOutcome[] {
  const lookup = lookupOf(metrics, set.definitions, set.directions);
  const references: Partial<Record<Reference, Lookup>> = {};
  for (const [name, list] of Object.entries(baseline) as [Reference, readonly EvalMetric[]][]) {
    references[name] = lookupOf(list, set.definitions, set.directions);
  }
  const names = [...metrics.map(metricLabel), ...set.definitions.map(({ name }) => name)];
  return set.rules.map((rule) => {
    const metric = lookup(rule.metric);
    const label = metricLabel(rule.metric);
    const valued = valueOf(metric, label);
    const base = {
      rule: rule.text,
      metric: label,
      warn: rule.warn,
      value: null,
      bar: null,
      ...(metric?.n === undefined ? {} : { n: metric.n }),
      ...(metric?.unit === undefined ? {} : { unit: metric.unit }),
      ...(metric?.share === undefined ? {} : { share: metric.share }),
    };
    if (metric === undefined || 'missing' in valued) {
      const why = 'missing' in valued ? valued.missing : '';
      const near = metric === undefined ? namesNear(rule.metric, metrics, names) : [];
      return {
        ...base,
        verdict: 'missing',
        text: `${why}${near.length > 0 ? `; there is ${near.join(', ')}` : ''}`,
      };
    }
    const judged =
      rule.kind === 'bar'
        ? judgeBar(rule, metric, valued.value, references, policy.confidence)
        : judgeComparison(rule, metric, valued.value, references[rule.reference], policy);
    const outcome: RuleOutcome = { ...base, value: valued.value, ...judged };
    if (metric.nothingSucceeded === true && outcome.verdict === 'pass') {
      return {
        ...outcome,
        verdict: 'fail',
        text: `${outcome.text}, but nothing succeeded in ${metric.source}: that is no pass`,
      };
    }
    return hidesErrors(set, rule.metric.name, outcome, lookup) ?? outcome;
  });
}

/** The names that may have been meant: slices of this very metric where it has some, else names like it. */
function namesNear(asked: MetricRef, metrics: readonly EvalMetric[], names: readonly string[]): string[] {
  const keys = asked.selector === undefined ? [] : sliceKeys(metrics, asked.name);
  const slices = keys.flatMap((key) => slicesBy(metrics, { name: asked.name }, key).map(metricLabel));
  return slices.length > 0 ? slices.slice(0, 3) : suggestNames(asked.name, names);
}

/**
 * Test reports count a test that broke (a fixture, a crash, no answer) apart from one that failed. `tests.failed == 0`
 * means that all is well, so errors that no rule asks for make it fail.
 */
function hidesErrors(
  set: RuleSet,
  name: string,
  outcome: RuleOutcome,
  lookup: Lookup,
): RuleOutcome | undefined {
  if (name !== 'tests.failed' || outcome.verdict !== 'pass') return undefined;
  const asked = set.rules.some(({ metric, warn }) => metric.name === 'tests.errors' && !warn);
  const errors = lookup({ name: 'tests.errors' })?.value ?? 0;
  if (asked || errors === 0) return undefined;
  const text = `${outcome.text}, but ${errors} ${errors === 1 ? 'test' : 'tests'} ended in an error; a rule over tests.errors would allow that`;
  return { ...outcome, verdict: 'fail', text };
}
