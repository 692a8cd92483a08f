/** The numbers behind a verdict, in words: what a reason must carry, so that who reads it need not look elsewhere. */
import type { RuleVerdict, Seen, Verdict } from './analysis.ts';
import { LIVE_METRICS } from './live-metrics.ts';
import { valueText } from './value-text.ts';

/** `28.1% of 64 requests against 0.00% of 90`; `no data` when nothing was seen. */
export function ruleFacts(rule: RuleVerdict): string {
  const { canary, stable } = rule;
  if (canary === null) return 'no data';
  const beyond = /\.p(\d+(?:\.\d+)?)/.exec(rule.rule)?.[1];
  const what = beyond === undefined ? '' : ' beyond the bar';
  const whose = rule.source === 'probe' ? 'questions of the probe' : 'requests';
  const mine = `${seenText(rule, canary)} ${whose}${what}`;
  if (stable !== null) return `${mine} against ${seenText(rule, stable)}`;
  return [mine, ...boundText(rule, canary)].join(', ');
}

function seenText(rule: RuleVerdict, { value, n }: Seen): string {
  const mean = LIVE_METRICS[rule.metric]?.kind === 'value' && !/\.p\d/.test(rule.rule) ? 'mean ' : '';
  return `${mean}${valueText(rule.metric, value, rule.rule)} of ${n}`;
}

/** The bound that decided: where the rate surely lies, however often one looked. */
function boundText(rule: RuleVerdict, { value, low, high }: Seen): string[] {
  if (rule.status !== 'fail') return [];
  const floor = Number.isFinite(low) && low > 0 && low <= value;
  const words: [string, number] = floor && !/>/.test(rule.rule) ? ['lower', low] : ['upper', high];
  return Number.isFinite(words[1])
    ? [`${words[0]} bound ${valueText(rule.metric, words[1], rule.rule)}`]
    : [];
}

/** `broken: loop_rate <= 5% (28.1% of 64 requests, lower bound 15.2%)`. */
export function brokenReason(verdict: Verdict): string {
  const failed = verdict.rules.filter(
    (rule) => rule.status === 'fail' && !rule.warn && rule.decides !== true,
  );
  return `broken: ${failed.map((rule) => `${rule.rule} (${ruleFacts(rule)})`).join('; ')}`;
}

/** The rules that are not proven kept, each with what was seen and what it still needs. */
export function openRules(verdict: Verdict): string[] {
  return verdict.rules
    .filter(
      (rule) =>
        !rule.warn && rule.decides !== true && !['pass', 'not-asked', 'not-broken'].includes(rule.status),
    )
    .map((rule) => {
      if (rule.status === 'no-data') return `${rule.rule} (no data)`;
      const more = rule.needed === null ? '' : `, about ${rule.needed} more needed`;
      return `${rule.rule} (not decided yet: ${ruleFacts(rule)}${more})`;
    });
}
