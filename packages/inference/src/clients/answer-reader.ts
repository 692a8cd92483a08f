/** Reads an answer, stream or whole, as its bytes arrive, and stamps each part with its time. */
import type { Answer, Tensor, ToolCall } from './answer.ts';
import { decodeBody, type AnswerBody } from './decode-body.ts';
import { LineParser } from './lines.ts';
import { readErrorMessage } from './openai-chunk.ts';
import type { Dialect, Piece } from './piece.ts';
import { SseParser, type SseEvent } from './sse.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const SHOWN_BODY = 500;
const GOODBYE_MS = 250;
const ENDS = { done: '[DONE]', last: 'its last part' } as const;

/** Of a stream: what its bytes complete, and what is left at its end. */
interface PartParser {
  push(bytes: Uint8Array): (string | SseEvent)[];
  end(): (string | SseEvent)[];
}

/** An event without its closing blank line is dropped, as the standard says. */
function sse(): PartParser {
  return new SseParser();
}

export class AnswerReader {
  readonly #startedAt: number;
  readonly #dialect: Dialect;
  #status: number | null = null;
  #text = '';
  #finishReason: string | null = null;
  #promptTokens: number | null = null;
  #outputTokens: number | null = null;
  #hasChoice = false;
  #done = false;
  #error: string | null = null;
  #hasErrorBody = false;
  #ttfbMs: number | null = null;
  #chunksMs: number[] = [];
  readonly #toolCalls = new Map<number, ToolCall>();
  #logprobs: number[] | null = null;
  #tensors: Tensor[] | undefined;
  #e2eMs: number | null = null;

  constructor(startedAt: number, dialect: Dialect) {
    this.#startedAt = startedAt;
    this.#dialect = dialect;
  }

