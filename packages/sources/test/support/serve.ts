/** A loopback server for tests that logs what each request carried, and the context that drivers are handed. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { RemoteFile, SourceContext } from '@sluice/sources/source';

export interface Seen {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: string;
  bytes: Buffer;
}

export interface TestServer extends AsyncDisposable {
  url: string;
  seen: Seen[];
}

export async function serve(
  answer: (request: Seen, response: ServerResponse) => void | Promise<void>,
): Promise<TestServer> {
  const seen: Seen[] = [];
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const bytes = await buffer(incoming);
    const request = {
      method: incoming.method ?? '',
      url: new URL(incoming.url ?? '', 'http://x'),
      headers: incoming.headers,
      body: bytes.toString(),
      bytes,
    };
    seen.push(request);
    await answer(request, response);
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with `bytes` as a web server does: ETag, ranges, If-Match. */
export function sendBytes(
  request: Seen,
  response: ServerResponse,
  bytes: Buffer,
  etag?: string,
  more: Record<string, string> = {},
): void {
  const headers: Record<string, string> = { 'accept-ranges': 'bytes', ...more };
  if (etag !== undefined) headers['etag'] = etag;
  const condition = request.headers['if-match'];
  if (condition !== undefined && condition !== etag) {
    response.writeHead(412, headers).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (range === null) {
    response.writeHead(200, { ...headers, 'content-length': String(bytes.length) });
    response.end(request.method === 'HEAD' ? undefined : bytes);
    return;
  }
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
  if (start >= bytes.length) {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  response.writeHead(206, {
    ...headers,
    'content-length': String(end - start + 1),
    'content-range': `bytes ${start}-${end}/${bytes.length}`,
  });
  response.end(bytes.subarray(start, end + 1));
}

export interface TestContext extends SourceContext {
  secrets: string[];
  lines: string[];
}

export function testContext(more: Partial<SourceContext> = {}): TestContext {
  const secrets: string[] = [];
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text);
  return {
    env: { HOME: '/nonexistent' },
    log: {
      info: write,
      notice: write,
      warning: write,
      error: write,
      debug: write,
      untrusted: write,
      group: (_title, fn) => fn(),
    },
    signal: AbortSignal.timeout(30_000),
    workspace: '/nonexistent',
    addSecret: (value) => void secrets.push(value),
    secrets,
    lines,
    ...more,
  };
}

/** A file's bytes, whole or a range. */
export async function bytesOfFile(
  file: RemoteFile | undefined,
  range?: { start: number; end: number },
): Promise<{ status: number; bytes: Buffer }> {
  if (!file) throw new Error('there is no such file');
  const opened = await file.open(range, AbortSignal.timeout(10_000));
  return { status: opened.status, bytes: await buffer(opened.body) };
}

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
