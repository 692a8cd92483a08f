import { decideNonInferiority, type Comparison } from '@sluice/statistics/non-inferiority';
import { samplesForEffect } from '@sluice/statistics/power';
import { canPair } from './compare-items.ts';
import { compareMetric, type Difference } from './compare.ts';
import type { EvalMetric } from './model.ts';
import type { JudgePolicy, Judged } from './outcome.ts';
import { metricLabel, type CompareRule } from './rules.ts';
import { convert, valueOf, type Lookup } from './values.ts';
import { formatPoints, formatShown } from './wording.ts';

/** `acc no-worse-than baseline by 1%`: non-inferiority on the paired difference where items exist. */
export function judgeComparison(
  rule: CompareRule,
  metric: EvalMetric,
  value: number,
  reference: Lookup | undefined,
  { confidence: policyConfidence, clusters }: JudgePolicy,
): Judged {
  const label = metricLabel(rule.metric);
  if (reference === undefined)
    return { verdict: 'missing', text: `there is no ${rule.reference} to compare with` };
  const other = reference(rule.metric);
  const valued = valueOf(other, `${label} in the ${rule.reference}`);
  if (other === undefined || 'missing' in valued)
    return { verdict: 'missing', text: 'missing' in valued ? valued.missing : '' };
  const confidence = rule.confidence ?? policyConfidence;
  const compared = compareMetric(metric, other, confidence, clusters);
  const baseline = valued.value;
  if (compared.kind === 'refused') {
    return {
      verdict: 'missing',
      refused: true,
      baseline,
      text: `${label} and its ${rule.reference} can't be compared: ${compared.reason}`,
    };
  }
  if (compared.kind === 'unknown') {
    const isItems = canPair(metric, other) || clusters !== undefined;
    const mend = isItems ? '' : `; to compare as written, use '${label} >= ${rule.reference} * …'`;
    return {
      verdict: isItems ? 'missing' : 'inconclusive',
      baseline,
      text: `${label}: ${compared.reason}${mend}`,
    };
  }
  const { difference } = compared;
  const margin = marginOf(rule, metric, baseline);
  const signed = rule.relation === 'no-worse-than' ? margin : -margin;
  const decision = decideNonInferiority(difference, signed, metric.direction !== 'lower', confidence);
  return {
    verdict: decision.decision,
    baseline,
    low: decision.low,
    high: decision.high,
    method: difference.method,
    n: difference.n,
    ...(decision.needed === undefined ? {} : { needed: decision.needed }),
    ...(decision.detectable === undefined ? {} : { detectable: decision.detectable }),
    text: describe(rule, metric, { value, baseline, margin }, difference, decision, confidence),
  };
}

function describe(
  rule: CompareRule,
  metric: EvalMetric,
  { value, baseline, margin }: { value: number; baseline: number; margin: number },
  difference: Difference,
  decision: Comparison,
  confidence: number,
): string {
  const label = metricLabel(rule.metric);
  const shown = (value: number) => formatShown(value, metric, true);
  const now = `${label} is ${formatShown(value, metric)}, ${rule.reference} ${formatShown(baseline, metric)}`;
  const seen = `${now}: a change of ${shown(decision.gain)} (${boundsOf(decision, shown)}, + is better) over ${difference.n} samples`;
  const allowed = sizeOf(margin, metric);
  const worse = rule.relation === 'no-worse-than';
  if (decision.decision !== 'inconclusive') {
    const claim = `${worse ? 'no worse than' : 'better than'} ${rule.reference}${margin === 0 ? '' : ` by ${allowed}`}`;
    if (decision.decision === 'pass') return `${seen}: ${claim} holds`;
    return `${seen}: ${claim} misses by ${sizeOf(Math.abs(decision.gain + (worse ? margin : -margin)), metric)}`;
  }
  const goal = worse ? `whether it lost ${allowed}` : `whether it gained ${allowed}`;
  const more =
    decision.needed === undefined
      ? 'more samples at this difference would not decide it'
      : `${decision.needed} samples needed at this difference`;
  // A size to plan by, free of what these few samples happened to show.
  const spread = difference.se > 0 && margin > 0 ? difference.se ** 2 * difference.n : 0;
  const planned = spread > 0 ? samplesForEffect(margin, spread, { confidence }) : undefined;
  const plan = planned === undefined ? '' : ` (${planned} find ${allowed} 4 times in 5)`;
  return `${seen}, which doesn't settle ${goal}; ${more}${plan}`;
}

/** Differences that don't vary, or are too few, have no bound on either side. */
function boundsOf({ low, high }: Comparison, shown: (value: number) => string): string {
  return Number.isFinite(low) || Number.isFinite(high)
    ? `${shown(low)} to ${shown(high)}`
    : 'no bounds: the differences are all alike, or too few';
}

function sizeOf(size: number, metric: EvalMetric): string {
  return metric.share === true ? formatPoints(size * 100) : formatShown(size, metric);
}

/** The margin in the metric's own unit: points of a share, percent of the reference otherwise. */
export function marginOf(
  rule: CompareRule,
  facts: { share?: boolean; unit?: string },
  reference: number,
): number {
  const { margin } = rule;
  if (margin === undefined) return 0;
  if (margin.kind === 'absolute') return convert(margin.value, margin.unit, facts.unit) ?? NaN;
  if (margin.kind === 'points' || facts.share === true) return margin.value;
  return Math.abs(reference) * margin.value;
}
