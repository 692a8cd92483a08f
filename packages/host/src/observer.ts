/** Reads an OpenAI-style answer on the side while its bytes go on to the client. */
import { StringDecoder } from 'node:string_decoder';
import { classifyAnswer } from '@sluice/inference/assertions/answer-kind';
import type { RequestSample } from './types.ts';

export interface Observation {
  ttftMs: number | null;
  interChunkMs: number | null;
  outputTokens: number | null;
  answer: RequestSample['answer'];
  /** An answer in OpenAI's form was seen to its end (`[DONE]` or a finish_reason); null: it has no such form. */
  ended: boolean | null;
  /** The stream carried an error event after its 200. */
  failed: boolean;
}

/** Of a long answer only its head and its end are kept: enough to see a refusal and a loop. In UTF-16 units. */
const TEXT_HEAD = 1024;
const TEXT_TAIL = 32 * 1024;
/** A JSON answer or one SSE line beyond this is passed on unread. */
const PARSE_LIMIT = 4 * 1024 * 1024;

export class AnswerObserver {
  readonly #mode: 'sse' | 'json' | 'none';
  readonly #startedAt: number;
  readonly #onGap: (ms: number) => void;
  readonly #decoder = new StringDecoder('utf8');
  #pending = '';
  #overflow = false;
  #text = '';
  #reasoning = '';
  #calls = false;
  #isAnswer = false;
  #done = false;
  #failed = false;
  #finishReason: string | null = null;
  #usageTokens: number | null = null;
  #chunks = 0;
  #firstAt: number | null = null;
  #lastAt = 0;

  /** `startedAt` and `now` below are milliseconds of `performance.now()`. */
  constructor(contentType: string, startedAt: number, onGap: (ms: number) => void = () => {}) {
    this.#mode = /^text\/event-stream\b/i.test(contentType)
      ? 'sse'
      : /^application\/json\b/i.test(contentType)
        ? 'json'
        : 'none';
    this.#startedAt = startedAt;
    this.#onGap = onGap;
  }

  push(chunk: Buffer, now: number): void {
    if (this.#mode === 'none' || this.#overflow) return;
    this.#pending += this.#decoder.write(chunk);
    if (this.#mode === 'sse') this.#readLines(now);
    if (this.#pending.length > PARSE_LIMIT) {
      this.#overflow = true;
      this.#pending = '';
    }
  }

  /** `[DONE]` has come: whatever follows, the client has its whole answer. */
  get done(): boolean {
    return this.#done;
  }

  /** `complete`: the HTTP message came to its end. */
  finish(complete: boolean): Observation {
    if (this.#mode === 'json' && complete && !this.#overflow) this.#readEvent(this.#pending, null);
    const ended = this.#isAnswer ? this.#done || this.#finishReason !== null : null;
    const span = this.#firstAt === null ? 0 : this.#lastAt - this.#firstAt;
    const tokens = this.#usageTokens ?? (this.#mode === 'sse' && this.#isAnswer ? this.#chunks : null);
    return {
      ttftMs: this.#firstAt === null ? null : this.#firstAt - this.#startedAt,
      interChunkMs: this.#firstAt === null || this.#chunks < 2 ? null : span / (this.#chunks - 1),
      outputTokens: tokens,
      answer: complete && ended === true && !this.#failed ? this.#kind() : null,
      ended,
      failed: this.#failed,
    };
  }

  #kind(): RequestSample['answer'] {
    // A call of a tool is an answer without words.
    if (this.#calls) return 'ok';
    return classifyAnswer(this.#text !== '' ? this.#text : this.#reasoning, this.#finishReason);
  }

  #readLines(now: number): void {
    let start = 0;
    for (;;) {
      const end = this.#pending.indexOf('\n', start);
      if (end === -1) break;
      const line = this.#pending.slice(start, end).trimEnd();
      start = end + 1;
      if (!line.startsWith('data:')) continue;
      const data = line.slice(5).trimStart();
      if (data === '[DONE]') this.#done = true;
      else this.#readEvent(data, now);
    }
    this.#pending = this.#pending.slice(start);
  }

  #readEvent(data: string, now: number | null): void {
    const event = fields(parse(data));
    if (event === undefined) return;
    if (event['error'] !== undefined && event['error'] !== null) {
      if (now !== null) this.#failed = true;
      return;
    }
    const tokens = fields(event['usage'])?.['completion_tokens'];
    if (typeof tokens === 'number') this.#usageTokens = tokens;
    if (!Array.isArray(event['choices'])) return;
    this.#isAnswer = true;
    const choices: unknown[] = event['choices'];
    const choice = fields(choices[0]);
    if (choice === undefined) return;
    if (typeof choice['finish_reason'] === 'string') this.#finishReason = choice['finish_reason'];
    const part = fields(choice['delta']) ?? fields(choice['message']) ?? choice;
    const content = textOf(part['content']) || textOf(part['text']);
    const reasoning = textOf(part['reasoning_content']) || textOf(part['reasoning']);
    const calls =
      (Array.isArray(part['tool_calls']) && part['tool_calls'].length > 0) ||
      fields(part['function_call']) !== undefined;
    if (calls) this.#calls = true;
    // A refusal that the server itself marks is a refusal in words.
    const refusal = textOf(part['refusal']);
    this.#text = bound(this.#text + content + refusal);
    this.#reasoning = bound(this.#reasoning + reasoning);
    if (now !== null && (calls || content + refusal + reasoning !== '')) this.#countChunk(now);
  }

  #countChunk(now: number): void {
    this.#chunks += 1;
    if (this.#firstAt === null) this.#firstAt = now;
    else this.#onGap(now - this.#lastAt);
    this.#lastAt = now;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fields(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function bound(text: string): string {
  return text.length > 2 * TEXT_TAIL ? text.slice(0, TEXT_HEAD) + text.slice(-TEXT_TAIL) : text;
}
