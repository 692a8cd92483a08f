/** results.json: what eval-gate and people read (schemas/results.schema.json). */
import type { CaseResult } from './run-cases.ts';
import type { CaseKind } from '../suites/types.ts';
import type { RunMetric } from './metrics.ts';

export type Texts = 'failures' | 'all' | 'none';

export interface ResultCase {
  id: string;
  description: string;
  suite: string;
  tags: string[];
  kind: CaseKind;
  /** Of a perturbed case: the case as it was written, and what was done to it. */
  base?: string;
  variant?: string;
  prompt: string | null;
  answer: string | null;
  status: 'passed' | 'failed' | 'error' | 'skipped';
  score: number;
  reasons: string[];
  repeats: { passed: number; failed: number; errors: number };
  /** The repeats don't agree. */
  flaky: boolean;
  /** When it was first asked, ms from the start of the run; null of what wasn't. */
  started_ms: number | null;
  ttft_ms: number | null;
  e2e_ms: number | null;
  output_tokens: number | null;
  tokens_per_second: number | null;
}

export interface Results {
  schemaVersion: 1;
  tool: 'sluice-inference-test';
  suite: string[];
  createdAt: string;
  engine: string;
  modelName: string;
  seed: number | null;
  percentileMethod: 'linear';
  /** The step was cancelled: this isn't all. */
  partial?: true;
  cases: ResultCase[];
  metrics: Record<string, RunMetric>;
}

/** An answer without end fills no report. */
export const KEPT_CHARS = 20_000;

/** One case's entry; texts are withheld as `texts` says, and reasons that quote them with them. */
export function toResultCase(result: CaseResult, texts: Texts): ResultCase {
  const { test, attempts } = result;
  const shown = texts === 'all' || (texts === 'failures' && result.status !== 'passed');
  const count = (status: string): number => attempts.filter((entry) => entry.status === status).length;
  // What is shown is what decided: the first attempt with the case's own status.
  const told = attempts.find((entry) => entry.status === result.status) ?? attempts[0];
  const complete = attempts.filter((entry) => entry.answer.complete).map((entry) => entry.answer);
  // What a hostile request took says nothing about questions, but a report shows it.
  const timed = test.kind === 'hostile' ? attempts.map(({ answer }) => answer) : complete;
  const e2e = meanOf(timed.map((answer) => answer.timings.e2eMs));
  const tokens = meanOf(complete.map((answer) => answer.outputTokens));
  return {
    id: test.id,
    description: test.description,
    suite: test.suite,
    tags: test.tags,
    kind: test.kind,
    ...(test.base === undefined ? {} : { base: test.base }),
    ...(test.variant === undefined ? {} : { variant: test.variant }),
    prompt: shown ? test.prompt : null,
    answer: shown && told !== undefined && told.answer.status === 200 ? cut(told.answer.text) : null,
    status: result.status,
    score: result.score,
    reasons: texts === 'none' ? withhold(result) : result.reasons,
    repeats: { passed: count('passed'), failed: count('failed'), errors: count('error') },
    flaky: result.flaky,
    started_ms: attempts[0]?.atMs ?? null,
    ttft_ms: meanOf(complete.map((answer) => answer.timings.ttftMs)),
    e2e_ms: e2e,
    output_tokens: tokens,
    tokens_per_second: tokens !== null && e2e !== null && e2e > 0 ? (tokens / e2e) * 1000 : null,
  };
}

function withhold(result: CaseResult): string[] {
  return result.reasons.length === 0 ? [] : [`${result.status}; the reasons quote texts, which are withheld`];
}

function cut(text: string): string {
  return text.length > KEPT_CHARS ? `${text.slice(0, KEPT_CHARS)}…` : text;
}

/** Null when one of the values is missing or there are none. */
function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0 || known.length < values.length) return null;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
