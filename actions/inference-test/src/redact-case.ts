/** What the user's patterns black out of a case, before anybody reads of it: log, results, reports, record. */
import type { CaseResult } from '@sluice/inference/runs/run-cases';
import { KEPT_CHARS } from '@sluice/inference/runs/results';
import type { Redactor } from '@sluice/report/redact';

/** The same result comes out for the same one, so that each is looked through once. */
export function caseRedactor(redact: Redactor, isNeeded: boolean): (result: CaseResult) => CaseResult {
  if (!isNeeded) return (result) => result;
  const known = new WeakMap<CaseResult, CaseResult>();
  return (result) => {
    const hidden = known.get(result) ?? hide(result, redact);
    known.set(result, hidden);
    known.set(hidden, hidden);
    return hidden;
  };
}

function hide(result: CaseResult, redact: Redactor): CaseResult {
  const { test } = result;
  // What a report cuts off is cut off before, or a match at the cut would be half shown.
  const long = (text: string): string => redact(text).slice(0, KEPT_CHARS + 1);
  return {
    ...result,
    reasons: result.reasons.map(redact),
    test: { ...test, description: redact(test.description), prompt: long(test.prompt), tags: test.tags.map(redact) },
    attempts: result.attempts.map((attempt) => ({
      ...attempt,
      answer: {
        ...attempt.answer,
        text: long(attempt.answer.text),
        error: attempt.answer.error === null ? null : redact(attempt.answer.error),
      },
      grade: { ...attempt.grade, reasons: attempt.grade.reasons.map(redact) },
    })),
  }; // prettier-ignore
}
