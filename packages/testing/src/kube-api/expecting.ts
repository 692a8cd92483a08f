/** The few comparisons of the conformance list, without a test runner: the lab has none. */
import { isDeepStrictEqual } from 'node:util';
import { ConfigError, describeError } from '@sluice/runtime/errors';
import { KubeConflictError } from '@sluice/kubernetes/errors';

export function equal(actual: unknown, wanted: unknown, what: string): void {
  if (isDeepStrictEqual(actual, wanted)) return;
  throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
}

export async function conflicts(promise: Promise<unknown>, what: string): Promise<KubeConflictError> {
  const error = await failure(promise, what);
  if (error instanceof KubeConflictError) return error;
  throw new Error(`${what} is no conflict: ${describeError(error)}`);
}

/** A ConfigError in words that hold `words`. */
export async function refuses(promise: Promise<unknown>, words: RegExp, what: string): Promise<void> {
  const error = await failure(promise, what);
  if (!(error instanceof ConfigError)) throw new Error(`${what} is no ConfigError: ${describeError(error)}`);
  if (!words.test(error.message)) throw new Error(`${what} says otherwise: ${error.message}`);
}

async function failure(promise: Promise<unknown>, what: string): Promise<unknown> {
  let done: unknown;
  try {
    done = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`${what} succeeds: ${JSON.stringify(done ?? null)}`);
}
