/** Every time and limit of supervisor and router, in one place; tests shorten them. */
export interface HostTimings {
  healthIntervalMs: number;
  healthTimeoutMs: number;
  /** Failed checks in a row after which a server gets no more requests. */
  healthFailures: number;
  /** A live server that stayed unhealthy this long is ended and started again. */
  hungMs: number;
  restartBaseMs: number;
  restartMaxMs: number;
  /** SIGTERM to SIGKILL. */
  graceMs: number;
  /** How long a request waits while no server that may take it is healthy, before its 503. */
  waitForServerMs: number;
  /** Longest silence of a server within one request, then 504 (or a broken stream). */
  silenceMs: number;
  /** Drain at SIGTERM of the supervisor. */
  shutdownDrainMs: number;
  logMaxBytes: number;
}

export const DEFAULT_TIMINGS: HostTimings = {
  healthIntervalMs: 1_000,
  healthTimeoutMs: 3_000,
  healthFailures: 3,
  hungMs: 120_000,
  restartBaseMs: 250,
  restartMaxMs: 30_000,
  graceMs: 10_000,
  waitForServerMs: 10_000,
  silenceMs: 300_000,
  shutdownDrainMs: 10_000,
  logMaxBytes: 16 * 1024 * 1024,
};

/** Reads `--timings={…}`; unknown names and anything but positive numbers are left out. */
export function readTimings(text: string | undefined): HostTimings {
  const timings: HostTimings = { ...DEFAULT_TIMINGS };
  if (text === undefined) return timings;
  const given: unknown = JSON.parse(text);
  if (typeof given !== 'object' || given === null) return timings;
  for (const [name, value] of Object.entries(given)) {
    if (name in timings && typeof value === 'number' && value >= 0)
      timings[name as keyof HostTimings] = value;
  }
  return timings;
}

/** Pause before restart number `attempt` (from 0): doubles up to the maximum. */
export function restartDelay(attempt: number, timings: HostTimings): number {
  return Math.min(timings.restartMaxMs, timings.restartBaseMs * 2 ** Math.min(attempt, 20));
}
