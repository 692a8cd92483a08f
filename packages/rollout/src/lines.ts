/** What people read while a rollout goes on: one line a look, a table and a picture at the end. */
import type { RolloutState, RolloutStep } from '@sluice/host/types';
import { codeBlock, codeSpan, raw, table } from '@sluice/report/markdown';
import { formatDuration } from '@sluice/runtime/units';
import type { RuleVerdict, Seen, Verdict } from './analysis.ts';
import type { Arm } from './evidence.ts';
import { percent } from './steps.ts';
import { markText, stepOf } from './strategies.ts';
import { rolloutData } from './target.ts';
import { valueText } from './value-text.ts';

/** `25% | v2 112, v1 340 requests | error_rate 0.9% vs 0.3% … | undecided: ttft_ms (about 40 more)`. */
export function lookLine(state: RolloutState, verdict: Verdict): string {
  const stable = state.from === null ? '' : `, ${state.from} ${verdict.stableRequests}`;
  const rates = verdict.rules.map(rateText).filter((text) => text !== '');
  const parts = [
    `step ${state.stepIndex + 1}/${state.steps.length} ${shareText(stepOf(state))}`,
    `${state.to} ${verdict.canaryRequests}${stable} requests${verdict.probed === undefined ? '' : `, ${verdict.probed} by the probe of each`}`,
    ...(rates.length > 0 ? [rates.join(', ')] : []),
    ...(verdict.score === undefined ? [] : [`score ${verdict.score} of 100`]),
    verdictText(verdict),
  ];
  return parts.join(' | ');
}

/** `25%`, `copies of 20%`, `header x-beta: always`. */
function shareText({ weight, mark, mirror }: RolloutStep): string {
  if (mirror !== undefined) return `copies of ${percent(mirror)}`;
  if (mark !== undefined && weight === 0) return markText(mark);
  return percent(weight);
}

/** How the answers to the probe's questions compare; empty without any. */
export function comparedLine({ values }: Pick<Arm, 'values'>): string {
  const parts = ['answer_similarity', 'judge.win_rate'].flatMap((metric) => {
    const seen = values[metric];
    return seen === undefined ? [] : [`${metric} ${valueText(metric, seen.mean)} of ${seen.n}`];
  });
  return parts.length === 0 ? '' : `both versions' answers to the same questions: ${parts.join(', ')}`;
}

/** The same for one version alone. */
export function judgedLine(version: string, verdict: Verdict): string {
  const rates = verdict.rules.map(rateText).filter((text) => text !== '');
  const parts = [
    `${version} ${verdict.canaryRequests} requests`,
    ...(rates.length > 0 ? [rates.join(', ')] : []),
  ];
  return [...parts, verdictText(verdict)].join(' | ');
}

function rateText(rule: RuleVerdict): string {
  // A rule that can only fail stands beside one that shows the same numbers.
  if (rule.canary === null || rule.status === 'not-broken') return '';
  const versus = rule.stable === null ? '' : ` vs ${valueText(rule.metric, rule.stable.value, rule.rule)}`;
  return `${rule.metric} ${valueText(rule.metric, rule.canary.value, rule.rule)}${versus}`;
}

function verdictText(verdict: Verdict): string {
  const of = (status: RuleVerdict['status']): string[] =>
    verdict.rules.filter((rule) => rule.status === status && !rule.warn).map((rule) => rule.metric);
  if (verdict.overall === 'fail') return `FAIL: ${of('fail').join(', ')}`;
  if (verdict.overall === 'pass') return 'pass';
  const open = verdict.rules
    .filter((rule) => rule.status === 'inconclusive' && !rule.warn)
    .map((rule) => (rule.needed === null ? rule.metric : `${rule.metric} (about ${rule.needed} more)`));
  const missing = of('no-data');
  const texts = [
    ...(open.length > 0 ? [`undecided: ${open.join(', ')}`] : []),
    ...(missing.length > 0 ? [`no data: ${missing.join(', ')}`] : []),
  ];
  return texts.join('; ') || `fewer requests than min-samples`;
}

/**
 * What the requests so far can tell apart: `with the requests so far, these would have been seen in 9 of 10 such releases:
 * error_rate 2.10% over stable's`. Empty while nothing can be said.
 */
export function seeableLine(verdict: Verdict): string {
  const finest = new Map<string, RuleVerdict>();
  for (const rule of verdict.rules) {
    const best = finest.get(rule.metric)?.detectable ?? Infinity;
    if (rule.detectable !== undefined && rule.detectable < best) finest.set(rule.metric, rule);
  }
  const parts = [...finest.values()].map(
    (rule) =>
      `${rule.metric} ${valueText(rule.metric, rule.detectable ?? 0, rule.rule)} over ${rule.stable === null ? 'its bar' : "stable's"}`,
  );
  if (parts.length === 0) return '';
  return `with the requests so far, these would have been seen in 9 of 10 such releases: ${parts.join(', ')}`;
}

/** The rules as a GitHub table; `canaryName` and `stableName` head the columns. */
export function ruleTable(verdict: Verdict, canaryName: string, stableName: string | null): string {
  const names = stableName === null ? [canaryName] : [canaryName, stableName];
  const headers = ['Rule', ...names.flatMap((name) => [name, `requests of ${name}`]), 'Verdict'];
  const rows = verdict.rules.map((rule) => [
    raw(codeSpan(rule.rule)),
    ...seenCells(rule, rule.canary),
    ...(stableName === null ? [] : seenCells(rule, rule.stable)),
    `${rule.warn ? 'warn: ' : rule.decides === true ? 'decide: ' : ''}${rule.status}${rule.source === 'probe' ? ' (by the probe)' : ''}`,
  ]);
  return table(headers, rows);
}

function seenCells(rule: RuleVerdict, seen: Seen | null): string[] {
  if (seen === null) return ['–', '–'];
  const text = (value: number): string => valueText(rule.metric, value, rule.rule);
  const bounded = Number.isFinite(seen.low) && Number.isFinite(seen.high);
  return [
    bounded ? `${text(seen.value)} (${text(seen.low)} to ${text(seen.high)})` : text(seen.value),
    String(seen.n),
  ];
}

/** The new version's share over time, as a Mermaid chart that GitHub draws. */
export function weightChart(state: RolloutState, endedAt: number): string {
  const { weights } = rolloutData(state);
  if (weights.length === 0) return '';
  const final =
    state.phase === 'done' ? 1 : state.phase === 'aborted' || state.phase === 'aborting' ? 0 : undefined;
  const points = [{ at: state.startedAt, weight: 0 }, ...weights];
  if (final !== undefined) points.push({ at: endedAt, weight: final });
  const labels = distinct(points.map(({ at }) => formatDuration(Math.max(0, at - state.startedAt))));
  const values = points.map(({ weight }) => Number((weight * 100).toFixed(2)));
  return codeBlock(
    [
      'xychart-beta',
      `  title "Share of new requests to the new version"`,
      `  x-axis [${labels.map((label) => `"${label}"`).join(', ')}]`,
      '  y-axis "percent" 0 --> 100',
      `  bar [${values.join(', ')}]`,
      `  line [${values.join(', ')}]`,
    ].join('\n'),
    'mermaid',
  );
}

/** Mermaid draws bars with equal labels on one another, so the second of two within a second says so. */
function distinct(labels: readonly string[]): string[] {
  const taken = new Set<string>();
  return labels.map((label) => {
    let own = label;
    for (let number = 2; taken.has(own); number += 1) own = `${label} (${number})`;
    taken.add(own);
    return own;
  });
}
