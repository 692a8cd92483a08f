/** A copy of a user's request for another version, whose answer nobody sees: it is read, measured and dropped. */
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import { requestHeaders } from './http-messages.ts';
import { AnswerObserver } from './observer.ts';
import type { ModelServer } from './server.ts';
import type { Traffic } from './traffic.ts';

/** A version that can't keep up gets no more copies at once than this: they must not starve the machine that users need. */
const AT_ONCE = 32;

export class Mirror {
  readonly #traffic: Traffic;
  #open = 0;

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  /** Sends it; never throws, and never waits. */
  copy(request: IncomingMessage, body: Buffer, server: ModelServer, silenceMs: number): void {
    if (this.#open >= AT_ONCE) return;
    this.#open += 1;
    const startedAt = performance.now();
    const { version } = server.spec;
    let observer: AnswerObserver | undefined;
    let over = false;
    const finish = (status: number, whole: boolean): void => {
      if (over) return;
      over = true;
      this.#open -= 1;
      const seen = observer?.finish(whole);
      this.#traffic.finished({
        at: Date.now(),
        version,
        track: server.track,
        status: seen?.failed === true ? 500 : status,
        complete: whole && seen?.ended !== false && seen?.failed !== true,
        clientGone: false,
        ttftMs: seen?.ttftMs ?? null,
        e2eMs: performance.now() - startedAt,
        interChunkMs: seen?.interChunkMs ?? null,
        outputTokens: seen?.outputTokens ?? null,
        answer: seen?.answer ?? null,
        probe: false,
        sampled: request.method === 'POST',
        mirrored: true,
      });
    };
    const headers = { ...requestHeaders(request), 'content-length': body.length };
    delete headers['transfer-encoding'];
    const upstream = httpRequest({
      host: '127.0.0.1',
      port: server.port ?? 0,
      method: request.method,
      path: request.url,
      headers,
      agent: server.agent,
      timeout: silenceMs,
      setHost: false,
    });
    upstream.on('timeout', () => upstream.destroy());
    upstream.on('error', () => finish(502, false));
    upstream.on('response', (answer) => {
      observer = new AnswerObserver(answer.headers['content-type'] ?? '', startedAt, (ms) =>
        this.#traffic.gap(version, 'mirror', ms),
      );
      answer.on('data', (chunk: Buffer) => observer?.push(chunk, performance.now()));
      answer.on('error', () => {});
      answer.on('close', () => finish(answer.statusCode ?? 502, answer.complete));
    });
    upstream.end(body);
  }
}
