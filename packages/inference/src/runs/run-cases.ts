/** Asks the cases, a few at a time, each as often as told, and judges the answers. */
import { classifyAnswer, type AnswerKind } from '../assertions/answer-kind.ts';
import type { Grade } from '../assertions/decide.ts';
import type { Aides } from '../assertions/kinds.ts';
import { silentAnswer, type Answer } from '../clients/answer.ts';
import { ask } from '../clients/ask.ts';
import { askThrough, type Fetch } from '../clients/ask-through.ts';
import type { BuiltRequest, Target } from '../clients/openai-request.ts';
import { buildRequest } from '../clients/protocols.ts';
import { askAll } from './converse.ts';
import { gradeExchange } from './grade-exchange.ts';
import { KEPT_CHARS } from './results.ts';
import type { Case, Protocol } from '../suites/types.ts';

export interface RunPlan {
  target: Target;
  /** For cases that name none. */
  protocol: Protocol;
  healthPath: string;
  /** The way to the server, where a plain connection isn't one: behind a cluster's API, by a gateway's address. */
  through?: Fetch;
  concurrency: number;
  repeats: number;
  /** How many of the repeats have to pass. */
  minPass: number;
  seed: number | undefined;
  /** Requests before the first that counts. */
  warmup: number;
  timeoutMs: number;
  signal: AbortSignal;
  /** Other servers that help to judge. */
  aides?: Aides;
  onCase?: (result: CaseResult, done: number) => void;
}

/** One asking of one case. */
export interface Attempt {
  status: 'passed' | 'failed' | 'error';
  /** When it was asked, ms from the start of the run. */
  atMs: number;
  answer: Answer;
  kind: AnswerKind;
  grade: Grade;
}

export interface CaseResult {
  test: Case;
  /** skipped: it says nothing about this server, so it wasn't asked. */
  status: 'passed' | 'failed' | 'error' | 'skipped';
  /** Mean over the repeats. */
  score: number;
  reasons: string[];
  /** Its repeats don't agree. */
  flaky: boolean;
  attempts: Attempt[];
}

export interface RunResult {
  cases: CaseResult[];
  /** From the first counted request to the last answer, ms. */
  wallMs: number;
  /** It was cancelled: what wasn't asked, or not often enough to be judged, is skipped. */
  partial?: true;
}

const GIVE_UP_AFTER = 10;

/** Asks all cases. Never throws because of the signal: what was asked until then is the result, marked partial. */
export async function runCases(cases: readonly Case[], plan: RunPlan): Promise<RunResult> {
  const isAborted = (): boolean => plan.signal.aborted;
  await warmUp(cases, plan);
  const attempts = cases.map((): Attempt[] => []);
  // Round by round, so that repeats of a case are spread over the run instead of meeting one moment.
  const queue = Array.from({ length: plan.repeats }, () => cases.map((_, index) => index)).flat();
  const results: CaseResult[] = [];
  let done = 0;
  // So many requests in a row that got no answer at all: the server is gone, and each more would cost its time-out.
  let silent = 0;
  const giveUpAfter = Math.max(GIVE_UP_AFTER, 2 * plan.concurrency);
  const startedAt = performance.now();
  const settle = (index: number, mine: Attempt[]): void => {
    const test = cases[index];
    if (test === undefined) return;
    const result = summarize(test, mine, plan.minPass);
    results[index] = result;
    plan.onCase?.(result, (done += 1));
  };
  const worker = async (): Promise<void> => {
    for (let index = queue.shift(); index !== undefined && !isAborted(); index = queue.shift()) {
      const test = cases[index];
      const mine = attempts[index];
      if (test === undefined || mine === undefined) continue;
      const atMs = performance.now() - startedAt;
      const asked = silent >= giveUpAfter ? notAsked(silent) : await attemptUnlessCut(test, plan);
      if (asked === undefined) return;
      const tried = { ...asked, atMs };
      silent = tried.answer.status === null ? silent + 1 : 0;
      mine.push(tried);
      if (mine.length === plan.repeats && test.rivals === undefined) settle(index, mine);
    }
  };
  await Promise.all(Array.from({ length: Math.min(plan.concurrency, queue.length) }, worker));
  const wallMs = performance.now() - startedAt;
  if (!isAborted() && cases.some(({ rivals }) => rivals !== undefined)) {
    const { compareRivals } = await import('./compare-rivals.ts');
    const compared = await compareRivals(cases, attempts, plan.aides);
    if (!isAborted()) for (const [index, mine] of compared) settle(index, mine);
  }
  if (results.filter(Boolean).length === cases.length) return { cases: results, wallMs };
  const all = cases.map((test, index) => results[index] ?? cutShort(test, attempts[index] ?? [], plan));
  return { cases: all, wallMs, partial: true };
}

/** Undefined when the run was cancelled meanwhile: an answer that was cut off, or judged without its judge, is none. */
async function attemptUnlessCut(test: Case, plan: RunPlan): Promise<Omit<Attempt, 'atMs'> | undefined> {
  try {
    const tried = await attempt(test, plan);
    return plan.signal.aborted ? undefined : tried;
  } catch (error) {
    if (plan.signal.aborted) return undefined;
    throw error;
  }
}

/** Of a case whose repeats were cancelled: judged only when those that are left could change nothing. */
function cutShort(test: Case, attempts: Attempt[], { repeats, minPass }: RunPlan): CaseResult {
  const left = repeats - attempts.length;
  const passed = attempts.filter(({ status }) => status === 'passed').length;
  // Whose answer is the best was not found out.
  const isOpen = test.rivals !== undefined && passed > 0;
  if (!isOpen && attempts.length > 0 && (passed >= minPass || passed + left < minPass))
    return summarize(test, attempts, minPass);
  const seen =
    attempts.length === 0 ? '' : ` after ${attempts.length} of ${repeats} repeats, ${passed} passed`;
  return notAskedResult(
    test,
    `not asked${attempts.length === 0 ? '' : ' to its end'}: the step was cancelled${seen}`,
    attempts,
  );
}

