import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { readLayers } from '@sluice/sources/oci-layers';
import { parseOciReference } from '@sluice/sources/oci-reference';
import { parseChallenge } from '@sluice/sources/oci-registry';
import { resolveOci } from '@sluice/sources/oci-source';
import { RegistryContent, serveRegistry } from './support/registry.ts';
import { bytesOfFile, sendBytes, serve, sha256Hex, testContext } from './support/serve.ts';
import type { TestServer } from './support/serve.ts';
import { tarOf } from './support/tar.ts';

const WEIGHTS = Buffer.from('GGUF weights');
const PATH = 'org.cncf.model.filepath';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-oci-test-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const rest = (server: TestServer, reference = ':v1'): string =>
  `${new URL(server.url).host}/org/model${reference}`;
const context = (more = {}) => testContext({ env: { HOME: root, RUNNER_TEMP: root }, ...more });

describe('oci://', () => {
  test('ModelPack, ORAS and Docker model layers, each file by its name and sha256', async () => {
    const content = new RegistryContent();
    const digest = content.tag('v1', {
      annotations: { 'org.opencontainers.image.licenses': 'Apache-2.0' },
      layers: [
        content.layer(WEIGHTS, 'application/vnd.cncf.model.weight.v1.raw', { [PATH]: 'weights/model.gguf' }),
        content.layer(Buffer.from('{}'), 'application/json', {
          'org.opencontainers.image.title': 'config.json',
        }),
        content.layer(Buffer.from('MIT'), 'application/vnd.docker.ai.license'),
      ],
    });
    await using server = await serveRegistry(content);
    const { files, revision, source, lineage } = await resolveOci({ rest: rest(server) }, context());
    expect(source).toBe(`oci://${rest(server)}`);
    expect(revision).toBe(digest);
    expect(lineage).toEqual({ licence: 'Apache-2.0' });
    expect(files).toMatchObject([
      { path: 'LICENSE', bytes: 3 },
      { path: 'config.json', bytes: 2 },
      { path: 'weights/model.gguf', hash: { algorithm: 'sha256', value: sha256Hex(WEIGHTS) } },
    ]);
    expect((await bytesOfFile(files[2], { start: 0, end: 3 })).bytes.toString()).toBe('GGUF');
    const pinned = await resolveOci({ rest: rest(server, `@${digest}`) }, context());
    expect(pinned.revision).toBe(digest);
  });

  test('login by token; the bearer stays behind when a blob is redirected', async () => {
    const content = new RegistryContent();
    content.tag('v1', { layers: [content.layer(WEIGHTS, 'x/y', { [PATH]: 'm.gguf' })] });
    await using store = await serve((request, response) => sendBytes(request, response, WEIGHTS));
    await using server = await serveRegistry(content, { login: { user: 'me', password: 'pw' }, store });
    await expect(resolveOci({ rest: rest(server) }, context())).rejects.toThrow('without a login');
    await expect(resolveOci({ rest: rest(server) }, context({ token: 'me:no' }))).rejects.toThrow(
      ConfigError,
    );
    const own = context({ token: 'me:pw' });
    const { files } = await resolveOci({ rest: rest(server) }, own);
    expect((await bytesOfFile(files[0], { start: 5, end: 11 })).bytes.toString()).toBe('weights');
    expect(store.seen.map(({ headers }) => [headers.authorization, headers.range])).toEqual([
      [undefined, 'bytes=5-11'],
    ]);
    expect(own.secrets).toEqual(expect.arrayContaining(['pw', 'pull-token']));
    await mkdir(join(root, '.docker'));
    const auth = Buffer.from('me:pw').toString('base64');
    await writeFile(
      join(root, '.docker/config.json'),
      JSON.stringify({ auths: { [new URL(server.url).host]: { auth } } }),
    );
    expect((await resolveOci({ rest: rest(server) }, context())).files).toHaveLength(1);
  });

  test('a manifest whose bytes are others is refused', async () => {
    const content = new RegistryContent();
    const digest = content.tag('v1', { layers: [content.layer(WEIGHTS, 'x/y', { [PATH]: 'm.gguf' })] });
    const stored = content.manifests.get(digest);
    if (stored) content.manifests.set(digest, { ...stored, bytes: Buffer.from('{"layers":[]}') });
    await using server = await serveRegistry(content);
    await expect(resolveOci({ rest: rest(server, `@${digest}`) }, context())).rejects.toThrow(
      'digest is sha256:',
    );
  });

  test('an index: its only real manifest; several without a choice are named', async () => {
    const content = new RegistryContent();
    const layers = [content.layer(WEIGHTS, 'x/y', { [PATH]: 'm.gguf' })];
    const digest = content.tag('a', { layers });
    const other = content.tag('b', { layers: [...layers, ...layers.slice(0, 0)], annotations: { b: '1' } });
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const attestation = { digest: other, platform: { os: 'unknown', architecture: 'unknown' } };
    content.tag('v1', { mediaType, manifests: [{ digest }, attestation] });
    content.tag('v2', { mediaType, manifests: [{ digest }, { digest: other }] });
    await using server = await serveRegistry(content);
    expect((await resolveOci({ rest: rest(server) }, context())).revision).toBe(digest);
    await expect(resolveOci({ rest: rest(server, ':v2') }, context())).rejects.toThrow(
      'name one by its digest',
    );
    await expect(resolveOci({ rest: rest(server, ':v3') }, context())).rejects.toThrow('does not exist');
  });

  test.each([
    ['tar', (bytes: Buffer) => bytes],
    ['tar+gzip', (bytes: Buffer) => gzipSync(bytes)],
    ['tar+zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
  ])('packed layers (%s) are unpacked once their digest holds', async (type, pack) => {
    const content = new RegistryContent();
    const long = `${'deep/'.repeat(30)}file.json`;
    const packed = pack(
      tarOf([
        ['./model.gguf', WEIGHTS],
        ['sub/', null],
        [long, Buffer.from('{}')],
      ]),
    );
    content.tag('v1', { layers: [content.layer(packed, `application/vnd.cncf.model.weight.v1.${type}`)] });
    await using server = await serveRegistry(content);
    const { files } = await resolveOci({ rest: rest(server) }, context());
    expect(files).toMatchObject([
      { path: long, bytes: 2 },
      { path: 'model.gguf', bytes: 12, hash: { algorithm: 'sha256', value: sha256Hex(WEIGHTS) } },
    ]);
    expect((await bytesOfFile(files[1], { start: 5, end: 11 })).bytes.toString()).toBe('weights');
  });

  test.each([
    ['a way out', tarOf([['../../evil', WEIGHTS]]), '".."'],
    ['an absolute path', tarOf([['/etc/evil', WEIGHTS]]), 'absolute'],
    ['a link', tarOf([['link', WEIGHTS, '2']]), 'neither a file nor a folder'],
    [
      'a name twice',
      tarOf([
        ['a', WEIGHTS],
        ['a', WEIGHTS],
      ]),
      "can't be unpacked",
    ],
    ['a file cut off', tarOf([['a', Buffer.alloc(2000)]]).subarray(0, 1500), 'cut off'],
    ['no archive', Buffer.alloc(600, 'x'), 'broken'],
    ['no gzip', Buffer.alloc(600, 'x'), "can't be unpacked", 'tar+gzip'],
  ])(
    'a packed layer with %s is refused, and nothing of it is left',
    async (_what, packed, part, type = 'tar') => {
      const content = new RegistryContent();
      content.tag('v1', { layers: [content.layer(packed, `application/vnd.cncf.model.weight.v1.${type}`)] });
      await using server = await serveRegistry(content);
      const failure = resolveOci({ rest: rest(server) }, context());
      await expect(failure).rejects.toThrow(InfraError);
      await expect(failure).rejects.toThrow(part);
      expect(await readdir(root)).toEqual([]);
    },
  );

  test('a packed layer whose bytes were changed on the way is refused', async () => {
    const content = new RegistryContent();
    const layer = content.layer(tarOf([['a', WEIGHTS]]), 'application/vnd.cncf.model.doc.v1.tar');
    content.tag('v1', { layers: [layer] });
    content.blobs.set(String(layer['digest']), tarOf([['a', Buffer.from('other weight')]]));
    await using server = await serveRegistry(content);
    await expect(resolveOci({ rest: rest(server) }, context())).rejects.toThrow('has the digest');
    expect(await readdir(root)).toEqual([]);
  });
});

test.each([
  ['ghcr.io/org/model', { origin: 'https://ghcr.io', repository: 'org/model', reference: 'latest' }],
  ['host:5000/a/b/c:v1.2', { origin: 'https://host:5000', reference: 'v1.2' }],
  ['localhost:5000/a', { origin: 'http://localhost:5000' }],
  ['docker.io/ai:x', { repository: 'library/ai', reference: 'x' }],
  [`h.io/a:v1@sha256:${'0'.repeat(64)}`, { reference: `sha256:${'0'.repeat(64)}` }],
])('reference %s', (text, expected) => {
  expect(parseOciReference(text, undefined, undefined)).toMatchObject(expected);
});

test.each(['', 'host', 'host/', 'host/../x', 'host/A', 'host/a@sha256:12', 'u:p@host/a', 'host/a:b:c'])(
  'reference %j is refused',
  (text) => {
    expect(() => parseOciReference(text, undefined, undefined)).toThrow(ConfigError);
  },
);

test('a layer that names no file, and shards that are numbered', () => {
  const layer = (mediaType: string, mark: string) => ({
    mediaType,
    size: 1,
    digest: `sha256:${mark.repeat(64)}`,
  });
  expect(() => readLayers({ layers: [layer('application/x', 'a')] }, 'x')).toThrow('names no file');
  const gguf = 'application/vnd.docker.ai.gguf.v3';
  expect(readLayers({ layers: [layer(gguf, 'a'), layer(gguf, 'b')] }, 'x').map(({ path }) => path)).toEqual([
    'model-00001-of-00002.gguf',
    'model-00002-of-00002.gguf',
  ]);
  expect(() => readLayers({ layers: [{ digest: 'sha256:x', size: 1 }] }, 'x')).toThrow(InfraError);
});

test('challenges are read by name', () => {
  expect([
    ...parseChallenge('Bearer realm="https://a/t",service=reg,scope="repository:a:pull,push"'),
  ]).toEqual([
    ['realm', 'https://a/t'],
    ['service', 'reg'],
    ['scope', 'repository:a:pull,push'],
  ]);
});
