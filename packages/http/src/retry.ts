/** When to try again, and how long to wait: pure functions. */

const BASE_MS = 500;
const MAX_BACKOFF_MS = 30_000;
/** A server may ask for patience, but not for the night. */
const MAX_ASKED_MS = 10 * 60_000;

/** 408, 429 and 5xx but 501 and 505, which won't change by waiting. */
export function isRetryable(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** Exponential back-off with full jitter (M. Brooker, "Exponential Backoff And Jitter", 2015). */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(MAX_BACKOFF_MS, BASE_MS * 2 ** attempt);
  return ceiling / 2 + (random() * ceiling) / 2;
}

/**
 * The wait a server asks for, milliseconds: `Retry-After` (seconds or a date, RFC 9110 section 10.2.3), else
 * `RateLimit: "name";r=0;t=55` (draft-ietf-httpapi-ratelimit-headers) when nothing remains. undefined: not said.
 */
export function retryAfterMs(
  headers: Readonly<Record<string, string>>,
  now = Date.now(),
): number | undefined {
  const after = headers['retry-after'];
  if (after !== undefined) {
    const seconds = /^\d+$/.test(after.trim()) ? Number(after) : (Date.parse(after) - now) / 1000;
    if (Number.isFinite(seconds)) return Math.min(MAX_ASKED_MS, Math.max(0, seconds * 1000));
  }
  const limit = headers['ratelimit'];
  if (limit !== undefined && /;\s*r=0\b/.test(limit)) {
    const reset = /;\s*t=(\d+)/.exec(limit);
    if (reset !== null) return Math.min(MAX_ASKED_MS, Number(reset[1]) * 1000);
  }
  return undefined;
}
