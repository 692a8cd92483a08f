import { metricBounds, samplesNeeded, type MetricBounds } from './bounds.ts';
import { tooFewShared } from './compare-items.ts';
import { mismatch } from './compare.ts';
import type { EvalMetric } from './model.ts';
import type { Judged } from './outcome.ts';
import { metricLabel, type BarOperator, type BarRule, type Reference } from './rules.ts';
import { evaluate, valueOf, type Lookup, type Valued } from './values.ts';
import { formatNumber, formatPoints, formatShown } from './wording.ts';

/**
 * A value against a bar: as written, or on its bound where the rule says `with`.
 *
 * @param policyConfidence for the mark "within noise"
 */
export function judgeBar(
  rule: BarRule,
  metric: EvalMetric,
  value: number,
  references: Partial<Record<Reference, Lookup>>,
  policyConfidence: number,
): Judged {
  const label = metricLabel(rule.metric);
  let refused: string | undefined;
  const used = new Map<Reference, number>();
  const reference = (of: Reference): Valued => {
    const lookup = references[of];
    if (lookup === undefined) return { missing: `there is no ${of} to compare with` };
    const other = lookup(rule.metric);
    if (other) refused ??= mismatch(metric, other);
    // Arithmetic over a baseline compares too: three easy cases against eighty say nothing.
    const apart = other && tooFewShared(metric, other);
    if (apart !== undefined) return { missing: `${label} and its ${of} can't be compared: ${apart}` };
    const valued = valueOf(other, `${label} in the ${of}`);
    if ('value' in valued) used.set(of, valued.value);
    return valued;
  };
  const bar = evaluate(
    rule.bar,
    { metric: () => ({ missing: 'a bar holds no metric' }), reference },
    metric.unit,
  );
  if (refused !== undefined) {
    return {
      verdict: 'missing',
      refused: true,
      text: `${label} and its reference can't be compared: ${refused}`,
    };
  }
  if ('missing' in bar) return { verdict: 'missing', text: bar.missing };
  // Arithmetic leaves rounding behind: 0.91 - 0.01 mustn't make 0.9 miss `>=`.
  if (rule.bar.kind === 'binary' && Math.abs(bar.value - value) <= 1e-12 * Math.abs(value)) bar.value = value;
  const baseline = used.get('baseline') ?? used.get('stable') ?? used.get('parent');
  const shared = { bar: bar.value, ...(baseline === undefined ? {} : { baseline }) };
  if (rule.confidence !== undefined)
    return { ...shared, ...decideOnBound(rule, metric, value, bar.value, rule.confidence) };
  return {
    ...shared,
    ...decideAsWritten(
      rule,
      metric,
      value,
      bar.value,
      policyConfidence,
      [...used].map(([of, seen]) => `${of} ${formatShown(seen, metric)}`),
    ),
  };
}

/** `accuracy >= 0.9`: compared as written, with a mark where the samples couldn't tell. */
function decideAsWritten(
  rule: BarRule,
  metric: EvalMetric,
  value: number,
  bar: number,
  policyConfidence: number,
  references: readonly string[],
): Judged {
  const holds = compare(rule.operator, value, bar);
  const bounds = metricBounds(metric, policyConfidence);
  const sided = rule.operator !== '==' && rule.operator !== '!=';
  const decided = bounds && sided ? sideOf(rule.operator, bounds, bar) : undefined;
  const shown = formatShown(value, metric);
  const against = formatShown(bar, metric);
  return {
    verdict: holds ? 'pass' : 'fail',
    ...(bounds ? { low: bounds.low, high: bounds.high, method: bounds.method } : {}),
    ...(decided === 'undecided' ? { withinNoise: true } : {}),
    ...(bounds === undefined && metric.n === undefined ? { noSampleCount: true } : {}),
    text: holds
      ? `${metricLabel(rule.metric)} is ${shown}: ${rule.operator} ${against} holds`
      : `${metricLabel(rule.metric)} is ${shown}${countShown(metric)} and misses ${rule.operator} ${against}${missedBy(rule.operator, value - bar, metric)}${references.length === 0 ? '' : ` (${references.join(', ')})`}`,
  };
}

