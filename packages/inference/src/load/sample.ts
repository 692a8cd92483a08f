/** One request of a load, as it is kept. */
import type { Answer } from '../clients/answer.ts';

/** What went wrong: `dropped` was never sent, because as many as may be were under way. */
export const ERROR_KINDS = ['timeout', 'connection', 'http_4xx', 'http_5xx', 'stream', 'dropped'] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

export interface LoadSample {
  /** Of its conversation in the whole load, from 1; a baseline counts for itself. */
  number: number;
  /** Its place in the conversation, from 1. */
  turn: number;
  /** Of the level, from 0. */
  run: number;
  /** From the start of the measured time to the sending, ms. */
  sentMs: number;
  /** From the moment it was due to the sending, ms; null in a closed loop, where nothing is due. */
  lateMs: number | null;
  complete: boolean;
  error: string | null;
  errorKind: ErrorKind | null;
  promptTokens: number | null;
  outputTokens: number | null;
  /** From the sending, ms; null when it didn't come to that. */
  ttfbMs: number | null;
  ttftMs: number | null;
  e2eMs: number;
  /** Each chunk with content, from the sending, ms. */
  chunksMs: Float32Array;
  /** It began within the measured time: such count for times and errors, however late they ended. */
  began: boolean;
  /** It ended within the measured time: such count for what was done per second, however early they began. */
  ended: boolean;
}

/** When a request belongs to what is measured; all in ms of one clock. */
export interface Place {
  number: number;
  turn: number;
  run: number;
  dueAt: number | null;
  sentAt: number;
  /** Of the measured time. */
  startsAt: number;
  endsAt: number;
}

/** Undefined for what neither began nor ended in the measured time: the warm-up. */
export function toSample(answer: Answer, place: Place): LoadSample | undefined {
  const { number, turn, run, dueAt, sentAt, startsAt, endsAt } = place;
  const { timings } = answer;
  const endedAt = sentAt + timings.e2eMs;
  const began = (dueAt ?? sentAt) >= startsAt;
  const ended = endedAt >= startsAt && endedAt <= endsAt;
  if (!began && !ended) return undefined;
  return {
    number,
    turn,
    run,
    sentMs: sentAt - startsAt,
    lateMs: dueAt === null ? null : sentAt - dueAt,
    complete: answer.complete,
    error: answer.error,
    errorKind: answer.complete ? null : kindOf(answer),
    promptTokens: answer.promptTokens,
    outputTokens: answer.outputTokens,
    ttfbMs: timings.ttfbMs,
    ttftMs: timings.ttftMs,
    e2eMs: timings.e2eMs,
    chunksMs: Float32Array.from(timings.chunksMs),
    began,
    ended,
  };
}

/** A request that was due and couldn't be sent. */
export function droppedSample({ number, turn, run, dueAt, sentAt, startsAt }: Place): LoadSample | undefined {
  if (dueAt === null || dueAt < startsAt) return undefined;
  return {
    number,
    turn,
    run,
    sentMs: sentAt - startsAt,
    lateMs: sentAt - dueAt,
    complete: false,
    error: 'dropped: as many requests as `max-in-flight` allows were under way',
    errorKind: 'dropped',
    promptTokens: null,
    outputTokens: null,
    ttfbMs: null,
    ttftMs: null,
    e2eMs: 0,
    chunksMs: new Float32Array(0),
    began: true,
    ended: false,
  };
}

function kindOf({ status, error }: Answer): ErrorKind {
  if (error?.startsWith('no complete answer within') === true) return 'timeout';
  if (status === null) return 'connection';
  if (status >= 500) return 'http_5xx';
  return status >= 300 ? 'http_4xx' : 'stream';
}

/** From the moment a user would have asked: a server that stalls the sender can't hide its stall. */
export function sinceDue(sample: LoadSample, sinceSent: number | null): number | null {
  return sinceSent === null ? null : sinceSent + (sample.lateMs ?? 0);
}

/** (last chunk - first) / (tokens - 1), ms; null with fewer than two tokens, without `usage`, or where all came at once. */
export function timePerToken({ chunksMs, outputTokens }: LoadSample): number | null {
  const [first, last] = [chunksMs[0], chunksMs.at(-1)];
  // All tokens in one chunk, or in one piece of the network: there is no time between them to be seen.
  if (first === undefined || last === undefined || last === first) return null;
  return outputTokens === null || outputTokens < 2 ? null : (last - first) / (outputTokens - 1);
}

/** Times between one chunk and the next, ms. */
export function chunkGaps({ chunksMs }: LoadSample): number[] {
  return Array.from(chunksMs.subarray(1), (at, i) => at - (chunksMs[i] ?? NaN));
}

/** Answer tokens per second; null unless every answer's tokens are known. */
export function tokenRate(done: readonly LoadSample[], seconds: number): number | null {
  const tokens = done.map(({ outputTokens }) => outputTokens).filter((count) => count !== null);
  if (done.length === 0 || tokens.length < done.length || seconds === 0) return null;
  return tokens.reduce((sum, count) => sum + count, 0) / seconds;
}
