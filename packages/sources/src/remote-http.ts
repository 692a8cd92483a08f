/**
 * Requests of all sources that speak HTTP. Redirects are followed here, hop by hop: who asks decides for each address
 * anew which credentials it may see, so that no token or signature travels to another origin.
 */
import { request, shownUrl } from '@sluice/http/client';
import type { HttpResponse, RequestBody } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { ByteRange, Located, OpenedBody, SourceContext } from './source.ts';

export type RequestContext = Pick<SourceContext, 'log' | 'signal' | 'stallTimeoutMs'>;

export interface RemoteRequest {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: RequestBody;
  /** Credentials for this address: called for each hop, with the headers that are sent there. */
  authorize?: (url: URL, headers: Record<string, string>, method: string) => Record<string, string>;
  retries?: number;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_HOPS = 5;

/** The answer after redirects, whatever its status; 429 and 5xx were tried again. */
export async function fetchRemote(asked: RemoteRequest, context: RequestContext): Promise<HttpResponse> {
  const method = asked.method ?? 'GET';
  let url = new URL(asked.url);
  for (let hop = 0; hop <= MAX_HOPS; hop++) {
    const own = { 'accept-encoding': 'identity', ...asked.headers };
    const headers = { ...own, ...asked.authorize?.(url, own, method) };
    const response = await request(url, {
      method,
      headers,
      redirects: 'manual',
      log: context.log,
      signal: context.signal,
      ...(asked.body !== undefined && { body: asked.body }),
      ...(asked.retries !== undefined && { retries: asked.retries }),
      ...(context.stallTimeoutMs !== undefined && { stallTimeoutMs: context.stallTimeoutMs }),
    });
    const location = response.headers['location'];
    if (!REDIRECTS.has(response.status) || location === undefined) return response;
    if (asked.body !== undefined) throw new InfraError(`${shownUrl(url)} redirects a ${method}; refused`);
    response.body.resume();
    url = redirectTarget(url, location);
  }
  throw new InfraError(`${shownUrl(asked.url)} redirects more than ${MAX_HOPS} times`);
}

/** What an object must still be when its bytes are sent. */
export interface Expected {
  /** What it is called in messages. */
  name: string;
  bytes: number | null;
  etag: string | null;
  /** Object stores hand `Content-Encoding` back as it was stored: the bytes are the object's own. */
  encodingIsMetadata?: boolean;
}

/** A refusal that says how it came: whoever opens many connections tells by it whether these are too many. */
export function withStatus<E extends Error>(refusal: E, status: number): E {
  return Object.assign(refusal, { status });
}

/** The headers of a range request. */
export function rangeHeader(range: ByteRange | undefined): Record<string, string> {
  return range === undefined ? {} : { range: `bytes=${range.start}-${range.end}` };
}

/**
 * Takes a successful answer as a body, after checking that it is of the object and the range that were asked.
 *
 * @throws InfraError when it isn't: another entity, other bytes, or an encoding nobody asked for
 */
export function takeBody(
  response: HttpResponse,
  range: ByteRange | undefined,
  expected: Expected,
): OpenedBody {
  const fault = bodyFault(response.status, response.headers, range, expected);
  if (fault !== undefined) {
    response.body.destroy();
    throw withStatus(new InfraError(`${expected.name}: ${fault}`), response.status);
  }
  const length = response.headers['content-length'];
  return {
    body: response.body,
    status: response.status === 206 ? 206 : 200,
    bytes: length === undefined ? null : Number(length),
  };
}

/** Why an answer can't be taken for the bytes that were asked; undefined when it can. Pure. */
export function bodyFault(
  status: number,
  headers: Readonly<Record<string, string>>,
  range: ByteRange | undefined,
  expected: Omit<Expected, 'name'>,
): string | undefined {
  if (status === 412) return 'it changed on the server since it was listed; start again';
  if (status !== 200 && status !== 206) return `the server answered ${status}`;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity' && expected.encodingIsMetadata !== true)
    return `the server sent it encoded (${JSON.stringify(encoding)}) although that was not asked`;
  const etag = headers['etag'];
  if (expected.etag !== null && etag !== undefined && bareEtag(etag) !== bareEtag(expected.etag))
    return 'it changed on the server since it was listed (another ETag); start again';
  if (status === 206) {
    const sent = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
    const last = Number(sent?.[2]);
    if (!range || !sent || Number(sent[1]) !== range.start || last > range.end || last < range.start)
      return `bytes ${range ? `${range.start}-${range.end}` : 'from 0 on'} were asked, the server sent others`;
    const total = sent[3];
    if (expected.bytes !== null && total !== '*' && Number(total) !== expected.bytes)
      return `it has ${total} bytes now, and had ${expected.bytes} when it was listed`;
    return undefined;
  }
  const length = headers['content-length'];
  if (expected.bytes !== null && length !== undefined && Number(length) !== expected.bytes)
    return `it has ${length} bytes now, and had ${expected.bytes} when it was listed`;
  return undefined;
}

/**
 * Where a file's ranges are when all redirects are followed, found by asking for its first byte; undefined when the answer
 * isn't this byte of it.
 */
export async function locateRemote(
  asked: RemoteRequest,
  expected: Omit<Expected, 'name'>,
  context: RequestContext,
): Promise<Located | undefined> {
  const first = { start: 0, end: 0 };
  const { headers = {}, authorize } = asked;
  const response = await fetchRemote({ ...asked, headers: { ...headers, ...rangeHeader(first) } }, context);
  const fits = response.status === 206 && bodyFault(206, response.headers, first, expected) === undefined;
  if (!fits) {
    response.body.on('error', () => undefined).destroy();
    return undefined;
  }
  response.body.resume();
  const url = new URL(response.url);
  return {
    url: url.href,
    headers: () => ({ ...headers, ...authorize?.(url, headers, 'GET') }),
    etag: expected.etag,
  };
}

/** Without quotes and weakness. */
export function bareEtag(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}

/** A redirect from https to plain http would show a signed address, and the weights, to the whole way. */
function redirectTarget(from: URL, location: string): URL {
  let target: URL;
  try {
    target = new URL(location, from);
  } catch {
    throw new InfraError(`${shownUrl(from)} redirects to something that is no address`);
  }
  if (!['http:', 'https:'].includes(target.protocol))
    throw new InfraError(`${shownUrl(from)} redirects to ${target.protocol}, which is refused`);
  if (from.protocol === 'https:' && target.protocol === 'http:')
    throw new InfraError(`${shownUrl(from)} redirects to plain http (${target.host}), which is refused`);
  target.username = '';
  target.password = '';
  return target;
}

/** Whether a secret may be sent here: always by https, by plain http only within this machine. */
export function mayCarrySecrets(url: URL): boolean {
  return (
    url.protocol === 'https:' ||
    ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname) ||
    url.hostname.endsWith('.localhost')
  );
}

/** The address of a server that a user names, without trailing slashes; `what` is what it serves. */
export function checkEndpoint(text: string, what: string): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '')
    throw new ConfigError(
      `the ${what} endpoint ${JSON.stringify(text.replace(/\/\/[^@/]*@/, '//***@'))} must be https://host or https://host/path`,
    );
  return url.href.replace(/\/+$/, '');
}
