/** What an answer looks like on the wire: OpenAI's completion and chat objects, whole or as a stream of chunks. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}
export type FinishReason = 'stop' | 'length';

/** Where the generator puts its text; `end` or `fail` is called once. */
export interface AnswerSink {
  text(piece: string): Promise<void>;
  end(finish: FinishReason, usage: Usage): void;
  fail(message: string): void;
}

export interface AnswerShape {
  kind: 'completion' | 'chat';
  model: string;
  includeUsage: boolean;
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': text.length,
    ...headers,
  });
  response.end(text);
}

/** OpenAI's error body. */
export function sendError(
  response: ServerResponse,
  status: number,
  message: string,
  details: { type?: string; param?: string | null; code?: string | null } = {},
  headers = {},
): void {
  const type = details.type ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
  const error = { message, type, param: details.param ?? null, code: details.code ?? null };
  sendJson(response, status, { error }, headers);
}

/** One JSON object, sent when the answer has ended. */
export function wholeAnswer(response: ServerResponse, shape: AnswerShape): AnswerSink {
  let all = '';
  return {
    text(piece) {
      all += piece;
      return Promise.resolve();
    },
    end(finish, usage) {
      const choice =
        shape.kind === 'chat'
          ? { index: 0, message: { role: 'assistant', content: all }, finish_reason: finish, logprobs: null }
          : { index: 0, text: all, finish_reason: finish, logprobs: null };
      const object = shape.kind === 'chat' ? 'chat.completion' : 'text_completion';
      sendJson(response, 200, { ...head(shape, object), choices: [choice], usage });
    },
    fail: (message) => sendError(response, 500, message),
  };
}

/** Server-sent events; the header goes out with the first chunk, so that errors before it keep their status. */
export function streamedAnswer(response: ServerResponse, shape: AnswerShape): AnswerSink {
  const isChat = shape.kind === 'chat';
  const common = {
    ...head(shape, isChat ? 'chat.completion.chunk' : 'text_completion'),
    ...(shape.includeUsage ? { usage: null } : {}),
  };
  const send = (data: string): boolean => response.write(`data: ${data}\n\n`);
  const chunk = (delta: object, finish: FinishReason | null): boolean =>
    send(
      JSON.stringify({ ...common, choices: [{ index: 0, ...delta, finish_reason: finish, logprobs: null }] }),
    );
  const start = (): void => {
    if (response.headersSent) return;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
    });
    response.socket?.setNoDelay(true);
    if (isChat) chunk({ delta: { role: 'assistant', content: '' } }, null);
  };
  return {
    async text(piece) {
      start();
      const flows = chunk(isChat ? { delta: { content: piece } } : { text: piece }, null);
      if (!flows) await drained(response);
    },
    end(finish, usage) {
      start();
      chunk(isChat ? { delta: {} } : { text: '' }, finish);
      if (shape.includeUsage) send(JSON.stringify({ ...common, choices: [], usage }));
      send('[DONE]');
      response.end();
    },
    fail(message) {
      if (!response.headersSent) {
        sendError(response, 500, message);
        return;
      }
      // Too late for a status: an error object, and no [DONE].
      send(JSON.stringify({ error: { message, type: 'server_error', param: null, code: null } }));
      response.end();
    },
  };
}

function head(shape: AnswerShape, object: string): Record<string, unknown> {
  const id = `${shape.kind === 'chat' ? 'chatcmpl' : 'cmpl'}-${randomUUID()}`;
  return { id, object, created: Math.floor(Date.now() / 1000), model: shape.model };
}

/** Waits until a slow reader has taken what was written, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
