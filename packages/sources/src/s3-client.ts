/**
 * The part of S3's REST API that reading needs (ListObjectsV2, HeadObject, GetObject), for AWS and what speaks like it;
 * whoever writes uses `send`. A custom endpoint is addressed by path (`/bucket/key`), AWS itself by host.
 */
import type { HttpResponse, RequestBody } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { S3Access } from './aws-access.ts';
import { awsEncode, EMPTY_PAYLOAD, signV4 } from './aws-signature.ts';
import { fetchRemote, rangeHeader, takeBody, withStatus } from './remote-http.ts';
import type { RequestContext } from './remote-http.ts';
import { readErrorCode, readListing, s3Hash } from './s3-answers.ts';
import type { S3Entry } from './s3-answers.ts';
import type { ByteRange, Located, OpenedBody, SourceHash } from './source.ts';

export interface S3Object {
  key: string;
  bytes: number | null;
  etag: string | null;
  /** Null where the bucket keeps no versions. */
  versionId: string | null;
  hash: SourceHash | null;
}

/** More pages than this (a million objects) are no model; it stops a server that pages in a circle. */
const MAX_PAGES = 1000;

export class S3Client {
  readonly #access: S3Access;
  readonly #context: RequestContext;
  #region: string;

  constructor(access: S3Access, context: RequestContext) {
    this.#access = access;
    this.#context = context;
    this.#region = access.region;
  }

  /** All objects whose key starts with `prefix`, over all pages. */
  async list(bucket: string, prefix: string): Promise<S3Entry[]> {
    const entries: S3Entry[] = [];
    let token: string | undefined;
    for (let page = 0; ; page++) {
      if (page === MAX_PAGES)
        throw new InfraError(`s3://${bucket}/${prefix} has more than ${MAX_PAGES} pages`);
      const query = {
        'list-type': '2',
        'encoding-type': 'url',
        prefix,
        ...(token !== undefined && { 'continuation-token': token }),
      };
      const response = await this.#send('GET', bucket, '', query, {}, this.#context);
      const text = await response.text();
      if (response.status !== 200) throw this.#refusal(response.status, text, bucket, prefix);
      const listing = await readListing(text, `s3://${bucket}/${prefix}`);
      entries.push(...listing.entries);
      if (listing.next === undefined) return entries;
      if (listing.next === token)
        throw new InfraError(`s3://${bucket}/${prefix}: the listing goes in a circle`);
      token = listing.next;
    }
  }

  /** An object's size, etag, version and checksum; undefined when there is none, or none that may be seen. */
  async head(bucket: string, key: string, versionId?: string): Promise<S3Object | undefined> {
    const query: Record<string, string> = versionId === undefined ? {} : { versionId };
    const headers = { 'x-amz-checksum-mode': 'ENABLED' };
    const response = await this.#send('HEAD', bucket, key, query, headers, this.#context);
    response.body.resume();
    const { status, headers: found } = response;
    // Without the right to list, S3 answers 403 for what isn't there; an unknown version id gives 400.
    if (status === 404 || status === 403 || status === 400) return undefined;
    if (status !== 200) throw this.#refusal(status, '', bucket, key);
    const version = found['x-amz-version-id'];
    const length = found['content-length'];
    return {
      key,
      bytes: length === undefined ? null : Number(length),
      etag: found['etag'] ?? null,
      versionId: version === undefined || version === 'null' ? null : version,
      hash: s3Hash(found, bucket),
    };
  }

