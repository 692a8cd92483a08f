/**
 * The language of rules as data. `rules-parser.ts` makes it from text; eval-gate and inference-test judge it with
 * `judge.ts`, canary-deploy and auto-rollback with their own sequential tests.
 */

import type { Direction } from './metrics-table.ts';

export interface Position {
  /** Both from 1. */
  line: number;
  column: number;
}

export interface Fault {
  position: Position;
  message: string;
}

/** What is taken over the slices of a metric: `accuracy.gap(language)` is the best slice less the worst. */
export type Fold = 'gap' | 'min' | 'max';
export const FOLDS: readonly Fold[] = ['gap', 'min', 'max'];

/** A metric's name with what narrows it: its bracket (a filter or slices) and a fold over the slices of a key. */
export interface MetricName {
  name: string;
  selector?: string;
  over?: { fold: Fold; key: string };
  /** Of drift: what it was measured from, `training`, `release` or a file as written. */
  against?: string;
}

/** A metric as written: `gsm8k.exact_match[strict-match]` has the name before the bracket and the selector in it. */
export interface MetricRef extends MetricName {
  position: Position;
}

/** What a rule may compare with: the file or record given, what serves now, the version this one was made from. */
export type Reference = 'baseline' | 'stable' | 'parent';
export const REFERENCES: readonly Reference[] = ['baseline', 'stable', 'parent'];

export type BarOperator = '<' | '<=' | '>' | '>=' | '==' | '!=';
export type Relation = 'no-worse-than' | 'better-than';

/** Units a number may carry. `%` is kept apart from plain numbers so that `75%` of a metric that isn't a share is refused. */
export type Unit = '%' | 'ms' | 's' | 'KB' | 'MB' | 'GB' | 'TB' | 'KiB' | 'MiB' | 'GiB' | 'TiB';
export const UNITS: readonly Unit[] = ['%', 'ms', 's', 'KB', 'MB', 'GB', 'TB', 'KiB', 'MiB', 'GiB', 'TiB'];

export type Expression =
  | { kind: 'number'; value: number; unit?: Unit; position: Position }
  | { kind: 'reference'; of: Reference; position: Position }
  | { kind: 'metric'; metric: MetricRef; position: Position }
  | { kind: 'negate'; of: Expression; position: Position }
  | {
      kind: 'binary';
      operator: '+' | '-' | '*' | '/';
      left: Expression;
      right: Expression;
      position: Position;
    };

/** `by …`: percent (points of a share, percent of the reference otherwise), pp (always points), or as it stands. */
export interface Margin {
  kind: 'percent' | 'points' | 'absolute';
  value: number;
  unit?: Unit;
  position: Position;
}

interface RuleBase {
  /** The rule as written, without comment and `warn:`. */
  text: string;
  position: Position;
  metric: MetricRef;
  /** `warn:` rules are judged and shown; they never fail. */
  warn: boolean;
  /** `with 95%` as 0.95: decided on the one-sided bound. */
  confidence?: number;
  /** `for 99% over 30d`: the share of requests that has to meet the bar, and in which time. Of `slo` only. */
  objective?: Objective;
}

export interface Objective {
  /** Between 0 and 1. */
  share: number;
  windowMs: number;
  position: Position;
}

/** `accuracy >= 0.9`, `perplexity <= baseline * 1.02` */
export interface BarRule extends RuleBase {
  kind: 'bar';
  operator: BarOperator;
  bar: Expression;
}

/** `acc no-worse-than baseline by 1%`, `error_rate better-than stable by 0.5 pp`. Without `by` the margin is 0. */
export interface CompareRule extends RuleBase {
  kind: 'compare';
  relation: Relation;
  reference: Reference;
  margin?: Margin;
}

export type Rule = BarRule | CompareRule;

/** `define: quality = 0.6*accuracy + 0.4*(1 - toxicity.rate)` */
export interface Definition {
  name: string;
  expression: Expression;
  text: string;
  position: Position;
}

/** `query: kv_cache = max(vllm:kv_cache_usage_perc{version="{{version}}"})`: a metric of live versions, in PromQL. */
export interface Query {
  name: string;
  promql: string;
  position: Position;
}

/** `direction: toxicity.mine lower`: for metrics whose direction nobody else tells. */
export interface Declared {
  name: string;
  direction: Direction;
  position: Position;
}

export interface RuleSet {
  rules: Rule[];
  definitions: Definition[];
  queries: Query[];
  directions: Declared[];
}

/** The name rules and tables show: `gsm8k.exact_match[strict-match]`, `accuracy.gap(language)`. */
export function metricLabel({ name, selector, over, against }: MetricName): string {
  const folded = over === undefined ? name : `${name}.${over.fold}(${over.key})`;
  const narrowed = selector === undefined ? folded : `${folded}[${selector}]`;
  return against === undefined ? narrowed : `${narrowed} against ${against}`;
}

/** Every metric an expression reads. */
export function metricsOf(expression: Expression): MetricRef[] {
  switch (expression.kind) {
    case 'metric':
      return [expression.metric];
    case 'negate':
      return metricsOf(expression.of);
    case 'binary':
      return [...metricsOf(expression.left), ...metricsOf(expression.right)];
    default:
      return [];
  }
}

/** Every `baseline`, `stable`, `parent` an expression reads. */
export function referencesOf(expression: Expression): { of: Reference; position: Position }[] {
  switch (expression.kind) {
    case 'reference':
      return [{ of: expression.of, position: expression.position }];
    case 'negate':
      return referencesOf(expression.of);
    case 'binary':
      return [...referencesOf(expression.left), ...referencesOf(expression.right)];
    default:
      return [];
  }
}

/** All references of a rule set: tells whether a baseline is needed at all. */
export function referencesIn(set: Pick<RuleSet, 'rules'>): { of: Reference; position: Position }[] {
  return set.rules.flatMap((rule) =>
    rule.kind === 'compare' ? [{ of: rule.reference, position: rule.position }] : referencesOf(rule.bar),
  );
}

/** All that drift is asked against, each once, as written: what a caller has to measure before it judges. */
export function againstIn(set: Pick<RuleSet, 'rules'>): string[] {
  return [...new Set(set.rules.flatMap(({ metric }) => metric.against ?? []))];
}
