/**
 * Sends a hostile pack, one request after the other, and a good question after each: a server that doesn't answer that any
 * more was killed by the request before it, which is named; the rest isn't sent.
 */
import { createHash } from 'node:crypto';
import { classifyAnswer } from '../assertions/answer-kind.ts';
import { silentAnswer, type Answer } from '../clients/answer.ts';
import { notAskedResult, type Attempt, type CaseResult } from '../runs/run-cases.ts';
import type { Case } from '../suites/types.ts';
import { askGood, carryOut, describeAttack, type AttackPlan } from './attack.ts';
import { judge } from './judge.ts';
import type { HostileCase, HostilePack } from './types.ts';

export interface HostilePlan extends AttackPlan {
  /** Name of the pack, as it stands in results. */
  suite: string;
  /** Longest time for a server to answer a good question after a hostile one, ms. */
  canaryMs: number;
  /** Why the server process has ended; undefined while it runs or nobody knows. */
  ended?: () => Promise<string | undefined>;
  onCase?: (result: CaseResult) => void;
}

export interface HostileRun {
  cases: CaseResult[];
  /** The request after which the server answered no more. */
  killedBy?: string;
  /** It was cancelled: what wasn't sent is skipped. */
  partial?: true;
}

const RETRY_MS = 250;
/** An overloaded server may say so; it has its time to become well. */
const BUSY = new Set([429, 503]);

/** Never throws because of the signal: what was sent until then is the result, marked partial. */
export async function runHostile(pack: HostilePack, how: HostilePlan): Promise<HostileRun> {
  const plan = { ...how, tensors: pack.tensors };
  const startedAt = performance.now();
  const cases: CaseResult[] = [];
  const add = (result: CaseResult): void => {
    cases.push(result);
    plan.onCase?.(result);
  };
  let killedBy: string | undefined;
  // A server that answers no good question at first says nothing about hostile ones.
  const unwell = await whyUnwell(plan);
  const state: Pick<HostileRun, 'partial'> = {};
  const cut = (): boolean => {
    if (plan.signal.aborted) state.partial = true;
    return plan.signal.aborted;
  };
  for (const hostile of pack.cases) {
    const test = toCase(hostile, plan);
    if (cut()) {
      add(notAskedResult(test, 'not sent: the step was cancelled'));
      continue;
    }
    const atMs = performance.now() - startedAt;
    if (unwell !== undefined || killedBy !== undefined) {
      const why =
        killedBy === undefined
          ? `not sent: the server didn't answer a good question: ${unwell}`
          : `not sent: the server answered no more after '${killedBy}'`;
      add(toResult(test, 'error', [why], { atMs, e2eMs: 0, status: null, body: '' }));
      continue;
    }
    const sentAt = performance.now();
    const outcome = await carryOut(hostile.attack, plan).catch((error: unknown) => {
      if (!cut()) throw error;
    });
    const e2eMs = performance.now() - sentAt;
    const gone = cut() ? undefined : await whyUnwell(plan);
    // A cancelled step ends the server too, which is no request's fault.
    if (outcome === undefined || cut()) {
      add(notAskedResult(test, 'not sent to its end: the step was cancelled'));
      continue;
    }
    const { passed, said } = judge(hostile.demand, outcome, pack.protocol === 'open-inference-v2');
    const seen = { atMs, e2eMs, status: outcome.status, body: outcome.body };
    if (gone !== undefined) {
      killedBy = hostile.name;
      add(toResult(test, 'error', [`afterwards the server answered no good question: ${gone}`, said], seen));
    } else {
      add(toResult(test, passed ? 'passed' : 'failed', passed ? [] : [said], seen));
    }
  }
  for (const { name, tag, why } of pack.skipped) {
    add(notAskedResult(toCase({ name, tag, attack: { kind: 'ask' }, demand: 'survived' }, plan), why));
  }
  return { cases, ...(killedBy === undefined ? {} : { killedBy }), ...state };
}

/** Why no good question is answered; undefined when one is. */
async function whyUnwell(plan: HostilePlan): Promise<string | undefined> {
  const until = performance.now() + plan.canaryMs;
  for (;;) {
    if (plan.signal.aborted) return 'the step was cancelled';
    const ended = await plan.ended?.();
    if (ended !== undefined) return `its process ended (${ended})`;
    const left = Math.max(1, Math.ceil(until - performance.now()));
    const answer = await askGood(plan, left);
    if (answer.complete) return undefined;
    const isBusy = answer.status !== null && BUSY.has(answer.status);
    if (!isBusy || performance.now() + RETRY_MS >= until) {
      // The process may need a moment to be seen as ended.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      const exit = await plan.ended?.();
      return exit === undefined ? (answer.error ?? 'no complete answer') : `its process ended (${exit})`;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** The same request is the same case in every run: its id is of what is sent and demanded. */
function toCase(hostile: HostileCase, plan: HostilePlan): Case {
  const { name, tag, attack, demand } = hostile;
  const sent = attack.kind === 'raw' ? Buffer.from(attack.body).toString('base64') : attack;
  const content = JSON.stringify([plan.protocol, name, demand, sent]);
  return {
    id: createHash('sha256').update(content).digest('hex'),
    description: name,
    suite: plan.suite,
    tags: ['hostile', tag],
    kind: 'hostile',
    prompt: describeAttack(attack, plan),
    options: { protocol: plan.protocol },
    assert: [],
    threshold: undefined,
  };
}

function toResult(
  test: Case,
  status: Attempt['status'],
  reasons: string[],
  seen: { atMs: number; e2eMs: number; status: number | null; body: string },
): CaseResult {
  const passed = status === 'passed';
  const answer: Answer = { ...silentAnswer(null, seen.e2eMs), status: seen.status, text: seen.body };
  const attempt: Attempt = {
    status,
    atMs: seen.atMs,
    answer,
    kind: classifyAnswer(seen.body, null),
    grade: { passed, score: passed ? 1 : 0, reasons },
  };
  return { test, status, score: passed ? 1 : 0, reasons, flaky: false, attempts: [attempt] };
}
