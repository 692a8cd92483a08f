/** Rules over the metrics of this run: the language of eval-gate, without anything to compare with. */
import { checkRules } from '@sluice/evaluation/check';
import { decideRules, type Policy } from '@sluice/evaluation/decide';
import { judgeRules, type RuleOutcome } from '@sluice/evaluation/judge';
import { readInferenceTest, readMetricTable } from '@sluice/evaluation/readers/ours';
import { metricLabel, metricsOf, type Fault, type RuleSet } from '@sluice/evaluation/rules';
import { faultLines, parseRules } from '@sluice/evaluation/rules-parser';
import { suggestNames } from '@sluice/evaluation/suggest-names';
import { lookupOf } from '@sluice/evaluation/values';
import { computeLoadMetrics } from '@sluice/inference/load/metrics';
import type { LoadProfile } from '@sluice/inference/load/profile';
import { emptyLevels } from '@sluice/inference/load/empty-levels';
import type { LoadLevel } from '@sluice/inference/load/level';
import { computeMetrics, type RunMetric } from '@sluice/inference/runs/metrics';
import { table } from '@sluice/report/markdown';
import { computePackMetrics } from '@sluice/inference/runs/pack-metrics';
import type { CaseResult } from '@sluice/inference/runs/run-cases';
import type { Results, Texts } from '@sluice/inference/runs/results';
import { ConfigError } from '@sluice/runtime/errors';
import { findUnanswered, judgeCases, type Decision } from './verdict.ts';

export type Thresholds = RuleSet;

const CONFIDENCE = 0.95;
/** Which turns the load's conversations have is known when the cases are read; a rule may ask for so many. */
const MOST_TURNS = 20;
/** Metrics that are measured case by case, so that tags cut them into slices. */
const SLICED = ['accuracy', 'ttft_ms.mean', 'e2e_ms.mean'];
const INPUT = 'input `thresholds`';

/** Undefined without rules. ConfigError with every fault, by line and column. */
export function readThresholds(
  text: string | undefined,
  load?: LoadProfile,
  hasBaseline = false,
  named: readonly string[] = [],
): Thresholds | undefined {
  if (text === undefined) return undefined;
  const parsed = parseRules(text);
  const faults = [
    ...parsed.faults,
    ...checkRules(parsed, { references: hasBaseline ? ['baseline'] : [] }),
    ...unknownMetrics(parsed, load, hasBaseline, named),
  ];
  faults.sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
  if (faults.length > 0) throw new ConfigError(faultLines(faults, INPUT));
  if (parsed.rules.length === 0) {
    throw new ConfigError(
      `${INPUT} holds no rule; write one a line, such as 'tests.failed == 0', or leave it out`,
    );
  }
  return parsed;
}

/** What this action measures is known beforehand: a misspelt name must not be found out after an hour of asking. */
function unknownMetrics(
  rules: RuleSet,
  load: LoadProfile | undefined,
  hasBaseline: boolean,
  named: readonly string[],
): Fault[] {
  const levels = emptyLevels(load, MOST_TURNS);
  const measured = [
    ...Object.keys(computeMetrics({ cases: [], wallMs: 0 })),
    ...Object.keys(computePackMetrics([])),
    'startup_ms',
    ...named,
    ...Object.keys(computeLoadMetrics(levels, hasBaseline ? { baseline: levels } : {})),
  ];
  const lookup = lookupOf(
    measured.map((name) => ({ name, value: null, source: 'this run' })),
    rules.definitions,
  );
  const asked = [
    ...rules.rules.map(({ metric }) => metric),
    ...rules.definitions.flatMap(({ expression }) => metricsOf(expression)),
  ];
  return (
    asked
      // Which slices there are is known when the cases have run: their tags are the slices.
      .filter(({ name, selector, over }) => {
        const isCut = SLICED.includes(name) && (selector !== undefined || over !== undefined);
        return !isCut && lookup({ name, ...(selector === undefined ? {} : { selector }) }) === undefined;
      })
      .map((metric) => {
        const near = suggestNames(metric.name, measured);
        const mend =
          near.length === 0
            ? `measured are ${measured.filter((name) => !/\.turn\d/.test(name)).join(', ')}`
            : `there is ${near.join(', ')}`;
        return {
          position: metric.position,
          message: `'${metricLabel(metric)}' isn't measured here; ${mend}`,
        };
      })
  );
}

/** Whether a rule can fail; `warn:` rules alone leave the verdict to the cases. */
export function hasBindingRule(rules: Thresholds | undefined): boolean {
  return rules?.rules.some(({ warn }) => !warn) ?? false;
}

/**
 * The rules decide alone, but what got no answer still fails. Rules that only warn decide nothing: every case has to pass
 * then, as without rules.
 */
export function judgeThresholds(
  rules: Thresholds,
  ran: {
    cases: readonly CaseResult[];
    load: readonly LoadLevel[];
    /** Metrics of the load of `baseline-endpoint`; undefined without one. */
    baseline?: Record<string, RunMetric> | undefined;
  },
  results: Results,
  inputs: { onMissing: Policy; onInconclusive: Policy; texts: Texts },
): Decision & { table: string } {
  const metrics = readInferenceTest({ ...results }, 'this run');
  const facts = lookupOf(metrics, rules.definitions, rules.directions);
  const { cases, load, baseline } = ran;
  const faults = checkRules(rules, { references: baseline === undefined ? [] : ['baseline'], facts });
  if (faults.length > 0) throw new ConfigError(faultLines(faults, INPUT));
  const references = baseline === undefined ? {} : { baseline: readMetricTable(baseline, 'the baseline') };
  const outcomes = judgeRules(rules, metrics, references, { confidence: CONFIDENCE });
  const rendered = renderRules(outcomes);
  const told = inputs.texts !== 'none';
  if (!hasBindingRule(rules)) {
    const decided = judgeCases(cases, results.metrics, { told, load });
    const warned = outcomes
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ rule, text }) => `warn: ${rule}: ${text}`);
    return { ...decided, reasons: [...decided.reasons, ...warned], table: rendered };
  }
  const decided = decideRules(outcomes, {
    ...inputs,
    unanswered: findUnanswered(cases, { told, load, judged: judgedLevels(rules) }),
    mendMissing: (names) => `ask more to measure ${names} (more cases, or \`repeats\`), or take the rule out`,
  });
  const { verdict, outcome, reasons, advice } = decided;
  return { verdict, outcome, reasons, ...(advice === undefined ? {} : { advice }), table: rendered };
}

/** Levels of the load whose errors a rule judges. */
function judgedLevels(rules: Thresholds): string[] {
  return rules.rules.flatMap(({ metric, warn }) => {
    const level = /^load\.(.+)\.error_rate$/.exec(metric.name)?.[1];
    return level === undefined || warn ? [] : [level];
  });
}

const MARKS: Record<RuleOutcome['verdict'], string> = {
  pass: '✅',
  fail: '❌',
  inconclusive: '❔',
  missing: '❌ missing',
};

function renderRules(outcomes: readonly RuleOutcome[]): string {
  const rows = outcomes.map(({ rule, verdict, warn, text, withinNoise }) => [
    warn && verdict !== 'pass' ? '⚠️' : MARKS[verdict],
    rule,
    `${text}${withinNoise === true ? ' (within noise)' : ''}`,
  ]);
  return table(['', 'rule', 'what was seen'], rows);
}
