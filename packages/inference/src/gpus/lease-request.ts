/** `gpu-lease`: how many GPUs, for how long at the most, and how long to wait for them. */
import { parseDuration } from '@sluice/runtime/units';

export interface LeaseRequest {
  gpus: number | 'all';
  /** After this others may take them, ms; null: they are held as long as their processes live. */
  limitMs: number | null;
  /** Longest wait, ms. */
  waitMs: number;
}

const FORM = /^(all|[1-9]\d{0,2})(?:\s+for\s+(\S+))?(?:\s+wait\s+(\S+))?$/;
const DEFAULT_LIMIT_MS = 6 * 3_600_000;
const DEFAULT_WAIT_MS = 3_600_000;

/** A string is the fault. */
export function parseLease(text: string): LeaseRequest | string {
  const read = readLease(text);
  return (
    read ??
    `input \`gpu-lease\` = "${text}": write a number of GPUs or all, and where you like for how long and the longest wait: 1 for 2h wait 30m`
  );
}

/** The same of a server that stays: it holds its GPUs as long as it serves. A string is the fault. */
export function parseServingLease(text: string): LeaseRequest | string {
  const read = /\sfor\s/.test(text) ? undefined : readLease(text);
  if (read !== undefined) return { ...read, limitMs: null };
  return `input \`gpu-lease\` = "${text}": write a number of GPUs or all, and where you like the longest wait: 1 wait 30m (for how long is not said here: a server holds them as long as it serves)`;
}

function readLease(text: string): LeaseRequest | undefined {
  const match = FORM.exec(text.trim());
  if (match === null) return undefined;
  const [, count = '', limit, wait] = match;
  const limitMs = limit === undefined ? DEFAULT_LIMIT_MS : parseDuration(limit);
  const waitMs = wait === undefined ? DEFAULT_WAIT_MS : parseDuration(wait);
  if (typeof limitMs !== 'number' || typeof waitMs !== 'number' || limitMs <= 0) return undefined;
  return { gpus: count === 'all' ? 'all' : Number(count), limitMs, waitMs };
}
