import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { plainLogger } from '@sluice/runtime/logger';
import { chooseEndpoint, chooseToken } from '@sluice/sources/hub-address';
import { nextPage, readRepoInfo, readTreePage } from '@sluice/sources/hub-answers';
import { HubClient } from '@sluice/sources/hub-client';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';

const TOKEN = 'hf_fixture';
const files = { 'a.json': '{}', 'b/c.txt': 'text', 'model.gguf': 'GGUF weights' };
let hub: FixtureHub;
beforeAll(async () => {
  hub = await startHub({
    repos: [
      { id: 'acme/tiny', revisions: ['v1.0', 'v2.0', 'v2.1'].map((name) => ({ name, files })) },
      { id: 'acme/gated', revisions: [{ name: 'v1', files }], gated: true },
    ],
    token: TOKEN,
    pageSize: 1,
  });
});
afterAll(() => hub.close());

function client(token?: string, retries = 0): HubClient {
  return new HubClient({
    endpoint: hub.url,
    token: token === undefined ? undefined : { value: token, from: 'input `token`' },
    log: plainLogger(() => undefined),
    signal: new AbortController().signal,
    stallTimeoutMs: 1000,
    retries,
  });
}

async function failure(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error as Error,
  );
}

describe('the hub client', () => {
  test('a tag, a branch and a commit become the commit', async () => {
    const commit = hub.commit('acme/tiny', 'v2.0');
    expect((await client().resolveRevision('acme/tiny', 'v2.0')).commit).toBe(commit);
    expect((await client().resolveRevision('acme/tiny', commit)).commit).toBe(commit);
    expect((await client().resolveRevision('acme/tiny', 'main')).commit).toBe(
      hub.commit('acme/tiny', 'v1.0'),
    );
  });

  test('the tree comes over all pages, with the hashes that name the blobs', async () => {
    const tree = await client().listTree('acme/tiny', hub.commit('acme/tiny', 'v1.0'));
    expect(tree.map(({ path, etag, lfs }) => [path, etag.length, lfs])).toEqual([
      ['a.json', 40, false],
      ['b/c.txt', 40, false],
      ['model.gguf', 64, true],
    ]);
  });

  test('a file opens from any byte, without the token on the CDN', async () => {
    hub.requests.length = 0;
    const opened = await client(TOKEN).openFile(
      'acme/tiny',
      hub.commit('acme/tiny', 'v1.0'),
      'model.gguf',
      5,
    );
    expect([opened.start, await opened.response.text()]).toEqual([5, 'weights']);
    expect(hub.requests.map(({ origin, authorized, range }) => [origin, authorized, range])).toEqual([
      ['hub', true, 'bytes=5-'],
      ['cdn', false, 'bytes=5-'],
    ]);
  });

  test('an unknown revision names the nearest', async () => {
    const error = await failure(client().resolveRevision('acme/tiny', 'v2.3'));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe(
      'input `revision` = "v2.3" does not exist in acme/tiny; the nearest that do are "v2.0", "v2.1", "v1.0", "main"',
    );
  });

  test.each([
    [
      'an unknown repository',
      'acme/none',
      undefined,
      ['"acme/none" is not known to the hub', 'pass a read token'],
    ],
    ['the same with a token', 'acme/none', TOKEN, ['is not known', 'token from input `token` may read it']],
    ['a wrong token', 'acme/tiny', 'hf_wrong', ['refused the token from input `token`', 'expired']],
  ])('%s', async (_, repo, token, parts) => {
    const error = await failure(client(token).resolveRevision(repo, 'main'));
    expect(error).toBeInstanceOf(ConfigError);
    for (const part of parts) expect(error.message).toContain(part);
    expect(error.message).not.toContain('hf_');
  });

  test('a gated repository says where to ask for access', async () => {
    const error = await failure(client().openFile('acme/gated', hub.commit('acme/gated', 'v1'), 'a.json', 0));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(`ask for access at ${hub.url}/acme/gated`);
  });

  test('a CDN that refuses is infrastructure, whatever its status', async () => {
    hub.faults.push({ origin: 'cdn', kind: 'status', status: 403 });
    const error = await failure(
      client().openFile('acme/tiny', hub.commit('acme/tiny', 'v1.0'), 'model.gguf', 0),
    );
    expect(error).toBeInstanceOf(InfraError);
    expect(error.message).toContain('redirected to answered 403');
  });

  test('a 429 is waited for', async () => {
    hub.faults.push({ origin: 'hub', kind: 'rate-limit', seconds: 0 });
    expect((await client(undefined, 1).resolveRevision('acme/tiny', 'v1.0')).commit).toMatch(
      /^[0-9a-f]{40}$/,
    );
  });

  test('a page that is no hub is told so', async () => {
    hub.faults.push({ origin: 'hub', kind: 'status', status: 200, body: '<html>' });
    expect(await failure(client().resolveRevision('acme/tiny', 'v1.0'))).toBeInstanceOf(InfraError);
  });
});

describe('typed readers', () => {
  test.each([
    ['no list', {}],
    ['no path', [{ type: 'file', oid: 'a'.repeat(40), size: 1 }]],
    ['no Git id', [{ type: 'file', path: 'x', oid: 'zz', size: 1 }]],
    ['a negative size', [{ type: 'file', path: 'x', oid: 'a'.repeat(40), size: -1 }]],
    [
      'LFS without sha256',
      [{ type: 'file', path: 'x', oid: 'a'.repeat(40), size: 1, lfs: { oid: '../../x', size: 1 } }],
    ],
  ])('a tree with %s is refused', (_, page) => {
    expect(() => readTreePage(page, 'tree')).toThrow(InfraError);
  });

  test('an info without a commit is refused', () => {
    expect(() => readRepoInfo({ sha: 'main' }, 'info')).toThrow('names no commit');
  });

  test.each([
    ['<http://h/a?x=1>; rel="next"', 'http://h/a?x=1'],
    ['<http://h/p>; rel="prev", <http://h/n>; rel=next; title="x"', 'http://h/n'],
    ['<http://h/p>; rel="prev"', undefined],
    [undefined, undefined],
  ])('next page of %s', (link, expected) => {
    expect(nextPage(link)).toBe(expected);
  });
});

describe('addresses and tokens', () => {
  test('the input goes before the environment, and the answer says where it came from', () => {
    const env = { HF_ENDPOINT: 'https://mirror.example/', HF_TOKEN: ' t ' };
    expect(chooseEndpoint('http://localhost:8080/', env)).toEqual({
      value: 'http://localhost:8080',
      from: 'input `endpoint`',
    });
    expect(chooseEndpoint(undefined, env)).toEqual({
      value: 'https://mirror.example',
      from: '`HF_ENDPOINT`',
    });
    expect(chooseEndpoint(undefined, {}).from).toBe('the default');
    expect(chooseToken('x', env)).toEqual({ value: 'x', from: 'input `token`' });
    expect(chooseToken(undefined, env)).toEqual({ value: 't', from: '`HF_TOKEN`' });
    expect(chooseToken(undefined, { HF_TOKEN: '' })).toBeUndefined();
  });

  test.each(['nonsense', 'ftp://h', 'https://h?x=1', 'https://user:hunter2@h', 'https://user:hunter2@h?x=1'])(
    '%s is no endpoint',
    (value) => {
      expect(() => chooseEndpoint(value, {})).toThrow(ConfigError);
      expect(() => chooseEndpoint(value, {})).not.toThrow('hunter2');
    },
  );
});
