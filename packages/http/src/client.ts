/**
 * One HTTP request, made to end well: retries with back-off, Retry-After and RateLimit obeyed, a stall
 * time-out instead of a total one, proxies by the usual variables, and a token for its own origin only.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline, type Duplex, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { describeError, InfraError } from '@sluice/runtime/errors';
import { agentFor } from './agents.ts';
import { CERTIFICATE_MEND, isCertificateError } from './certificate-errors.ts';
import { asGet, redirectTarget, RefusedRedirect, withoutCredentials } from './redirect.ts';
import { backoffMs, isRetryable, retryAfterMs } from './retry.ts';
import { shownUrl } from './shown-url.ts';
import { isStale } from './stale.ts';

export { shownUrl } from './shown-url.ts';

/** What is too large for memory: opened anew for each try. */
export interface StreamedBody {
  bytes: number;
  open: () => Readable;
}

export type RequestBody = string | Uint8Array | StreamedBody;

export interface RequestOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: RequestBody;
  /** Sent as `Authorization: Bearer`, and only to this origin; a redirect elsewhere goes without it. */
  token?: { value: string; origin: string } | undefined;
  /** Further tries after the first; default 5. */
  retries?: number;
  /** Longest silence on the connection, milliseconds; default 30 s. */
  stallTimeoutMs?: number;
  signal?: AbortSignal;
  redirects?: 'follow' | 'manual';
  onRetry?: (message: string) => void;
  /** Told of each retry; the message holds the server's own words. */
  log?: { untrusted(text: string): void };
}

export interface HttpResponse {
  status: number;
  /** Lower-case names; repeated ones joined by a comma. */
  headers: Record<string, string>;
  /** Where the answer came from, after redirects. */
  url: string;
  /** The bytes as they came; a server that compresses unasked says so in `content-encoding`. */
  body: Readable;
  /** The body decompressed, as UTF-8. */
  text(): Promise<string>;
  json(): Promise<unknown>;
}

const DEFAULT_RETRIES = 5;
const DEFAULT_STALL_MS = 30_000;
const MAX_REDIRECTS = 10;
const DECODERS: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};
/** Longest body that is read into memory: metadata, not weights. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;

/**
 * Sends a request. 429 and 5xx answers and broken connections are tried again; when the tries end the last
 * answer is thrown as InfraError. Other 4xx answers are returned: they are the caller's to explain.
 */
export async function request(url: string | URL, options: RequestOptions = {}): Promise<HttpResponse> {
  const retries = options.retries ?? DEFAULT_RETRIES;
  for (let attempt = 0; ; attempt += 1) {
    options.signal?.throwIfAborted();
    const tried = await attemptOnce(new URL(url), options);
    if ('response' in tried && !isRetryable(tried.response.status)) return tried.response;
    const what = 'response' in tried ? await describeAnswer(tried.response) : describeError(tried.error);
    options.signal?.throwIfAborted();
    if (attempt >= retries) {
      const times = attempt === 0 ? '' : ` (${attempt + 1} tries)`;
      throw new InfraError(`${options.method ?? 'GET'} ${shownUrl(url)}: ${what}${times}`);
    }
    const asked = 'response' in tried ? retryAfterMs(tried.response.headers) : undefined;
    const wait = asked ?? backoffMs(attempt);
    const message = `${shownUrl(url)}: ${what}; trying again in ${(wait / 1000).toFixed(1)} s`;
    options.onRetry?.(message);
    options.log?.untrusted(message);
    await sleep(wait, undefined, { signal: options.signal });
  }
}

async function attemptOnce(
  url: URL,
  options: RequestOptions,
): Promise<{ response: HttpResponse } | { error: unknown }> {
  try {
    return { response: await followRedirects(url, options) };
  } catch (error) {
    if (error instanceof RefusedRedirect || isOurs(error)) throw error;
    if (isCertificateError(error)) {
      const what = `the certificate is not trusted (${describeError(error)})`;
      const asked = `${options.method ?? 'GET'} ${shownUrl(url)}`;
      throw new InfraError(`${asked}: ${what}: ${CERTIFICATE_MEND}`, { cause: error });
    }
    return { error };
  }
}

