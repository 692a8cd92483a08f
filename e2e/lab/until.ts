/** Waiting for something of the cluster. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '@sluice/runtime/errors';

/** Asks again until `ask` gives something else than undefined or false; throws with the last reason after `timeoutMs`. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | undefined | false>,
  everyMs = 250,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let reason = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      reason = `: ${describeError(error)}`;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1_000} s${reason}`);
    await sleep(everyMs);
  }
}