/** A case that says nothing about this server, or that nobody came to ask. */
export function notAskedResult(test: Case, reason: string, attempts: Attempt[] = []): CaseResult {
  return { test, status: 'skipped', score: 0, reasons: [reason], flaky: false, attempts };
}

/** The first functional cases in turn; what comes back is not looked at. */
async function warmUp(cases: readonly Case[], plan: RunPlan): Promise<void> {
  const usable = cases.filter((test) => test.kind === 'functional');
  for (let count = 0; count < plan.warmup && usable.length > 0 && !plan.signal.aborted; count += 1) {
    const test = usable[count % usable.length];
    if (test !== undefined) await askAll(test, (prompt) => askOnce(test, prompt, plan, plan.signal));
  }
}

function requestOf(
  test: Case,
  prompt: string,
  plan: Pick<RunPlan, 'target' | 'protocol' | 'seed'>,
): BuiltRequest {
  const protocol = test.options.protocol ?? plan.protocol;
  return buildRequest(plan.target, protocol, prompt, test.options, plan.seed);
}

/** One request of a case. Never throws. */
export function askOnce(
  test: Case,
  prompt: string,
  plan: Pick<RunPlan, 'target' | 'protocol' | 'seed' | 'timeoutMs' | 'through'>,
  signal: AbortSignal,
): Promise<Answer> {
  const protocol = test.options.protocol ?? plan.protocol;
  const isChat = test.images !== undefined || (test.turns ?? []).length > 0;
  if (isChat && protocol === 'openai-completions')
    return Promise.resolve(silentAnswer(`images and turns need a chat, and ${protocol} is none`));
  const timeoutMs = test.options.timeout === undefined ? plan.timeoutMs : test.options.timeout * 1000;
  const request = { ...requestOf(test, prompt, plan), timeoutMs, signal };
  return plan.through === undefined
    ? ask({ ...request, token: plan.target.token })
    : askThrough(plan.through, request);
}

async function attempt(test: Case, plan: RunPlan): Promise<Omit<Attempt, 'atMs'>> {
  const exchanges = await askAll(test, (prompt) => askOnce(test, prompt, plan, plan.signal));
  const grades: Grade[] = [];
  for (const [at, exchange] of exchanges.entries()) {
    const { answer: whole } = exchange;
    const where = exchanges.length === 1 ? '' : `turn ${at + 1}: `;
    const answer = shorten(whole);
    const kind = classifyAnswer(whole.text, whole.finishReason);
    // A request to be refused that nobody answered isn't refused, and no other assertion holds over nothing.
    if (test.kind === 'bad-input' ? answer.status === null : !answer.complete) {
      const reasons = [`${where}${answer.error ?? 'no complete answer'}`];
      return { status: 'error', answer, kind, grade: { passed: false, score: 0, reasons } };
    }
    const graded = await gradeExchange(test, exchange, exchanges.slice(0, at), {
      ...plan,
      bodyOf: (prompt) => requestOf(test, prompt, plan).body,
    });
    grades.push({ ...graded, reasons: graded.reasons.map((reason) => `${where}${reason}`) });
    const isLast = at === exchanges.length - 1;
    // A report shows the answer that decided.
    if (graded.passed && !isLast) continue;
    const score = grades.reduce((sum, one) => sum + one.score, 0) / exchanges.length;
    const grade = {
      passed: graded.passed,
      score,
      reasons: grades.flatMap(({ reasons }) => reasons),
      parts: grades.flatMap(({ parts = [] }) => parts),
    };
    return { status: graded.passed ? 'passed' : 'failed', answer, kind, grade };
  }
  throw new Error('a case without a question');
}

function notAsked(silent: number): Omit<Attempt, 'atMs'> {
  const error = `not asked: ${silent} requests before it got no answer`;
  const grade = { passed: false, score: 0, reasons: [error] };
  return { status: 'error', answer: silentAnswer(error), kind: 'empty', grade };
}

/** Answers are kept until the report is written; of one without end a report shows only its beginning anyway. */
function shorten(answer: Answer): Answer {
  if (answer.text.length <= KEPT_CHARS) return answer;
  // Through bytes, because a slice alone keeps the whole text in memory. One more, so that the cut is seen.
  return { ...answer, text: Buffer.from(answer.text.slice(0, KEPT_CHARS + 1)).toString() };
}

/** Enough passes make a pass. Without them, attempts that got no answer make it an error, not a failure. */
function summarize(test: Case, attempts: Attempt[], minPass: number): CaseResult {
  const count = (status: Attempt['status']): number =>
    attempts.filter((entry) => entry.status === status).length;
  const passed = count('passed');
  const status = passed >= minPass ? 'passed' : count('error') > 0 ? 'error' : 'failed';
  const reasons = [...new Set(attempts.flatMap((entry) => entry.grade.reasons))];
  const score = attempts.reduce((sum, entry) => sum + entry.grade.score, 0) / attempts.length;
  const flaky = new Set(attempts.map((entry) => entry.status)).size > 1;
  const tally =
    attempts.length > 1
      ? [
          `${passed} of ${attempts.length} repeats passed, ${minPass} are needed${flaky ? ': the case is flaky' : ''}`,
        ]
      : [];
  return { test, status, score, reasons: status === 'passed' ? [] : [...tally, ...reasons], flaky, attempts };
}
