/**
 * One HTTP request, made to end well: retries with back-off, Retry-After and RateLimit obeyed, a stall
 * time-out instead of a total one, proxies by the usual variables, and a token for its own origin only.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, InfraError } from '@sluice/runtime/errors';
import { backoffMs, isRetryable, retryAfterMs } from './retry.ts';

export interface RequestOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
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
  body: Readable;
  text(): Promise<string>;
  json(): Promise<unknown>;
}

const DEFAULT_RETRIES = 5;
const DEFAULT_STALL_MS = 30_000;
const MAX_REDIRECTS = 10;
/** Longest body that is read into memory: metadata, not weights. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;

/** `proxyEnv`: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, built into Node since 24.5. */
const agents = {
  http: new http.Agent({ keepAlive: true, maxSockets: 256, proxyEnv: process.env }),
  https: new https.Agent({ keepAlive: true, maxSockets: 256, proxyEnv: process.env }),
};

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
    if (error instanceof TypeError) throw error;
    return { error };
  }
}

async function followRedirects(start: URL, options: RequestOptions): Promise<HttpResponse> {
  let url = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await send(url, options);
    const location = response.headers['location'];
    const redirected = response.status >= 300 && response.status < 400 && location !== undefined;
    if (!redirected || options.redirects === 'manual') return response;
    response.body.resume();
    const next = new URL(location, url);
    if (url.protocol === 'https:' && next.protocol === 'http:') {
      throw new InfraError(`${shownUrl(url)} redirects to plain http (${next.host}), which is refused`);
    }
    url = next;
  }
  throw new InfraError(`${shownUrl(start)} redirects more than ${MAX_REDIRECTS} times`);
}

function send(url: URL, options: RequestOptions): Promise<HttpResponse> {
  const secure = url.protocol === 'https:';
  const headers: Record<string, string> = { 'user-agent': 'sluice/0.1', ...options.headers };
  if (options.token !== undefined && options.token.origin === url.origin) {
    headers['authorization'] = `Bearer ${options.token.value}`;
  }
  const stallMs = options.stallTimeoutMs ?? DEFAULT_STALL_MS;
  return new Promise((resolve, reject) => {
    let answer: http.IncomingMessage | undefined;
    const outgoing = (secure ? https : http).request(
      url,
      {
        method: options.method ?? 'GET',
        headers,
        agent: secure ? agents.https : agents.http,
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
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

function wrap(incoming: http.IncomingMessage, url: URL): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const text = async (): Promise<string> => {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const chunk of incoming) {
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

async function describeAnswer(response: HttpResponse): Promise<string> {
  const body = await response.text().catch(() => '');
  return `HTTP ${response.status}${body.trim() === '' ? '' : `: ${body.trim().slice(0, 200)}`}`;
}

/** Without query, user and password: signed URLs and tokens don't belong in a log. */
export function shownUrl(url: string | URL): string {
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname}`;
}
