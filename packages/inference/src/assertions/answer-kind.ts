/**
 * What kind of answer a text is, by its text alone. Used for suites and, in the host's router, for live
 * traffic; so it is pure, has no dependency outside, and needs only the head and the tail of an answer.
 */

import { HEAD_CHARS, isRefusal } from './refusals.ts';

export type AnswerKind = 'ok' | 'empty' | 'looping' | 'refused';

/** How much of an answer's end is looked at. */
const TAIL_CHARS = 4096;

/** An answer that was cut off is looping when its end is one piece over and over: two and a half times and more. */
const CUT = { chars: 48, times: 2.5 };
/** An answer that ended by itself may repeat itself on purpose: a verse, a table. */
const ENDED = { chars: 400, times: 8 };

/**
 * `finishReason` as the server gave it; null when the stream broke off. An answer that reached its limit
 * ('length') or broke off counts as cut.
 */
export function classifyAnswer(text: string, finishReason: string | null): AnswerKind {
  const trimmed = text.trim();
  if (finishReason === 'content_filter') return 'refused';
  if (trimmed === '') return 'empty';
  if (isLooping(text.trimEnd().slice(-TAIL_CHARS), finishReason === 'stop' ? ENDED : CUT)) return 'looping';
  return isRefusal(trimmed) ? 'refused' : 'ok';
}

/** Collects an answer piece by piece in bounded memory. */
export class AnswerSample {
  #head = '';
  #tail = '';

  push(text: string): void {
    if (this.#head.length < HEAD_CHARS) this.#head += text;
    this.#tail = (this.#tail + text).slice(-2 * TAIL_CHARS);
  }

  kind(finishReason: string | null): AnswerKind {
    // The tail holds all of a short answer; of a long one the head matters only for its refusal.
    const kind = classifyAnswer(this.#tail, finishReason);
    return kind === 'ok' && isRefusal(this.#head) ? 'refused' : kind;
  }
}

/**
 * Whether the text ends in repetitions of one piece. z[p] of the reversed text is how far the text equals
 * itself shifted by p, so z[p] + p characters at the end have the period p; found for all p in one pass.
 */
function isLooping(text: string, bar: { chars: number; times: number }): boolean {
  const length = text.length;
  const at = (index: number): number => text.charCodeAt(length - 1 - index);
  const z = new Uint32Array(length);
  for (let p = 1, left = 0, right = 0; p * bar.times <= length; p += 1) {
    let match = p < right ? Math.min(right - p, z[p - left] ?? 0) : 0;
    while (p + match < length && at(match) === at(p + match)) match += 1;
    z[p] = match;
    if (p + match > right) [left, right] = [p, p + match];
    const covered = match + p;
    if (covered >= Math.max(bar.chars, bar.times * p) && saysSomething(text.slice(length - p), covered))
      return true;
  }
  return false;
}

/** Rules and blank space (`-----`) are layout unless they go on and on. */
function saysSomething(piece: string, covered: number): boolean {
  return covered >= ENDED.chars || /[\p{L}\p{N}]/u.test(piece);
}
