/** What is found out about a server before it is tested. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { makeCertificate } from '@sluice/testing/certificate';
import { detectProtocol } from '../src/clients/detect.ts';
import { whyUnwell } from '../src/clients/openai-server.ts';
import type { Target } from '../src/clients/openai-request.ts';
import { content, DONE, startHostile, stream, type HostileServer } from './hostile-server.ts';

let server: HostileServer;
beforeAll(async () => {
  server = await startHostile();
});
afterAll(() => server.close());
const target = (): Target => ({ origin: server.origin, modelName: 'm' });

describe('protocol: auto', () => {
  /** Chat is answered with this status and message, completions well. */
  const withoutChat = (status: number, message: string): void =>
    server.reply((response, request, body) => {
      if (request.url?.includes('/chat/') !== true)
        return stream(content('x', 'stop'), DONE)(response, request, body);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message } }));
      return undefined;
    });

  test('chat where it is answered', async () => {
    server.reply(stream(content('x', 'stop'), DONE));
    expect(await detectProtocol(target())).toBe('openai-chat');
  });

  test.each([
    [400, 'the model has no chat template: use /v1/completions'],
    [404, 'Not Found'],
    [501, 'not implemented'],
    [500, 'default chat template is no longer allowed'],
  ])('completions where chat is refused: %i %s', async (status, message) => {
    withoutChat(status, message);
    expect(await detectProtocol(target())).toBe('openai-completions');
  });

  test.each([
    [503, 'overloaded'],
    [429, 'slow down'],
    [500, 'CUDA error'],
  ])('a server in trouble is not tested without its chat template: %i %s', async (status, message) => {
    withoutChat(status, message);
    await expect(detectProtocol(target())).rejects.toThrow(InfraError);
  });

  test('a refused token is told as the input that it is', async () => {
    withoutChat(401, 'no key');
    await expect(detectProtocol(target())).rejects.toThrow(ConfigError);
    await expect(detectProtocol(target())).rejects.toThrow('input `endpoint-token` is empty: give one');
    await expect(detectProtocol({ ...target(), token: 't' })).rejects.toThrow('is refused');
  });
});

describe('why a server is not well', () => {
  test('status by status', async () => {
    server.reply((response) => void response.writeHead(401).end('{}'));
    expect(await whyUnwell(target(), '/health')).toBe('/health: HTTP 401 (give `endpoint-token`)');
    server.reply((response) => void response.writeHead(404).end('{}'));
    expect(await whyUnwell(target(), '/health')).toBe('/health: HTTP 404, /v1/models: HTTP 404');
    server.reply(
      (response, request) => void response.writeHead(request.url === '/v1/models' ? 200 : 404).end('{}'),
    );
    expect(await whyUnwell(target(), '/health')).toBeUndefined();
  });

  test('a certificate that nobody knows: which variable names its CA', async () => {
    const secure = createHttps(makeCertificate(['localhost']), (_, response) => response.end('{}'));
    await new Promise<void>((resolve) => secure.listen(0, 'localhost', resolve));
    const origin = `https://localhost:${(secure.address() as AddressInfo).port}`;
    expect(await whyUnwell({ origin, modelName: 'm' }, '/health')).toMatch(
      /^\/health: self-signed certificate; name the file of its CA in the environment variable NODE_EXTRA_CA_CERTS$/,
    );
    secure.closeAllConnections();
    secure.close();
  });
});
