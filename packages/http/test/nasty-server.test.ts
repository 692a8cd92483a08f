/** Servers at their nastiest: own authorities, redirects that lead in circles or down, bodies compressed unasked. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { InfraError } from '@sluice/runtime/errors';
import { makeCertificate } from '@sluice/testing/certificate';
import { request } from '../src/client.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}
const serve = async (handler: Handler): Promise<string> =>
  `http://127.0.0.1:${await listen(createServer(handler))}`;

describe('a server whose certificate comes from an authority of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ca-'));
  let base: string;
  let plain: string;

  beforeAll(async () => {
    const certificate = makeCertificate(['0.0.0.0']);
    writeFileSync(join(folder, 'ca.pem'), certificate.cert);
    plain = await serve((incoming, response) => response.end(incoming.headers.authorization ?? 'no token'));
    const secure = createSecureServer(certificate, (incoming, response) => {
      if (incoming.url === '/down') response.writeHead(302, { location: `${plain}/file` }).end();
      else response.end(`token: ${incoming.headers.authorization ?? 'none'}`);
    });
    // Not a loopback address by its name, so that proxies are asked; Linux connects to this machine all the same.
    base = `https://0.0.0.0:${await listen(secure)}`;
  });

  /** A process of its own: Node reads NODE_EXTRA_CA_CERTS at its start. */
  async function ask(path: string, env: Record<string, string>): Promise<string> {
    const script = `import { request } from ${JSON.stringify(join(import.meta.dirname, '../src/client.ts'))};
      const [url, origin] = process.argv.slice(1);
      const said = request(url, { retries: 0, token: { value: 'hf_x', origin } }).then((answer) => answer.text());
      console.log(await said.catch((error) => String(error)));`;
    const args = ['--input-type=module', '-e', script, base + path, base];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env: { PATH: process.env['PATH'], ...env },
    });
    return stdout.trim();
  }

  test('NODE_EXTRA_CA_CERTS lets it in, its absence does not', async () => {
    expect(await ask('/', { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') })).toBe('token: Bearer hf_x');
    expect(await ask('/', {})).toMatch(/^InfraError: GET https:.+(certificate|self-signed)/);
  });

  test('NO_PROXY spares it, with port and by pattern', async () => {
    const env = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'), HTTPS_PROXY: 'http://127.0.0.1:9' };
    for (const NO_PROXY of ['0.0.0.0', new URL(base).host, '*']) {
      expect(await ask('/', { ...env, NO_PROXY })).toBe('token: Bearer hf_x');
    }
    expect(await ask('/', { ...env, NO_PROXY: 'example.com' })).toContain('ECONNREFUSED');
  });

  test('a way down to plain http is refused, token or not', async () => {
    const said = await ask('/down', { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') });
    expect(said).toMatch(/redirects to plain http \(127\.0\.0\.1:\d+\), which is refused$/);
  });
});

test('a redirect loop ends at once, is told, and is not tried again', async () => {
  let asked = 0;
  const base = await serve((_, response) => {
    asked += 1;
    response.writeHead(302, { location: '/again' }).end();
  });
  const looping = request(`${base}/?sig=key`);
  await expect(looping).rejects.toThrow('redirects more than 10 times');
  await expect(looping).rejects.not.toThrow('key');
  expect(asked).toBe(11);
});

test.each(['file:///etc/passwd', 'ftp://x/y', 'http://[', 'javascript:1'])(
  'a redirect to %s is refused',
  async (location) => {
    const base = await serve((_, response) => response.writeHead(302, { location }).end());
    await expect(request(base)).rejects.toBeInstanceOf(InfraError);
    await expect(request(base)).rejects.toThrow('which is refused');
  },
);

test('headers with credentials stay with their origin; 303 asks by GET', async () => {
  const seen: unknown[] = [];
  const other = await serve((incoming, response) => {
    const { authorization, cookie, accept } = incoming.headers;
    seen.push([incoming.method, authorization, cookie, accept, incoming.headers['content-length']]);
    response.end('ok');
  });
  const base = await serve((_, response) => response.writeHead(303, { location: other }).end());
  const headers = { Authorization: 'Basic x', cookie: 'a=b', accept: 'text/plain' };
  await (await request(base, { method: 'POST', body: 'hello', headers })).text();
  expect(seen).toEqual([['GET', undefined, undefined, 'text/plain', undefined]]);
});

test('a body compressed unasked is read; one that is cut short is an error', async () => {
  const plain = JSON.stringify({ ok: 'ä'.repeat(1_000) });
  const coded: Record<string, Buffer> = {
    gzip: gzipSync(plain),
    deflate: deflateSync(plain),
    br: brotliCompressSync(plain),
  };
  const asked: unknown[] = [];
  const base = await serve((incoming, response) => {
    const [, name = '', short] = (incoming.url ?? '').split('/');
    asked.push(incoming.headers['accept-encoding']);
    response.writeHead(200, { 'content-encoding': name });
    response.end(short === undefined ? coded[name] : coded[name]?.subarray(0, 30));
  });
  for (const name of Object.keys(coded)) {
    expect(await (await request(`${base}/${name}`)).json()).toEqual({ ok: 'ä'.repeat(1_000) });
  }
  await expect((await request(`${base}/gzip/short`)).text()).rejects.toThrow('unexpected end of file');
  expect(new Set(asked)).toEqual(new Set(['identity']));
});

test('line breaks reach no header and no request line', async () => {
  const seen: (string | undefined)[] = [];
  const base = await serve((incoming, response) => {
    seen.push(incoming.url, incoming.headers['x-evil'] as string | undefined);
    response.end();
  });
  const token = { value: 'a\r\nx-evil: 1', origin: base };
  await expect(request(base, { token })).rejects.toThrow('Invalid character in header');
  await expect(request(base, { headers: { 'x-a\r\nx-evil': '1' } })).rejects.toThrow('valid HTTP token');
  await request(`${base}/a\r\nx-evil: 1/b`);
  expect(seen).toEqual(['/ax-evil:%201/b', undefined]);
});
