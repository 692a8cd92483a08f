/** What one event, line or body of an answer says, whatever its protocol; and how a protocol's answers are read. */
import type { Tensor } from './answer.ts';

export interface Piece {
  /** What the user sees. */
  content: string;
  /** Thinking, or the arguments of a tool call: counts as output for the time to the first token. */
  other: string;
  /** Pieces of tool calls; the same index belongs together. */
  toolCalls: { index: number; name: string; arguments: string }[];
  /** Of this piece's tokens; null where the server tells none. */
  logprobs: number[] | null;
  finishReason: string | null;
  /** There is an answer at all, even an empty one. */
  hasChoice: boolean;
  usage: { promptTokens: number | null; completionTokens: number | null } | null;
  /** An error object, possibly in the middle of a stream that began with HTTP 200. */
  error: string | null;
  /** The stream's last, where the protocol says so in a piece. */
  isLast?: boolean;
  tensors?: Tensor[];
}

export const EMPTY_PIECE: Piece = {
  content: '',
  other: '',
  toolCalls: [],
  logprobs: null,
  finishReason: null,
  hasChoice: false,
  usage: null,
  error: null,
};

export interface Dialect {
  /** Of a stream's event or line. Throws when the text isn't what the protocol sends. */
  readPart(text: string): Piece;
  /** Of a whole body. */
  readWhole(text: string): Piece;
  /** What ends a stream: a line [DONE], a piece that is the last, or the close of the connection. */
  end: 'done' | 'last' | 'close';
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws when the text is no JSON object. */
export function readMap(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (!isMap(value)) throw new Error('no JSON object');
  return value;
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A whole number from 0 on, or null. */
export function asCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}
