/** From the common language of rules to rules over live requests; says what of the language isn't possible here. */
import { faultLines, parseRules } from '@sluice/evaluation/rules-parser';
import type {
  BarRule,
  CompareRule,
  Expression,
  Fault,
  Margin,
  Position,
  Rule,
  Unit,
} from '@sluice/evaluation/rules';
import { LIVE_METRICS, PLANNED_METRICS, type LiveMetric } from './live-metrics.ts';
import type { LiveRule, Measure, Test } from './live-rules.ts';

export interface LiveRuleOptions {
  /** Of the input, for messages: `analysis`, `slo`. */
  input: string;
  /** Whether there is a stable arm to compare with, and if not, why. */
  stable: true | { because: string };
  /** Rules of the default analysis. */
  optional?: boolean;
}

/**
 * Parses rules for sequential judgement. Never throws: `faults` holds one message per faulty line.
 */
export function parseLiveRules(
  text: string,
  options: LiveRuleOptions,
): { rules: LiveRule[]; faults: string[] } {
  const parsed = parseRules(text);
  const faults: Fault[] = [...parsed.faults];
  const rules: LiveRule[] = [];
  for (const definition of parsed.definitions) {
    faults.push({ position: definition.position, message: '`define:` is not built yet for live metrics' });
  }
  for (const { position } of parsed.queries) {
    faults.push({ position, message: '`query:` is not built yet' });
  }
  for (const { position } of parsed.directions) {
    faults.push({ position, message: "'direction:' can't stand here: live metrics have theirs" });
  }
  for (const rule of parsed.rules) {
    try {
      rules.push({ ...toLive(rule, options), optional: options.optional === true });
    } catch (error) {
      if (!(error instanceof RuleFault)) throw error;
      faults.push({ position: error.position, message: error.message });
    }
  }
  faults.sort((a, b) => a.position.line - b.position.line);
  return { rules, faults: faultLines(faults, `input \`${options.input}\``) };
}

class RuleFault extends Error {
  readonly position: Position;
  constructor(message: string, position: Position) {
    super(message);
    this.position = position;
  }
}

function toLive(rule: Rule, options: LiveRuleOptions): Omit<LiveRule, 'optional'> {
  if (rule.confidence !== undefined) {
    throw new RuleFault(
      "'with' can't stand here: every live rule is a sequential test at `confidence`",
      rule.position,
    );
  }
  if (rule.metric.selector !== undefined) {
    throw new RuleFault(`${rule.metric.name}[…]: live metrics have no slices`, rule.metric.position);
  }
  const { over, against } = rule.metric;
  if (over !== undefined) {
    throw new RuleFault(`.${over.fold}(${over.key}): live metrics have no slices`, rule.metric.position);
  }
  if (against !== undefined)
    throw new RuleFault(`'against ${against}' is not built yet`, rule.metric.position);
  if (rule.objective !== undefined) {
    throw new RuleFault("'for … over …' is not built yet", rule.objective.position);
  }
  const { name, measure, metric } = readMetric(rule);
  const test =
    rule.kind === 'bar' ? barTest(rule, metric, measure) : relativeTest(rule, metric, measure, options);
  return { text: rule.text, metric: name, measure, test, warn: rule.warn };
}

function readMetric(rule: Rule): { name: string; measure: Measure; metric: LiveMetric } {
  const full = rule.metric.name;
  const quantile = /^(.*)\.p(\d{1,2}(?:\.\d+)?)$/.exec(full);
  const name = quantile?.[1] ?? full.replace(/\.mean$/, '');
  const metric = LIVE_METRICS[name];
  if (metric === undefined) {
    const planned = PLANNED_METRICS.includes(name) || name.startsWith('feedback.');
    throw new RuleFault(
      planned
        ? `${name} is not built yet as a live metric`
        : `${name} is no live metric; there are: ${Object.keys(LIVE_METRICS).join(', ')}`,
      rule.metric.position,
    );
  }
  if (metric.kind === 'share') {
    if (name !== full)
      throw new RuleFault(
        `${name} is a share of requests and has no '${full.slice(name.length)}'`,
        rule.metric.position,
      );
    return { name, metric, measure: { kind: 'rate' } };
  }
  if (quantile === null) return { name, metric, measure: { kind: 'mean' } };
  const q = Number(quantile[2]) / 100;
  if (!(q > 0 && q < 1))
    throw new RuleFault(`${full}: a quantile lies between p0 and p100`, rule.metric.position);
  return { name, metric, measure: { kind: 'quantile', q } };
}

