/** Asks again and again until it is so, or the time is over. */
import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** @returns the last answer; its `done` tells whether it came to be in time */
export async function waitUntil<T extends { done: boolean }>(
  ask: () => Promise<T>,
  limitMs: number,
  signal: AbortSignal,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const answer = await ask();
    if (answer.done || Date.now() + pause > end) return answer;
    await sleep(pause, undefined, { signal });
  }
}
