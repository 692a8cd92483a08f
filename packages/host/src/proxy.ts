/** One request through the router: to a server, its answer back, byte by byte as they come. */
import { errnoCode } from '@sluice/runtime/files';
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { answerHeaders, requestHeaders, sendError, VERSION_HEADER } from './http-messages.ts';
import { splitCookie, type User } from './arrangement.ts';
import { AnswerObserver } from './observer.ts';
import type { ReplayBody } from './replay-body.ts';
import type { ModelServer } from './server.ts';
import type { Traffic } from './traffic.ts';
import type { Track } from './types.ts';

/**
 * A reused connection that breaks this soon after the request was most likely being closed while idle. Later,
 * the request itself may have ended the server: it must not be given to the next one.
 */
const CLOSING_RACE_MS = 1_000;

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  body: ReplayBody;
  probe: boolean;
  /** `performance.now()` when the request came. */
  startedAt: number;
  traffic: Traffic;
  silenceMs: number;
  /** In a split by users: who sends it, and which split. */
  user?: { who: User; split: string };
}

/**
 * How an attempt ended: the client has its answer (or has gone), or nothing of it reached the server, so that
 * another attempt may follow: on the same server when only an old connection was stale, else on another. Later
 * attempts take fresh connections, which are never stale: no request breaks more than two.
 */
export type Ending = 'settled' | 'stale' | 'unreachable';

/** Sends the request to `server` once. Never rejects. */
export function attempt(exchange: Exchange, server: ModelServer, freshConnection: boolean): Promise<Ending> {
  return new Promise((resolve) => {
    new Attempt(exchange, server, resolve).send(freshConnection);
  });
}

class Attempt {
  readonly #exchange: Exchange;
  readonly #server: ModelServer;
  readonly #resolve: (ending: Ending) => void;
  readonly #track: Track;
  #upstream: ClientRequest | undefined;
  #observer: AnswerObserver | undefined;
  #over = false;
  #silent = false;
  readonly #onClientClose = (): void => this.#clientClosed();

  constructor(exchange: Exchange, server: ModelServer, resolve: (ending: Ending) => void) {
    this.#exchange = exchange;
    this.#server = server;
    this.#resolve = resolve;
    this.#track = server.track;
  }

  send(freshConnection: boolean): void {
    const { request, response, body, silenceMs } = this.#exchange;
    this.#server.openStreams += 1;
    const sentAt = performance.now();
    const upstream = httpRequest({
      host: '127.0.0.1',
      port: this.#server.port ?? 0,
      method: request.method,
      path: request.url,
      headers: requestHeaders(request),
      agent: freshConnection ? false : this.#server.agent,
      timeout: silenceMs,
      setHost: false,
    });
    this.#upstream = upstream;
    upstream.on('timeout', () => {
      this.#silent = true;
      upstream.destroy();
    });
    upstream.on('error', (error) => this.#failed(error, performance.now() - sentAt));
    upstream.on('response', (answer) => this.#answer(answer));
    response.on('close', this.#onClientClose);
    if (response.destroyed) this.#clientClosed();
    else body.sendTo(upstream);
  }

  #answer(answer: IncomingMessage): void {
    const { response, traffic, probe, startedAt } = this.#exchange;
    const { version } = this.#server.spec;
    const status = answer.statusCode ?? 502;
    const track = probe ? 'probe' : this.#track;
    const observer = new AnswerObserver(answer.headers['content-type'] ?? '', startedAt, (ms) =>
      traffic.gap(version, track, ms),
    );
    this.#observer = observer;
    const { user } = this.#exchange;
    const told = user?.who.isNew === true ? ['set-cookie', splitCookie(user.split, version)] : [];
    response.writeHead(status, answer.statusMessage, [
      ...answerHeaders(answer),
      VERSION_HEADER,
      version,
      ...told,
    ]);
    // The head waits for nothing but what came with it: one packet for a short answer.
    let begun = false;
    setImmediate(() => {
      if (!begun && !response.destroyed) response.flushHeaders();
    });
    answer.on('data', (chunk: Buffer) => {
      begun = true;
      if (!response.write(chunk)) answer.pause();
      observer.push(chunk, performance.now());
    });
    response.on('drain', () => answer.resume());
    answer.on('end', () => {
      if (!answer.complete) return;
      response.end();
      this.#finish(status, true, false);
    });
    // 'aborted' and errors all end here; after an orderly end it changes nothing.
    answer.on('error', () => {});
    answer.on('close', () => this.#broken(status));
  }

  /** The server's answer broke off: so does the client's, which must be able to tell. */
  #broken(status: number): void {
    if (this.#over) return;
    this.#finish(this.#silent ? 504 : status, false, false);
    this.#exchange.response.destroy();
  }

  #clientClosed(): void {
    if (this.#over) return;
    // A client that leaves after [DONE] has all it wanted.
    const done = this.#observer?.done ?? false;
    this.#finish(this.#exchange.response.headersSent ? this.#exchange.response.statusCode : 499, done, !done);
    this.#upstream?.destroy();
  }

  /** Nothing of an answer has come. */
  #failed(error: Error, elapsedMs: number): void {
    if (this.#over || this.#observer !== undefined) return;
    const { body, response } = this.#exchange;
    const code = errnoCode(error);
    const connecting = 'syscall' in error && error.syscall === 'connect';
    const racing =
      this.#upstream?.reusedSocket === true &&
      !this.#silent &&
      elapsedMs < CLOSING_RACE_MS &&
      (code === 'ECONNRESET' || code === 'EPIPE');
    if ((connecting || racing) && body.replayable) {
      this.#release();
      this.#resolve(connecting ? 'unreachable' : 'stale');
      return;
    }
    const { version } = this.#server.spec;
    const [status, message] = this.#silent
      ? [504, `version ${version} sent nothing for ${this.#exchange.silenceMs} ms`]
      : [502, `version ${version} broke the connection before it answered (${code ?? 'error'})`];
    this.#finish(status, false, false);
    sendError(response, status, message, {
      version,
      code: status === 504 ? 'server_silent' : 'server_broke_off',
    });
  }

  #release(): void {
    this.#over = true;
    this.#server.openStreams -= 1;
    this.#exchange.body.detach();
    this.#exchange.response.off('close', this.#onClientClose);
  }

  #finish(status: number, whole: boolean, clientGone: boolean): void {
    if (this.#over) return;
    this.#release();
    const { request, probe, startedAt, traffic, user } = this.#exchange;
    if (user !== undefined && !clientGone)
      traffic.users.answered(user.split, this.#server.spec.version, user.who);
    const seen = this.#observer?.finish(whole);
    traffic.finished({
      at: Date.now(),
      version: this.#server.spec.version,
      track: this.#track,
      // An error event in a stream is the 500 that could no longer be sent as a status.
      status: seen?.failed === true ? 500 : status,
      complete: whole && seen?.ended !== false && seen?.failed !== true,
      clientGone,
      ttftMs: seen?.ttftMs ?? null,
      e2eMs: performance.now() - startedAt,
      interChunkMs: seen?.interChunkMs ?? null,
      outputTokens: seen?.outputTokens ?? null,
      answer: seen?.answer ?? null,
      probe,
      sampled: request.method === 'POST',
    });
    this.#resolve('settled');
  }
}
