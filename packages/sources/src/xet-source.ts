/**
 * Ranges of a file from Xet storage, for files that a hub gives no other way: larger than 50 GB, or refused over plain
 * HTTP. @huggingface/hub's XetBlob reads the protocol and checks no hash: its bytes go through the transfer engine, which
 * does. Its requests go through our client: the hub's token to the hub alone, the storage's token to the storage that the
 * hub named, neither to the signed addresses of xorbs, nothing unencrypted behind an encrypted hub.
 */
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { request } from '@sluice/http/client';
import { describeError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';

export interface XetOptions {
  endpoint: string;
  token: { value: string } | undefined;
  /** `<endpoint>/api/models/<repo>/xet-read-token/<commit>` */
  tokenUrl: string;
  log: Pick<Logger, 'untrusted'>;
  stallTimeoutMs: number;
  addSecret(value: string): void;
}

export interface XetFile {
  path: string;
  bytes: number;
  xetHash: string;
}

/** The hub refuses plain HTTP above this (huggingface_hub, `_http_get`). */
const HTTP_MAX_BYTES = 50e9;

/** Where storage tokens may go, by the address that gave them: the library keeps these tokens per process. */
const storages = new Map<string, string>();

/** Files from this size on come by Xet; `SLUICE_XET_FROM_BYTES` lowers it, so that it can be tried on small ones. */
export function xetFrom(env: NodeJS.ProcessEnv): number {
  const asked = env['SLUICE_XET_FROM_BYTES'] ?? '';
  return /^\d+$/.test(asked) ? Number(asked) : HTTP_MAX_BYTES;
}

/** The file's bytes from `start` to `end`, end-exclusive. Throws InfraError. */
export async function openXet(
  file: XetFile,
  start: number,
  end: number,
  options: XetOptions,
  signal: AbortSignal,
): Promise<Readable> {
  const { __internal_XetBlob: XetBlob } = await import('@huggingface/hub');
  const blob = new XetBlob({
    hash: file.xetHash,
    size: file.bytes,
    refreshUrl: options.tokenUrl,
    fetch: guardedFetch(options, signal),
    // The engine opens several ranges at once by itself, and knows when that is too many.
    parallelDownloads: false,
  });
  try {
    const { body } = await blob.slice(start, end).response();
    if (!body) throw new InfraError('there is no answer');
    return Readable.fromWeb(body as ReadableStream<Uint8Array>);
  } catch (error) {
    signal.throwIfAborted();
    throw new InfraError(`${file.path}: Xet storage: ${describeError(error)}`);
  }
}

function guardedFetch(options: XetOptions, signal: AbortSignal): typeof fetch {
  const { endpoint, token, tokenUrl, log, stallTimeoutMs } = options;
  const hub = new URL(endpoint);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (hub.protocol === 'https:' && url.protocol !== 'https:')
      throw new InfraError(`${url.protocol}//${url.host} is not encrypted; refused`);
    const headers = Object.fromEntries(new Headers(init?.headers));
    const given = headers['authorization']?.replace(/^Bearer /, '');
    delete headers['authorization'];
    const asksToken = url.href === new URL(tokenUrl).href;
    const storage = storages.get(tokenUrl);
    const sent = asksToken
      ? token && { value: token.value, origin: hub.origin }
      : given !== undefined && storage !== undefined && { value: given, origin: storage };
    const response = await request(url, {
      headers,
      ...(sent && { token: sent }),
      signal,
      stallTimeoutMs,
      log,
    });
    const { status } = response;
    if (!asksToken || status !== 200)
      return new Response(Readable.toWeb(response.body) as globalThis.ReadableStream<Uint8Array>, {
        status,
        headers: response.headers,
      });
    const text = await response.text();
    rememberStorage(text, options);
    return new Response(text, { status });
  };
}

function rememberStorage(text: string, options: XetOptions): void {
  const answer = JSON.parse(text) as { casUrl?: unknown; accessToken?: unknown };
  if (typeof answer.accessToken === 'string') options.addSecret(answer.accessToken);
  if (typeof answer.casUrl !== 'string' || !URL.canParse(answer.casUrl))
    throw new InfraError('the hub names no Xet storage');
  storages.set(options.tokenUrl, new URL(answer.casUrl).origin);
}
