/** Rules over the metrics of this run: the language of eval-gate, without anything to compare with. */
import { checkRules } from '@sluice/evaluation/check';
import { judgeRules, type RuleOutcome } from '@sluice/evaluation/judge';
import type { EvalMetric } from '@sluice/evaluation/model';
import { readInferenceTest } from '@sluice/evaluation/read-ours';
import { metricLabel, type MetricRef, type RuleSet } from '@sluice/evaluation/rules';
import { faultLines, parseRules } from '@sluice/evaluation/rules-parser';
import { table } from '@sluice/report/markdown';
import type { CaseResult } from '@sluice/inference/run-cases';
import type { Results } from '@sluice/inference/results';
import { ConfigError, type Outcome } from '@sluice/runtime/errors';
import { findUnanswered, type Decision } from './verdict.ts';

export type Thresholds = RuleSet;
type Policy = 'fail' | 'warn';

const CONFIDENCE = 0.95;
const INPUT = 'input `thresholds`';

/** Undefined without rules. ConfigError with every fault, by line and column. */
export function readThresholds(text: string | undefined): Thresholds | undefined {
  if (text === undefined) return undefined;
  const parsed = parseRules(text);
  const faults = [...parsed.faults, ...checkRules(parsed, { references: [] })];
  if (faults.length > 0) throw new ConfigError(faultLines(faults, INPUT));
  if (parsed.rules.length === 0) {
    throw new ConfigError(
      `${INPUT} holds no rule; write one a line, such as 'tests.failed == 0', or leave it out`,
    );
  }
  return parsed;
}

/** The rules decide alone, but what got no answer still fails. */
export function judgeThresholds(
  rules: Thresholds,
  cases: readonly CaseResult[],
  results: Results,
  policies: { onMissing: Policy; onInconclusive: Policy },
): Decision & { outcome?: Outcome; table: string } {
  const metrics = readInferenceTest({ ...results }, 'this run');
  const facts = ({ name, selector }: MetricRef): EvalMetric | undefined =>
    metrics.find(
      (metric) =>
        metricLabel(metric) === metricLabel({ name, ...(selector === undefined ? {} : { selector }) }),
    );
  const faults = checkRules(rules, { references: [], facts });
  if (faults.length > 0) throw new ConfigError(faultLines(faults, INPUT));
  const outcomes = judgeRules(rules, metrics, {}, { confidence: CONFIDENCE });
  return { ...combine(outcomes, findUnanswered(cases), policies), table: renderRules(outcomes) };
}

/** A failed rule fails; what isn't known or not decided does as its policy says. */
export function combine(
  outcomes: readonly RuleOutcome[],
  unanswered: readonly string[],
  policies: { onMissing: Policy; onInconclusive: Policy },
): Decision & { outcome?: Outcome } {
  const binding = outcomes.filter((outcome) => !outcome.warn);
  const told = (verdict: RuleOutcome['verdict']): string[] =>
    binding
      .filter((outcome) => outcome.verdict === verdict)
      .map((outcome) => `${outcome.rule}: ${outcome.text}`);
  const warned = outcomes
    .filter((outcome) => outcome.warn && outcome.verdict !== 'pass')
    .map((outcome) => `warn: ${outcome.rule}: ${outcome.text}`);
  const missing = told('missing');
  const failed = [...unanswered, ...told('fail'), ...(policies.onMissing === 'fail' ? missing : [])];
  const open = [...told('inconclusive'), ...(policies.onMissing === 'warn' ? missing : [])];
  if (failed.length > 0) return { verdict: 'fail', reasons: [...failed, ...open, ...warned] };
  if (open.length === 0) {
    return { verdict: 'pass', reasons: [`${binding.length} of ${binding.length} rules hold`, ...warned] };
  }
  const isWarning = told('inconclusive').length === 0 || policies.onInconclusive === 'warn';
  return {
    verdict: 'inconclusive',
    outcome: isWarning ? 'success' : 'gate-failed',
    reasons: [...open, ...warned],
  };
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
