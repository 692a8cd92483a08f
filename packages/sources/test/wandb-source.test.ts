/** A server by the official client's queries; that client itself meets it in e2e/oracles. */
import { describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { manifestDigest, readManifest } from '@sluice/sources/wandb-manifest';
import { parseWandbAddress, resolveWandb } from '@sluice/sources/wandb-source';
import { serveS3 } from './support/s3-server.ts';
import { bytesOfFile, testContext } from './support/serve.ts';
import type { TestContext } from './support/serve.ts';
import { manifestOf, serveWandb } from './support/wandb-server.ts';
import type { WandbEntry, WandbServer } from './support/wandb-server.ts';

const KEY = 'w'.repeat(40);
const V0 = { 'config.json': { bytes: Buffer.from('{"v": 0}') } };
const V1 = {
  'config.json': { bytes: Buffer.from('{"v": 1}') },
  'é/weights b.bin': { bytes: Buffer.from('weights') },
  'z.txt': { bytes: Buffer.from('z') },
};

function start(more: Record<string, WandbEntry> = {}): Promise<WandbServer> {
  return serveWandb({
    ...{ entity: 'acme', project: 'llm', key: KEY, pageSize: 2 },
    collections: {
      weights: [
        { aliases: ['old'], entries: V0 },
        { aliases: ['latest', 'production'], entries: { ...V1, ...more } },
      ],
      half: [{ aliases: ['latest'], entries: V0, state: 'PENDING' }],
    },
  });
}

const context = (server: WandbServer, more: Parameters<typeof testContext>[0] = {}): TestContext =>
  testContext({ env: { HOME: '/nonexistent', WANDB_BASE_URL: server.url, WANDB_API_KEY: KEY }, ...more });

describe('wandb:', () => {
  test.each(['production', 'v1', 'latest', ''])(
    'alias %j is v1 and its digest, over pages, the key for W&B alone',
    async (alias) => {
      await using server = await start();
      const asked = context(server);
      const rest = `acme/llm/weights${alias && ':'}${alias}`;
      const { source, revision, files } = await resolveWandb({ rest }, asked);
      const { digest } = manifestOf(V1);
      expect([source, revision]).toEqual(['wandb:acme/llm/weights:v1', `v1@${digest}`]);
      expect(files.map(({ path }) => path)).toEqual(['config.json', 'z.txt', 'é/weights b.bin']);
      expect(files[2]).toMatchObject({ bytes: 7, hash: { algorithm: 'md5' } });
      expect((await bytesOfFile(files[2], { start: 1, end: 3 })).bytes.toString()).toBe('eig');
      expect(server.store.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
      expect(asked.secrets).toContain(KEY);
      // What we call a revision can be given back.
      expect((await resolveWandb({ rest: `acme/llm/weights:v1@${digest}` }, asked)).revision).toBe(revision);
    },
  );

  test('an address that ran out is asked anew', async () => {
    await using server = await start();
    const { files } = await resolveWandb({ rest: 'acme/llm/weights' }, context(server));
    const before = await files[0]?.locate?.(AbortSignal.timeout(1000));
    server.expire();
    expect((await bytesOfFile(files[0])).bytes.toString()).toBe('{"v": 1}');
    server.expire();
    const after = await files[0]?.locate?.(AbortSignal.timeout(1000));
    expect(after?.url).not.toBe(before?.url);
    expect((await fetch(after?.url ?? '')).status).toBe(200);
  });

  test('references: S3 by version and ETag is followed with its own credentials', async () => {
    await using s3 = await serveS3({
      bucket: 'b',
      objects: new Map([['k.bin', { bytes: Buffer.from('in s3'), headers: { etag: '"e1"' } }]]),
    });
    const env = (server: WandbServer) => ({
      HOME: '/nonexistent',
      WANDB_BASE_URL: server.url,
      WANDB_API_KEY: KEY,
      AWS_ENDPOINT_URL_S3: s3.url,
    });
    await using server = await start({ 'ref.bin': { more: { digest: 'e1', ref: 's3://b/k.bin', size: 5 } } });
    const { files } = await resolveWandb({ rest: 'acme/llm/weights' }, context(server, { env: env(server) }));
    expect((await bytesOfFile(files[1])).bytes.toString()).toBe('in s3');
    expect(s3.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await using changed = await start({
      'ref.bin': { more: { digest: 'e0', ref: 's3://b/k.bin', size: 5 } },
    });
    await expect(
      resolveWandb({ rest: 'acme/llm/weights' }, context(changed, { env: env(changed) })),
    ).rejects.toThrow('changed since');
  });

  test.each(['gs://b/k', 'file:///etc/passwd', 'http://10.0.0.1/x', 'wandb-artifact://x/y'])(
    'a reference to %s is refused by name',
    async (ref) => {
      await using server = await start({ 'ref.bin': { more: { digest: 'x', ref } } });
      const failure = resolveWandb({ rest: 'acme/llm/weights' }, context(server));
      await expect(failure).rejects.toThrow(ConfigError);
      await expect(failure).rejects.toThrow(
        `"ref.bin" refers to ${JSON.stringify(ref)}, which is not followed`,
      );
    },
  );

  test.each([
    ['acme/llm/none', {}, 'no artifact of this name with this alias'],
    ['acme/llm/weights:v7', {}, 'no artifact of this name with this alias'],
    ['acme/none/weights', {}, 'project acme/none does not exist'],
    ['acme/llm/half', {}, 'its state is "PENDING"'],
    ['acme/llm/weights', { token: 'bad' }, 'may not be read with input `token` (401'],
    [`acme/llm/weights:v1@${'0'.repeat(32)}`, {}, 'not 00000'],
    ['acme/llm/weights:v1', { revision: 'v0' }, 'give one of them'],
    ['acme/llm', {}, 'is no W&B artifact'],
  ])('%s with %j is the user’s to mend', async (rest, more, part) => {
    await using server = await start();
    const failure = resolveWandb({ rest }, context(server, more));
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(part);
  });

  test('a manifest that is not the digest’s is refused, and so are paths that lead out', async () => {
    const { text, digest } = manifestOf(V1);
    expect(readManifest(text, digest, 'x').entries).toHaveLength(3);
    expect(() => readManifest(text.replace('z.txt', 'y.txt'), digest, 'x')).toThrow(InfraError);
    expect(() => readManifest(text.replace('"version":1', '"version":2'), digest, 'x')).toThrow(ConfigError);
    await using server = await start({ '../x': { bytes: Buffer.from('x') } });
    await expect(resolveWandb({ rest: 'acme/llm/weights' }, context(server))).rejects.toThrow('refused');
  });

  test('XXH128 hashes are told to be beyond us', async () => {
    await using server = await start({
      'x.bin': { bytes: Buffer.from('x'), more: { digest: 'b'.repeat(24), extra: { alg: 'XXH128' } } },
    });
    const asked = context(server);
    const { files } = await resolveWandb({ rest: 'acme/llm/weights' }, asked);
    expect(files.find(({ path }) => path === 'x.bin')).toMatchObject({ hash: null, etag: 'b'.repeat(24) });
    expect(asked.lines.join()).toContain('XXH128');
  });

  test('the digest is what the official client computes; the address needs three parts', () => {
    // By Python's hashlib; the official client's own digest of the same kind is met in e2e/oracles.
    expect(
      manifestDigest([
        { path: 'b.txt', digest: 'CY9rzUYh03PK3k6DJie09g==' },
        { path: 'a/ü.bin', digest: 'yTpyIpaHAwe6mHGEnykcfQ==' },
      ]),
    ).toBe('4237e223663001792f332ff06912a0d9');
    expect(() => parseWandbAddress('a/b/c:d:e', undefined)).toThrow(ConfigError);
    expect(parseWandbAddress('a/b/c', 'v3')).toMatchObject({ alias: 'v3' });
  });
});
