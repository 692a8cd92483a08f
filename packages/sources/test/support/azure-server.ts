/**
 * A small Azure Blob Storage on loopback, the account in its path: pages by marker, ETags, versions, folders of a hierarchy.
 * Shared Key signatures are computed here from the published rules, by other code than ours.
 */
import { createHash, createHmac } from 'node:crypto';
import { sendBytes, serve } from './serve.ts';
import type { Seen, TestServer } from './serve.ts';

export interface StoredBlob {
  bytes: Buffer;
  etag?: string;
  versionId?: string;
  /** Stored with its md5, as small uploads are. */
  md5?: boolean;
  /** A folder of an account with a hierarchical namespace. */
  folder?: boolean;
}

export interface AzureOptions {
  account: string;
  container: string;
  blobs: Map<string, StoredBlob>;
  /** Who is let in; without any, everybody. */
  key?: string;
  sig?: string;
  token?: string;
  pageSize?: number;
  /** Blobs may also be read by a SAS that the key signed. */
  grants?: boolean;
}

export async function serveAzure(options: AzureOptions): Promise<TestServer> {
  return serve((request, response) => {
    const fail = (status: number, code: string): void => {
      const body = `\uFEFF<?xml version="1.0"?><Error><Code>${code}</Code><Message>no ::error::</Message></Error>`;
      const own = { 'x-ms-error-code': code, 'content-type': 'application/xml' };
      response.writeHead(status, own).end(request.method === 'HEAD' ? undefined : body);
    };
    const fault = refusal(request, options);
    const [, account, container, ...rest] = request.url.pathname.split('/').map(decodeURIComponent);
    const name = rest.join('/');
    if (account !== options.account) fail(404, 'ResourceNotFound');
    else if (fault) fail(...fault);
    else if (container !== options.container) fail(404, 'ContainerNotFound');
    else if (name === '') response.end(listing(request, options));
    else {
      const blob = options.blobs.get(name);
      const version = request.url.searchParams.get('versionid');
      if (!blob) fail(404, 'BlobNotFound');
      else if (version !== null && version !== blob.versionId) fail(404, 'BlobNotFound');
      else
        sendBytes(request, response, blob.bytes, etagOf(blob), {
          ...(blob.versionId !== undefined && { 'x-ms-version-id': blob.versionId }),
          ...(blob.md5 === true && { 'content-md5': md5(blob) }),
          ...(blob.folder === true && { 'x-ms-meta-hdi_isfolder': 'true' }),
        });
    }
  });
}

function refusal(request: Seen, options: AzureOptions): [number, string] | undefined {
  const { account, key, sig, token } = options;
  const sent = request.headers.authorization;
  if (options.grants === true && key !== undefined && isGranted(request, account, key)) return undefined;
  if (key !== undefined && sent !== `SharedKey ${account}:${sharedKey(request, account, key)}`)
    return sent === undefined ? [401, 'NoAuthenticationInformation'] : [403, 'AuthenticationFailed'];
  if (sig !== undefined && request.url.searchParams.get('sig') !== sig) return [403, 'AuthenticationFailed'];
  if (token !== undefined && sent !== `Bearer ${token}`) return [403, 'AuthorizationPermissionMismatch'];
  return undefined;
}

/** "Create a service SAS", version 2020-12-06 and newer. */
function isGranted({ url }: Seen, account: string, key: string): boolean {
  const field = (name: string): string => url.searchParams.get(name) ?? '';
  const resource = `/blob${decodeURIComponent(url.pathname)}`;
  const ends = `\n${field('st')}\n${field('se')}\n${resource}\n\n\n${field('spr')}\n${field('sv')}\n${field('sr')}`;
  const text = `${field('sp')}${ends}\n${field('versionid')}\n\n\n\n\n\n\n`.replace(/\n$/, '');
  const right = createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64');
  const late = Date.parse(field('se')) < Date.now();
  return (
    right === field('sig') && !late && field('sp').includes('r') && url.pathname.startsWith(`/${account}/`)
  );
}

/** "Authorize with Shared Key", Blob service, 2009-09-19 and newer: twelve lines, x-ms headers, the resource. */
function sharedKey(request: Seen, account: string, key: string): string {
  const head = (name: string): string => String(request.headers[name] ?? '');
  let text = `${request.method}\n\n\n\n\n\n${head('date')}\n${head('if-modified-since')}\n${head('if-match')}\n`;
  text += `${head('if-none-match')}\n${head('if-unmodified-since')}\n${head('range')}\n`;
  for (const name of Object.keys(request.headers).sort())
    if (name.startsWith('x-ms-')) text += `${name}:${head(name)}\n`;
  text += `/${account}${request.url.pathname}`;
  const pairs = [...request.url.searchParams].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of pairs) text += `\n${name}:${value}`;
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64');
}

function listing(request: Seen, { blobs, pageSize = 5000 }: AzureOptions): string {
  const query = request.url.searchParams;
  const [prefix, marker] = [query.get('prefix') ?? '', query.get('marker') ?? ''];
  const names = [...blobs.keys()].filter((name) => name.startsWith(prefix) && name > marker).sort();
  const page = names.slice(0, pageSize);
  const entries = page.map((name) => {
    const blob = blobs.get(name);
    if (!blob) return '';
    const facts = `<Etag>${etagOf(blob).replaceAll('"', '')}</Etag><Content-Length>${blob.bytes.length}</Content-Length>`;
    const hash = blob.md5 === true ? `<Content-MD5>${md5(blob)}</Content-MD5>` : '<Content-MD5 />';
    const more = blob.folder === true ? '<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>' : '';
    return `<Blob><Name>${name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</Name><Properties>${facts}${hash}</Properties>${more}</Blob>`;
  });
  const next = names.length > page.length ? `<NextMarker>${page.at(-1)}</NextMarker>` : '<NextMarker />';
  return `\uFEFF<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="c"><Blobs>${entries.join('')}</Blobs>${next}</EnumerationResults>`;
}

function etagOf(blob: StoredBlob): string {
  return blob.etag ?? `"0x${createHash('md5').update(blob.bytes).digest('hex').slice(0, 15).toUpperCase()}"`;
}

function md5(blob: StoredBlob): string {
  return createHash('md5').update(blob.bytes).digest('base64');
}
