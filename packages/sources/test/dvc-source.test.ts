/** A DVC repository as DVC writes it, its remote a folder, a web server and S3; DVC itself is met in e2e/oracles. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { chooseDvcRemote, mergeDvcConfig } from '@sluice/sources/dvc-config';
import { resolveDvc } from '@sluice/sources/dvc-source';
import { serveAzure } from './support/azure-server.ts';
import { serveGcs } from './support/gcs-server.ts';
import type { GcsStored } from './support/gcs-server.ts';
import { serveS3 } from './support/s3-server.ts';
import { bytesOfFile, sendBytes, serve, testContext } from './support/serve.ts';

const md5 = (bytes: Buffer | string): string => createHash('md5').update(bytes).digest('hex');
const WEIGHTS = Buffer.from('the weights');
const CRLF = Buffer.from('one\r\ntwo\r\n');
const LISTING = JSON.stringify([
  { md5: md5(WEIGHTS), relpath: 'model.bin' },
  { md5: md5('{}'), relpath: 'sub/config.json' },
]);
const DIR = `${md5(LISTING)}.dir`;

let root: string;
let stored: Map<string, Buffer>;

async function put(path: string, text: string | Buffer): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

function keep(md5Name: string, bytes: Buffer | string, prefix = 'files/md5/'): void {
  stored.set(`${prefix}${md5Name.slice(0, 2)}/${md5Name.slice(2)}`, Buffer.from(bytes));
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-dvc-'));
  stored = new Map();
  keep(md5(WEIGHTS), WEIGHTS);
  keep(md5('{}'), '{}');
  keep(DIR, LISTING);
  // DVC 2: another place, and a text's hash is of LF.
  keep(md5('one\ntwo\n'), CRLF, '');
  for (const [key, bytes] of stored) await put(`remote/${key}`, bytes);
  await put('.dvc/config', '[core]\n    remote = store\n[\'remote "store"\']\n    url = ../remote\n');
  await put('models/llm.dvc', `outs:\n- md5: ${DIR}\n  size: 13\n  nfiles: 2\n  hash: md5\n  path: llm\n`);
  await put('old.txt.dvc', `outs:\n- md5: ${md5('one\ntwo\n')}\n  size: 10\n  path: old.txt\n`);
  await put(
    'pipelines/train/dvc.yaml',
    'stages:\n  fit:\n    cmd: python fit.py\n    wdir: ../..\n    outs: [out/final.bin]\n',
  );
  await put(
    'pipelines/train/dvc.lock',
    `schema: '2.0'\nstages:\n  fit:\n    cmd: python fit.py\n    outs:\n    - path: out/final.bin\n      hash: md5\n      md5: ${md5(WEIGHTS)}\n      size: ${WEIGHTS.length}\n`,
  );
});
afterEach(() => rm(root, { recursive: true, force: true }));

const resolve = (rest: string, more = {}) => resolveDvc({ rest }, testContext({ workspace: root, ...more }));

describe('dvc:', () => {
  test('a tracked folder, by its name and by its .dvc file', async () => {
    for (const rest of ['models/llm', 'models/llm.dvc']) {
      const { files, revision, source } = await resolve(rest);
      expect(source).toBe(`dvc:${rest}`);
      expect(revision).toBe(DIR);
      expect(files).toMatchObject([
        { path: 'model.bin', bytes: 11, hash: { algorithm: 'md5', value: md5(WEIGHTS) } },
        { path: 'sub/config.json', bytes: 2 },
      ]);
      expect((await bytesOfFile(files[0])).bytes).toEqual(WEIGHTS);
      expect((await bytesOfFile(files[0], { start: 4, end: 6 })).bytes.toString()).toBe('wei');
    }
  });

  test('a part of a tracked folder: a file or a folder in it', async () => {
    const file = await resolve('models/llm/sub/config.json');
    expect(file.files.map(({ path }) => path)).toEqual(['config.json']);
    const folder = await resolve('models/llm/sub');
    expect(folder.files.map(({ path }) => path)).toEqual(['config.json']);
    expect(folder.revision).toMatch(/^listing:/);
    await expect(resolve('models/llm/none')).rejects.toThrow('holds nothing at "none"');
  });

  test('an output that only a dvc.lock elsewhere names, its wdir in dvc.yaml', async () => {
    const { files, revision } = await resolve('out/final.bin');
    expect(revision).toBe(md5(WEIGHTS));
    expect(files).toMatchObject([{ path: 'final.bin', bytes: 11 }]);
  });

  test('what DVC 2 wrote: the old place, CRLF read as LF', async () => {
    const { files } = await resolve('old.txt');
    expect(files[0]?.hash).toEqual({ algorithm: 'md5-dos2unix', value: md5('one\ntwo\n') });
    expect((await bytesOfFile(files[0])).bytes).toEqual(CRLF);
  });

  test('a web remote: Basic from config.local, to its own origin', async () => {
    const answer = (path: string): Buffer | undefined => stored.get(path.replace(/^\/dvc\//, ''));
    await using server = await serve((request, response) => {
      const bytes = answer(request.url.pathname);
      const known =
        request.headers.authorization === `Basic ${Buffer.from('me:pass word').toString('base64')}`;
      if (!known) response.writeHead(401).end();
      else if (!bytes) response.writeHead(404).end();
      else sendBytes(request, response, bytes);
    });
    await put(
      '.dvc/config',
      `[core]\nremote = web\n['remote "web"']\nurl = ${server.url}/dvc\nauth = basic\n`,
    );
    await expect(resolve('models/llm')).rejects.toThrow('answered 401');
    await put('.dvc/config.local', '[\'remote "web"\']\nuser = me\npassword = pass word\n');
    const context = testContext({ workspace: root });
    const { files } = await resolveDvc({ rest: 'models/llm' }, context);
    expect((await bytesOfFile(files[0], { start: 0, end: 2 })).bytes.toString()).toBe('the');
    expect(context.secrets).toContain('pass word');
  });

  test('an S3 remote with its own endpoint and keys, chosen by dvc-remote', async () => {
    const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
    const objects = new Map([...stored].map(([key, bytes]) => [`data/${key}`, { bytes }]));
    await using server = await serveS3({ bucket: 'b', objects, credentials });
    await put(
      '.dvc/config.local',
      `['remote "cloud"']\nurl = s3://b/data\nendpointurl = ${server.url}\naccess_key_id = AKID\nsecret_access_key = secret\n`,
    );
    const { files } = await resolve('models/llm', { dvcRemote: 'cloud' });
    expect((await bytesOfFile(files[0])).bytes).toEqual(WEIGHTS);
  });

  test('a remote on Google Cloud Storage, with its own credentials and endpoint', async () => {
    const entries = [...stored].map(([key, bytes]) => [`data/${key}`, { bytes, generation: '7' }] as const);
    const objects = new Map<string, GcsStored>(entries);
    await using server = await serveGcs({ bucket: 'bkt', objects, token: 'ya29.dvc' });
    await using tokens = await serve(
      (_request, response) => void response.end('{"access_token": "ya29.dvc"}'),
    );
    const user = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' };
    await put('.dvc/gcp.json', JSON.stringify({ ...user, token_uri: tokens.url }));
    await put(
      '.dvc/config.local',
      `['remote "cloud"']\nurl = gs://bkt/data\nprojectname = p\nendpointurl = ${server.url}\ncredentialpath = gcp.json\n`,
    );
    const { files, revision } = await resolve('models/llm', { dvcRemote: 'cloud' });
    expect(revision).toBe(DIR);
    expect((await bytesOfFile(files[0])).bytes).toEqual(WEIGHTS);
    expect(files[0]?.hash).toEqual({ algorithm: 'md5', value: md5(WEIGHTS) });
    objects.delete(`data/files/md5/${md5('{}').slice(0, 2)}/${md5('{}').slice(2)}`);
    await expect(resolve('models/llm', { dvcRemote: 'cloud' })).rejects.toThrow(
      'gs://bkt/data has no object',
    );
  });

  test.each([
    ['account_name = acct\naccount_key = KEY', 'key'],
    ['connection_string = BlobEndpoint=URL/acct;AccountName=acct;AccountKey=KEY', 'key'],
    ['account_name = acct\nsas_token = sv=1&sig=a%2Bb', 'sig'],
  ])('a remote on Azure: %s', async (settings, login) => {
    const key = Buffer.alloc(64, 3).toString('base64');
    const blobs = new Map([...stored].map(([name, bytes]) => [`data/${name}`, { bytes }]));
    const who = login === 'key' ? { key } : { sig: 'a+b' };
    await using server = await serveAzure({ account: 'acct', container: 'models', blobs, ...who });
    const inPlace = settings.replace('URL', server.url).replace('KEY', key);
    await put('.dvc/config.local', `['remote "cloud"']\nurl = azure://models/data\n${inPlace}\n`);
    const endpoint = settings.includes('URL') ? {} : { endpoint: server.url };
    const { files } = await resolve('models/llm', { dvcRemote: 'cloud', ...endpoint });
    expect((await bytesOfFile(files[0])).bytes).toEqual(WEIGHTS);
  });

  test('a listing whose bytes are others is refused; so is a path that leads out', async () => {
    const place = join(root, 'remote/files/md5', DIR.slice(0, 2), DIR.slice(2));
    await writeFile(place, (await readFile(place, 'utf8')).replace('model', 'moxel'));
    await expect(resolve('models/llm')).rejects.toThrow("doesn't have the hash");
    const bad = JSON.stringify([{ md5: md5(WEIGHTS), relpath: '../../evil' }]);
    const name = `${md5(bad)}.dir`;
    await put(`remote/files/md5/${name.slice(0, 2)}/${name.slice(2)}`, bad);
    await put('models/llm.dvc', `outs:\n- md5: ${name}\n  hash: md5\n  path: llm\n`);
    const failure = resolve('models/llm');
    await expect(failure).rejects.toThrow(InfraError);
    await expect(failure).rejects.toThrow('".."');
  });

  test.each([
    ['nothing/here', {}, 'no .dvc file and no dvc.lock'],
    ['../x', {}, 'outside the workspace'],
    ['none.dvc', {}, 'there is no file'],
    ['models/llm', { revision: 'v1' }, 'write dvc:path@<branch, tag or commit>'],
    ['models/llm', { dvcRemote: 'nope' }, 'has no such remote; there are "store"'],
    ['models/llm', { dvcRemote: 'oss://b/x' }, 'oss://…, which is not built yet'],
    ['models/llm', { dvcRemote: '/nonexistent/store' }, 'is not there'],
  ])('%s with %j is the user’s to mend', async (rest, more, part) => {
    await expect(resolve(rest, more)).rejects.toThrow(ConfigError);
    await expect(resolve(rest, more)).rejects.toThrow(part);
  });

  test('what was not pushed is said so', async () => {
    await rm(join(root, 'remote/files/md5', md5('{}').slice(0, 2)), { recursive: true });
    await expect(resolve('models/llm')).rejects.toThrow('was it pushed');
  });

  test.each(['outs: [', 'outs: {a: 1}', '- 1', 'outs:\n- md5: x\n  path: llm', '\u0000', '&a [*a]'])(
    'a broken .dvc file %j is told, not thrown raw',
    async (text) => {
      await put('models/llm.dvc', text);
      await expect(resolve('models/llm.dvc')).rejects.toThrow(ConfigError);
    },
  );
});

test('the remote: input, then the output’s own, then the default; one may build on another', () => {
  const config = mergeDvcConfig([
    {
      text: '[core]\nremote = a\n[\'remote "a"\']\nurl = /x\n[\'remote "b"\']\nurl = remote://a/sub',
      folder: '/r',
    },
    { text: '[\'remote "a"\']\nurl = rel', folder: '/r/.dvc' },
  ]);
  expect(chooseDvcRemote(config, undefined, undefined, '/w').url).toBe('/r/.dvc/rel');
  expect(chooseDvcRemote(config, undefined, 'b', '/w').url).toBe('/r/.dvc/rel/sub');
  expect(chooseDvcRemote(config, '/abs', 'b', '/w').url).toBe('/abs');
});
