import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { chooseS3Access } from '@sluice/sources/aws-access';
import { readListing, s3Hash } from '@sluice/sources/s3-answers';
import { parseS3Address, resolveS3 } from '@sluice/sources/s3-source';
import { serveS3 } from './support/s3-server.ts';
import type { StoredObject } from './support/s3-server.ts';
import { bytesOfFile, sha256Hex, testContext } from './support/serve.ts';

const KEYS = { accessKeyId: 'AKID', secretAccessKey: 'wJalr/secret' };
const ENV = { HOME: '/nonexistent', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'wJalr/secret' };
const WEIGHTS = Buffer.alloc(5000, 'weights');

function objects(more: Record<string, StoredObject> = {}): Map<string, StoredObject> {
  return new Map(
    Object.entries({
      'models/v1/model.safetensors': {
        bytes: WEIGHTS,
        versionId: 'v-77',
        headers: { 'x-amz-checksum-sha256': createHash('sha256').update(WEIGHTS).digest('base64') },
      },
      'models/v1/sub/a b+ü.json': { bytes: Buffer.from('{}') },
      'models/v1/': { bytes: Buffer.alloc(0) },
      'models/v10/other': { bytes: Buffer.from('other') },
      ...more,
    }),
  );
}

describe('s3://', () => {
  test('a folder: every page listed, only what is below it, sizes, hashes and bytes right', async () => {
    await using server = await serveS3({ bucket: 'b', objects: objects(), credentials: KEYS, pageSize: 1 });
    const context = testContext({ env: { ...ENV, AWS_ENDPOINT_URL: server.url } });
    const { files, revision, source } = await resolveS3({ rest: 'b/models/v1' }, context);
    expect(source).toBe('s3://b/models/v1');
    expect(revision).toMatch(/^listing:/);
    expect(files).toMatchObject([
      { path: 'model.safetensors', bytes: 5000, hash: { algorithm: 'sha256', value: sha256Hex(WEIGHTS) } },
      { path: 'sub/a b+ü.json', bytes: 2, hash: { algorithm: 'md5' } },
    ]);
    expect(await bytesOfFile(files[0], { start: 10, end: 19 })).toEqual({
      status: 206,
      bytes: WEIGHTS.subarray(10, 20),
    });
    expect((await bytesOfFile(files[1])).bytes.toString()).toBe('{}');
    const get = server.seen.find(({ headers }) => headers.range === 'bytes=10-19');
    expect(get?.url.searchParams.get('versionId')).toBe('v-77');
    expect(get?.headers['if-match']).toBe(files[0]?.etag);
    expect(context.secrets).toContain('wJalr/secret');
  });

  test('one object: its version is the revision, and a version can be asked for', async () => {
    await using server = await serveS3({ bucket: 'b', objects: objects(), credentials: KEYS });
    const context = testContext({ env: { ...ENV, AWS_ENDPOINT_URL_S3: server.url } });
    const rest = 'b/models/v1/model.safetensors';
    expect((await resolveS3({ rest }, context)).revision).toBe('v-77');
    expect((await resolveS3({ rest }, { ...context, revision: 'v-77' })).revision).toBe('v-77');
    await expect(resolveS3({ rest }, { ...context, revision: 'v-78' })).rejects.toThrow('is no version id');
  });

  test('an object that is put anew after the listing is never mixed in', async () => {
    const stored = objects({ 'one.bin': { bytes: Buffer.from('old bytes') } });
    await using server = await serveS3({ bucket: 'b', objects: stored });
    const context = testContext({ endpoint: server.url });
    const { files } = await resolveS3({ rest: 'b/one.bin' }, context);
    stored.set('one.bin', { bytes: Buffer.from('new bytes') });
    await expect(bytesOfFile(files[0], { start: 0, end: 2 })).rejects.toThrow('changed on the server');
  });

  test('a bucket of another region is asked again, signed for that region', async () => {
    await using server = await serveS3({
      bucket: 'b',
      objects: objects(),
      credentials: KEYS,
      region: 'eu-central-1',
    });
    const context = testContext({ env: { ...ENV, AWS_ENDPOINT_URL: server.url, AWS_REGION: 'us-east-1' } });
    expect((await resolveS3({ rest: 'b/models/v1/' }, context)).files).toHaveLength(2);
  });

  test('wrong keys, no bucket and no object are the user’s to mend; nothing secret is said', async () => {
    await using server = await serveS3({ bucket: 'b', objects: objects(), credentials: KEYS });
    const env = { ...ENV, AWS_ENDPOINT_URL: server.url };
    const wrong = resolveS3(
      { rest: 'b/x' },
      testContext({ env: { ...env, AWS_SECRET_ACCESS_KEY: 'wrong-one' } }),
    );
    await expect(wrong).rejects.toThrow(ConfigError);
    await expect(wrong).rejects.toThrow('403 SignatureDoesNotMatch');
    await expect(wrong).rejects.not.toThrow('wrong-one');
    await expect(resolveS3({ rest: 'nope/x' }, testContext({ env }))).rejects.toThrow('there is no bucket');
    await expect(resolveS3({ rest: 'b/none' }, testContext({ env }))).rejects.toThrow('does not exist');
  });

  test('a key that leads out of the folder is refused', async () => {
    const stored = objects({ 'm/../../etc/cron': { bytes: Buffer.from('x') }, 'm/ok': { bytes: WEIGHTS } });
    await using server = await serveS3({ bucket: 'b', objects: stored });
    const failure = resolveS3({ rest: 'b/m/' }, testContext({ endpoint: server.url }));
    await expect(failure).rejects.toThrow(InfraError);
    await expect(failure).rejects.toThrow('".."');
  });

  test.each(['', '-b/x', 'b/../x', 'b/a//b', 'b/a\u0000'])('%j is no address', (rest) => {
    expect(() => parseS3Address(rest)).toThrow(ConfigError);
  });
});

