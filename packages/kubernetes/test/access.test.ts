/** The ways into a cluster that the emulator of the API doesn't know: certificates, proxies, names. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createServer as createProxy, type Server } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { connect } from '@sluice/kubernetes/connect';
import { plainLogger } from '@sluice/runtime/logger';
import { makeCertificate } from '@sluice/testing/certificate';

const authority = makeCertificate(['api.test']);
const seen: Record<string, unknown>[] = [];
const through: string[] = [];
let status = 200;
const server = createServer(
  { ...authority, requestCert: true, rejectUnauthorized: false },
  (request, response) => {
    const socket: unknown = request.socket;
    const { subject } = (socket as TLSSocket).getPeerCertificate();
    seen.push({
      user: (subject as { CN?: string } | undefined)?.CN,
      authorization: request.headers.authorization,
    });
    response.writeHead(status).end('{}');
  },
);
const proxy: Server = createProxy();
const tunnels: Duplex[] = [];
proxy.on('connect', (request, socket) => {
  tunnels.push(socket);
  through.push(String(request.url));
  const to = connectSocket(portOf(server), '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
  to.on('error', () => socket.destroy())
    .pipe(socket)
    .on('error', () => to.destroy())
    .pipe(to);
});

const portOf = (of: { address(): unknown }): number => (of.address() as AddressInfo).port;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

beforeAll(async () => {
  for (const one of [server, proxy])
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const tunnel of tunnels) tunnel.destroy();
  for (const one of [server, proxy]) {
    one.closeAllConnections();
    await new Promise((resolve) => one.close(resolve));
  }
});
beforeEach(() => {
  seen.length = 0;
  through.length = 0;
  status = 200;
});

async function enter(cluster: object, user: object): Promise<void> {
  const kubeconfig = JSON.stringify(
    {
      'current-context': 'x',
      clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${portOf(server)}`, ...cluster } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user }],
    },
    undefined,
    1,
  );
  const { signal } = new AbortController();
  const api = await connect({ kubeconfig, log: plainLogger(() => undefined), signal, patienceMs: 500 });
  await api.close();
}

const trusted = { 'certificate-authority-data': base64(authority.cert), 'tls-server-name': 'api.test' };
const certified = (now = Date.now()): object => {
  const { key, cert } = makeCertificate(['releaser'], now);
  return { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
};

test('a client certificate is shown, and the server known by another name', async () => {
  await enter(trusted, certified());
  expect(seen).toEqual([{ user: 'releaser', authorization: undefined }]);
});

test('user and password; a server that is not checked', async () => {
  await enter({ 'insecure-skip-tls-verify': true }, { username: 'ann', password: 'pa:ss' });
  expect(seen).toEqual([{ user: undefined, authorization: `Basic ${base64('ann:pa:ss')}` }]);
});

test("the kubeconfig's own proxy", async () => {
  await enter({ ...trusted, 'proxy-url': `http://127.0.0.1:${portOf(proxy)}` }, { token: 'a-token' });
  expect(through).toEqual([`127.0.0.1:${portOf(server)}`]);
  expect(seen).toEqual([{ user: undefined, authorization: 'Bearer a-token' }]);
});

test('an expired client certificate is why', async () => {
  status = 401;
  await expect(enter(trusted, certified(Date.now() - 5 * 24 * 3_600_000))).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(
      /^kubeconfig: cluster c doesn't let user "u" in \(401\): its client certificate expired on \w{3} /,
    ),
  });
});

test('a server of another name is not trusted', async () => {
  await expect(enter({ 'certificate-authority-data': base64(authority.cert) }, {})).rejects.toThrow(
    /is not trusted/,
  );
});
