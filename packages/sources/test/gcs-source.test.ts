import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { gcsHash } from '@sluice/sources/gcs-client';
import { parseGcsAddress, resolveGcs } from '@sluice/sources/gcs-source';
import { createSourceHash } from '@sluice/sources/source-hash';
import { serveGcs } from './support/gcs-server.ts';
import type { GcsStored } from './support/gcs-server.ts';
import { bytesOfFile, serve, testContext } from './support/serve.ts';

const WEIGHTS = Buffer.alloc(5000, 'weights');
const stored = (bytes: Buffer | string, generation: string): GcsStored => ({
  bytes: Buffer.from(bytes),
  generation,
});

function objects(more: Record<string, GcsStored> = {}): Map<string, GcsStored> {
  return new Map(
    Object.entries({
      'models/v1/model.safetensors': stored(WEIGHTS, '1700000000000001'),
      'models/v1/sub/a b+ü&%41#(1).json': stored('{}', '1700000000000002'),
      'models/v1/': stored('', '3'),
      'models/v10/other': stored('other', '4'),
      ...more,
    }),
  );
}

describe('gs://', () => {
  test('a folder: every page listed, only what is below it, each read bound to its generation', async () => {
    await using server = await serveGcs({ bucket: 'bkt', objects: objects(), token: 'ya29.x', pageSize: 1 });
    const context = testContext({ token: 'ya29.x', endpoint: server.url });
    const { files, revision, source } = await resolveGcs({ rest: 'bkt/models/v1' }, context);
    expect(source).toBe('gs://bkt/models/v1');
    expect(revision).toMatch(/^listing:[0-9a-f]{64}$/);
    expect(files).toMatchObject([
      { path: 'model.safetensors', bytes: 5000, hash: { algorithm: 'md5' }, etag: '1700000000000001' },
      { path: 'sub/a b+ü&%41#(1).json', bytes: 2, hash: { algorithm: 'md5' } },
    ]);
    expect(await bytesOfFile(files[0], { start: 10, end: 19 })).toEqual({
      status: 206,
      bytes: WEIGHTS.subarray(10, 20),
    });
    expect((await bytesOfFile(files[1])).bytes.toString()).toBe('{}');
    const get = server.seen.find(({ headers }) => headers.range === 'bytes=10-19');
    expect(get?.url.searchParams.get('ifGenerationMatch')).toBe('1700000000000001');
  });

  test('the revision of a folder changes with a generation, though the bytes are the same', async () => {
    const kept = objects();
    await using server = await serveGcs({ bucket: 'bkt', objects: kept });
    const context = testContext({ env: { HOME: '/nonexistent', STORAGE_EMULATOR_HOST: server.url } });
    const first = await resolveGcs({ rest: 'bkt/models/v1/' }, context);
    expect((await resolveGcs({ rest: 'bkt/models/v1/' }, context)).revision).toBe(first.revision);
    kept.set('models/v1/model.safetensors', stored(WEIGHTS, '1800000000000001'));
    expect((await resolveGcs({ rest: 'bkt/models/v1/' }, context)).revision).not.toBe(first.revision);
  });

  test('one object: its generation is the revision, and one can be asked for', async () => {
    await using server = await serveGcs({ bucket: 'bkt', objects: objects() });
    const host = server.url.replace('http://', '');
    const context = testContext({ env: { HOME: '/nonexistent', STORAGE_EMULATOR_HOST: host } });
    const rest = 'bkt/models/v1/model.safetensors';
    expect((await resolveGcs({ rest }, context)).revision).toBe('1700000000000001');
    const asked = { ...context, revision: '1700000000000001' };
    expect((await resolveGcs({ rest }, asked)).files[0]?.path).toBe('model.safetensors');
    await expect(resolveGcs({ rest }, { ...context, revision: '17' })).rejects.toThrow('no generation');
    await expect(resolveGcs({ rest }, { ...context, revision: 'main' })).rejects.toThrow('is a number');
  });

  test('an object that is put anew after the listing is never mixed in', async () => {
    const kept = objects({ 'one.bin': stored('old bytes', '5') });
    await using server = await serveGcs({ bucket: 'bkt', objects: kept });
    const context = testContext({ env: { HOME: '/nonexistent', STORAGE_EMULATOR_HOST: server.url } });
    const { files } = await resolveGcs({ rest: 'bkt/one.bin' }, context);
    kept.set('one.bin', stored('new bytes', '6'));
    const failure = bytesOfFile(files[0], { start: 0, end: 2 });
    await expect(failure).rejects.toThrow('changed on the server');
    await expect(failure).rejects.toThrow(InfraError);
  });

  test('a packed object comes as it is stored, size, hash and ranges right, and that is said', async () => {
    const packed = { ...stored(gzipSync('{"a": 1}'.repeat(50)), '7'), packed: true };
    await using server = await serveGcs({ bucket: 'bkt', objects: objects({ 'c.json': packed }) });
    const context = testContext({ env: { HOME: '/nonexistent', STORAGE_EMULATOR_HOST: server.url } });
    const { files } = await resolveGcs({ rest: 'bkt/c.json' }, context);
    expect((await bytesOfFile(files[0])).bytes).toEqual(packed.bytes);
    expect((await bytesOfFile(files[0], { start: 3, end: 9 })).bytes).toEqual(packed.bytes.subarray(3, 10));
    expect(await files[0]?.locate?.(context.signal)).toBeUndefined();
    expect(context.lines.join('\n')).toContain('gs://bkt/c.json: stored packed');
  });

  test('who locates a file reads the same bytes there; the token is in a header, not in the address', async () => {
    await using server = await serveGcs({ bucket: 'bkt', objects: objects(), token: 'ya29.x' });
    const context = testContext({ token: 'ya29.x', endpoint: server.url });
    const { files } = await resolveGcs({ rest: 'bkt/models/v1/model.safetensors' }, context);
    const located = await files[0]?.locate?.(context.signal);
    expect(located?.url).not.toContain('ya29');
    const answer = await fetch(located?.url ?? '', {
      headers: { ...located?.headers(), range: 'bytes=7-13' },
    });
    expect([answer.status, await answer.text()]).toEqual([206, 'weights']);
  });

  test('no access, no bucket, nothing below: the user’s to mend, and nothing secret is said', async () => {
    await using server = await serveGcs({ bucket: 'bkt', objects: objects(), token: 'ya29.right' });
    const at = (more: object) => testContext({ endpoint: server.url, token: 'ya29.right', ...more });
    const wrong = resolveGcs({ rest: 'bkt/models/v1' }, at({ token: 'ya29.wrong' }));
    await expect(wrong).rejects.toThrow(ConfigError);
    await expect(wrong).rejects.toThrow(
      /with input `token` \(403\); give an account .*GOOGLE_APPLICATION_CREDENTIALS/,
    );
    await expect(wrong).rejects.not.toThrow(/ya29|::error/);
    const env = { HOME: '/nonexistent', STORAGE_EMULATOR_HOST: server.url };
    const stranger = resolveGcs({ rest: 'bkt/models/v1' }, testContext({ env }));
    await expect(stranger).rejects.toThrow('with no credentials (401)');
    await expect(resolveGcs({ rest: 'nope/x' }, at({}))).rejects.toThrow('there is no bucket "nope"');
    const nothing = resolveGcs({ rest: 'bkt/models/v3' }, at({}));
    await expect(nothing).rejects.toThrow('there is no object under it');
    await expect(nothing).rejects.toThrow(ConfigError);
  });

  test.each(['m/../../etc/cron', 'm//x', 'm/a\\b', 'm/./x'])('the name %j is refused', async (name) => {
    const kept = objects({ [name]: stored('x', '8'), 'm/ok': stored('y', '9') });
    await using server = await serveGcs({ bucket: 'bkt', objects: kept });
    const env = { HOME: '/nonexistent', STORAGE_EMULATOR_HOST: server.url };
    const failure = resolveGcs({ rest: 'bkt/m/' }, testContext({ env }));
    await expect(failure).rejects.toThrow(InfraError);
    await expect(failure).rejects.toThrow('refused');
  });

  test.each([
    '',
    'x',
    '{"items": {}}',
    '{"items": [{"name": "m/x"}]}',
    '{"items": [{"generation": "1"}]}',
    '[]',
  ])('the listing %j is refused, not thrown raw', async (text) => {
    await using server = await serve((_request, response) => void response.end(text));
    const env = { HOME: '/nonexistent', STORAGE_EMULATOR_HOST: server.url };
    const failure = resolveGcs({ rest: 'bkt/m/' }, testContext({ env }));
    await expect(failure).rejects.toThrow(InfraError);
  });

  test('a redirect to another origin goes without the token', async () => {
    await using other = await serve((_request, response) => void response.end('{}'));
    await using server = await serve((request, response) => {
      response.writeHead(302, { location: `${other.url}${request.url.pathname}` }).end();
    });
    const context = testContext({ token: 'ya29.x', endpoint: server.url });
    await expect(resolveGcs({ rest: 'bkt/m/' }, context)).rejects.toThrow('no object under it');
    expect(server.seen[0]?.headers.authorization).toBe('Bearer ya29.x');
    expect(other.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('a listing that goes in a circle ends', async () => {
    await using server = await serve((_request, response) => void response.end('{"nextPageToken": "a"}'));
    const env = { HOME: '/nonexistent', STORAGE_EMULATOR_HOST: server.url };
    await expect(resolveGcs({ rest: 'bkt/m/' }, testContext({ env }))).rejects.toThrow('in a circle');
  });

  test.each(['', '-b/x', 'Big/x', 'bkt/../x', 'bkt/a//b', 'bkt/a\u0000'])('%j is no address', (rest) => {
    expect(() => parseGcsAddress(rest)).toThrow(ConfigError);
  });
});

test('hashes: md5 in hex; of composed objects CRC-32C as Google writes it; odd values count as none', () => {
  expect(gcsHash('XrY7u+Ae7tCTyyK7j1rNww==', 'yZRlqg==')).toEqual({
    algorithm: 'md5',
    value: '5eb63bbbe01eeed093cb22bb8f5acdc3',
  });
  // "hello world", as in Google's own documentation of hashes.
  expect(gcsHash(undefined, 'yZRlqg==')).toEqual({ algorithm: 'crc32c', value: 'yZRlqg==' });
  const crc = createSourceHash('crc32c', 11);
  crc.update(Buffer.from('hello world'));
  expect(crc.digest()).toBe('yZRlqg==');
  expect(gcsHash('nonsense', 7)).toBeNull();
});
