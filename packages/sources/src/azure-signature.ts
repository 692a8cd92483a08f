/** Azure Storage's Shared Key ("Authorize with Shared Key", Blob service, version 2009-09-19 and newer). Pure: the date is handed in. */
import { createHmac } from 'node:crypto';

export interface AzureKey {
  account: string;
  /** In base64, as the portal shows it. */
  key: string;
}

export interface SharedKeyRequest {
  method: string;
  url: URL;
  /** Lower-case names. `x-ms-*` are signed, and those of HTTP's own that stand in the string to sign. */
  headers: Readonly<Record<string, string>>;
}

/** HTTP's headers in the order of the string to sign; a body's length and type are always empty here: nothing is sent. */
const STANDARD = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
];

/** The headers that a request needs beside its own: the date and Authorization. */
export function signSharedKey(
  request: SharedKeyRequest,
  { account, key }: AzureKey,
  date: Date,
): Record<string, string> {
  const dated = { 'x-ms-date': date.toUTCString() };
  const text = stringToSign({ ...request, headers: { ...request.headers, ...dated } }, account);
  return { ...dated, authorization: `SharedKey ${account}:${hmac(key, text)}` };
}

export function stringToSign({ method, url, headers }: SharedKeyRequest, account: string): string {
  const own = Object.keys(headers).filter((name) => name.startsWith('x-ms-'));
  return [
    method,
    ...STANDARD.map((name) => headers[name] ?? ''),
    ...own.sort().map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    `/${account}${url.pathname}${canonicalQuery(url.searchParams)}`,
  ].join('\n');
}

/** One blob, or one version of it, that may be read. */
export interface BlobGrant {
  container: string;
  blob: string;
  versionId: string | null;
  /** Of the API, 2020-12-06 or newer. */
  version: string;
  /** Whether it may travel by https alone. */
  https: boolean;
}

/** A blob that is fetched for longer is located anew. */
const GRANT_MS = 12 * 3_600_000;

/** The query of a service SAS ("Create a service SAS", version 2020-12-06 and newer) that allows to read this blob alone. */
export function signBlobSas(grant: BlobGrant, { account, key }: AzureKey, date: Date): string {
  const { container, blob, versionId, version, https } = grant;
  const ends = `${new Date(date.getTime() + GRANT_MS).toISOString().slice(0, 19)}Z`;
  const resource = versionId === null ? 'b' : 'bv';
  const protocol = https ? 'https' : 'https,http';
  // The empty ones: start, identifier, IP; after the version encryption scope and five answer headers.
  const text = [
    'r',
    '',
    ends,
    `/blob/${account}/${container}/${blob}`,
    '',
    '',
    protocol,
    version,
    resource,
    versionId ?? '',
    ...Array.from({ length: 6 }, () => ''),
  ].join('\n');
  const fields = { sv: version, spr: protocol, se: ends, sr: resource, sp: 'r', sig: hmac(key, text) };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

function hmac(key: string, text: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
}

/** A line for each name, in lower case, its values decoded and sorted. */
function canonicalQuery(query: URLSearchParams): string {
  const values = new Map<string, string[]>();
  for (const [name, value] of query) {
    const lower = name.toLowerCase();
    values.set(lower, [...(values.get(lower) ?? []), value]);
  }
  const lines = [...values.keys()]
    .sort()
    .map((name) => `\n${name}:${values.get(name)?.sort().join(',') ?? ''}`);
  return lines.join('');
}
