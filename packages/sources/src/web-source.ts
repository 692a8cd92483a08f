/** `https://…`: one file behind a plain address, bound to its ETag; `#sha256=<hex>` says what it must be. */
import { shownUrl } from '@sluice/http/client';
import type { HttpResponse } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { OtherSource } from './grammar.ts';
import { listingDigest } from './listing-digest.ts';
import { authorizationAt } from './own-origin.ts';
import {
  bareEtag,
  fetchRemote,
  locateRemote,
  mayCarrySecrets,
  rangeHeader,
  takeBody,
  withStatus,
} from './remote-http.ts';
import { checkedFiles } from './safe-path.ts';
import type { ByteRange, OpenedBody, RemoteFile, ResolvedSource, SourceContext } from './source.ts';

export async function resolveWeb(
  parsed: Pick<OtherSource, 'given'>,
  context: SourceContext,
): Promise<ResolvedSource> {
  const { url, sha256 } = parseWebAddress(parsed.given);
  const shown = shownUrl(url);
  if (context.revision !== undefined) {
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(context.revision)} has no meaning for a web address; ` +
        'write #sha256=<hex> behind the address to name its content',
    );
  }
  if (context.token !== undefined && !mayCarrySecrets(url)) {
    throw new ConfigError(`input \`token\` would travel over plain http to ${url.host}; use https`);
  }
  const authorize = authorizationAt(url, context.token === undefined ? undefined : `Bearer ${context.token}`);
  // One byte is asked instead of HEAD: a signed address is often good for GET alone, and a 206 proves that ranges work.
  const response = await fetchRemote({ url: url.href, headers: { range: 'bytes=0-0' }, authorize }, context);
  response.body.on('error', () => undefined).destroy();
  const facts = readFacts(response, shown, context.token !== undefined);
  const path = fileName(url, response.headers['content-disposition'], shown);
  const open = async (range: ByteRange | undefined, signal: AbortSignal): Promise<OpenedBody> => {
    const asked = range !== undefined && facts.acceptsRanges ? range : undefined;
    const headers = { ...rangeHeader(asked), ...condition(facts, asked !== undefined) };
    const answer = await fetchRemote({ url: url.href, headers, authorize }, { ...context, signal });
    if (answer.status >= 400 && answer.status !== 412)
      throw withStatus(refusal(answer, shown, context.token !== undefined), answer.status);
    return takeBody(answer, asked, { name: path, ...facts });
  };
  const asked = { url: url.href, headers: condition(facts, false), authorize };
  const file: RemoteFile = {
    path,
    bytes: facts.bytes,
    etag: facts.etag,
    hash: sha256 === null ? null : { algorithm: 'sha256', value: sha256 },
    acceptsRanges: facts.acceptsRanges,
    open,
    locate: (signal) => locateRemote(asked, facts, { ...context, signal }),
  };
  const files = checkedFiles([file], shown);
  const revision =
    sha256 === null ? listingDigest([{ ...file, version: facts.lastModified }]) : `sha256:${sha256}`;
  return { source: shown, revision, files };
}

/** The address without its fragment, and the hash that the fragment names. */
export function parseWebAddress(given: string): { url: URL; sha256: string | null } {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new ConfigError(`${JSON.stringify(given.replace(/[?#].*$/s, ''))} is no web address`);
  }
  const shown = shownUrl(url);
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(
      `the address ${shown} holds a user name or a password; pass a secret by \`token\` instead`,
    );
  }
  const fragment = url.hash.slice(1);
  url.hash = '';
  if (fragment === '') return { url, sha256: null };
  const hash = /^sha256[=:]([0-9a-f]{64})$/i.exec(fragment);
  if (!hash?.[1]) {
    throw new ConfigError(
      `the address ${shown} ends in #${JSON.stringify(fragment)}; only #sha256=<64 hex digits> is known`,
    );
  }
  return { url, sha256: hash[1].toLowerCase() };
}

interface Facts {
  bytes: number | null;
  /** Only a strong one: a weak one doesn't promise equal bytes. */
  etag: string | null;
  lastModified: string | null;
  acceptsRanges: boolean;
}

function readFacts(response: HttpResponse, shown: string, withToken: boolean): Facts {
  const { status, headers } = response;
  const range = /^bytes (?:\d+-\d+|\*)\/(\d+)$/.exec(headers['content-range'] ?? '');
  const empty = status === 416 && range?.[1] === '0';
  if (status !== 200 && status !== 206 && !empty) throw refusal(response, shown, withToken);
  if ((headers['content-type'] ?? '').startsWith('text/html') && !/\.html?$/.test(shown)) {
    throw new ConfigError(
      `the address ${shown} answers with a web page, not a file (a log-in page?); name the file's own address`,
    );
  }
  const length = status === 200 ? headers['content-length'] : range?.[1];
  const etag = headers['etag'] ?? null;
  return {
    bytes: length === undefined ? null : Number(length),
    etag: etag === null || etag.startsWith('W/') || bareEtag(etag) === '' ? null : etag,
    lastModified: headers['last-modified'] ?? null,
    acceptsRanges: status === 206 && range !== null,
  };
}

/** Binds a request to what was listed: If-Match where there is a strong ETag, else If-Range by date. */
function condition(facts: Facts, ranged: boolean): Record<string, string> {
  if (facts.etag !== null) return { 'if-match': facts.etag };
  if (ranged && facts.lastModified !== null) return { 'if-range': facts.lastModified };
  return {};
}

/** The last part of the address's path, else what the server calls it. */
function fileName(url: URL, disposition: string | undefined, shown: string): string {
  const last = url.pathname.split('/').at(-1) ?? '';
  const said = /filename="?([^";]+)"?/i.exec(disposition ?? '')?.[1];
  const name = last === '' ? (said ?? '').trim() : decode(last);
  if (name === '') throw new ConfigError(`the address ${shown} ends in no file name; name a file`);
  if (name.includes('/')) throw new InfraError(`${shown} names the file ${JSON.stringify(name)}, refused`);
  return name;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function refusal(response: HttpResponse, shown: string, withToken: boolean): ConfigError | InfraError {
  response.body.on('error', () => undefined).destroy();
  const { status } = response;
  if (status === 404 || status === 410) return new ConfigError(`${shown} does not exist (${status})`);
  if (status === 401 || status === 403) {
    const mend = withToken ? 'the token of input `token` may not read it' : 'pass a token by input `token`';
    return new ConfigError(`${shown} may not be read (${status}): ${mend}`);
  }
  return new InfraError(`${shown} answered ${status}`);
}
