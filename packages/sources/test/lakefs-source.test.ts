/** A server of lakeFS's published API: its own doesn't build as a Go module. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { parseLakefsAddress, resolveLakefs } from '@sluice/sources/lakefs-source';
import { serveLakefs } from './support/lakefs-server.ts';
import type { LakefsOptions } from './support/lakefs-server.ts';
import { bytesOfFile, sendBytes, serve, testContext } from './support/serve.ts';
import type { TestServer } from './support/serve.ts';

const COMMIT = 'c0ffee'.repeat(10) + 'beef';
const OBJECTS = new Map(
  ['llm/config.json', 'llm/a b/weights.bin', 'llm/', 'other/x.bin', 'single.gguf'].map((path) => [
    path,
    Buffer.from(path),
  ]),
);
const NEWER = new Map([...OBJECTS, ['llm/config.json', Buffer.from('not committed')]]);
const authorization = `Basic ${Buffer.from('AKIAkey:verySecretKey').toString('base64')}`;

function startLakefs(more: Partial<LakefsOptions> = {}): Promise<TestServer> {
  return serveLakefs({
    authorization,
    pageSize: 2,
    repositories: {
      models: {
        refs: { main: COMMIT, 'v1.0': COMMIT },
        commits: { [COMMIT]: OBJECTS },
        uncommitted: { main: NEWER },
      },
    },
    ...more,
  });
}

const context = (
  server: TestServer,
  more: Parameters<typeof testContext>[0] = {},
): ReturnType<typeof testContext> =>
  testContext({ endpoint: server.url, token: 'AKIAkey:verySecretKey', ...more });

describe('lakefs://', () => {
  test('a branch is its commit: pages, folder markers, ranges, and nothing that is not committed', async () => {
    await using server = await startLakefs();
    const asked = context(server);
    const { source, revision, files } = await resolveLakefs({ rest: 'models/main/llm' }, asked);
    expect([source, revision]).toEqual(['lakefs://models/main/llm', COMMIT]);
    expect(files.map(({ path }) => path)).toEqual(['a b/weights.bin', 'config.json']);
    expect(files[1]).toMatchObject({ bytes: 15, hash: { algorithm: 'md5' }, acceptsRanges: true });
    expect((await bytesOfFile(files[1])).bytes.toString()).toBe('llm/config.json');
    expect(await bytesOfFile(files[0], { start: 4, end: 6 })).toEqual({
      status: 206,
      bytes: Buffer.from('a b'),
    });
    expect(asked.lines.join()).toContain('not committed');
    expect(asked.secrets).toContain('verySecretKey');
    const located = await files[0]?.locate?.(asked.signal);
    expect(located?.headers()).toEqual({ authorization });
    expect(
      server.seen
        .filter(({ url }) => url.searchParams.has('path'))
        .every(({ url }) => url.pathname.includes(COMMIT)),
    ).toBe(true);
  });

  test.each([
    ['models/v1.0/single.gguf', ['single.gguf']],
    [`models/${COMMIT}/other/`, ['x.bin']],
    ['models/main', ['llm/a b/weights.bin', 'llm/config.json', 'other/x.bin', 'single.gguf']],
  ])('%s holds %j', async (rest, paths) => {
    await using server = await startLakefs({ pageSize: 1 });
    const { files } = await resolveLakefs({ rest }, context(server));
    expect(files.map(({ path }) => path)).toEqual(paths);
  });

  test('a signed address of the store gets no credentials', async () => {
    await using store = await serve((request, response) =>
      sendBytes(request, response, Buffer.from('single.gguf'), '"other"'),
    );
    await using server = await startLakefs({ store });
    const { files } = await resolveLakefs({ rest: 'models/v1.0/single.gguf' }, context(server));
    expect((await bytesOfFile(files[0])).bytes.toString()).toBe('single.gguf');
    expect(store.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('an object that changed its content is refused', async () => {
    const objects = new Map(OBJECTS);
    await using server = await startLakefs({
      repositories: { models: { refs: {}, commits: { [COMMIT]: objects } } },
    });
    const { files } = await resolveLakefs({ rest: `models/${COMMIT}/single.gguf` }, context(server));
    objects.set('single.gguf', Buffer.from('evil__.gguf'));
    await expect(bytesOfFile(files[0])).rejects.toThrow(InfraError);
  });

  test('lakectl’s file gives its credentials to its own server alone', async () => {
    await using server = await startLakefs();
    const home = await mkdtemp(join(tmpdir(), 'lakectl-'));
    try {
      const text = `server:\n  endpoint_url: ${server.url}/api/v1\ncredentials:\n  access_key_id: AKIAkey\n  secret_access_key: verySecretKey\n`;
      await writeFile(join(home, '.lakectl.yaml'), text);
      const own = testContext({ env: { HOME: home } });
      expect((await resolveLakefs({ rest: 'models/main/other' }, own)).revision).toBe(COMMIT);
      await using stranger = await startLakefs();
      const other = testContext({ env: { HOME: home, LAKECTL_SERVER_ENDPOINT_URL: stranger.url } });
      await expect(resolveLakefs({ rest: 'models/main/other' }, other)).rejects.toThrow(
        'without credentials',
      );
      expect(stranger.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });

  test.each([
    ['nothing/main/x', {}, 'the repository lakefs://nothing does not exist'],
    ['models/mian/x', {}, 'no branch, tag or commit "mian"; its branches are "main", "v1.0"'],
    ['models/main/none', {}, 'no object of this name, and none below it'],
    ['models/main/llm', { token: 'AKIAkey:wrong' }, 'may not be read with input `token` (401'],
    ['models/main/llm', { endpoint: 'nonsense' }, 'input `endpoint` is no address'],
    ['models/main/llm', { revision: 'abcdef12' }, `is at commit ${COMMIT}, not at`],
    ['Models!/main/llm', {}, 'is no lakeFS address'],
  ])('%s with %j is the user’s to mend', async (rest, more, part) => {
    await using server = await startLakefs();
    const failure = resolveLakefs({ rest }, context(server, more));
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(part);
  });

  test('without a server the mend is told; paths that lead out are refused', async () => {
    await expect(resolveLakefs({ rest: 'models/main/x' }, testContext())).rejects.toThrow(
      '`LAKECTL_SERVER_ENDPOINT_URL`',
    );
    expect(() => parseLakefsAddress('models/main/a/../b')).toThrow(ConfigError);
    const objects = new Map([['llm/../../x', Buffer.from('x')]]);
    await using server = await startLakefs({
      repositories: { models: { refs: {}, commits: { [COMMIT]: objects } } },
    });
    await expect(resolveLakefs({ rest: `models/${COMMIT}/llm` }, context(server))).rejects.toThrow('refused');
  });
});
