import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { Ask } from '../src/target.ts';
import { parseWarmUp, warmUp } from '../src/warm.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const at =
  (address: string): Ask =>
  (path, init) =>
    fetch(`${address}${path}`, init);

const options = { requests: 3, durationMs: null, modelName: 'llm', timeoutMs: 2_000 };
const never = new AbortController().signal;

test('asks as often as told', async () => {
  let asked = 0;
  const address = await serve((_, response) => response.end(`{"n":${(asked += 1)}}`));
  expect(await warmUp(at(address), options, never)).toMatchObject({ answered: 3, known: true });
  expect(asked).toBe(3);
});

test('asks for a time', async () => {
  const address = await serve((_, response) => setTimeout(() => response.end('{}'), 20));
  const { answered } = await warmUp(at(address), { ...options, requests: null, durationMs: 150 }, never);
  expect(answered).toBeGreaterThanOrEqual(2);
});

test('a chat-only server is asked by chat, one without either route is taken as warm', async () => {
  const paths: string[] = [];
  const chat = await serve((request, response) => {
    paths.push(request.url ?? '');
    response.statusCode = request.url === '/v1/chat/completions' ? 200 : 404;
    response.end('{}');
  });
  expect(await warmUp(at(chat), options, never)).toMatchObject({ answered: 3 });
  expect(paths.join(' ')).toBe(
    '/v1/completions /v1/chat/completions /v1/chat/completions /v1/chat/completions',
  );
  server?.close();
  const other = await serve((_, response) => {
    response.statusCode = 404;
    response.end();
  });
  expect(await warmUp(at(other), options, never)).toMatchObject({ answered: 0, known: false });
});

test('an error or silence fails the warm-up', async () => {
  const broken = await serve((_, response) => {
    response.statusCode = 500;
    response.end();
  });
  await expect(warmUp(at(broken), options, never)).rejects.toThrow(
    'warm-up request 1 was answered with status 500',
  );
  server?.close();
  await expect(warmUp(at('http://127.0.0.1:1'), options, never)).rejects.toThrow(/got no answer/);
});

test('a number of requests, or a time', () => {
  expect(parseWarmUp('3', undefined)).toEqual({ requests: 3, durationMs: null });
  expect(parseWarmUp('30s', 30_000)).toEqual({ requests: null, durationMs: 30_000 });
  expect(parseWarmUp('soon', undefined)).toBeNull();
});

test('without a name the server is asked for it', async () => {
  const bodies: string[] = [];
  const address = await serve((request, response) => {
    if (request.url === '/v1/models') {
      response.end('{"data":[{"id":"capitals"}]}');
      return;
    }
    request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
    request.on('end', () => response.end('{}'));
  });
  await warmUp(at(address), { ...options, requests: 1, modelName: '' }, never);
  expect(JSON.parse(bodies.join(''))).toMatchObject({ model: 'capitals' });
});
