/** `gpu-lease`: how many GPUs, for how long at the most, and how long to wait for them. */
import { parseDuration } from '@sluice/runtime/units';

export interface LeaseRequest {
  gpus: number | 'all';
  /** After this others may take them, ms. */
  limitMs: number;
  /** Longest wait, ms. */
  waitMs: number;
}

const FORM = /^(all|[1-9]\d{0,2})(?:\s+for\s+(\S+))?(?:\s+wait\s+(\S+))?$/;
const DEFAULT_LIMIT_MS = 6 * 3_600_000;
const DEFAULT_WAIT_MS = 3_600_000;

/** A string is the fault. */
export function parseLease(text: string): LeaseRequest | string {
  const fault = `input \`gpu-lease\` = "${text}": write a number of GPUs or all, and where you like for how long and the longest wait: 1 for 2h wait 30m`;
  const match = FORM.exec(text.trim());
  if (match === null) return fault;
  const [, count = '', limit, wait] = match;
  const limitMs = limit === undefined ? DEFAULT_LIMIT_MS : parseDuration(limit);
  const waitMs = wait === undefined ? DEFAULT_WAIT_MS : parseDuration(wait);
  if (typeof limitMs !== 'number' || typeof waitMs !== 'number' || limitMs <= 0) return fault;
  return { gpus: count === 'all' ? 'all' : Number(count), limitMs, waitMs };
}
