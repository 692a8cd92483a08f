import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { readBlobListing } from '@sluice/sources/azure-answers';
import { signBlobSas, signSharedKey } from '@sluice/sources/azure-signature';
import { parseAzureAddress, resolveAzure } from '@sluice/sources/azure-source';
import { serveAzure } from './support/azure-server.ts';
import type { StoredBlob } from './support/azure-server.ts';
import { bytesOfFile, serve, testContext } from './support/serve.ts';
import type { Seen } from './support/serve.ts';

const KEY = Buffer.from(Array.from({ length: 64 }, (_, byte) => byte)).toString('base64');
const WEIGHTS = Buffer.alloc(5000, 'weights');
const NOWHERE = { HOME: '/nonexistent', AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:9' };

function blobs(more: Record<string, StoredBlob> = {}): Map<string, StoredBlob> {
  return new Map(
    Object.entries({
      'v1/model.safetensors': { bytes: WEIGHTS, versionId: '2026-11-20T12:00:00.0000000Z', md5: true },
      'v1/sub/a b+ü&%41#(1)!.json': { bytes: Buffer.from('{}') },
      'v1/sub': { bytes: Buffer.alloc(0), folder: true },
      'v1/': { bytes: Buffer.alloc(0) },
      'v10/other': { bytes: Buffer.from('other') },
      ...more,
    }),
  );
}
const served = { account: 'acct', container: 'models' };

describe('az://', () => {
  test('a folder: every page listed, folders left out, each request signed and bound to its ETag', async () => {
    await using server = await serveAzure({ ...served, blobs: blobs(), key: KEY, pageSize: 1 });
    const env = { ...NOWHERE, AZURE_STORAGE_KEY: KEY };
    const context = testContext({ env, endpoint: server.url });
    const { files, revision, source } = await resolveAzure({ rest: 'acct/models/v1' }, context);
    expect(source).toBe('az://acct/models/v1');
    expect(revision).toMatch(/^listing:[0-9a-f]{64}$/);
    const md5 = createHash('md5').update(WEIGHTS).digest('hex');
    expect(files).toMatchObject([
      { path: 'model.safetensors', bytes: 5000, hash: { algorithm: 'md5', value: md5 } },
      { path: 'sub/a b+ü&%41#(1)!.json', bytes: 2, hash: null },
    ]);
    expect(await bytesOfFile(files[0], { start: 10, end: 19 })).toEqual({
      status: 206,
      bytes: WEIGHTS.subarray(10, 20),
    });
    expect((await bytesOfFile(files[1])).bytes.toString()).toBe('{}');
    const get = server.seen.find(({ headers }) => headers.range === 'bytes=10-19');
    expect(get?.headers['if-match']).toBe(files[0]?.etag);
    expect(context.secrets).toEqual([KEY]);
  });

  test('one blob: its version is the revision, and one can be asked for; without versions its ETag counts', async () => {
    const kept = blobs();
    await using server = await serveAzure({ ...served, blobs: kept });
    const context = testContext({ env: NOWHERE, endpoint: server.url });
    const rest = 'acct/models/v1/model.safetensors';
    const version = '2026-11-20T12:00:00.0000000Z';
    const { revision, files } = await resolveAzure({ rest }, context);
    expect(revision).toBe(version);
    await bytesOfFile(files[0]);
    expect(server.seen.at(-1)?.url.searchParams.get('versionid')).toBe(version);
    expect((await resolveAzure({ rest }, { ...context, revision: version })).revision).toBe(version);
    await expect(resolveAzure({ rest }, { ...context, revision: 'x' })).rejects.toThrow('is no version id');
    const other = { rest: 'acct/models/v10/other' };
    const first = await resolveAzure(other, context);
    expect(first.revision).toMatch(/^listing:/);
    kept.set('v10/other', { bytes: Buffer.from('other'), etag: '"0xNEW"' });
    expect((await resolveAzure(other, context)).revision).not.toBe(first.revision);
  });

  test('a blob that is put anew after the listing is never mixed in', async () => {
    const kept = blobs({ 'one.bin': { bytes: Buffer.from('old bytes') } });
    await using server = await serveAzure({ ...served, blobs: kept });
    const context = testContext({ env: NOWHERE, endpoint: server.url });
    const { files } = await resolveAzure({ rest: 'acct/models/one.bin' }, context);
    kept.set('one.bin', { bytes: Buffer.from('new bytes') });
    await expect(bytesOfFile(files[0], { start: 0, end: 2 })).rejects.toThrow('changed on the server');
  });

  test('who locates a file reads the same bytes there: by its own SAS, and by one made of the key', async () => {
    const sas = 'sv=2021-12-02&sp=rl&sig=a%2Bb%3D';
    await using server = await serveAzure({ ...served, blobs: blobs(), sig: 'a+b=' });
    const context = testContext({ env: NOWHERE, endpoint: server.url, token: `?${sas}` });
    const rest = 'acct/models/v1/model.safetensors';
    const { files } = await resolveAzure({ rest }, context);
    const located = await files[0]?.locate?.(context.signal);
    const headers: Record<string, string> = { ...located?.headers(), range: 'bytes=7-13' };
    const answer = await fetch(located?.url ?? '', { headers });
    expect([answer.status, await answer.text(), headers['if-match']]).toEqual([
      206,
      'weights',
      files[0]?.etag,
    ]);
    expect(context.secrets).toEqual([sas, 'a%2Bb%3D', 'a+b=']);
    await using keyed = await serveAzure({ ...served, blobs: blobs(), key: KEY });
    const env = { ...NOWHERE, AZURE_STORAGE_KEY: KEY };
    const other = testContext({ env, endpoint: keyed.url });
    const made = await (await resolveAzure({ rest }, other)).files[0]?.locate?.(other.signal);
    const query = new URL(made?.url ?? '').searchParams;
    expect([query.get('sr'), query.get('sp'), made?.headers()['authorization']]).toEqual([
      'bv',
      'r',
      undefined,
    ]);
    expect(other.secrets).toContain(query.get('sig'));
  });

  test('no access, no container, nothing below: the user’s to mend, and nothing secret is said', async () => {
    await using server = await serveAzure({ ...served, blobs: blobs(), key: KEY });
    const at = (key: string) =>
      testContext({ env: { ...NOWHERE, AZURE_STORAGE_KEY: key }, endpoint: server.url });
    const wrongKey = Buffer.alloc(64, 1).toString('base64');
    const wrong = resolveAzure({ rest: 'acct/models/v1' }, at(wrongKey));
    await expect(wrong).rejects.toThrow(ConfigError);
    await expect(wrong).rejects.toThrow('`AZURE_STORAGE_KEY` (403 AuthenticationFailed); the key is wrong');
    await expect(wrong).rejects.not.toThrow(wrongKey);
    const stranger = resolveAzure(
      { rest: 'acct/models/v1' },
      testContext({ env: NOWHERE, endpoint: server.url }),
    );
    await expect(stranger).rejects.toThrow(/no credentials \(401 .*give a SAS token by input `token`/);
    await expect(resolveAzure({ rest: 'acct/nope/x' }, at(KEY))).rejects.toThrow('no container "nope"');
    const nothing = resolveAzure({ rest: 'acct/models/v3' }, at(KEY));
    await expect(nothing).rejects.toThrow(ConfigError);
    await expect(nothing).rejects.toThrow('there is no object under it');
    const others = { ...NOWHERE, AZURE_STORAGE_ACCOUNT: 'elsewhere', AZURE_STORAGE_KEY: KEY };
    const other = resolveAzure(
      { rest: 'acct/models/v1' },
      testContext({ env: others, endpoint: server.url }),
    );
    await expect(other).rejects.toThrow('those of the environment are of elsewhere');
  });

  test.each([KEY, 'entra.token.x', 'sv=2021-12-02&sig=a'])(
    'a redirect to another origin goes without the log-in %#',
    async (token) => {
      await using other = await serve((_request, response) => void response.writeHead(404).end());
      await using server = await serve((request, response) => {
        response.writeHead(302, { location: `${other.url}${request.url.pathname}` }).end();
      });
      const context = testContext({ env: NOWHERE, endpoint: server.url, token });
      await expect(resolveAzure({ rest: 'acct/models/m/' }, context)).rejects.toThrow('does not exist');
      const sent = (request: Seen | undefined): boolean =>
        request?.headers.authorization !== undefined || request?.url.searchParams.has('sig') === true;
      expect([server.seen.map(sent), other.seen.map(sent)]).toEqual([[true], [false]]);
    },
  );

  test.each(['m/../../etc/cron', 'm//x', 'm/a\\b'])('the name %j is refused', async (name) => {
    const kept = blobs({ [name]: { bytes: Buffer.from('x') }, 'm/ok': { bytes: WEIGHTS } });
    await using server = await serveAzure({ ...served, blobs: kept });
    const context = testContext({ env: NOWHERE, endpoint: server.url });
    const failure = resolveAzure({ rest: 'acct/models/m/' }, context);
    await expect(failure).rejects.toThrow(InfraError);
    await expect(failure).rejects.toThrow('refused');
  });

  test.each([
    '',
    'acct',
    'Acct/c/x',
    'my-data/llm',
    'acct/C/x',
    'acct/a--b/x',
    'acct/ccc/../x',
    'acct/ccc/a//b',
  ])('%j is no address', (rest) => {
    expect(() => parseAzureAddress(rest)).toThrow(ConfigError);
    expect(() => parseAzureAddress(rest)).toThrow(/az:\/\/account\/container\/path|no name of a container/);
  });
});

describe('listings', () => {
  const page = (blob: string): string =>
    `<EnumerationResults><Blobs>${blob}</Blobs><NextMarker/></EnumerationResults>`;
  test.each<[string, string]>([
    ['<Name>a &amp; b&lt;</Name>', 'a & b<'],
    ['<Name> blank ahead</Name>', ' blank ahead'],
    ['<Name>1</Name>', '1'],
    ['<Name Encoded="true">a%EF%BF%BEb</Name>', 'a\uFFFEb'],
    ['<Name>100%25</Name>', '100%25'],
  ])('%s', async (name, expected) => {
    const blob = `<Blob>${name}<Properties><Etag>0x1</Etag></Properties></Blob>`;
    const { blobs: found } = await readBlobListing(page(blob), 'az://a/c/');
    expect(found).toMatchObject([{ name: expected, etag: '"0x1"' }]);
  });

  test.each([
    '',
    'not xml',
    '<EnumerationResults><Blobs><Blob>',
    '<Other></Other>',
    '<EnumerationResults></EnumerationResults>',
    page('<Blob><Name>a</Name></Blob>'),
    page('<Blob><Properties><Etag>0x1</Etag></Properties></Blob>'),
    page('<Blob><Name Encoded="true">%zz</Name><Properties><Etag>0x1</Etag></Properties></Blob>'),
  ])('%j is refused, not thrown raw', async (text) => {
    await expect(readBlobListing(text, 'az://a/c/')).rejects.toThrow(InfraError);
  });
});

describe('signatures are those of azure-storage-blob 12.31.1 (Python)', () => {
  const date = new Date('2026-11-20T12:00:00Z');
  const version = '2021-12-02';
  test.each<[string, string, Record<string, string>, string]>([
    [
      'GET',
      'https://acct.blob.core.windows.net/models?restype=container&comp=list&include=metadata&prefix=a%20b%2Fc%2B&marker=2%21abc%3D',
      {},
      'vmhFZJwJBKjlCWZ1Ip6D3Trx3DetODY9/A0LNoEGnp0=',
    ],
    [
      'GET',
      'https://acct.blob.core.windows.net/models/v1/a%20b%2B%C3%BC%281%29.json?versionid=2026-11-20T12%3A00%3A00.0000000Z',
      { 'if-match': '"0x8D"', 'x-ms-range': 'bytes=10-19' },
      'xut2hptYBxzfdL1sbLQKa9vOQeEppgP+nxeat4SaTTU=',
    ],
    ['HEAD', 'http://127.0.0.1:10000/acct/models/x', {}, 'StTDOV4mmw8HsW/lcFGj048PSqdFSK09/NXyChLn93M='],
  ])('%s %s', (method, url, headers, signature) => {
    const request = { method, url: new URL(url), headers: { 'x-ms-version': version, ...headers } };
    expect(signSharedKey(request, { account: 'acct', key: KEY }, date)).toEqual({
      'x-ms-date': 'Fri, 20 Nov 2026 12:00:00 GMT',
      authorization: `SharedKey acct:${signature}`,
    });
  });

  test.each([
    [null, 'T5oI70Q+7OS4Cn3URY6jwzylWRGOP645PkUzU6WXk8w='],
    ['2026-11-20T12:00:00.0000000Z', 'Uv2w4+VEQahWDvFN3w/08vTbB0ac6S6jM+Fjm1ADAsE='],
  ])('a grant for the version %s', (versionId, signature) => {
    const grant = { container: 'models', blob: 'v1/a b+ü.json', versionId, version, https: true };
    const query = new URLSearchParams(signBlobSas(grant, { account: 'acct', key: KEY }, date));
    expect([query.get('se'), query.get('sig')]).toEqual(['2026-11-21T00:00:00Z', signature]);
  });
});