  async read(response: AnswerBody): Promise<void> {
    this.#status = response.statusCode ?? null;
    const type = response.headers['content-type'] ?? '';
    if (this.#status === 200 && type.startsWith('text/event-stream')) await this.#readStream(response, sse());
    else if (this.#status === 200 && /^application\/(?:x-)?ndjson/.test(type))
      await this.#readStream(response, new LineParser());
    else await this.#readWhole(response);
  }

  fail(reason: string): void {
    this.#error ??= reason;
    this.#e2eMs ??= this.#now();
  }

  answer(): Answer {
    return {
      status: this.#status,
      text: this.#text,
      finishReason: this.#finishReason,
      promptTokens: this.#promptTokens,
      outputTokens: this.#outputTokens,
      complete: this.#done && this.#error === null,
      error: this.#error,
      hasErrorBody: this.#hasErrorBody,
      timings: {
        ttfbMs: this.#ttfbMs,
        ttftMs: this.#chunksMs[0] ?? null,
        chunksMs: this.#chunksMs,
        e2eMs: this.#e2eMs ?? this.#now(),
      },
      ...(this.#toolCalls.size === 0 ? {} : { toolCalls: [...this.#toolCalls.values()] }),
      ...(this.#logprobs === null ? {} : { logprobs: this.#logprobs }),
      ...(this.#tensors === undefined ? {} : { tensors: this.#tensors }),
    };
  }

  #now(): number {
    return performance.now() - this.#startedAt;
  }

  async #readStream(response: AnswerBody, parser: PartParser): Promise<void> {
    let bytes = 0;
    let goodbye: NodeJS.Timeout | undefined;
    try {
      for await (const part of decodeBody(response)) {
        const at = this.#now();
        this.#ttfbMs ??= at;
        bytes += part.length;
        if (bytes > MAX_BODY_BYTES) throw new Error(`the answer has more than ${MAX_BODY_BYTES} bytes`);
        for (const event of parser.push(part)) this.#takePart(event, at);
        if (this.#error !== null) break;
        // What follows [DONE] is nobody's, but the end of the body is waited for: to hang up before it looks to
        // the server like a reader who went away. A server that never closes doesn't keep us.
        if (this.#done) goodbye ??= setTimeout(() => response.destroy(), GOODBYE_MS);
      }
    } catch (error) {
      if (!this.#done) throw error;
    } finally {
      clearTimeout(goodbye);
    }
    for (const event of parser.end()) this.#takePart(event, this.#now());
    if (this.#done) return;
    if (this.#dialect.end !== 'close') this.fail(`the stream ended without ${ENDS[this.#dialect.end]}`);
    else if (!this.#hasChoice) this.fail('the stream ended without an answer in it');
    else this.#end(this.#now());
  }

  #takePart(part: string | SseEvent, at: number): void {
    if (this.#done || this.#error !== null) return;
    const data = typeof part === 'string' ? part : part.data;
    if (data.trim() === '[DONE]') {
      if (this.#hasChoice) this.#end(at);
      else this.fail('the stream ended without a single choice in it');
      return;
    }
    let piece: Piece;
    try {
      piece = this.#dialect.readPart(data);
    } catch {
      this.fail(`the stream holds what isn't JSON: ${data.slice(0, SHOWN_BODY)}`);
      return;
    }
    const isError = typeof part !== 'string' && part.event === 'error';
    if (piece.error !== null || isError) {
      this.fail(`the server reported an error in the stream: ${piece.error ?? data.slice(0, SHOWN_BODY)}`);
      return;
    }
    if (piece.content !== '' || piece.other !== '') this.#chunksMs.push(at);
    this.#takePiece(piece);
    if (piece.isLast === true) this.#end(at);
  }

  #end(at: number): void {
    this.#done = true;
    this.#e2eMs = at;
  }

  #takePiece(piece: Piece): void {
    if (piece.tensors !== undefined) (this.#tensors ??= []).push(...piece.tensors);
    this.#text += piece.content;
    for (const part of piece.toolCalls) {
      const call = this.#toolCalls.get(part.index) ?? { name: '', arguments: '' };
      this.#toolCalls.set(part.index, {
        name: call.name + part.name,
        arguments: call.arguments + part.arguments,
      });
    }
    if (piece.logprobs !== null) (this.#logprobs ??= []).push(...piece.logprobs);
    this.#hasChoice ||= piece.hasChoice;
    this.#finishReason = piece.finishReason ?? this.#finishReason;
    this.#promptTokens = piece.usage?.promptTokens ?? this.#promptTokens;
    this.#outputTokens = piece.usage?.completionTokens ?? this.#outputTokens;
  }

  async #readWhole(response: AnswerBody): Promise<void> {
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of decodeBody(response)) {
      this.#ttfbMs ??= this.#now();
      bytes += part.length;
      if (bytes > MAX_BODY_BYTES) throw new Error(`the answer has more than ${MAX_BODY_BYTES} bytes`);
      parts.push(part);
    }
    this.#e2eMs = this.#now();
    const body = Buffer.concat(parts).toString('utf8');
    if (this.#status !== 200) {
      this.#takeRefusal(body, response.headers.location);
      return;
    }
    try {
      const piece = this.#dialect.readWhole(body);
      this.#takePiece(piece);
      this.#done = true;
      if (piece.error !== null) this.fail(`the server answered 200 with an error: ${piece.error}`);
      else if (!piece.hasChoice)
        this.fail(`the server answered 200 without a choice: ${body.slice(0, SHOWN_BODY)}`);
    } catch {
      this.fail(`the server answered 200 with what isn't JSON: ${body.slice(0, SHOWN_BODY)}`);
    }
  }

  #takeRefusal(body: string, location: string | undefined): void {
    if (location !== undefined && Math.floor((this.#status ?? 0) / 100) === 3) {
      this.fail(
        `the server answered ${this.#status}: it redirects to ${location.slice(0, SHOWN_BODY)}, which is not followed`,
      );
      return;
    }
    let message: string | null = null;
    try {
      const value: unknown = JSON.parse(body);
      message = readErrorMessage(value) ?? readDetail(value);
    } catch {
      // Plain text: shown below, but it is no error body.
    }
    this.#hasErrorBody = message !== null;
    this.fail(`the server answered ${this.#status}: ${(message ?? body).slice(0, SHOWN_BODY)}`);
  }
}

/** FastAPI's validation errors: `{"detail": …}`. */
function readDetail(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('detail' in value)) return null;
  return typeof value.detail === 'string' ? value.detail : JSON.stringify(value.detail);
}
