import { checkDeclared, checkPlace } from './check-place.ts';
import { knownFacts, type MetricFacts } from './metrics-table.ts';
import {
  metricLabel,
  metricsOf,
  referencesIn,
  type Expression,
  type Fault,
  type MetricRef,
  type Reference,
  type Rule,
  type RuleSet,
} from './rules.ts';
import { convert } from './values.ts';

export interface CheckOptions {
  /** What may be compared with in this action; others are refused as not built. */
  references: readonly Reference[];
  /**
   * Facts of a metric in the results that were read, undefined where they don't have it. Without this function the table
   * alone is asked, and only what it contradicts is a fault: results may still tell.
   */
  facts?: (metric: MetricRef) => MetricFacts | undefined;
  /** Rules over live requests (`query:`, `for … over`) make sense here. */
  live?: boolean;
  /** What drift may be measured against here; undefined: drift isn't measured at all. */
  against?: (what: string) => boolean;
  /** Selectors of a metric that was written without one and has several. */
  ambiguous?: (metric: MetricRef) => readonly string[];
}

/** Faults of meaning: percent on what is no share, a comparison without a direction, units that don't fit, `with` on arithmetic. */
export function checkRules(set: RuleSet, options: CheckOptions): Fault[] {
  const faults: Fault[] = [];
  for (const { of, position } of referencesIn(set)) {
    if (!options.references.includes(of)) {
      faults.push({
        position,
        message: `'${of}' isn't built yet here; ${options.references.join(', ') || 'nothing'} may stand there`,
      });
    }
  }
  for (const rule of set.rules) {
    const facts = factsOf(set, rule.metric, options);
    // What isn't in the results at all is missing, which the verdict tells; its facts can't be missed.
    const final = options.facts !== undefined && facts !== undefined;
    checkSelector(set, rule.metric, options, faults);
    checkPlace(rule, options, faults);
    if (rule.kind === 'compare') checkComparison(rule, facts, final, faults);
    else checkBar(rule, facts, final, faults);
  }
  checkDeclared(set, options, faults);
  set.definitions.forEach((definition, index) => {
    const later = set.definitions.slice(index).map(({ name }) => name);
    for (const metric of metricsOf(definition.expression)) {
      if (later.includes(metric.name)) {
        faults.push({
          position: metric.position,
          message: `'${metric.name}' isn't defined yet on this line; put its definition above`,
        });
      }
    }
    checkNumbers(definition.expression, {}, false, faults);
  });
  return faults;
}

function factsOf(
  set: RuleSet,
  metric: MetricRef,
  { facts = (m) => knownFacts(m.name) }: CheckOptions,
): MetricFacts | undefined {
  const isDefined = set.definitions.some(({ name }) => name === metric.name);
  const found = isDefined ? (knownFacts(metric.name) ?? {}) : facts(metric);
  const declared = set.directions.find(({ name }) => name === metric.name)?.direction;
  // A gap between slices is better small, whatever it is a gap of.
  const direction = metric.over?.fold === 'gap' ? 'lower' : declared;
  return found === undefined || direction === undefined ? found : { ...found, direction };
}

function checkSelector(set: RuleSet, metric: MetricRef, { ambiguous }: CheckOptions, faults: Fault[]): void {
  const selectors =
    metric.selector === undefined && metric.over === undefined ? (ambiguous?.(metric) ?? []) : [];
  if (selectors.length > 1) {
    const choices = selectors.map((selector) => metricLabel({ name: metric.name, selector })).join(' or ');
    faults.push({
      position: metric.position,
      message: `'${metric.name}' is there more than once; write ${choices}`,
    });
  }
  if (metric.selector !== undefined && set.definitions.some(({ name }) => name === metric.name)) {
    faults.push({
      position: metric.position,
      message: `'${metric.name}' is defined above and has no brackets`,
    });
  }
}

function checkBar(
  rule: Rule & { kind: 'bar' },
  facts: MetricFacts | undefined,
  final: boolean,
  faults: Fault[],
): void {
  checkNumbers(rule.bar, { facts, label: metricLabel(rule.metric) }, final, faults);
  if (facts?.share === true) checkShareBar(rule, faults);
  if (rule.confidence !== undefined && referencesIn({ rules: [rule] }).length > 0) {
    faults.push({
      position: rule.position,
      message: `'with' needs a number as the bar, since ${metricLabel(rule.metric)}'s reference is uncertain too; write 'no-worse-than baseline by …'`,
    });
  }
}

/**
 * A bar that every share meets decides nothing (`error_rate <= 1` was meant as 1 %), one that none meets is a percentage
 * without its sign (`accuracy >= 90`).
 */
