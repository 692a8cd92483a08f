/** The verdict of a run without rules, and what no rule can override. */
import type { RunMetric } from '@sluice/inference/runs/metrics';
import type { LoadLevel } from '@sluice/inference/load/level';
import type { CaseResult } from '@sluice/inference/runs/run-cases';
import type { Outcome } from '@sluice/runtime/errors';

export interface Decision {
  verdict: 'pass' | 'fail' | 'inconclusive';
  /** Only where it isn't what the verdict says by itself. */
  outcome?: Outcome;
  reasons: string[];
  /** One sentence: what the author can do about it. */
  advice?: string;
}

interface Context {
  /** Whether reasons may be told, which quote the server's words (`texts`). */
  told?: boolean;
  load?: readonly LoadLevel[];
  /** Levels whose errors a rule judges, by their names. */
  judged?: readonly string[];
}

const NAMED = 3;

/** What fails a run whatever the rules say: a case or a request of the load without an answer, or no answer at all. */
export function findUnanswered(cases: readonly CaseResult[], context: Context = {}): string[] {
  const { told = true, load = [] } = context;
  const errors = cases.filter((result) => result.status === 'error');
  const reasons: string[] = [];
  const asked = cases.filter(({ test, status }) => isQuestion(test.kind) && status !== 'skipped');
  const answered = asked.some((result) => result.attempts.some((entry) => entry.answer.complete));
  if (asked.length > 0 && !answered)
    reasons.push('no question got a complete answer, so nothing was measured');
  const texts = asked.flatMap((result) => result.attempts.map((entry) => entry.answer));
  // Suites of `not-contains` alone would pass a server that says nothing.
  if (answered && texts.every((answer) => answer.text.trim() === ''))
    reasons.push('every answer was empty, so nothing was measured');
  if (errors.length > 0)
    reasons.push(`${count(errors.length, 'case')} got no complete answer: ${name(errors, told)}`);
  for (const level of load) reasons.push(...findLoadErrors(level, context));
  return reasons;
}

/** Cases that get an answer of the model, whatever it has to be. */
function isQuestion(kind: CaseResult['test']['kind']): boolean {
  return kind !== 'bad-input' && kind !== 'hostile';
}

/** Times are of what was answered; a server that drops the slow ones would shine. So errors count unless a rule asks for them. */
function findLoadErrors(
  { name: level, said, samples }: LoadLevel,
  { told = true, judged = [] }: Context,
): string[] {
  const began = samples.filter((sample) => sample.began);
  const failed = began.filter(({ complete }) => !complete);
  const load = `the load of ${said}`;
  if (failed.length === began.length) return [`${load} got no complete answer within its time`];
  if (failed.length === 0 || judged.includes(level)) return [];
  const why = told ? ` (${(failed[0]?.error ?? 'no complete answer').slice(0, 200)})` : '';
  const what = `${failed.length} of ${count(began.length, 'request')} of ${load} got no complete answer`;
  return [`${what}${why}; a rule over load.${level}.error_rate would allow some`];
}

/** Without rules every case must pass. */
export function judgeCases(
  cases: readonly CaseResult[],
  metrics: Readonly<Record<string, RunMetric>>,
  context: Context = {},
): Decision {
  const { told = true } = context;
  // Other words are measured, not demanded; what wasn't asked neither passed nor failed.
  const counted = cases.filter(({ test, status }) => test.kind !== 'perturbed' && status !== 'skipped');
  const failed = counted.filter((result) => result.status === 'failed');
  const passed = metrics['tests.passed']?.value ?? 0;
  const reasons = findUnanswered(cases, context);
  if (failed.length > 0) reasons.push(`${count(failed.length, 'case')} failed: ${name(failed, told)}`);
  if (counted.length === 0 || (passed === 0 && reasons.length === 0)) reasons.push('no case passed');
  return reasons.length > 0
    ? { verdict: 'fail', reasons: [`${passed} of ${count(counted.length, 'case')} passed`, ...reasons] }
    : { verdict: 'pass', reasons: [`all ${count(counted.length, 'case')} passed`] };
}

/** The first few by their descriptions, the first of them with its reason. */
function name(results: readonly CaseResult[], told: boolean): string {
  const shown = results.slice(0, NAMED).map(({ test, reasons }, index) => {
    const why =
      told && index === 0 ? (reasons.find((reason) => !/^\d+ of \d+ repeats/.test(reason)) ?? '') : '';
    return `'${test.description.slice(0, 80)}'${why === '' ? '' : ` (${why.slice(0, 200)})`}`;
  });
  const rest = results.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
