import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { InfraError } from '@sluice/runtime/errors';
import { request } from '../src/client.ts';
import { backoffMs, retryAfterMs } from '../src/retry.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a token goes to its own origin and to no other', async () => {
  const seen: (string | undefined)[] = [];
  const cdn = await serve((incoming, response) => {
    seen.push(incoming.headers.authorization);
    response.end('bytes');
  });
  const hub = await serve((incoming, response) => {
    seen.push(incoming.headers.authorization);
    response.writeHead(302, { location: `${cdn}/blob` }).end();
  });
  const response = await request(`${hub}/file`, { token: { value: 'hf_x', origin: hub } });
  expect(await response.text()).toBe('bytes');
  expect(seen).toEqual(['Bearer hf_x', undefined]);
});

test('a kept connection that the server closes at its next use is nobody’s failure; a new one that it closes is', async () => {
  let kept = false;
  const base = await serve((incoming, response) => {
    if (kept || incoming.url === '/never') return void ((kept = false), incoming.socket.destroy());
    kept = true;
    response.end('ok');
  });
  expect(await (await request(base, { retries: 0 })).text()).toBe('ok');
  expect(await (await request(base, { retries: 0 })).text()).toBe('ok');
  await expect(request(`${base}/x`, { retries: 0, method: 'POST', body: 'x' })).rejects.toThrow(
    'socket hang up',
  );
  await expect(request(`${base}/never`, { retries: 0 })).rejects.toThrow('socket hang up');
});

test('5xx, 429 with Retry-After and a broken connection are tried again; 404 is an answer', async () => {
  let count = 0;
  const base = await serve((incoming, response) => {
    count += 1;
    if (incoming.url === '/missing') return void response.writeHead(404).end('no');
    if (count === 1) return void response.writeHead(503).end('busy');
    if (count === 2) return void response.writeHead(429, { 'retry-after': '0', connection: 'close' }).end();
    if (count === 3) return void incoming.socket.destroy();
    response.end('{"ok":true}');
  });
  const told: string[] = [];
  const response = await request(`${base}/x?sig=secret`, { onRetry: (message) => told.push(message) });
  expect(await response.json()).toEqual({ ok: true });
  expect(told).toHaveLength(3);
  expect(told.join()).not.toContain('secret');
  expect(count).toBe(4);
  expect((await request(`${base}/missing`)).status).toBe(404);
  expect(count).toBe(5);
});

test('when the tries end the last answer is told', async () => {
  const base = await serve((_, response) => response.writeHead(500).end('disk full'));
  const failing = request(base, { retries: 1 });
  await expect(failing).rejects.toThrow('HTTP 500: disk full (2 tries)');
  await expect(failing).rejects.toBeInstanceOf(InfraError);
});

test('silence is cut by the stall time-out', async () => {
  const base = await serve(() => undefined);
  await expect(request(base, { retries: 0, stallTimeoutMs: 100 })).rejects.toThrow('no byte came for 0.1 s');
  const half = await serve((_, response) => void response.write('half'));
  const answer = await request(half, { stallTimeoutMs: 100 });
  await expect(answer.text()).rejects.toThrow('no byte came for 0.1 s');
});

test('an abort ends the waiting at once', async () => {
  const base = await serve((_, response) => response.writeHead(503, { 'retry-after': '60' }).end());
  const started = Date.now();
  await expect(request(base, { signal: AbortSignal.timeout(100) })).rejects.toThrow();
  expect(Date.now() - started).toBeLessThan(2_000);
});

test('the wait a server asks for, and our own', () => {
  expect(retryAfterMs({ 'retry-after': '7' })).toBe(7_000);
  expect(
    retryAfterMs({ 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT' }, Date.parse('2026-10-21T07:28:00Z')),
  ).toBe(10_000);
  expect(retryAfterMs({ ratelimit: '"resolvers";r=0;t=55' })).toBe(55_000);
  expect(retryAfterMs({ ratelimit: '"resolvers";r=12;t=55' })).toBeUndefined();
  expect(backoffMs(0, () => 0)).toBe(250);
  expect(backoffMs(20, () => 1)).toBe(30_000);
});

test('HTTP_PROXY is taken, and NO_PROXY spared', async () => {
  const through: (string | undefined)[] = [];
  const proxy = await serve((incoming, response) => {
    through.push(incoming.url);
    response.end('by the proxy');
  });
  const direct = await serve((_, response) => response.end('directly'));
  const script = `import { request } from ${JSON.stringify(join(import.meta.dirname, '../src/client.ts'))};
    for (const url of process.argv.slice(1)) console.log(await (await request(url)).text());`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script, 'http://hub.example/file', direct],
    {
      env: {
        ...process.env,
        HTTP_PROXY: proxy,
        http_proxy: proxy,
        NO_PROXY: '127.0.0.1',
        no_proxy: '127.0.0.1',
      },
    },
  );
  expect(stdout).toBe('by the proxy\ndirectly\n');
  expect(through).toEqual(['http://hub.example/file']);
});