  /** The bytes of exactly the object that `head` saw. */
  async open(
    bucket: string,
    object: S3Object,
    range: ByteRange | undefined,
    signal: AbortSignal,
  ): Promise<OpenedBody> {
    const { query, headers: condition } = bindTo(object);
    const headers = { ...rangeHeader(range), ...condition };
    const response = await this.#send('GET', bucket, object.key, query, headers, {
      ...this.#context,
      signal,
    });
    if (response.status >= 400 && response.status !== 412) {
      const text = await response.text().catch(() => '');
      throw withStatus(this.#refusal(response.status, text, bucket, object.key), response.status);
    }
    const { bytes, etag } = object;
    return takeBody(response, range, {
      name: `s3://${bucket}/${object.key}`,
      bytes,
      etag,
      encodingIsMetadata: true,
    });
  }

  /** Where its ranges are; each gets a signature of its own, in which `Range` has no part. */
  locate(bucket: string, object: S3Object): Located {
    const { query, headers } = bindTo(object);
    const url = this.#address(bucket, object.key, query);
    return {
      url,
      headers: () => ({ ...headers, ...this.#sign('GET', new URL(url), headers) }),
      etag: object.etag,
    };
  }

  /** A small object whole, as text. */
  async read(bucket: string, key: string): Promise<string | undefined> {
    return (await this.readTagged(bucket, key))?.text;
  }

  /** The same with its ETag, for who writes it back on condition that it is still this one. */
  async readTagged(bucket: string, key: string): Promise<{ text: string; etag: string } | undefined> {
    const response = await this.#send('GET', bucket, key, {}, {}, this.#context);
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw this.#refusal(response.status, text, bucket, key);
    return { text, etag: response.headers['etag'] ?? '' };
  }

  /**
   * Any other request to an object.
   *
   * @param payload the body and hex sha256 of it
   * @param allowed statuses of refusals that the caller knows how to take
   */
  async send(
    method: string,
    [bucket, key]: readonly [string, string],
    asked: { query?: Record<string, string>; headers?: Record<string, string> },
    payload?: { body: RequestBody; sha256: string },
    allowed: readonly number[] = [],
  ): Promise<HttpResponse> {
    const { query = {}, headers = {} } = asked;
    const response = await this.#send(method, bucket, key, query, headers, this.#context, payload);
    if (response.status < 300 || allowed.includes(response.status)) return response;
    throw this.#refusal(response.status, await response.text(), bucket, key, 'written', 's3:PutObject');
  }

  async #send(
    method: string,
    bucket: string,
    key: string,
    query: Record<string, string>,
    headers: Record<string, string>,
    context: RequestContext,
    payload?: { body: RequestBody; sha256: string },
  ): Promise<HttpResponse> {
    for (let attempt = 0; ; attempt++) {
      const url = this.#address(bucket, key, query);
      const { origin } = new URL(url);
      const authorize = (hop: URL, sent: Record<string, string>): Record<string, string> =>
        hop.origin === origin ? this.#sign(method, hop, sent, payload?.sha256) : {};
      const body = payload === undefined ? {} : { body: payload.body };
      const response = await fetchRemote({ url, method, headers, authorize, ...body }, context);
      // A bucket of another region says so: once more there, signed for it.
      const region = response.headers['x-amz-bucket-region'];
      const misplaced = [301, 307, 400, 403].includes(response.status) && region !== undefined;
      if (!misplaced || region === this.#region || attempt > 0 || !/^[a-z0-9-]{1,40}$/.test(region))
        return response;
      response.body.resume();
      this.#region = region;
    }
  }

  #sign(
    method: string,
    url: URL,
    headers: Record<string, string>,
    payloadHash = EMPTY_PAYLOAD,
  ): Record<string, string> {
    const { credentials } = this.#access;
    if (credentials === undefined) return {};
    const scope = { credentials, region: this.#region, service: 's3', date: new Date() };
    return signV4({ method, url, headers, payloadHash }, scope);
  }

  #address(bucket: string, key: string, query: Record<string, string>): string {
    const { endpoint } = this.#access;
    const domain = this.#region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    const aws = `s3.${this.#region}.${domain}`;
    // A dot in the bucket's name breaks the certificate of its host.
    const byHost = endpoint === undefined && !bucket.includes('.');
    const base = byHost ? `https://${bucket}.${aws}` : `${endpoint ?? `https://${aws}`}/${awsEncode(bucket)}`;
    const search = Object.entries(query).map(([name, text]) => `${awsEncode(name)}=${awsEncode(text)}`);
    return `${base}${key === '' && !byHost ? '' : `/${awsEncode(key, true)}`}${search.length > 0 ? `?${search.join('&')}` : ''}`;
  }

  #refusal(
    status: number,
    text: string,
    bucket: string,
    key: string,
    deed = 'read',
    right = 's3:GetObject and s3:ListBucket',
  ): ConfigError | InfraError {
    const code = readErrorCode(text);
    const what = `s3://${bucket}/${key}`;
    const said = `${status}${code === undefined ? '' : ` ${code}`}`;
    if (code === 'NoSuchBucket' || code === 'InvalidBucketName')
      return new ConfigError(`${what}: there is no bucket ${JSON.stringify(bucket)} (${said})`);
    if (status === 401 || status === 403)
      return new ConfigError(
        `${what} may not be ${deed} with ${this.#access.from} (${said}); ` +
          `give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY that allow ${right}`,
      );
    if (status === 404) return new ConfigError(`${what} does not exist (${said})`);
    return new InfraError(`${what}: the server answered ${said}`);
  }
}

/** To exactly the object that was seen: by its version, and by its ETag. */
function bindTo({ versionId, etag }: S3Object): {
  query: Record<string, string>;
  headers: Record<string, string>;
} {
  return {
    query: versionId === null ? {} : { versionId },
    headers: etag === null ? {} : { 'if-match': etag },
  };
}