function barTest(rule: BarRule, metric: LiveMetric, measure: Measure): Test {
  const op = rule.operator;
  if (op === '==' || op === '!=') {
    throw new RuleFault(`'${op}' can't be proven by sampling live requests; use <= or >=`, rule.position);
  }
  const low = op === '<' || op === '<=';
  if (measure.kind === 'quantile' && low !== (metric.better === 'lower')) {
    throw new RuleFault(`${rule.metric.name}: a quantile can only be bounded on its bad side`, rule.position);
  }
  const bar = constant(rule.bar, metric);
  if (metric.kind === 'share' && (bar < 0 || bar > 1)) {
    throw new RuleFault(
      `${rule.metric.name} lies between 0 and 1; write the bar as a percentage, such as 5%`,
      rule.bar.position,
    );
  }
  return { kind: 'absolute', op, bar };
}

function relativeTest(
  rule: CompareRule,
  metric: LiveMetric,
  measure: Measure,
  options: LiveRuleOptions,
): Test {
  if (rule.reference !== 'stable') {
    throw new RuleFault(
      `'${rule.reference}' serves no users here; live rules compare with stable`,
      rule.position,
    );
  }
  if (options.stable !== true) {
    throw new RuleFault(
      `there is no stable version beside it to compare with: ${options.stable.because}`,
      rule.position,
    );
  }
  if (measure.kind === 'quantile') {
    throw new RuleFault(
      `comparing quantiles is not built yet; compare the mean (${rule.metric.name.replace(/\.p[\d.]+$/, '')}) or give the quantile a bar`,
      rule.metric.position,
    );
  }
  const margin = rule.margin;
  if (margin === undefined) return { kind: 'relative', op: rule.relation, margin: 0, marginKind: 'absolute' };
  return { kind: 'relative', op: rule.relation, ...readMargin(margin, metric) };
}

/** `by N%` is N points of a share and N percent of stable's mean otherwise; `pp` and plain numbers are absolute. */
function readMargin(
  margin: Margin,
  metric: LiveMetric,
): { margin: number; marginKind: 'absolute' | 'share' } {
  if (metric.kind === 'share') return { margin: margin.value, marginKind: 'absolute' };
  if (margin.kind === 'percent') return { margin: margin.value, marginKind: 'share' };
  if (margin.kind === 'points')
    throw new RuleFault(`'pp' are points of a share; this metric is none`, margin.position);
  return { margin: scaled(margin.value, margin.unit, metric, margin.position), marginKind: 'absolute' };
}

function constant(expression: Expression, metric: LiveMetric): number {
  switch (expression.kind) {
    case 'number':
      return scaled(
        expression.unit === '%' ? expression.value / 100 : expression.value,
        expression.unit,
        metric,
        expression.position,
      );
    case 'negate':
      return -constant(expression.of, metric);
    case 'binary':
      return compute(
        expression.operator,
        constant(expression.left, metric),
        constant(expression.right, metric),
      );
    case 'reference':
      throw new RuleFault(
        `arithmetic over ${expression.of} is not built for live rules; write 'no-worse-than stable by 20%'`,
        expression.position,
      );
    case 'metric':
      throw new RuleFault('the bar must be a number', expression.position);
  }
}

function compute(operator: '+' | '-' | '*' | '/', a: number, b: number): number {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  return operator === '*' ? a * b : a / b;
}

function scaled(value: number, unit: Unit | undefined, metric: LiveMetric, position: Position): number {
  if (unit === undefined) return value;
  if (metric.kind === 'share') {
    if (unit === '%') return value;
    throw new RuleFault(`a share has no unit '${unit}'`, position);
  }
  if (unit === 'ms') return value;
  if (unit === 's') return value * 1000;
  throw new RuleFault(`the unit '${unit}' doesn't fit this metric`, position);
}
