/**
 * GitHub's cache service, version 2, on loopback: the three Twirp calls of github.actions.results.api.v1.CacheService
 * (fields and names as in the protobuf definition that @actions/cache ships) and the blobs that they sign. Keys and
 * versions behave as GitHub documents: an entry is never written over, one counts only when it is finalized, and a key
 * that begins alike is found too.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Answer } from '../hub/answer.ts';
import { json } from '../hub/answer.ts';
import { BlobStore } from './blob-store.ts';

export interface CacheRequest {
  /** Twirp method, or `blob` and the HTTP method. */
  what: string;
  key: string | null;
  range: string | null;
  status: number;
  bytes: number;
}

export interface CacheEntry {
  key: string;
  version: string;
  blob: string;
  /** null: not finalized. */
  size: number | null;
}

export interface FixtureCache extends AsyncDisposable {
  /** For `ACTIONS_RESULTS_URL`. */
  url: string;
  token: string;
  requests: CacheRequest[];
  entries: CacheEntry[];
  /** Runs of untrusted events may only read. */
  readOnly: boolean;
  /** Status that blobs (`blob`) or the service (`service`) answer instead of what was asked. */
  broken: { what: 'blob' | 'service'; status: number } | undefined;
  /** Bytes of an entry, and their replacement; undefined: the blob is gone and its entry is still listed. */
  bytesOf(key: string): Buffer | undefined;
  replace(key: string, bytes: Buffer | undefined): void;
}

const TWIRP = '/twirp/github.actions.results.api.v1.CacheService/';
type Fields = Record<string, unknown>;

export async function startActionsCache(): Promise<FixtureCache> {
  const store = new BlobStore();
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const entryOf = (key: string): CacheEntry | undefined => cache.entries.find((entry) => entry.key === key);
  const cache: FixtureCache = {
    url: origin,
    token: 'fixture-runtime-token',
    requests: [],
    entries: [],
    readOnly: false,
    broken: undefined,
    bytesOf: (key) => store.bytesOf(entryOf(key)?.blob ?? ''),
    replace: (key, bytes) => store.replace(entryOf(key)?.blob ?? '', bytes),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    const method = request.method ?? 'GET';
    const body = await buffer(request);
    const service = url.pathname.startsWith(TWIRP);
    const { broken } = cache;
    const answer =
      broken?.what === (service ? 'service' : 'blob')
        ? { status: broken.status, body: Buffer.from('{"msg":"broken by the test"}') }
        : service
          ? answerTwirp(url.pathname.slice(TWIRP.length), request, body)
          : store.answer(method, url, request.headers, body);
    const sent = answer.body ?? Buffer.alloc(0);
    const blob = url.pathname.split('/').slice(3).join('/');
    cache.requests.push({
      what: service ? url.pathname.slice(TWIRP.length) : `blob ${method}`,
      key: service
        ? String(parse(body)['key'])
        : (cache.entries.find((entry) => entry.blob === blob)?.key ?? null),
      range: request.headers.range ?? null,
      status: answer.status,
      bytes: sent.byteLength,
    });
    response.writeHead(answer.status, { ...answer.headers, 'Content-Length': String(sent.byteLength) });
    response.end(method === 'HEAD' ? undefined : sent);
  }

  function answerTwirp(method: string, request: IncomingMessage, body: Buffer): Answer {
    if (request.method !== 'POST') return twirpError(405, 'bad_route', 'POST only');
    if (!request.headers['content-type']?.startsWith('application/json'))
      return twirpError(404, 'bad_route', 'unexpected Content-Type');
    if (request.headers.authorization !== `Bearer ${cache.token}`)
      return twirpError(401, 'unauthenticated', 'invalid token');
    const fields = parse(body);
    const [key, version] = [fields['key'], fields['version']];
    if (typeof key !== 'string' || key === '' || key.length > 512 || key.includes(','))
      return twirpError(400, 'invalid_argument', 'key is invalid');
    if (typeof version !== 'string' || !/^[0-9a-f]{64}$/.test(version))
      return twirpError(400, 'invalid_argument', 'version is invalid');
    if (method === 'GetCacheEntryDownloadURL') return find([key, ...texts(fields['restore_keys'])], version);
    if (method === 'CreateCacheEntry') return create(key, version);
    if (method === 'FinalizeCacheEntryUpload') return finalize(key, version, fields['size_bytes']);
    return twirpError(404, 'bad_route', `no handler for ${method}`);
  }

  function find(keys: string[], version: string): Answer {
    const complete = cache.entries.filter((entry) => entry.version === version && entry.size !== null);
    for (const key of keys) {
      const found =
        complete.find((entry) => entry.key === key) ??
        complete.findLast((entry) => entry.key.startsWith(key));
      if (!found) continue;
      const signed = store.sign(origin, found.blob, 'r');
      return json({ ok: true, signed_download_url: signed, matched_key: found.key });
    }
    return json({ ok: false, signed_download_url: '', matched_key: '' });
  }

  function create(key: string, version: string): Answer {
    if (cache.readOnly) {
      const message = 'cache write denied: the run was triggered by an untrusted event';
      return json({ ok: false, signed_upload_url: '', message });
    }
    if (cache.entries.some((entry) => entry.key === key && entry.version === version))
      return twirpError(
        409,
        'already_exists',
        'cache entry with the same key, version, and scope already exists',
      );
    const blob = `${cache.entries.length}-${version.slice(0, 8)}`;
    cache.entries.push({ key, version, blob, size: null });
    return json({ ok: true, signed_upload_url: store.sign(origin, blob, 'cw') });
  }

  function finalize(key: string, version: string, bytes: unknown): Answer {
    const entry = cache.entries.find((one) => one.key === key && one.version === version);
    const blob = entry && store.bytesOf(entry.blob);
    if (!entry || !blob) return twirpError(404, 'not_found', 'no upload of this entry');
    // int64 is a string in protobuf's JSON.
    if (bytes !== String(blob.byteLength))
      return json({ ok: false, entry_id: '0', message: 'size_bytes does not match the uploaded blob' });
    entry.size = blob.byteLength;
    return json({ ok: true, entry_id: String(cache.entries.indexOf(entry) + 1) });
  }

  return cache;
}

function parse(body: Buffer): Fields {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function twirpError(status: number, code: string, msg: string): Answer {
  return json({ code, msg }, status);
}
