/** Closed-loop load: a number of users who each ask the next question as soon as they have their answer. */
import type { LoadProfile } from './profile.ts';
import type { Answer } from '../clients/answer.ts';
import { ask } from '../clients/ask.ts';
import { buildRequest } from '../clients/protocols.ts';
import type { RunPlan } from '../runs/run-cases.ts';
import type { Case } from '../suites/types.ts';

/** One request that touched the measured time. */
export interface LoadSample {
  answer: Pick<Answer, 'complete' | 'outputTokens' | 'error' | 'timings'>;
  /** It began within the measured time: such count for times and errors, however late they ended. */
  began: boolean;
  /** It ended within the measured time: such count for what was done per second, however early they began. */
  ended: boolean;
}

export interface LoadLevel {
  concurrency: number;
  /** Length of the measured time, ms. */
  durationMs: number;
  samples: LoadSample[];
}

export type LoadPlan = Pick<RunPlan, 'target' | 'protocol' | 'seed' | 'timeoutMs' | 'signal'>;

/** Before the measured time the same load runs for a tenth of it: caches, batches and connections fill. */
const WARM_UP_SHARE = 0.1;
const LONGEST_WARM_UP_MS = 10_000;
/** So many failures in a row, none answered: a dead server isn't hammered for the rest of the time. */
const GIVE_UP_AFTER = 20;

/** Level after level. `onLevel` is told of each; stops early only when the signal says so (its reason is thrown). */
export async function runLoad(
  cases: readonly Case[],
  profile: LoadProfile,
  plan: LoadPlan,
  onLevel: (level: LoadLevel) => void = () => undefined,
): Promise<LoadLevel[]> {
  const asked = cases.filter((test) => test.kind === 'functional');
  const next = { number: 0 };
  const levels: LoadLevel[] = [];
  for (const concurrency of profile.levels) {
    const level = await runLevel(asked, concurrency, profile.durationMs, plan, next);
    levels.push(level);
    onLevel(level);
  }
  return levels;
}

async function runLevel(
  cases: readonly Case[],
  concurrency: number,
  durationMs: number,
  plan: LoadPlan,
  next: { number: number },
): Promise<LoadLevel> {
  const startsAt = performance.now() + Math.min(durationMs * WARM_UP_SHARE, LONGEST_WARM_UP_MS);
  const endsAt = startsAt + durationMs;
  const samples: LoadSample[] = [];
  let failures = 0;
  const user = async (): Promise<void> => {
    while (performance.now() < endsAt && failures < GIVE_UP_AFTER * concurrency) {
      plan.signal.throwIfAborted();
      const test = cases[next.number % cases.length];
      if (test === undefined) return;
      const begunAt = performance.now();
      const { complete, outputTokens, error, timings } = await askOnce(test, (next.number += 1), plan);
      plan.signal.throwIfAborted();
      failures = complete ? 0 : failures + 1;
      // What is under way at the end is waited for: to leave it out would leave out the slowest.
      const endedAt = performance.now();
      const began = begunAt >= startsAt;
      const ended = endedAt >= startsAt && endedAt <= endsAt;
      if (!began && !ended) continue;
      const answer = { complete, outputTokens, error, timings: { ...timings, chunksMs: [] } };
      samples.push({ answer, began, ended });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, user));
  return { concurrency, durationMs, samples };
}

function askOnce(test: Case, number: number, plan: LoadPlan): Promise<Answer> {
  const protocol = test.options.protocol ?? plan.protocol;
  // Servers keep what they computed for a prompt's beginning: without a change there the second asking costs nothing.
  // A prompt that is a list of messages is sent as it is.
  const prompt = /^\s*\[/.test(test.prompt) ? test.prompt : `(${number}) ${test.prompt}`;
  const built = buildRequest(plan.target, protocol, prompt, test.options, plan.seed);
  const timeoutMs = test.options.timeout === undefined ? plan.timeoutMs : test.options.timeout * 1000;
  return ask({ ...built, token: plan.target.token, timeoutMs, signal: plan.signal });
}
