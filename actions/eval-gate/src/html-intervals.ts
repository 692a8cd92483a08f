/** What of a gate's report can be drawn with bounds. Pure. */
import type { RuleOutcome } from '@sluice/evaluation/judge';
import type { IntervalRow } from '@sluice/report/intervals';
import type { ComparedMetric } from './comparison.ts';

/** Shares that a rule holds against a bar, in percent. */
export function shareRows(outcomes: readonly RuleOutcome[]): IntervalRow[] {
  return outcomes.flatMap(({ metric, value, share, bar, low, high, verdict, warn }): IntervalRow[] => {
    if (share !== true || value === null) return [];
    const tone = verdict === 'pass' ? 'good' : verdict === 'inconclusive' || warn ? 'warn' : 'bad';
    const row = { label: metric, value: value * 100, tone } as const;
    if (bar === null) return [row];
    const bounds = low === undefined || high === undefined ? {} : { low: low * 100, high: high * 100 };
    return [{ ...row, bar: bar * 100, ...bounds }];
  });
}

/**
 * Differences from the baseline that have bounds: percentage points for a share, percent of the baseline for the rest.
 * None is good or bad by itself: whether more is better, the rules say.
 */
export function differenceRows(comparison: readonly ComparedMetric[]): IntervalRow[] {
  return comparison.flatMap(({ metric, difference, baseline, low, high, share }): IntervalRow[] => {
    const per = share === true ? 1 : Math.abs(baseline);
    if (low === undefined || high === undefined || per === 0) return [];
    const percent = (value: number): number => (value / per) * 100;
    const row = { label: metric, value: percent(difference), low: percent(low), high: percent(high) };
    return [{ ...row, tone: 'neutral' }];
  });
}