/** An address or a header that Node refuses to send; by shape, because it may be of another realm's class. */
function isOurs(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'TypeError';
}

async function followRedirects(start: URL, options: RequestOptions): Promise<HttpResponse> {
  let url = start;
  let asked = options;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await send(url, asked);
    const location = response.headers['location'];
    const redirected = response.status >= 300 && response.status < 400 && location !== undefined;
    if (!redirected || options.redirects === 'manual') return response;
    response.body.resume();
    const next = redirectTarget(url, location);
    if (next.origin !== url.origin) asked = withoutCredentials(asked);
    if (response.status === 303) asked = asGet(asked);
    url = next;
  }
  throw new RefusedRedirect(`${shownUrl(start)} redirects more than ${MAX_REDIRECTS} times`);
}

function send(url: URL, options: RequestOptions, isSecond = false): Promise<HttpResponse> {
  const secure = url.protocol === 'https:';
  // Identity: what is hashed must be the file, not somebody's compression of it.
  const headers: Record<string, string> = {
    'user-agent': 'sluice/0.1',
    'accept-encoding': 'identity',
    ...options.headers,
  };
  if (options.token !== undefined && options.token.origin === url.origin) {
    headers['authorization'] = `Bearer ${options.token.value}`;
  }
  // Node sends a DELETE's body without its length, and the server takes it for the next request.
  const { body } = options;
  if (body !== undefined)
    headers['content-length'] ??= String(isStreamed(body) ? body.bytes : Buffer.byteLength(body));
  const stallMs = options.stallTimeoutMs ?? DEFAULT_STALL_MS;
  return new Promise((resolve, reject) => {
    let answer: http.IncomingMessage | undefined;
    const outgoing = (secure ? https : http).request(
      url,
      {
        method: options.method ?? 'GET',
        headers,
        agent: agentFor(url),
        timeout: stallMs,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (incoming) => {
        answer = incoming;
        resolve(wrap(incoming, url));
      },
    );
    outgoing.on('timeout', () => {
      // Once the answer has begun, its reader is who must be told.
      (answer ?? outgoing).destroy(new InfraError(`no byte came for ${stallMs / 1000} s`));
    });
    outgoing.on('error', (error) => {
      const isRead = options.method === undefined || options.method === 'GET' || options.method === 'HEAD';
      if (!isSecond && isRead && answer === undefined && isStale(outgoing, error))
        resolve(send(url, options, true));
      else reject(error);
    });
    if (body === undefined || !isStreamed(body)) outgoing.end(body);
    // Either end's failure is the request's; an answer that comes before the body's end is an answer.
    else
      pipeline(body.open(), outgoing, (error) => (error && answer === undefined ? reject(error) : undefined));
  });
}

function isStreamed(body: RequestBody): body is StreamedBody {
  return typeof body === 'object' && 'open' in body;
}

function wrap(incoming: http.IncomingMessage, url: URL): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const text = async (): Promise<string> => {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const chunk of decompressed(incoming)) {
      size += (chunk as Buffer).length;
      if (size > MAX_TEXT_BYTES)
        throw new InfraError(`${shownUrl(url)} answers more than ${MAX_TEXT_BYTES} bytes`);
      parts.push(chunk as Buffer);
    }
    return Buffer.concat(parts).toString('utf8');
  };
  return {
    status: incoming.statusCode ?? 0,
    headers,
    url: url.href,
    body: incoming,
    text,
    json: async () => {
      const body = await text();
      try {
        return JSON.parse(body) as unknown;
      } catch {
        throw new InfraError(`${shownUrl(url)} answers no JSON: ${body.slice(0, 80)}`);
      }
    },
  };
}

/** For servers (or proxies between) that compress although they were asked not to. */
function decompressed(incoming: http.IncomingMessage): Readable {
  const make = DECODERS[incoming.headers['content-encoding']?.trim().toLowerCase() ?? ''];
  // The reader of the last stream is told of an error in any of them.
  return make === undefined ? incoming : pipeline(incoming, make(), () => undefined);
}

async function describeAnswer(response: HttpResponse): Promise<string> {
  const body = await response.text().catch(() => '');
  return `HTTP ${response.status}${body.trim() === '' ? '' : `: ${body.trim().slice(0, 200)}`}`;
}
