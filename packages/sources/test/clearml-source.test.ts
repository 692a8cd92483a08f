/** Servers of ClearML's published API: its own needs MongoDB, Elasticsearch and Redis. */
import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@sluice/runtime/errors';
import { pointer } from '@sluice/sources/clearml-source';
import { resolveSource } from '@sluice/sources/resolve-source';
import type { ResolvedSource } from '@sluice/sources/source';
import { serveClearml } from './support/clearml-server.ts';
import type { ClearmlServer } from './support/clearml-server.ts';
import { serveS3 } from './support/s3-server.ts';
import { bytesOfFile, sendBytes, serve, testContext } from './support/serve.ts';
import type { TestContext } from './support/serve.ts';

const ID = 'ab12'.repeat(8);
const WEIGHTS = Buffer.from('weights');

function start(uri: string, more: { ready?: boolean; system_tags?: string[] } = {}): Promise<ClearmlServer> {
  return serveClearml({
    ...{ key: 'ACCESS', secret: 'verySecretKey' },
    models: { [ID]: { uri, ...more } },
    files: new Map([['/llm/train.1/models/model v1.pt', WEIGHTS]]),
  });
}

const context = (server: ClearmlServer, more: NodeJS.ProcessEnv = {}): TestContext =>
  testContext({
    env: {
      HOME: '/nonexistent',
      CLEARML_API_HOST: server.url,
      CLEARML_FILES_HOST: server.files.url,
      CLEARML_API_ACCESS_KEY: 'ACCESS',
      CLEARML_API_SECRET_KEY: 'verySecretKey',
      ...more,
    },
  });

const resolve = (asked: TestContext, rest = ID): Promise<ResolvedSource> =>
  resolveSource({ kind: 'clearml', given: `clearml:${rest}`, rest }, asked);

describe('clearml:', () => {
  test('a model on the file server is read with the session’s token', async () => {
    await using server = await start('/llm/train.1/models/model%20v1.pt');
    const asked = context(server);
    const { source, revision, files } = await resolve(asked);
    expect(source).toBe(`clearml:${ID}`);
    expect(revision).toMatch(new RegExp(`^${ID}@listing:[0-9a-f]{64}$`));
    expect(files).toMatchObject([{ path: 'model v1.pt', bytes: 7, acceptsRanges: true }]);
    expect((await bytesOfFile(files[0], { start: 2, end: 4 })).bytes.toString()).toBe('igh');
    expect(asked.secrets).toEqual(expect.arrayContaining(['verySecretKey', server.token]));
    expect(asked.lines).toEqual([]);
  });

  test('a web address elsewhere gets no token; a draft and a package are told', async () => {
    await using other = await serve((request, response) => sendBytes(request, response, WEIGHTS, '"e"'));
    await using server = await start(`${other.url}/m.pt`, { ready: false, system_tags: ['package'] });
    const asked = context(server);
    const { files } = await resolve(asked);
    expect((await bytesOfFile(files[0])).bytes).toEqual(WEIGHTS);
    expect(other.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    expect(asked.lines.join()).toMatch(/is a draft.*is a package/);
  });

  test('S3, with the server in the address, is read by S3’s own variables', async () => {
    await using s3 = await serveS3({
      bucket: 'b',
      objects: new Map([['m.pt', { bytes: WEIGHTS, versionId: 'v7' }]]),
    });
    const host = new URL(s3.url).host;
    await using server = await start(`s3://${host}/b/m.pt`);
    const { files, revision } = await resolve(context(server, { AWS_ENDPOINT_URL_S3: s3.url }));
    expect(revision).toBe(`${ID}@v7`);
    expect((await bytesOfFile(files[0])).bytes).toEqual(WEIGHTS);
    expect(s3.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await expect(resolve(context(server))).rejects.toThrow(`set \`AWS_ENDPOINT_URL_S3\``);
  });

  test.each([
    ['file:///mnt/m.pt', "can't be read from here"],
    ['', 'its `uri` is empty'],
    ['/none.pt', 'does not exist'],
  ])('a model at %j is the user’s to mend', async (uri, part) => {
    await using server = await start(uri);
    const failure = resolve(context(server));
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(part);
  });

  test.each([
    ['0'.repeat(32), {}, 'does not exist on'],
    ['short', {}, 'is no model id'],
    [ID, { CLEARML_API_SECRET_KEY: 'wrong' }, 'may not be read with `CLEARML_API_ACCESS_KEY` (401'],
    [ID, { CLEARML_API_SECRET_KEY: '' }, 'needs credentials'],
    [ID, { CLEARML_API_HOST: 'nonsense' }, '`CLEARML_API_HOST` is no address'],
  ])('%s with %j is the user’s to mend', async (rest, more, part) => {
    await using server = await start('/x');
    const failure = resolve(context(server, more), rest);
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(part);
  });

  test('other clouds are handed on in our own grammar', () => {
    expect(pointer({ id: ID, uri: 'gs://b/k' }, {})).toMatchObject({ kind: 'gs', rest: 'b/k' });
    expect(pointer({ id: ID, uri: 'azure://acc.blob.core.windows.net/c/k' }, {})).toMatchObject({
      kind: 'az',
      given: 'az://acc/c/k',
    });
  });
});
