/**
 * Asks a server, whatever its protocol, and measures the answer where the bytes arrive. Whatever the server does is
 * an answer, never an exception: refusals, broken streams and hostile bytes are told apart in the result.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { agentFor } from '@sluice/http/agents';
import { isStale } from '@sluice/http/stale';
import { describeError } from '@sluice/runtime/errors';
import type { Answer } from './answer.ts';
import { AnswerReader } from './answer-reader.ts';
import { OPENAI } from './openai-request.ts';
import type { Dialect } from './piece.ts';

export interface AskRequest {
  url: string;
  body: unknown;
  /** Sent as it is instead of the body. */
  text?: string | undefined;
  /** How the answer is read; OpenAI's without it. */
  dialect?: Dialect;
  /** The token goes to this URL only: redirects are never followed. */
  token?: string | undefined;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** Sends the body as JSON and reads the answer, stream or whole, to its end. Never throws. */
export async function ask(request: AskRequest): Promise<Answer> {
  const reader = new AnswerReader(performance.now(), request.dialect ?? OPENAI);
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
  try {
    const response = await send(request, signal);
    await reader.read(response);
  } catch (error) {
    if (timeout.aborted) reader.fail(`no complete answer within ${request.timeoutMs} ms`);
    else if (request.signal?.aborted === true) reader.fail('cancelled');
    else reader.fail(describeBreak(error));
  }
  return reader.answer();
}

function describeBreak(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  // Node says 'aborted' of a body that the other side cut off.
  if (code === 'ECONNRESET') return 'the server closed the connection before its answer was complete';
  return describeError(error);
}

function send(request: AskRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const url = new URL(request.url);
  const body = Buffer.from(request.text ?? JSON.stringify(request.body));
  const headers: Record<string, string | number> = {
    'content-type': request.text === undefined ? 'application/json' : 'text/plain; charset=utf-8',
    'content-length': body.length,
    accept: 'text/event-stream, application/json, */*;q=0.1',
    'accept-encoding': 'identity',
  };
  if (request.token !== undefined) headers['authorization'] = `Bearer ${request.token}`;
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const once = (isSecond: boolean): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const outgoing = start(url, { method: 'POST', headers, signal, agent: agentFor(url) }, resolve);
      outgoing.setNoDelay(true);
      outgoing.once('error', (error: Error) => {
        if (!isSecond && isStale(outgoing, error)) resolve(once(true));
        else reject(error);
      });
      outgoing.end(body);
    });
  return once(false);
}
