/** Readers of what Azure Blob Storage answers: listings in XML, facts and errors in headers. Hostile text, nothing thrown raw. */
import { InfraError } from '@sluice/runtime/errors';
import { bytesOf } from './json-fields.ts';
import type { SourceHash } from './source.ts';

export interface AzureBlob {
  name: string;
  bytes: number | null;
  etag: string;
  /** Null where the account keeps no versions, and in listings. */
  versionId: string | null;
  hash: SourceHash | null;
}

/** One page of List Blobs, without the folders that accounts with a hierarchy list, and the marker of the next. */
export async function readBlobListing(
  text: string,
  what: string,
): Promise<{ blobs: AzureBlob[]; next: string | undefined }> {
  const { XMLParser } = await import('fast-xml-parser');
  const broken = new InfraError(`${what}: the server's listing can't be read`);
  // The parser is lenient: a listing that is cut off must not pass for a shorter one.
  if (!text.trimEnd().endsWith('</EnumerationResults>')) throw broken;
  const parser = new XMLParser({
    parseTagValue: false,
    // A name may begin or end in a blank.
    trimValues: false,
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    htmlEntities: true,
    isArray: (name) => name === 'Blob',
  });
  let document: unknown;
  try {
    document = parser.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw broken;
  }
  const result = child(document, 'EnumerationResults');
  const list = child(result, 'Blobs');
  if (typeof result !== 'object' || list === undefined) throw broken;
  const entries = child(list, 'Blob');
  const blobs = (Array.isArray(entries) ? entries : []).flatMap((entry: unknown) => {
    const name = readName(child(entry, 'Name'));
    const properties = child(entry, 'Properties');
    const etag = child(properties, 'Etag');
    if (name === undefined || typeof etag !== 'string' || etag === '') throw broken;
    if (child(properties, 'ResourceType') === 'directory') return [];
    if (child(child(entry, 'Metadata'), 'hdi_isfolder') === 'true') return [];
    const bytes = bytesOf(child(properties, 'Content-Length'));
    return [
      { name, bytes, etag: quoted(etag), versionId: null, hash: md5Of(child(properties, 'Content-MD5')) },
    ];
  });
  const next = child(result, 'NextMarker');
  return { blobs, next: typeof next === 'string' && next !== '' ? next : undefined };
}

/** A blob's facts from the headers of Get Blob Properties; undefined for a folder of an account with a hierarchy. */
export function readBlobHeaders(
  name: string,
  headers: Readonly<Record<string, string>>,
): AzureBlob | undefined {
  const folder =
    headers['x-ms-meta-hdi_isfolder'] === 'true' || headers['x-ms-resource-type'] === 'directory';
  const etag = headers['etag'];
  if (folder || etag === undefined) return undefined;
  return {
    name,
    bytes: bytesOf(headers['content-length']),
    etag,
    versionId: headers['x-ms-version-id'] ?? null,
    hash: md5Of(headers['content-md5']),
  };
}

/** The code of an error, from its header or its XML. Any other text of the server stays unsaid. */
export function readAzureCode(headers: Readonly<Record<string, string>>, text: string): string | undefined {
  const code = headers['x-ms-error-code'] ?? /<Code>(.*?)<\/Code>/.exec(text.slice(0, 4096))?.[1];
  return code !== undefined && /^\w{1,64}$/.test(code) ? code : undefined;
}

/** What a client said when it stored the blob; big blobs often have none. */
function md5Of(value: unknown): SourceHash | null {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]{22}==$/.test(value)) return null;
  return { algorithm: 'md5', value: Buffer.from(value, 'base64').toString('hex') };
}

/** `<Name Encoded="true">` where a name holds what XML can't. */
function readName(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  const text = child(value, '#text');
  if (typeof text !== 'string') return undefined;
  if (child(value, '@Encoded') !== 'true') return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Listings write it bare, If-Match wants it quoted. */
function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}

function child(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