describe('what S3 says about content', () => {
  const etag = { etag: '"0123456789abcdef0123456789abcdef"' };
  test.each([
    [etag, 'b', 'md5'],
    [{ etag: '"0123456789abcdef0123456789abcdef-2"' }, 'b', undefined],
    [{ ...etag, 'x-amz-server-side-encryption': 'aws:kms' }, 'b', undefined],
    [{ ...etag, 'x-amz-server-side-encryption': 'AES256' }, 'b', 'md5'],
    [etag, 'b--use1-az4--x-s3', undefined],
    [{ 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' }, 'b', 'crc64nvme'],
    [{ 'x-amz-checksum-crc32c': 'AAAAAA==', 'x-amz-checksum-type': 'COMPOSITE' }, 'b', undefined],
    [{ 'x-amz-checksum-sha256': `${'A'.repeat(43)}=-3` }, 'b', undefined],
  ])('%j in %s: %s', (headers, bucket, algorithm) => {
    expect(s3Hash(headers as Record<string, string>, bucket)?.algorithm).toBe(algorithm);
  });

  test.each([
    '',
    'not xml',
    '<ListBucketResult><Contents>',
    '<Other></Other>',
    '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>',
    '<ListBucketResult><Contents><Size>3</Size></Contents></ListBucketResult>',
    `<!DOCTYPE x [<!ENTITY a "${'b'.repeat(1000)}">]><ListBucketResult>&a;</ListBucketResult>`,
  ])('the listing %# is refused, not thrown raw', async (text) => {
    await expect(readListing(text, 's3://b/')).rejects.toThrow(InfraError);
  });
});

test('credentials: a named profile beats variables, variables beat the default profile', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-aws-'));
  try {
    const [credentials, config] = [join(folder, 'credentials'), join(folder, 'config')];
    await writeFile(
      credentials,
      '[default]\naws_access_key_id=D\naws_secret_access_key=d\n[ml]\naws_access_key_id = M\naws_secret_access_key = m # not a comment\n',
    );
    await writeFile(config, '[profile ml]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:9\n');
    const files = { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: config };
    expect((await chooseS3Access({}, files)).credentials?.accessKeyId).toBe('D');
    expect((await chooseS3Access({}, { ...files, ...ENV })).credentials?.accessKeyId).toBe('AKID');
    expect(await chooseS3Access({ profile: 'ml' }, { ...files, ...ENV })).toMatchObject({
      credentials: { accessKeyId: 'M' },
      region: 'eu-west-1',
      endpoint: 'http://127.0.0.1:9',
    });
    await expect(chooseS3Access({ profile: 'nope' }, files)).rejects.toThrow('AWS profile "nope"');
  } finally {
    await rm(folder, { recursive: true });
  }
});
