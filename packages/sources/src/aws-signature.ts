/**
 * AWS Signature Version 4 ("Signing AWS API requests", Amazon S3 and IAM references). Pure: the date is handed in.
 */
import { createHash, createHmac } from 'node:crypto';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface SigningRequest {
  method: string;
  url: URL;
  /** Lower-case names; `host` comes from the address. All of them are signed. */
  headers: Readonly<Record<string, string>>;
  /** Hex sha256 of the body, or `UNSIGNED-PAYLOAD`. */
  payloadHash: string;
}

export interface SigningScope {
  credentials: AwsCredentials;
  region: string;
  service: string;
  date: Date;
}

export const EMPTY_PAYLOAD = createHash('sha256').digest('hex');

/** The headers that a request needs beside its own: date, session token, payload hash (S3) and Authorization. */
export function signV4(request: SigningRequest, scope: SigningScope): Record<string, string> {
  const { credentials, region, service, date } = scope;
  const stamp = date.toISOString().replace(/[:-]|\.\d{3}/g, '');
  const day = stamp.slice(0, 8);
  const added: Record<string, string> = {
    'x-amz-date': stamp,
    ...(service === 's3' && { 'x-amz-content-sha256': request.payloadHash }),
    ...(credentials.sessionToken !== undefined && { 'x-amz-security-token': credentials.sessionToken }),
  };
  const signed: Record<string, string> = { host: request.url.host, ...request.headers, ...added };
  const names = Object.keys(signed).sort();
  const canonical = [
    request.method,
    canonicalPath(request.url.pathname),
    canonicalQuery(request.url.search),
    ...names.map((name) => `${name}:${(signed[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    request.payloadHash,
  ].join('\n');
  const range = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', stamp, range, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (secret, part) => hmac(secret, part),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  const signature = hmac(key, toSign).toString('hex');
  return {
    ...added,
    authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${range}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

/** RFC 3986's unreserved signs stay, everything else is %XX in capitals; `/` stays in paths. */
export function awsEncode(text: string, keepSlash = false): string {
  const encoded = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return keepSlash ? encoded.replaceAll('%2F', '/') : encoded;
}

/** The path as it is sent. (Services other than S3 encode an encoded path once more; none of them is asked here.) */
function canonicalPath(pathname: string): string {
  return awsEncode(safeDecode(pathname), true);
}

function canonicalQuery(search: string): string {
  if (search.length < 2) return '';
  return search
    .slice(1)
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [awsEncode(safeDecode(name)), awsEncode(safeDecode(value))] as const;
    })
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
