/** Readers of what S3 servers answer: listings and errors in XML, checksums in headers. Hostile text, nothing thrown raw. */
import { InfraError } from '@sluice/runtime/errors';
import { bytesOf } from './json-fields.ts';
import { bareEtag } from './remote-http.ts';
import type { SourceHash } from './source.ts';

export interface S3Entry {
  key: string;
  bytes: number | null;
  etag: string | null;
}

/** One page of ListObjectsV2 (asked with `encoding-type=url`) and the token of the next. */
export async function readListing(
  text: string,
  what: string,
): Promise<{ entries: S3Entry[]; next: string | undefined }> {
  const { XMLParser } = await import('fast-xml-parser');
  const broken = new InfraError(`${what}: the server's listing can't be read`);
  // The parser is lenient: a listing that is cut off must not pass for a shorter one.
  if (!text.trimEnd().endsWith('</ListBucketResult>')) throw broken;
  const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Contents' });
  let document: unknown;
  try {
    document = parser.parse(text);
  } catch {
    throw broken;
  }
  const result = child(document, 'ListBucketResult');
  if (typeof result !== 'object' || result === null) throw broken;
  const encoded = child(result, 'EncodingType') === 'url';
  const contents = child(result, 'Contents');
  const entries = (Array.isArray(contents) ? contents : []).map((entry: unknown) => {
    const key = child(entry, 'Key');
    const etag = child(entry, 'ETag');
    if (typeof key !== 'string') throw broken;
    return {
      key: encoded ? decodeKey(key) : key,
      bytes: bytesOf(child(entry, 'Size')),
      etag: typeof etag === 'string' ? etag : null,
    };
  });
  const next = child(result, 'NextContinuationToken');
  const more = child(result, 'IsTruncated') === 'true';
  if (more && typeof next !== 'string')
    throw new InfraError(`${what}: the listing is cut off without a next page`);
  return { entries, next: more ? String(next) : undefined };
}

/** The `<Code>` of an error answer. A small text is searched, not parsed: it only goes into a message. */
export function readErrorCode(text: string): string | undefined {
  return /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(text.slice(0, 4096))?.[1];
}

/**
 * The hash of the whole object that its headers name, the strongest first. Composite checksums (`…-3`, over parts) are
 * none, and an ETag is md5 only of an object that was put at once, without KMS or a customer's key, in a usual bucket.
 */
export function s3Hash(headers: Readonly<Record<string, string>>, bucket: string): SourceHash | null {
  const composite = headers['x-amz-checksum-type'] === 'COMPOSITE';
  const sha256 = headers['x-amz-checksum-sha256'];
  if (!composite && sha256 !== undefined && /^[A-Za-z0-9+/]{43}=$/.test(sha256))
    return { algorithm: 'sha256', value: Buffer.from(sha256, 'base64').toString('hex') };
  const etag = bareEtag(headers['etag'] ?? '');
  const encryption = headers['x-amz-server-side-encryption'] ?? '';
  const plain =
    !encryption.startsWith('aws:kms') &&
    headers['x-amz-server-side-encryption-customer-algorithm'] === undefined &&
    !bucket.endsWith('--x-s3');
  if (plain && /^[0-9a-f]{32}$/.test(etag)) return { algorithm: 'md5', value: etag };
  const crc64 = headers['x-amz-checksum-crc64nvme'];
  if (!composite && crc64 !== undefined && /^[A-Za-z0-9+/]{11}=$/.test(crc64))
    return { algorithm: 'crc64nvme', value: crc64 };
  const crc32c = headers['x-amz-checksum-crc32c'];
  if (!composite && crc32c !== undefined && /^[A-Za-z0-9+/]{6}==$/.test(crc32c))
    return { algorithm: 'crc32c', value: crc32c };
  return null;
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

function child(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
