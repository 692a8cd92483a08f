import type { EvalMetric } from './model.ts';
import { knownFacts } from './metrics-table.ts';
import {
  metricLabel,
  type Declared,
  type Definition,
  type Expression,
  type MetricName,
  type Reference,
  type Unit,
} from './rules.ts';
import { foldSlices, sliceOf } from './slices.ts';

/** Looks metrics up and does the arithmetic of bars and definitions. */

export type Lookup = (label: MetricName) => EvalMetric | undefined;

/** A value, or why there is none. */
export type Valued = { value: number } | { missing: string };

/** Model cards call a percentile of the whole answer's time `latency_p99_ms`. */
const LATENCY_ALIAS = /^latency_(mean|p\d+)_ms$/u;

/**
 * All metrics of a run by label, definitions included. A metric with one selector only is also found without it;
 * with several, the rule has to say which (`candidatesFor` lists them). Slices are cut out of items where no file tells
 * them, and folds are taken over them.
 */
export function lookupOf(
  metrics: readonly EvalMetric[],
  definitions: readonly Definition[] = [],
  directions: readonly Declared[] = [],
): Lookup {
  const byLabel = new Map(metrics.map((metric) => [metricLabel(metric), metric]));
  const byName = Map.groupBy(
    metrics.filter(({ against }) => against === undefined),
    (metric) => metric.name,
  );
  const plain: Lookup = (label) => {
    const { name, selector, over, against } = label;
    const exact = byLabel.get(metricLabel(label));
    if (exact || against !== undefined) return exact;
    if (over !== undefined) return foldSlices(metrics, { ...label, over });
    if (selector !== undefined) return sliceOf(metrics, label);
    const only = byName.get(name);
    if (only !== undefined) return only.length === 1 ? only[0] : undefined;
    const latency = LATENCY_ALIAS.exec(name)?.[1];
    return latency === undefined ? undefined : byLabel.get(`e2e_ms.${latency}`);
  };
  const lookup: Lookup = (label) => {
    const metric = plain(label);
    const declared = directions.find(({ name }) => name === label.name)?.direction;
    return metric === undefined || declared === undefined || label.over?.fold === 'gap'
      ? metric
      : { ...metric, direction: declared };
  };
  for (const definition of definitions) byLabel.set(definition.name, defined(definition, lookup));
  return lookup;
}

/** The selectors under which a metric exists, when it was asked for without one and isn't there without. */
export function selectorsOf(metrics: readonly EvalMetric[], name: string): string[] {
  const isBare = metrics.some((metric) => metricLabel(metric) === name);
  if (isBare) return [];
  return metrics.flatMap((metric) =>
    metric.name === name && metric.selector !== undefined ? [metric.selector] : [],
  );
}

/** A defined metric: missing as soon as one of its parts is; nothing is known of its spread. */
function defined(definition: Definition, lookup: Lookup): EvalMetric {
  const sources = new Set<string>();
  const failed = new Set<EvalMetric>();
  const result = evaluate(definition.expression, {
    metric: (label) => {
      const metric = lookup(label);
      if (metric) sources.add(metric.source);
      if (metric?.nothingSucceeded === true) failed.add(metric);
      return valueOf(metric, metricLabel(label));
    },
    reference: () => ({ missing: 'a definition has no baseline' }),
  });
  const source = [...sources].join(', ') || 'define:';
  const metric: EvalMetric = {
    name: definition.name,
    value: 'value' in result ? result.value : null,
    source,
    ...knownFacts(definition.name),
  };
  if ('missing' in result) metric.missing = result.missing;
  if (failed.size > 0) metric.nothingSucceeded = true;
  return metric;
}

/** A metric's value, or why it has none. No sample at all is no value. */
export function valueOf(metric: EvalMetric | undefined, label: string): Valued {
  if (metric === undefined) return { missing: `no results file has ${label}` };
  if (metric.value === null && (metric.missing !== undefined || metric.n !== 0))
    return { missing: `${label}: ${metric.missing ?? 'it has no value'} in ${metric.source}` };
  if (metric.n === 0 || metric.value === null)
    return { missing: `${label} stands on 0 samples in ${metric.source}` };
  return { value: metric.value };
}

export interface Names {
  metric(label: MetricName): Valued;
  reference(of: Reference): Valued;
}

/** Arithmetic over values; a missing part or a division by 0 makes the whole missing. */
export function evaluate(expression: Expression, names: Names, metricUnit?: string): Valued {
  switch (expression.kind) {
    case 'number':
      // checkRules has refused what doesn't go together before anything is judged.
      return { value: convert(expression.value, expression.unit, metricUnit) ?? NaN };
    case 'reference':
      return names.reference(expression.of);
    case 'metric':
      return names.metric(expression.metric);
    case 'negate': {
      const inner = evaluate(expression.of, names, metricUnit);
      return 'value' in inner ? { value: -inner.value } : inner;
    }
    case 'binary': {
      const left = evaluate(expression.left, names, metricUnit);
      if ('missing' in left) return left;
      const right = evaluate(expression.right, names, metricUnit);
      if ('missing' in right) return right;
      const value = apply(expression.operator, left.value, right.value);
      return Number.isFinite(value)
        ? { value }
        : { missing: `the arithmetic gives no number (division by 0?)` };
    }
  }
}

function apply(operator: '+' | '-' | '*' | '/', left: number, right: number): number {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  return operator === '*' ? left * right : left / right;
}

const TIMES: Partial<Record<string, number>> = { ms: 1, s: 1000 };
const SIZES: Partial<Record<string, number>> = {
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** A number in the metric's own unit; undefined where the two don't go together. */
export function convert(
  value: number,
  unit: Unit | undefined,
  metricUnit: string | undefined,
): number | undefined {
  if (unit === undefined) return value;
  // Divided, not multiplied by 0.01: 57% has to be 0.57 to the last bit, or 0.57 would miss it.
  if (unit === '%') return value / 100;
  for (const family of [TIMES, SIZES]) {
    const [from, to] = [family[unit], metricUnit === undefined ? undefined : family[metricUnit]];
    if (from !== undefined && to !== undefined) return (value * from) / to;
  }
  return undefined;
}
