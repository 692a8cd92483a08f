/** A small Google Cloud Storage on loopback, by its JSON API: pages, generations, preconditions, unpacking, tokens. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { sendBytes, serve } from './serve.ts';
import type { Seen, TestServer } from './serve.ts';

export interface GcsStored {
  bytes: Buffer;
  generation: string;
  /** Of a composed object: it has a CRC and no md5. */
  crc32c?: string;
  packed?: boolean;
}

export interface GcsOptions {
  bucket: string;
  objects: Map<string, GcsStored>;
  /** The token that is let in; without it everybody is. */
  token?: string;
  pageSize?: number;
}

export async function serveGcs(options: GcsOptions): Promise<TestServer> {
  return serve((request, response) => {
    const fail = (code: number, message: string): void => {
      const headers = { 'content-type': 'application/json' };
      response.writeHead(code, headers).end(JSON.stringify({ error: { code, message } }));
    };
    const { authorization } = request.headers;
    if (options.token !== undefined && authorization !== `Bearer ${options.token}`) {
      fail(authorization === undefined ? 401 : 403, 'no ::error:: access');
      return;
    }
    const match = /^\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(request.url.pathname);
    const [bucket, name] = [match?.[1], match?.[2]].map((part) => decodeURIComponent(part ?? ''));
    const query = request.url.searchParams;
    if (!match || bucket !== options.bucket) fail(404, 'The specified bucket does not exist.');
    else if (name === '') response.end(JSON.stringify(listing(request, options)));
    else {
      const object = options.objects.get(name ?? '');
      const [generation, condition] = [query.get('generation'), query.get('ifGenerationMatch')];
      if (!object || (generation !== null && generation !== object.generation)) fail(404, 'No such object');
      else if (condition !== null && condition !== object.generation) fail(412, 'conditionNotMet');
      else if (query.get('alt') !== 'media') response.end(JSON.stringify(resource(name ?? '', object)));
      else {
        const kept = object.packed !== true || request.headers['accept-encoding'] === 'gzip';
        sendBytes(request, response, kept ? object.bytes : gunzipSync(object.bytes), undefined, {
          etag: `W/"media-${object.generation}"`,
          'x-goog-generation': object.generation,
          ...(object.packed === true && kept && { 'content-encoding': 'gzip' }),
        });
      }
    }
  });
}

function resource(name: string, object: GcsStored): Record<string, string> {
  const { bytes, generation, crc32c, packed } = object;
  const hash =
    crc32c === undefined ? { md5Hash: createHash('md5').update(bytes).digest('base64') } : { crc32c };
  return {
    name,
    size: String(bytes.length),
    generation,
    ...hash,
    ...(packed === true && { contentEncoding: 'gzip' }),
  };
}

function listing(request: Seen, { objects, pageSize = 1000 }: GcsOptions): unknown {
  const query = request.url.searchParams;
  const [prefix, after] = [query.get('prefix') ?? '', query.get('pageToken') ?? ''];
  const names = [...objects.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
  const page = names.slice(0, pageSize);
  const items = page.flatMap((name) => {
    const object = objects.get(name);
    return object ? [resource(name, object)] : [];
  });
  // An empty page has no `items` at all.
  return {
    ...(items.length > 0 && { items }),
    ...(names.length > page.length && { nextPageToken: page.at(-1) }),
  };
}