/** ` over 40 samples`; nothing where no count is known. */
function countShown({ n }: EvalMetric): string {
  return n === undefined ? '' : ` over ${n} ${n === 1 ? 'sample' : 'samples'}`;
}

/** ` by 5 points`: how far a value is from the bar that it misses. */
function missedBy(operator: BarOperator, distance: number, metric: EvalMetric): string {
  if (operator === '==' || operator === '!=' || distance === 0) return '';
  const size = Math.abs(distance);
  return ` by ${metric.share === true ? formatPoints(size * 100) : formatShown(size, metric)}`;
}

/** `judge.win_rate > 75% with 95%`: pass, fail or inconclusive by the one-sided bound. */
function decideOnBound(
  rule: BarRule,
  metric: EvalMetric,
  value: number,
  bar: number,
  confidence: number,
): Judged {
  const label = metricLabel(rule.metric);
  const bounds = metricBounds(metric, confidence);
  const percent = formatNumber(confidence * 100);
  if (bounds === undefined) {
    const wanted = metric.share === true ? '{"value": …, "n": …}' : '{"value": …, "n": …, "stderr": …}';
    return {
      verdict: 'inconclusive',
      ...(metric.n === undefined ? { noSampleCount: true } : {}),
      text: `${label} is ${formatShown(value, metric)} without what a bound is made from, so 'with ${percent}%' can't be decided; give it as ${wanted}`,
    };
  }
  const side = sideOf(rule.operator, bounds, bar);
  const upward = rule.operator === '>' || rule.operator === '>=';
  const shared = { low: bounds.low, high: bounds.high, method: bounds.method };
  const against = formatShown(bar, metric);
  if (side === 'holds' || side === 'misses') {
    const bound =
      upward === (side === 'holds')
        ? `at least ${formatShown(bounds.low, metric)}`
        : `at most ${formatShown(bounds.high, metric)}`;
    const verdict = side === 'holds' ? 'pass' : 'fail';
    const seen = `${label} is ${formatShown(value, metric)}${countShown(metric)}, ${bound} with ${percent} % confidence`;
    const by = side === 'misses' ? missedBy(rule.operator, value - bar, metric) : '';
    return { ...shared, verdict, text: `${seen}: ${rule.operator} ${against} ${side}${by}` };
  }
  const bound = compare(rule.operator, value, bar) === upward ? bounds.low : bounds.high;
  const needed = samplesNeeded(metric, bounds, bar, confidence);
  const holds = compare(rule.operator, value, bar);
  const more =
    needed === undefined
      ? 'more samples at this value would not decide it'
      : `${needed} samples needed at this value${holds ? '' : ', to show a miss'}`;
  return {
    ...shared,
    verdict: 'inconclusive',
    ...(needed === undefined ? {} : { needed }),
    text: `${label} is ${formatShown(value, metric)}${countShown(metric)}, its ${percent} % bound ${formatShown(bound, metric)} doesn't settle ${rule.operator} ${against}; ${more}`,
  };
}

/** Whether a bound settles the bar. */
function sideOf(operator: BarOperator, bounds: MetricBounds, bar: number): 'holds' | 'misses' | 'undecided' {
  const upward = operator === '>' || operator === '>=';
  const opposite: BarOperator =
    operator === '>' ? '<=' : operator === '>=' ? '<' : operator === '<' ? '>=' : '>';
  if (compare(operator, upward ? bounds.low : bounds.high, bar)) return 'holds';
  return compare(opposite, upward ? bounds.high : bounds.low, bar) ? 'misses' : 'undecided';
}

function compare(operator: BarOperator, value: number, bar: number): boolean {
  switch (operator) {
    case '<':
      return value < bar;
    case '<=':
      return value <= bar;
    case '>':
      return value > bar;
    case '>=':
      return value >= bar;
    case '==':
      return value === bar;
    case '!=':
      return value !== bar;
  }
}
