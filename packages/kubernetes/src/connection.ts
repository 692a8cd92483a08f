/** Exchanges with one API server: let in, tried again for a minute where that is safe, ended by the signal. */
import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCertificateError } from '@sluice/http/certificate-errors';
import { backoffMs, isRetryable, retryAfterMs } from '@sluice/http/retry';
import { errnoCode } from '@sluice/runtime/files';
import { describeError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import type { ClusterAccess } from './access.ts';

export interface Exchange {
  method: string;
  /** Below the server's address, without its leading slash. */
  path: string;
  query?: Record<string, string | undefined>;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  signal?: AbortSignal | undefined;
  /** False: what may have been carried out already is not asked a second time. */
  repeatable: boolean;
  /** True: 429 and 5xx are answers, not reasons to try again (the proxy: they may be the pod's). */
  anyAnswer?: boolean;
  /** Longest silence, milliseconds; default 30 s. */
  stallMs?: number;
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: http.IncomingMessage;
  /** Whether an earlier try of the same exchange may have been carried out. */
  repeated: boolean;
}

const STALL_MS = 30_000;
/** Metadata, not weights. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;
/** Nothing can have been carried out: no connection was had. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

export class Connection {
  readonly access: ClusterAccess;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #patienceMs: number;

  /** `patienceMs`: how long a server that can't be reached is asked again. */
  constructor(access: ClusterAccess, options: { log: Logger; signal: AbortSignal; patienceMs: number }) {
    this.access = access;
    this.#log = options.log;
    this.#signal = options.signal;
    this.#patienceMs = options.patienceMs;
  }

  /** @throws InfraError when no answer is had in time; answers of every other kind are the caller's. */
  async send(exchange: Exchange): Promise<Answer> {
    const started = Date.now();
    let repeated = false;
    let renewed = false;
    for (let attempt = 0; ; attempt += 1) {
      this.#signal.throwIfAborted();
      exchange.signal?.throwIfAborted();
      const tried = await this.#try(exchange);
      if ('answer' in tried) {
        const { answer } = tried;
        if (answer.status === 401 && !renewed) {
          // A token that expired meanwhile: the file, or the program, may have a new one.
          renewed = true;
          const wanted = await this.access.admit();
          await this.access.renew();
          const had = await this.access.admit();
          if (wanted.headers['Authorization'] !== had.headers['Authorization']) {
            answer.body.resume();
            continue;
          }
        }
        if (exchange.anyAnswer === true || !isRetryable(answer.status)) return { ...answer, repeated };
      }
      const maybeDone = 'answer' in tried ? tried.answer.status !== 429 : !neverSent(tried.error);
      const asked = 'answer' in tried ? retryAfterMs(flat(tried.answer.headers)) : undefined;
      const wait = asked ?? backoffMs(attempt);
      const tooLate = Date.now() - started + wait > this.#patienceMs;
      if (tooLate || (maybeDone && !exchange.repeatable)) {
        if ('answer' in tried) return { ...tried.answer, repeated };
        throw this.#unreachable(
          exchange,
          tried.error,
          maybeDone && !exchange.repeatable,
          Date.now() - started,
        );
      }
      const what = 'answer' in tried ? `HTTP ${tried.answer.status}` : describeError(tried.error);
      if ('answer' in tried) tried.answer.body.resume();
      repeated ||= maybeDone;
      this.#log.untrusted(
        `cluster ${this.access.cluster}: ${exchange.method} ${exchange.path}: ${what}; trying again in ${(wait / 1000).toFixed(1)} s`,
      );
      await sleep(wait, undefined, { signal: this.#both(exchange.signal) });
    }
  }

  async #try(exchange: Exchange): Promise<{ answer: Omit<Answer, 'repeated'> } | { error: unknown }> {
    const { headers, agent } = await this.access.admit();
    try {
      return { answer: await this.#exchange(exchange, headers, agent) };
    } catch (error) {
      this.#signal.throwIfAborted();
      exchange.signal?.throwIfAborted();
      if (isCertificateError(error)) {
        throw new InfraError(
          `cluster ${this.access.cluster}: the certificate of ${this.access.server.origin} is not trusted (${describeError(error)}): check \`server\` and \`certificate-authority-data\` of the cluster in the kubeconfig`,
          { cause: error },
        );
      }
      return { error };
    }
  }

  #exchange(
    exchange: Exchange,
    admitted: Record<string, string>,
    agent: http.Agent,
  ): Promise<Omit<Answer, 'repeated'>> {
    const url = new URL(exchange.path, this.access.server);
    for (const [name, value] of Object.entries(exchange.query ?? {})) {
      if (value !== undefined) url.searchParams.append(name, value);
    }
    const headers: Record<string, string> = {
      'user-agent': 'sluice/0.1',
      accept: 'application/json',
      ...exchange.headers,
      ...admitted,
    };
    if (exchange.body !== undefined) headers['content-length'] = String(Buffer.byteLength(exchange.body));
    return new Promise((resolve, reject) => {
      let answer: http.IncomingMessage | undefined;
      const outgoing = (url.protocol === 'https:' ? https : http).request(
        url,
        {
          method: exchange.method,
          headers,
          agent,
          timeout: exchange.stallMs ?? STALL_MS,
          signal: this.#both(exchange.signal),
        },
        (incoming) => {
          answer = incoming;
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: incoming });
        },
      );
      outgoing.on('timeout', () => {
        const silent = new InfraError(`no byte came for ${(exchange.stallMs ?? STALL_MS) / 1000} s`);
        (answer ?? outgoing).destroy(silent);
      });
      outgoing.on('error', reject);
      outgoing.end(exchange.body);
    });
  }

  #both(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#signal : AbortSignal.any([this.#signal, signal]);
  }

  #unreachable(exchange: Exchange, error: unknown, unknownEnd: boolean, ms: number): InfraError {
    const end = unknownEnd
      ? 'whether it was carried out is not known'
      : `tried for ${(ms / 1000).toFixed(0)} s`;
    return new InfraError(
      `cluster ${this.access.cluster} (${this.access.server.origin}) can't be reached: ${exchange.method} ${exchange.path}: ${describeError(error)}; ${end}`,
      { cause: error },
    );
  }
}

function neverSent(error: unknown): boolean {
  const several =
    typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors);
  if (several) return (error.errors as unknown[]).every(neverSent);
  return NEVER_SENT.has(errnoCode(error) ?? '');
}

function flat(headers: http.IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** The whole body as UTF-8. */
export async function textOf(body: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > MAX_TEXT_BYTES)
      throw new InfraError(`the API server answers more than ${MAX_TEXT_BYTES} bytes`);
    parts.push(chunk as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}
