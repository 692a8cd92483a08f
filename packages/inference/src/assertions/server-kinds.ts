/** Assertions over how the server answered: times, cost, likelihood, its end, refusals and their form. */
import type { Assertion } from '../suites/types.ts';
import { takesNothing, thresholdFault, valueFault, show, type AssertionFault, type Kinds } from './kinds.ts';
import { readStatus } from './values.ts';

const needsThreshold =
  (unit: string) =>
  ({ type, value, threshold }: Assertion): AssertionFault | undefined =>
    threshold === undefined
      ? thresholdFault(`'${type}' needs a threshold${unit}`)
      : takesNothing({ type, value });

export const SERVER_KINDS: Kinds = {
  latency: {
    takes: ['threshold'],
    check: needsThreshold(' in milliseconds'),
    decide({ threshold = -1 }, { answer }) {
      const { e2eMs } = answer.timings;
      return {
        passed: e2eMs <= threshold,
        reason: `the answer takes at most ${threshold} ms (it took ${e2eMs.toFixed(0)} ms)`,
      };
    },
  },
  cost: {
    takes: ['threshold'],
    check: needsThreshold(''),
    decide({ threshold = -1 }, { answer, aides }) {
      if (aides?.pricePerSecond === undefined) throw new Error('`price-per-hour` is not given');
      const cost = (answer.timings.e2eMs / 1000) * aides.pricePerSecond;
      return {
        passed: cost <= threshold,
        reason: `the answer costs at most ${threshold} (it cost ${cost.toPrecision(3)})`,
      };
    },
  },
  perplexity: {
    takes: ['threshold'],
    check: needsThreshold(''),
    decide({ threshold = 0 }, { answer }) {
      const value = perplexity(answer.logprobs);
      return {
        passed: value <= threshold,
        reason: `the answer's perplexity is at most ${threshold} (it is ${value.toPrecision(4)})`,
      };
    },
  },
  'perplexity-score': {
    takes: ['threshold'],
    check: needsThreshold(' from 0 to 1'),
    decide({ threshold = 1 }, { answer }) {
      const score = 1 / (1 + perplexity(answer.logprobs));
      return {
        passed: score >= threshold,
        score,
        reason: `the answer's perplexity score is at least ${threshold} (it is ${score.toFixed(4)})`,
      };
    },
  },
  'finish-reason': {
    check: ({ value }) =>
      typeof value === 'string' && value !== ''
        ? undefined
        : valueFault("'finish-reason' needs a reason as its value, such as stop, length or tool_calls"),
    decide({ value }, { answer }) {
      if (answer.finishReason === null) throw new Error('the server gave no reason');
      return {
        passed: answer.finishReason.toLowerCase() === String(value).toLowerCase(),
        reason: `the answer's finish reason is ${show(value)} (it is ${show(answer.finishReason)})`,
      };
    },
  },
  ends: {
    check: takesNothing,
    decide(_assertion, { answer }) {
      const how =
        answer.finishReason === null ? 'the server gave no reason' : `finish_reason ${answer.finishReason}`;
      return {
        passed: answer.finishReason === 'stop',
        reason: `the answer comes to its end by itself (${how})`,
      };
    },
  },
  status: {
    check: ({ value }) =>
      Number.isInteger(value) && Number(value) >= 100 && Number(value) <= 599
        ? undefined
        : valueFault("'status' needs an HTTP status as its value, such as 422"),
    decide: ({ value }, { answer }) => ({
      passed: answer.status === value,
      reason: `the server answers with status ${show(value)} (it answered ${answer.status ?? 'nothing'})`,
    }),
  },
  'error-body': {
    check: takesNothing,
    decide: (_assertion, { answer }) => ({
      passed: answer.hasErrorBody,
      reason: 'the server says in a JSON body what was wrong',
    }),
  },
  rejected: {
    takes: ['status'],
    check({ value, status }) {
      if (value !== undefined) return valueFault("'rejected' takes a status, not a value");
      if (readStatus(status) !== undefined) return undefined;
      return {
        key: 'status',
        message: `'${String(status)}' is no refusal: write 4xx, 5xx or a number from 400 to 599`,
      };
    },
    decide({ status }, { answer, aliveAfterwards }) {
      const wanted = `the request is refused with ${String(status ?? '4xx')} and an error body`;
      const not = (why: string): { passed: false; reason: string } => ({
        passed: false,
        reason: `${wanted} (${why})`,
      });
      if (answer.status === null) return not(`no answer: ${answer.error ?? 'unknown'}`);
      if (readStatus(status)?.(answer.status) !== true) return not(`the server answered ${answer.status}`);
      if (!answer.hasErrorBody) return not(`${answer.status} without an error body`);
      return aliveAfterwards === true
        ? { passed: true, reason: wanted }
        : not('the server was not alive afterwards');
    },
  },
};

/** exp(-mean log probability). Throws without logprobs: what wasn't told is neither good nor bad. */
function perplexity(logprobs: readonly number[] | undefined): number {
  if (logprobs === undefined || logprobs.length === 0)
    throw new Error('the server told no logprobs; ask for them with `options: {logprobs: true}`');
  return Math.exp(-logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length);
}
