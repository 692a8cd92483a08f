/** What writes to the small S3: conditional puts, checksums, uploads in parts. */
import { createHash } from 'node:crypto';
import type { S3Options } from './s3-server.ts';
import type { Seen } from './serve.ts';

interface Written {
  status: number;
  code?: string;
  headers?: Record<string, string>;
  body?: string;
}

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');

export class S3Writer {
  readonly #options: S3Options;

  constructor(options: S3Options) {
    this.#options = options;
  }

  answer(request: Seen, key: string): Written {
    const { objects } = this.#options;
    const query = request.url.searchParams;
    const { bytes, method } = request;
    const uploadId = query.get('uploadId');
    const sha256 = createHash('sha256').update(bytes).digest();
    if (request.headers['x-amz-content-sha256'] !== sha256.toString('hex'))
      return { status: 400, code: 'XAmzContentSHA256Mismatch' };
    if (method === 'POST' && query.has('uploads'))
      return {
        status: 200,
        body: '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>',
      };
    if (method === 'PUT' && uploadId !== null) {
      objects.set(`${key}?part=${query.get('partNumber') ?? ''}`, { bytes });
      return { status: 200, headers: { etag: `"${md5(bytes)}"` } };
    }
    if (method === 'POST') return this.#complete(key, request.body);
    if (method === 'DELETE') return { status: 204 };
    const there = objects.get(key);
    const etag = there && `"${md5(there.bytes)}"`;
    const match = request.headers['if-match'];
    if (request.headers['if-none-match'] === '*' && there) return { status: 412, code: 'PreconditionFailed' };
    if (match !== undefined && there === undefined) return { status: 404, code: 'NoSuchKey' };
    if (match !== undefined && match !== etag) return { status: 412, code: 'PreconditionFailed' };
    const checksum = request.headers['x-amz-checksum-sha256'] as string | undefined;
    if (checksum !== undefined && checksum !== sha256.toString('base64'))
      return { status: 400, code: 'BadDigest' };
    const kept = checksum === undefined ? {} : { headers: { 'x-amz-checksum-sha256': checksum } };
    objects.set(key, { bytes, ...kept });
    return { status: 200, headers: { etag: `"${md5(bytes)}"` } };
  }

  #complete(key: string, body: string): Written {
    const { objects } = this.#options;
    const listed = [
      ...body.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>&quot;([0-9a-f]+)&quot;<\/ETag>/g),
    ];
    const parts = listed.map(([, number, etag]) => {
      const name = `${key}?part=${number ?? ''}`;
      const part = objects.get(name)?.bytes ?? Buffer.alloc(0);
      objects.delete(name);
      return md5(part) === etag ? part : undefined;
    });
    if (parts.includes(undefined)) return { status: 400, code: 'InvalidPart' };
    objects.set(key, { bytes: Buffer.concat(parts as Buffer[]) });
    return { status: 200, body: '<CompleteMultipartUploadResult></CompleteMultipartUploadResult>' };
  }
}
