/** A small S3 on loopback, read and written: path style, versions, checksums, paged listings, signatures recomputed and compared. */
import { createHash } from 'node:crypto';
import { signV4 } from '@sluice/sources/aws-signature';
import type { AwsCredentials } from '@sluice/sources/aws-signature';
import { S3Writer } from './s3-writes.ts';
import { sendBytes, serve } from './serve.ts';
import type { Seen, TestServer } from './serve.ts';

export interface StoredObject {
  bytes: Buffer;
  versionId?: string;
  headers?: Record<string, string>;
}

export interface S3Options {
  bucket: string;
  objects: Map<string, StoredObject>;
  credentials?: AwsCredentials;
  region?: string;
  pageSize?: number;
  /** How an object's bytes are sent; default `sendBytes`. */
  send?: typeof sendBytes;
}

export async function serveS3(options: S3Options): Promise<TestServer> {
  return serve((request, response) => {
    const fail = (status: number, code: string): void => {
      const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no ::error::</Message></Error>`;
      response.writeHead(status).end(request.method === 'HEAD' ? undefined : body);
    };
    const region = options.region ?? 'us-east-1';
    const signed = /Credential=[^/]+\/\d{8}\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
    if (signed !== undefined && signed !== region) {
      response.setHeader('x-amz-bucket-region', region);
      fail(400, 'AuthorizationHeaderMalformed');
      return;
    }
    if (options.credentials && !isSigned(request, options.credentials, region)) {
      fail(403, 'SignatureDoesNotMatch');
      return;
    }
    const [bucket = '', ...rest] = request.url.pathname.slice(1).split('/').map(decodeURIComponent);
    if (bucket !== options.bucket) fail(404, 'NoSuchBucket');
    else if (rest.join('/') === '') response.end(listing(request, options));
    else {
      const key = rest.join('/');
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        const { status, code, headers = {}, body } = new S3Writer(options).answer(request, key);
        if (code !== undefined) fail(status, code);
        else response.writeHead(status, headers).end(body);
        return;
      }
      const object = options.objects.get(key);
      const version = request.url.searchParams.get('versionId');
      if (!object) fail(404, 'NoSuchKey');
      else if (version !== null && version !== object.versionId) fail(404, 'NoSuchVersion');
      else {
        const etag = object.headers?.['etag'] ?? `"${createHash('md5').update(object.bytes).digest('hex')}"`;
        (options.send ?? sendBytes)(request, response, object.bytes, etag, {
          ...object.headers,
          ...(object.versionId !== undefined && { 'x-amz-version-id': object.versionId }),
        });
      }
    }
  });
}

function isSigned(request: Seen, credentials: AwsCredentials, region: string): boolean {
  const sent = request.headers.authorization ?? '';
  const names = /SignedHeaders=([^,]+)/.exec(sent)?.[1]?.split(';') ?? [];
  const stamp = String(request.headers['x-amz-date']);
  const date = new Date(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const headers = Object.fromEntries(
    names
      .filter((name) => name !== 'host' && !name.startsWith('x-amz-date') && name !== 'x-amz-content-sha256')
      .map((name) => [name, String(request.headers[name])]),
  );
  const url = new URL(`${request.url.pathname}${request.url.search}`, `http://${request.headers.host ?? ''}`);
  const payloadHash = String(request.headers['x-amz-content-sha256']);
  const expected = signV4(
    { method: request.method, url, headers, payloadHash },
    { credentials, region, service: 's3', date },
  );
  return expected['authorization'] === sent;
}

function listing(request: Seen, { objects, pageSize = 1000 }: S3Options): string {
  const query = request.url.searchParams;
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? '';
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, pageSize);
  const contents = page.map((key) => {
    const bytes = objects.get(key)?.bytes ?? Buffer.alloc(0);
    return `<Contents><Key>${encodeURIComponent(key).replaceAll('%2F', '/')}</Key><Size>${bytes.length}</Size><ETag>&quot;x&quot;</ETag></Contents>`;
  });
  const more = keys.length > page.length;
  const next = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
  return `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
}
