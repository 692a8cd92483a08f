/** The verdict of a run without rules, and what no rule can override. */
import type { RunMetric } from '@sluice/inference/run-metrics';
import type { CaseResult } from '@sluice/inference/run-cases';

export interface Decision {
  verdict: 'pass' | 'fail' | 'inconclusive';
  reasons: string[];
}

const NAMED = 3;

/** What fails a run whatever the rules say: a case without an answer, or no answer at all. */
export function findUnanswered(cases: readonly CaseResult[]): string[] {
  const errors = cases.filter((result) => result.status === 'error');
  const reasons: string[] = [];
  const asked = cases.filter((result) => result.test.kind === 'functional');
  const answered = asked.some((result) => result.attempts.some((entry) => entry.answer.complete));
  if (asked.length > 0 && !answered)
    reasons.push('no question got a complete answer, so nothing was measured');
  if (errors.length > 0)
    reasons.push(`${count(errors.length, 'case')} got no complete answer: ${name(errors)}`);
  return reasons;
}

/** Without rules every case must pass. */
export function judgeCases(
  cases: readonly CaseResult[],
  metrics: Readonly<Record<string, RunMetric>>,
): Decision {
  const failed = cases.filter((result) => result.status === 'failed');
  const passed = metrics['tests.passed']?.value ?? 0;
  const reasons = findUnanswered(cases);
  if (failed.length > 0) reasons.push(`${count(failed.length, 'case')} failed: ${name(failed)}`);
  if (cases.length === 0 || (passed === 0 && reasons.length === 0)) reasons.push('no case passed');
  return reasons.length > 0
    ? { verdict: 'fail', reasons: [`${passed} of ${count(cases.length, 'case')} passed`, ...reasons] }
    : { verdict: 'pass', reasons: [`all ${count(cases.length, 'case')} passed`] };
}

function name(results: readonly CaseResult[]): string {
  const shown = results.slice(0, NAMED).map((result) => `'${result.test.description.slice(0, 80)}'`);
  const rest = results.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
