/** The part of Google Cloud Storage's JSON API (v1) that reading needs: Objects list and get, metadata and media. */
import type { HttpResponse } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { GoogleAccess } from './google-access.ts';
import { arrayOf, bytesOf, fieldsOf, textOf } from './json-fields.ts';
import { headersAt } from './own-origin.ts';
import { fetchRemote, rangeHeader, takeBody } from './remote-http.ts';
import type { RequestContext } from './remote-http.ts';
import type { ByteRange, Located, OpenedBody, SourceHash } from './source.ts';

export interface GcsObject {
  name: string;
  bytes: number | null;
  /** Names this content of the object for ever, also where the bucket keeps no versions. */
  generation: string;
  hash: SourceHash | null;
  /** Stored packed (`contentEncoding: gzip`); size and hashes are of the packed bytes. */
  packed: boolean;
}

/** More pages than this (a million objects) are no model; it stops a server that pages in a circle. */
const MAX_PAGES = 1000;
const FIELDS = 'name,size,generation,md5Hash,crc32c,contentEncoding';

export class GcsClient {
  readonly #access: GoogleAccess;
  readonly #context: RequestContext;

  constructor(access: GoogleAccess, context: RequestContext) {
    this.#access = access;
    this.#context = context;
  }

  /** All objects whose name starts with `prefix`, over all pages. */
  async list(bucket: string, prefix: string): Promise<GcsObject[]> {
    const what = `gs://${bucket}/${prefix}`;
    const objects: GcsObject[] = [];
    let token: string | undefined;
    for (let page = 0; ; page++) {
      if (page === MAX_PAGES) throw new InfraError(`${what} has more than ${MAX_PAGES} pages`);
      const query = {
        prefix,
        maxResults: '1000',
        fields: `items(${FIELDS}),nextPageToken`,
        ...(token !== undefined && { pageToken: token }),
      };
      const response = await this.#send(bucket, undefined, query, {}, this.#context);
      const text = await response.text();
      if (response.status !== 200) throw this.#refusal(response.status, text, bucket, prefix, 'list');
      const { items, nextPageToken } = fieldsOf(parseJson(text, what), what);
      objects.push(...arrayOf(items, what).map((item) => readObject(item, what)));
      if (typeof nextPageToken !== 'string' || nextPageToken === '') return objects;
      if (nextPageToken === token) throw new InfraError(`${what}: the listing goes in a circle`);
      token = nextPageToken;
    }
  }

  /** An object's facts; undefined when there is none, or none that may be seen. */
  async stat(bucket: string, name: string, generation?: string): Promise<GcsObject | undefined> {
    const query = { fields: FIELDS, ...(generation !== undefined && { generation }) };
    const response = await this.#send(bucket, name, query, {}, this.#context);
    const text = await response.text();
    // Who may not list learns by 401 or 403, not by 404, that there is no such object.
    if ([401, 403, 404].includes(response.status)) return undefined;
    if (response.status !== 200) throw this.#refusal(response.status, text, bucket, name, 'get');
    const what = `gs://${bucket}/${name}`;
    return readObject(parseJson(text, what), what);
  }

