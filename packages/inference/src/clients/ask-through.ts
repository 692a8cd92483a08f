/** Asks a server through a function in place of a connection: behind a cluster's API, only that knows the way. */
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { describeError } from '@sluice/runtime/errors';
import { AnswerReader } from './answer-reader.ts';
import type { Answer } from './answer.ts';
import type { AskRequest } from './ask.ts';
import type { AnswerBody } from './decode-body.ts';
import { OPENAI } from './openai-request.ts';

/** As `fetch`, with the path in place of an address. */
export type Fetch = (path: string, init?: RequestInit) => Promise<Response>;

/** The twin of `ask`: the origin of the request's URL is left out, and a token is the function's own. Never throws. */
export async function askThrough(fetch: Fetch, request: Omit<AskRequest, 'token'>): Promise<Answer> {
  const reader = new AnswerReader(performance.now(), request.dialect ?? OPENAI);
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
  const url = new URL(request.url);
  try {
    const response = await fetch(`${url.pathname}${url.search}`, {
      method: 'POST',
      signal,
      headers: {
        'content-type': request.text === undefined ? 'application/json' : 'text/plain; charset=utf-8',
        accept: 'text/event-stream, application/json, */*;q=0.1',
      },
      body: request.text ?? JSON.stringify(request.body),
    });
    await reader.read(bodyOf(response));
  } catch (error) {
    if (timeout.aborted) reader.fail(`no complete answer within ${request.timeoutMs} ms`);
    else if (request.signal?.aborted === true) reader.fail('cancelled');
    else reader.fail(describeError(error));
  }
  return reader.answer();
}

function bodyOf(response: Response): AnswerBody {
  const headers: IncomingHttpHeaders = Object.fromEntries(response.headers);
  // It is decoded already.
  delete headers['content-encoding'];
  const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
  return Object.assign(body, { statusCode: response.status, headers });
}
