/** A suite asked through the public route: every case has to pass. */
import { runCases } from '@sluice/inference/runs/run-cases';
import { detectOpenAi } from '@sluice/inference/clients/openai-server';
import { askThrough } from '@sluice/inference/clients/ask-through';
import type { Case, Protocol } from '@sluice/inference/suites/types';
import { describeError } from '@sluice/runtime/errors';
import type { Ask } from './target.ts';

export interface Verifying {
  /** Those that a model has to answer. */
  cases: readonly Case[];
  protocol: Protocol | 'auto';
  modelName: string;
  /** As users come. */
  ask: Ask;
  timeoutMs: number;
  signal: AbortSignal;
  /** Reasons may quote answers. */
  quote: boolean;
}

const TOLD = 3;
const CHARS = 300;

/** Never throws: what can't be asked has not passed. */
export async function verify(options: Verifying): Promise<{ passed: boolean; reason: string }> {
  const { ask, modelName, signal, timeoutMs, quote } = options;
  const target = { origin: 'http://route', modelName };
  try {
    const protocol =
      options.protocol === 'auto'
        ? await detectOpenAi(target, signal, (request) => askThrough(ask, request))
        : options.protocol;
    const { cases } = await runCases(options.cases, {
      ...{ target, protocol, through: ask, timeoutMs, signal, healthPath: '/health', seed: undefined },
      ...{ concurrency: 2, repeats: 1, minPass: 1, warmup: 0 },
    });
    const wrong = cases.filter(({ status }) => status !== 'passed');
    if (wrong.length === 0) return { passed: true, reason: `all ${cases.length} cases passed` };
    const told = wrong
      .slice(0, TOLD)
      .map(({ test, status, reasons }) =>
        quote
          ? `${JSON.stringify(test.description)}: ${reasons.join(', ').slice(0, CHARS)}`
          : `${JSON.stringify(test.neutral ?? test.description)} ${status}`,
      );
    const more = wrong.length > TOLD ? ` and ${wrong.length - TOLD} more` : '';
    return {
      passed: false,
      reason: `${wrong.length} of ${cases.length} cases did not pass: ${told.join('; ')}${more}`,
    };
  } catch (error) {
    return { passed: false, reason: `the public route could not be asked: ${describeError(error)}` };
  }
}