  /** The bytes of exactly the generation that was listed. */
  async open(
    bucket: string,
    object: GcsObject,
    range: ByteRange | undefined,
    signal: AbortSignal,
  ): Promise<OpenedBody> {
    const { name, generation, bytes, packed } = object;
    const what = `gs://${bucket}/${name}`;
    // Else the server unpacks on the way, and neither size nor hash nor range fits any more.
    const headers = { ...rangeHeader(range), ...(packed && { 'accept-encoding': 'gzip' }) };
    const response = await this.#send(bucket, name, mediaQuery(generation), headers, {
      ...this.#context,
      signal,
    });
    const { status } = response;
    const sent = response.headers['x-goog-generation'];
    if (status === 404 || (sent !== undefined && sent !== generation)) {
      response.body.destroy();
      throw new InfraError(`${what} changed on the server since it was listed, or is gone; start again`);
    }
    if (status >= 400 && status !== 412) {
      const text = await response.text().catch(() => '');
      throw this.#refusal(status, text, bucket, name, 'get');
    }
    return takeBody(response, range, { name: what, bytes, etag: null, encodingIsMetadata: packed });
  }

  /** Where its ranges can be asked; a packed object's are asked by `open` alone. */
  async locate(bucket: string, object: GcsObject): Promise<Located | undefined> {
    const { name, generation, packed } = object;
    if (packed) return undefined;
    const url = this.#address(bucket, name, mediaQuery(generation));
    const headers = await this.#credentials();
    // The generation in the address binds it; the ETag of media is another than that of the listing.
    return { url, headers: () => headers, etag: null };
  }

  /** A small object whole, as text; undefined when there is none. */
  async read(bucket: string, name: string): Promise<string | undefined> {
    const response = await this.#send(bucket, name, { alt: 'media' }, {}, this.#context);
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw this.#refusal(response.status, text, bucket, name, 'get');
    return text;
  }

  async #send(
    bucket: string,
    name: string | undefined,
    query: Record<string, string>,
    headers: Record<string, string>,
    context: RequestContext,
  ): Promise<HttpResponse> {
    const own = await this.#credentials();
    const url = this.#address(bucket, name, query);
    return fetchRemote({ url, headers, authorize: headersAt(this.#access.endpoint, own) }, context);
  }

  #address(bucket: string, name: string | undefined, query: Record<string, string>): string {
    const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
    const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o${object}`;
    return `${this.#access.endpoint}${path}?${new URLSearchParams(query).toString()}`;
  }

  async #credentials(): Promise<Record<string, string>> {
    const { token, quotaProject } = this.#access;
    if (token === undefined) return {};
    return {
      authorization: `Bearer ${await token()}`,
      ...(quotaProject !== undefined && { 'x-goog-user-project': quotaProject }),
    };
  }

  #refusal(
    status: number,
    text: string,
    bucket: string,
    name: string,
    action: 'get' | 'list',
  ): ConfigError | InfraError {
    const what = `gs://${bucket}/${name}`;
    const { from, token } = this.#access;
    if (status === 401 && token !== undefined)
      return new ConfigError(
        `${what}: the token of ${from} is not accepted (401); it has ended, or is none of Google’s`,
      );
    if (status === 401 || status === 403)
      return new ConfigError(
        `${what} may not be read with ${from} (${status}); give an account the role Storage Object Viewer ` +
          `(storage.objects.${action}) on the bucket, and its credentials by \`GOOGLE_APPLICATION_CREDENTIALS\` ` +
          '(google-github-actions/auth sets it) or an access token by input `token`',
      );
    if (status === 404 && action === 'list')
      return new ConfigError(`${what}: there is no bucket ${JSON.stringify(bucket)} (404)`);
    if (status === 404) return new ConfigError(`${what} does not exist (404)`);
    if (status === 400 && /requester pays/i.test(text.slice(0, 4096)))
      return new ConfigError(
        `${what}: whoever reads this bucket pays; name a project by \`GOOGLE_CLOUD_QUOTA_PROJECT\``,
      );
    if (status === 400) return new ConfigError(`${what}: the server finds the address wrong (400)`);
    return new InfraError(`${what}: the server answered ${status}`);
  }
}

function mediaQuery(generation: string): Record<string, string> {
  return { alt: 'media', generation, ifGenerationMatch: generation };
}

function readObject(value: unknown, what: string): GcsObject {
  const fields = fieldsOf(value, what);
  const generation = textOf(String(fields['generation'] ?? ''), what, 'generation');
  if (!/^\d{1,20}$/.test(generation)) throw new InfraError(`${what}: a generation is no number`);
  return {
    name: textOf(fields['name'], what, 'name'),
    bytes: bytesOf(fields['size']),
    generation,
    hash: gcsHash(fields['md5Hash'], fields['crc32c']),
    packed: fields['contentEncoding'] === 'gzip',
  };
}

/** md5, which objects composed of parts don't have, else CRC-32C; both are written in base64. */
export function gcsHash(md5: unknown, crc32c: unknown): SourceHash | null {
  if (typeof md5 === 'string' && /^[A-Za-z0-9+/]{22}==$/.test(md5))
    return { algorithm: 'md5', value: Buffer.from(md5, 'base64').toString('hex') };
  if (typeof crc32c === 'string' && /^[A-Za-z0-9+/]{6}==$/.test(crc32c))
    return { algorithm: 'crc32c', value: crc32c };
  return null;
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new InfraError(`${what}: the server answers no JSON`);
  }
}
