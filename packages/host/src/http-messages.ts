/** Parts of HTTP messages that the router handles itself: hop-by-hop headers and OpenAI's error bodies. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

export const VERSION_HEADER = 'x-sluice-version';
export const PROBE_HEADER = 'x-sluice-probe';

/** RFC 9110 section 7.6.1, with the older Keep-Alive and Proxy-Connection. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Answered or used up by the router: the probe header; `Expect: 100-continue`, which has had its answer; and
 * Accept-Encoding, because an answer that comes compressed can't be read on the way.
 */
const FOR_ROUTER = new Set([PROBE_HEADER, 'expect', 'accept-encoding']);

function dropped(connection: string | undefined): (name: string) => boolean {
  const named = new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  return (name) => HOP_BY_HOP.has(name) || named.has(name);
}

/** Headers for the model server. Repeated ones stay repeated. */
export function requestHeaders(request: IncomingMessage): OutgoingHttpHeaders {
  const drop = dropped(request.headers.connection);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (drop(name) || FOR_ROUTER.has(name) || values === undefined) continue;
    headers[name] = values.length === 1 ? values[0] : values;
  }
  // A body of unknown length goes on as one, whatever the method.
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  // HTTP/1.0 clients may leave it out; HTTP/1.1 servers want it.
  headers['host'] ??= 'localhost';
  const client = request.socket.remoteAddress ?? 'unknown';
  const before = request.headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before === undefined ? client : `${String(before)}, ${client}`;
  return headers;
}

/** The server's headers as name, value, name, value, with those of one hop left out. */
export function answerHeaders(answer: IncomingMessage): string[] {
  const drop = dropped(answer.headers.connection);
  const headers: string[] = [];
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    const name = answer.rawHeaders[index] ?? '';
    if (!drop(name.toLowerCase()) && name.toLowerCase() !== VERSION_HEADER) {
      headers.push(name, answer.rawHeaders[index + 1] ?? '');
    }
  }
  return headers;
}

/** Answers with an error in OpenAI's form, which client libraries read: `{error: {message, type, param, code}}`. */
export function sendError(
  response: ServerResponse,
  status: number,
  message: string,
  options: { version?: string; code: string },
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  const body = JSON.stringify({ error: { message, type, param: null, code: options.code } });
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(options.version === undefined ? {} : { [VERSION_HEADER]: options.version }),
    // 503 passes when a server is healthy again.
    ...(status === 503 ? { 'retry-after': '1' } : {}),
  });
  response.end(body);
}