function checkShareBar(rule: Rule & { kind: 'bar' }, faults: Fault[]): void {
  const { operator } = rule;
  const negative = rule.bar.kind === 'negate';
  const number = rule.bar.kind === 'negate' ? rule.bar.of : rule.bar;
  if (number.kind !== 'number') return;
  const size = number.unit === '%' ? number.value / 100 : number.value;
  const bar = negative ? -size : size;
  const upward = operator === '>' || operator === '>=';
  const always =
    (operator === '>=' && bar <= 0) ||
    (operator === '>' && bar < 0) ||
    (operator === '<=' && bar >= 1) ||
    (operator === '<' && bar > 1) ||
    (operator === '!=' && (bar < 0 || bar > 1));
  const never =
    (operator === '>=' && bar > 1) ||
    (operator === '>' && bar >= 1) ||
    (operator === '<=' && bar < 0) ||
    (operator === '<' && bar <= 0) ||
    (operator === '==' && (bar < 0 || bar > 1));
  if (!always && !never) return;
  const percent = number.unit === undefined && size >= 1 && size <= 100 && !(upward && size === 1);
  const mend = percent ? `for ${size} % write ${size}% or ${size / 100}` : 'write a bar between 0 and 1';
  faults.push({
    position: number.position,
    message: `${metricLabel(rule.metric)} is a share (0 to 1), so '${operator} ${negative ? '-' : ''}${number.value}${number.unit ?? ''}' ${always ? 'holds for every value' : 'can never hold'}; ${mend}`,
  });
}

interface Owner {
  facts?: MetricFacts | undefined;
  label?: string;
}

/** Percent factors may stand in products (`baseline * 102%`); a percent bar by itself needs a share. */
function checkNumbers(
  expression: Expression,
  owner: Owner,
  final: boolean,
  faults: Fault[],
  inProduct = false,
): void {
  if (expression.kind === 'binary') {
    const product = expression.operator === '*' || expression.operator === '/';
    checkNumbers(expression.left, owner, final, faults, inProduct || product);
    checkNumbers(expression.right, owner, final, faults, inProduct || product);
  } else if (expression.kind === 'negate') {
    checkNumbers(expression.of, owner, final, faults, inProduct);
  } else if (expression.kind === 'number' && expression.unit !== undefined) {
    const { unit, position, value } = expression;
    const { facts, label } = owner;
    if (unit === '%') {
      const isFine = facts?.share === true || (facts?.share === undefined && !final);
      if (inProduct || label === undefined || isFine) return;
      faults.push({
        position,
        message: `${label} isn't known as a share (0 to 1), so ${value}% is no bar for it; write ${value / 100} or ${value}, as the metric is counted`,
      });
    } else if (inProduct || label === undefined) {
      faults.push({
        position,
        message: `a unit (${unit}) can't stand inside this arithmetic; write a plain number`,
      });
    } else if (convert(value, unit, facts?.unit) === undefined && (final || facts?.unit !== undefined)) {
      faults.push({
        position,
        message: `${label} isn't known to be counted in a unit that ${unit} fits; write a plain number`,
      });
    }
  }
}

function checkComparison(
  rule: Rule & { kind: 'compare' },
  facts: MetricFacts | undefined,
  final: boolean,
  faults: Fault[],
): void {
  const label = metricLabel(rule.metric);
  if (facts?.direction === undefined && final) {
    faults.push({
      position: rule.metric.position,
      message: `whether more of ${label} is better isn't known, so '${rule.relation}' can't be decided; add 'direction: ${rule.metric.name} higher' (or lower), or write a bar, as '${label} <= ${rule.reference} * 1.02'`,
    });
  }
  const { margin } = rule;
  if (margin === undefined) return;
  const isShare = facts?.share === true;
  if (isShare && margin.value >= 1) {
    const mend =
      margin.kind === 'absolute' ? `for ${margin.value} points write ${margin.value}%` : 'write less';
    faults.push({
      position: margin.position,
      message: `${label} is a share (0 to 1), so a margin of ${margin.value * 100} points ${rule.relation === 'no-worse-than' ? 'allows everything' : 'can never be gained'}; ${mend}`,
    });
  }
  if (margin.kind === 'points' && facts?.share !== true && (final || facts?.share === false)) {
    faults.push({
      position: margin.position,
      message: `${label} isn't known as a share, so it has no percentage points; write a plain number or N%`,
    });
  }
  if (
    margin.kind === 'absolute' &&
    margin.unit !== undefined &&
    convert(margin.value, margin.unit, facts?.unit) === undefined &&
    final
  ) {
    faults.push({
      position: margin.position,
      message: `${label} isn't known to be counted in a unit that ${margin.unit} fits; write a plain number`,
    });
  }
}
