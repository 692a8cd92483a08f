/** The right side of a live rule: a bar, or the distance from stable. */
import type {
  BarRule,
  CompareRule,
  Expression,
  Margin,
  Position,
  Rule,
  Unit,
} from '@sluice/evaluation/rules';
import type { Better } from './live-metrics.ts';
import type { Measure, Test } from './live-rules.ts';

/** A line of the input that can't be; `parseLiveRules` gathers them. */
export class RuleFault extends Error {
  readonly position: Position;
  constructor(message: string, position: Position) {
    super(message);
    this.position = position;
  }
}

/** What a metric's numbers are, as far as bars and margins ask. */
export interface Kind {
  /** Between 0 and 1. */
  share: boolean;
  better: Better | undefined;
  unit: 'ms' | 'GB' | undefined;
}

export function readTest(rule: Rule, kind: Kind, measure: Measure, stable: true | { because: string }): Test {
  return rule.kind === 'bar' ? barTest(rule, kind, measure) : relativeTest(rule, kind, measure, stable);
}

function barTest(rule: BarRule, metric: Kind, measure: Measure): Test {
  const op = rule.operator;
  if (op === '==' || op === '!=') {
    throw new RuleFault(`'${op}' can't be proven by sampling live requests; use <= or >=`, rule.position);
  }
  const low = op === '<' || op === '<=';
  if (measure.kind === 'quantile' && low !== (metric.better === 'lower')) {
    throw new RuleFault(`${rule.metric.name}: a quantile can only be bounded on its bad side`, rule.position);
  }
  const bar = constant(rule.bar, metric);
  if (metric.share && (bar < 0 || bar > 1)) {
    throw new RuleFault(
      `${rule.metric.name} lies between 0 and 1; write the bar as a percentage, such as 5%`,
      rule.bar.position,
    );
  }
  return { kind: 'absolute', op, bar };
}

function relativeTest(
  rule: CompareRule,
  metric: Kind,
  measure: Measure,
  stable: true | { because: string },
): Test {
  if (rule.reference !== 'stable') {
    throw new RuleFault(
      `'${rule.reference}' serves no users here; live rules compare with stable`,
      rule.position,
    );
  }
  if (stable !== true) {
    throw new RuleFault(
      `there is no stable version beside it to compare with: ${stable.because}`,
      rule.position,
    );
  }
  if (measure.kind === 'quantile') {
    throw new RuleFault(
      `comparing quantiles is not built yet; compare the mean (${rule.metric.name.replace(/\.p[\d.]+$/, '')}) or give the quantile a bar`,
      rule.metric.position,
    );
  }
  if (metric.better === undefined) {
    throw new RuleFault(
      `which way is ${rule.metric.name} better? write 'direction: ${rule.metric.name} lower' or higher`,
      rule.metric.position,
    );
  }
  const margin = rule.margin;
  if (margin === undefined) return { kind: 'relative', op: rule.relation, margin: 0, marginKind: 'absolute' };
  return { kind: 'relative', op: rule.relation, ...readMargin(margin, metric) };
}

/** `by N%` is N points of a share and N percent of stable's mean otherwise; `pp` and plain numbers are absolute. */
function readMargin(margin: Margin, metric: Kind): { margin: number; marginKind: 'absolute' | 'share' } {
  if (metric.share) return { margin: margin.value, marginKind: 'absolute' };
  if (margin.kind === 'percent') return { margin: margin.value, marginKind: 'share' };
  if (margin.kind === 'points')
    throw new RuleFault(`'pp' are points of a share; this metric is none`, margin.position);
  return { margin: scaled(margin.value, margin.unit, metric, margin.position), marginKind: 'absolute' };
}

function constant(expression: Expression, metric: Kind): number {
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

function scaled(value: number, unit: Unit | undefined, metric: Kind, position: Position): number {
  if (unit === undefined) return value;
  if (metric.share) {
    if (unit === '%') return value;
    throw new RuleFault(`a share has no unit '${unit}'`, position);
  }
  if (unit === metric.unit) return value;
  if (unit === 's' && metric.unit === 'ms') return value * 1000;
  throw new RuleFault(`the unit '${unit}' doesn't fit this metric`, position);
}
