/** The bundle over https with an authority of one's own, a CDN on https, and proxies: what companies' runners have. */
import { createHash, randomFillSync } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { makeCertificate } from '@sluice/testing/certificate';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import type { ActionOutcome } from '@sluice/testing/runner';
import { runAction } from '@sluice/testing/runner';
import type { Front } from '@sluice/testing/tls-front';
import { startProxy, startTlsFront } from '@sluice/testing/tls-front';

const TOKEN = 'hf_secretOfTheHub';
const bytes = randomFillSync(Buffer.alloc(24_000_000));
const sha256 = createHash('sha256').update(bytes).digest('hex');
const portOf = (url: string): number => Number(new URL(url).port);

let folder: string;
let authority: string;
let hub: FixtureHub;
let hubFront: Front;
let cdnFront: Front;
let strangeFront: Front;
let proxy: Front;
/** Where the hub says its files are; each test says it. */
let cdn: () => string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-secure-'));
  authority = join(folder, 'authority.pem');
  const certificate = makeCertificate(['localhost', '127.0.0.1', 'hub.test', 'cdn.test']);
  const strange = makeCertificate(['other.test']);
  await writeFile(authority, `${certificate.cert}${strange.cert}`);
  cdnFront = await startTlsFront(certificate, () => portOf(hub.cdnUrl));
  strangeFront = await startTlsFront(strange, () => portOf(hub.cdnUrl));
  hub = await startHub({
    token: TOKEN,
    repos: [
      { id: 'acme/big', revisions: [{ name: 'v1', files: { 'a.safetensors': bytes, 'a.json': '{}' } }] },
    ],
    cdnAt: () => cdn(),
  });
  hubFront = await startTlsFront(certificate, () => portOf(hub.url));
  proxy = await startProxy((name) => (name.startsWith('hub.') ? hubFront : cdnFront).port);
});
afterAll(async () => {
  for (const server of [hub, hubFront, cdnFront, strangeFront, proxy]) await server.close();
});
beforeEach(() => {
  hub.requests.length = 0;
  for (const front of [hubFront, cdnFront, proxy]) front.seen.length = 0;
});

async function pull(host: string, env: Record<string, string>): Promise<ActionOutcome> {
  const cwd = await mkdtemp(join(folder, 'workspace-'));
  const endpoint = `https://${host}:${hubFront.port}`;
  return runAction('model-pull', {
    cwd,
    inputs: {
      model: 'acme/big',
      'cache-dir': 'cache',
      endpoint,
      token: TOKEN,
      safety: 'off',
      connections: '4',
    },
    env: { HTTPS_PROXY: '', https_proxy: '', NO_PROXY: '', no_proxy: '', ...env },
    timeoutMs: 30_000,
  });
}

async function expectWhole(run: ActionOutcome): Promise<void> {
  expect([run.stdout, run.exitCode]).toEqual([expect.anything(), 0]);
  const found = await readFile(join(run.outputs['path'] ?? '', 'a.safetensors'));
  expect(createHash('sha256').update(found).digest('hex')).toBe(sha256);
  const strangers = hub.requests.filter(({ origin, authorized }) => origin === 'cdn' && authorized);
  expect(strangers).toEqual([]);
  expect(`${run.stdout}${run.stderr}`.replaceAll(`::add-mask::${TOKEN}`, '')).not.toContain(TOKEN);
}
/** Threads ask the hub once where the file is, and the CDN for several ranges. */
const ranges = () => hub.requests.filter(({ origin, range }) => origin === 'cdn' && range !== null);
const asked = () =>
  hub.requests.filter(({ path }) => path.endsWith('/resolve/') || path.endsWith('a.safetensors'));

describe.each(['localhost', '127.0.0.1'])('an https CDN at %s', (name) => {
  test('threads trust NODE_EXTRA_CA_CERTS, bring ranges and send no token', async () => {
    cdn = () => `https://${name}:${cdnFront.port}`;
    await expectWhole(await pull('localhost', { NODE_EXTRA_CA_CERTS: authority }));
    expect(ranges().length).toBeGreaterThan(1);
    expect(asked()).toHaveLength(1);
    // A name is asked for, an address isn't.
    expect(new Set(cdnFront.seen)).toEqual(new Set([name === 'localhost' ? 'localhost' : 'no name']));
  });
});

test('an authority that nobody trusts: a clear error, no file', async () => {
  const run = await pull('localhost', { NODE_EXTRA_CA_CERTS: '' });
  expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'infra-error']);
  expect(run.stdout).toMatch(
    /::error::.*localhost.*not trusted \(self-signed certificate.*NODE_EXTRA_CA_CERTS/,
  );
  expect(hub.requests).toEqual([]);
});

test('a certificate for another name is refused by the threads too', async () => {
  cdn = () => `https://localhost:${strangeFront.port}`;
  const run = await pull('localhost', { NODE_EXTRA_CA_CERTS: authority });
  expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'infra-error']);
  expect(run.stdout).toMatch(/::error::.*localhost.*not trusted .*altnames/);
  expect(hub.requests.filter(({ origin }) => origin === 'cdn')).toEqual([]);
});

test('HTTPS_PROXY: hub and CDN are reached through CONNECT alone, under names that only the proxy knows', async () => {
  cdn = () => `https://cdn.test:${cdnFront.port}`;
  const env = { NODE_EXTRA_CA_CERTS: authority, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
  await expectWhole(await pull('hub.test', env));
  const names = new Set(proxy.seen.map((seen) => seen.split(':')[0]));
  expect(names).toEqual(new Set(['hub.test', 'cdn.test']));
  expect(hubFront.seen.length + cdnFront.seen.length).toBe(proxy.seen.length);
});

test('NO_PROXY: what it names is reached directly, by threads; the rest by the proxy', async () => {
  cdn = () => `https://localhost:${cdnFront.port}`;
  const HTTPS_PROXY = `http://127.0.0.1:${proxy.port}`;
  await expectWhole(
    await pull('hub.test', { NODE_EXTRA_CA_CERTS: authority, HTTPS_PROXY, NO_PROXY: 'localhost' }),
  );
  expect(new Set(proxy.seen.map((seen) => seen.split(':')[0]))).toEqual(new Set(['hub.test']));
  expect(ranges().length).toBeGreaterThan(1);
  expect(asked()).toHaveLength(1);
});
