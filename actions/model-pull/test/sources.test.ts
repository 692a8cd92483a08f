/** Sources other than a hub, through the committed bundle: loopback servers, and a DVC remote that is a folder. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readRecord } from '@sluice/release/record';
import { filesDigest } from '@sluice/release/weights';
import type { ActionOutcome } from '@sluice/testing/runner';
import { NO_HUB_SETTINGS, runAction } from '@sluice/testing/runner';
import { serveAzure } from '../../../packages/sources/test/support/azure-server.ts';
import { serveGcs } from '../../../packages/sources/test/support/gcs-server.ts';
import { serveS3 } from '../../../packages/sources/test/support/s3-server.ts';
import type { TestServer } from '../../../packages/sources/test/support/serve.ts';
import { sendBytes, serve } from '../../../packages/sources/test/support/serve.ts';

const FIRST = Buffer.from('{"first": 1}');
const SECOND = Buffer.from('{"second": 2}');
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const md5 = (bytes: Buffer | string): string => createHash('md5').update(bytes).digest('hex');
const digestOf = (path: string, bytes: Buffer): string =>
  filesDigest([{ path, bytes: bytes.length, sha256: sha256(bytes) }]);

let workspace: string;
let web: TestServer;
let served: { bytes: Buffer; etag: string | undefined };
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-sources-'));
  served = { bytes: FIRST, etag: '"one"' };
  web = await serve((request, response) => sendBytes(request, response, served.bytes, served.etag));
});
afterEach(async () => {
  await web[Symbol.asyncDispose]();
  await rm(workspace, { recursive: true, force: true });
});

function pull(inputs: Record<string, string>, env: Record<string, string> = {}): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: { 'cache-dir': 'cache', 'min-free-space': '0B', ...inputs },
    env: { ...NO_HUB_SETTINGS, ...env },
    timeoutMs: 30_000,
  });
}

async function put(path: string, text: string | Buffer): Promise<void> {
  await mkdir(dirname(join(workspace, path)), { recursive: true });
  await writeFile(join(workspace, path), text);
}

/** Requests for more than the one byte by which the file's facts are asked. */
const bodies = (): number => web.seen.filter(({ headers }) => headers.range !== 'bytes=0-0').length;

describe('a web address', () => {
  test('is pulled, a full hit the second time, and fetched anew when its ETag changes', async () => {
    const model = `${web.url}/m/config.json?signature=topSecret`;
    const first = await pull({ model }, { HF_TOKEN: 'hf_veryPrivate123' });
    expect(first.exitCode).toBe(0);
    expect(first.outputs).toMatchObject({
      'cache-hit': 'none',
      digest: digestOf('config.json', FIRST),
      bytes: String(FIRST.length),
      files: '1',
      safety: 'safe',
    });
    expect(first.outputs['revision']).toMatch(/^listing:/);
    expect(await readFile(join(first.outputs['path'] ?? '', 'config.json'))).toEqual(FIRST);
    expect(await readdir(first.outputs['path'] ?? '')).toEqual(['config.json']);
    const record = await readRecord(join(workspace, 'sluice-run/release.json'));
    expect(record?.model).toMatchObject({
      source: `${web.url}/m/config.json`,
      revision: first.outputs['revision'],
    });
    expect(first.stdout + first.summary + JSON.stringify(record)).not.toContain('topSecret');
    // A hub's token is no business of another server.
    expect(web.seen.some(({ headers }) => headers.authorization !== undefined)).toBe(false);

    web.seen.length = 0;
    const second = await pull({ model });
    expect(second.outputs).toMatchObject({
      'cache-hit': 'full',
      changed: 'false',
      path: first.outputs['path'],
    });
    expect([web.seen.length, bodies()]).toEqual([1, 0]);

    web.seen.length = 0;
    const offline = await pull({ model, offline: 'true' });
    expect(offline.outputs).toMatchObject({
      'cache-hit': 'full',
      revision: first.outputs['revision'],
      digest: first.outputs['digest'],
    });
    expect(web.seen).toEqual([]);

    served = { bytes: SECOND, etag: '"two"' };
    const third = await pull({ model });
    expect(third.outputs).toMatchObject({
      'cache-hit': 'none',
      changed: 'true',
      digest: digestOf('config.json', SECOND),
    });
    expect(third.outputs['path']).not.toBe(first.outputs['path']);
  });

  test('a spoilt copy is replaced; without an ETag nothing is believed; the token goes along', async () => {
    const model = `${web.url}/config.json`;
    const first = await pull({ model, token: 'mine-alone', dest: 'out' });
    expect(web.seen.every(({ headers }) => headers.authorization === 'Bearer mine-alone')).toBe(true);
    expect(first.outputs['path']).toBe(join(workspace, 'out'));
    const [repo = ''] = (await readdir(join(workspace, 'cache'))).filter((name) =>
      name.startsWith('models--'),
    );
    const snapshots = join(workspace, 'cache', repo, 'snapshots');
    const kept = await realpath(join(snapshots, (await readdir(snapshots))[0] ?? '', 'config.json'));
    await rm(kept);
    await writeFile(kept, Buffer.alloc(FIRST.length));
    const mended = await pull({ model, token: 'mine-alone' });
    expect(mended.stdout).toContain('has the right size and the wrong hash; it is fetched again');
    expect(mended.outputs).toMatchObject({ 'cache-hit': 'none', digest: first.outputs['digest'] });

    served = { bytes: SECOND, etag: undefined };
    for (const hit of ['none', 'none']) expect((await pull({ model })).outputs['cache-hit']).toBe(hit);
  });

  test('the hash in the address is held against the bytes', async () => {
    const right = await pull({ model: `${web.url}/a.json#sha256=${sha256(FIRST)}` });
    expect(right.outputs).toMatchObject({ revision: `sha256:${sha256(FIRST)}`, outcome: 'success' });
    const wrong = await pull({ model: `${web.url}/a.json#sha256=${sha256(SECOND)}` });
    expect(wrong.outputs).toMatchObject({ outcome: 'infra-error' });
    expect(wrong.outputs['path']).toBeUndefined();
    const names = await readdir(join(workspace, 'cache'), { recursive: true });
    expect(names.filter((name) => name.endsWith('a.json'))).toHaveLength(1);
  });

  test('offline without an earlier pull is told; an unsafe file gets no path', async () => {
    const model = `${web.url}/model.bin`;
    const offline = await pull({ model, offline: 'true' });
    expect(offline.outputs['outcome']).toBe('config-error');
    expect(offline.stdout).toContain('pull it once without');
    expect(web.seen).toEqual([]);
    served.bytes = Buffer.from([0x80, 4, 0x2e]);
    const unsafe = await pull({ model });
    expect(unsafe.outputs).toMatchObject({ outcome: 'gate-failed', safety: 'unsafe' });
    expect(unsafe.outputs['path']).toBeUndefined();
    const names = await readdir(join(workspace, 'cache'), { recursive: true });
    expect(names.filter((name) => name.endsWith('model.bin'))).toEqual([]);
  });
});

describe('a model card', () => {
  const card = (source: string): string => `apiVersion: v1\nkind: ModelCard\nspec:\n  source: ${source}\n`;

  test('leads to its source, whose digest must be the right one', async () => {
    const source = (digest: string): string => `{uri: "${web.url}/config.json", digest: "${digest}"}`;
    await put('card.yaml', card(source(digestOf('config.json', FIRST))));
    const right = await pull({ model: 'card.yaml' });
    expect(right.outputs).toMatchObject({ outcome: 'success', digest: digestOf('config.json', FIRST) });
    const record = await readRecord(join(workspace, 'sluice-run/release.json'));
    expect(record?.stages[0]?.data).toMatchObject({
      reference: 'card.yaml',
      source: `${web.url}/config.json`,
    });

    await put('card.yaml', card(source(digestOf('config.json', SECOND))));
    const wrong = await pull({ model: 'card.yaml' });
    expect(wrong.outputs).toMatchObject({ outcome: 'gate-failed' });
    expect(wrong.outputs['path']).toBeUndefined();
    expect(wrong.stdout).toContain('card.yaml wants sha256:');
  });

  test('an entry of a list; a card without source; a source with a typo', async () => {
    const entry = (more: string): Promise<void> =>
      put('sets.yaml', `datasets:\n  - {name: small, uri: "${web.url}/a.json"${more}}\n`);
    await entry('');
    expect((await pull({ model: 'sets.yaml#small' })).outputs['outcome']).toBe('success');
    await entry(`, sha256: "${'a'.repeat(64)}"`);
    const changed = await pull({ model: 'sets.yaml#small' });
    expect(changed.outputs['outcome']).toBe('gate-failed');
    expect(changed.stdout).toContain('the data changed');
    // A list of data sets is held to its schema, as eval-gate does.
    await entry(', uir: x');
    expect((await pull({ model: 'sets.yaml#small' })).stdout).toContain('("uir" is none)');
    await put('card.yaml', 'spec: {}\n');
    expect((await pull({ model: 'card.yaml' })).stdout).toContain('`spec.source`');
    await put('card.yaml', card('webhdsf://h/p'));
    const refused = await pull({ model: 'card.yaml' });
    expect(refused.outputs['outcome']).toBe('config-error');
    expect(refused.stdout).toMatch(/webhdsf/);
  });
});

test('a folder on Google Cloud Storage: pulled with a credential file, then a full hit; the tokens stay unsaid', async () => {
  const objects = new Map([
    ['llm/config.json', { bytes: FIRST, generation: '11' }],
    ['llm/sub/big.bin', { bytes: Buffer.alloc(20 << 20, 'weights'), generation: '12' }],
  ]);
  await using server = await serveGcs({ bucket: 'models', objects, token: 'ya29.veryPrivate' });
  await using tokens = await serve((_request, response) => {
    response.end('{"access_token": "ya29.veryPrivate", "expires_in": 3600}');
  });
  const user = { type: 'authorized_user', client_id: 'c', client_secret: 'hushHush', refresh_token: 'r' };
  await put('gcp.json', JSON.stringify({ ...user, token_uri: tokens.url }));
  const env = { GOOGLE_APPLICATION_CREDENTIALS: join(workspace, 'gcp.json') };
  const inputs = { model: 'gs://models/llm', endpoint: server.url };
  const run = await pull(inputs, env);
  expect(run.outputs).toMatchObject({ outcome: 'success', files: '2', 'cache-hit': 'none' });
  const big = await readFile(join(run.outputs['path'] ?? '', 'sub/big.bin'));
  expect(sha256(big)).toBe(sha256(Buffer.alloc(20 << 20, 'weights')));
  const printed = run.stdout.replace(/^::add-mask::.*$/gm, '') + run.summary + JSON.stringify(run.state);
  expect(printed).not.toMatch(/ya29|hushHush/);
  const again = await pull(inputs, env);
  expect(again.outputs).toMatchObject({ 'cache-hit': 'full', revision: run.outputs['revision'] });
});

test('a blob on Azure: ranges go by a grant that the key signs, and are bound to the ETag', async () => {
  const key = Buffer.alloc(64, 5).toString('base64');
  const bytes = Buffer.alloc(20 << 20, 'weights');
  const blobs = new Map([['llm/big.bin', { bytes, md5: true }]]);
  await using server = await serveAzure({ account: 'acct', container: 'models', blobs, key, grants: true });
  const env = { AZURE_STORAGE_KEY: key };
  const inputs = { model: 'az://acct/models/llm', endpoint: server.url };
  const run = await pull(inputs, env);
  expect(run.outputs).toMatchObject({ outcome: 'success', files: '1', digest: digestOf('big.bin', bytes) });
  const ranges = server.seen.filter(({ url }) => url.searchParams.get('sr') === 'b');
  expect(ranges.length).toBeGreaterThan(0);
  expect(ranges.every(({ headers }) => /^"0x/.test(headers['if-match'] ?? ''))).toBe(true);
  const printed = run.stdout.replace(/^::add-mask::.*$/gm, '') + run.summary;
  expect(printed).not.toContain(key);
  expect(printed).not.toContain('sig=');
});

test('a DVC output whose remote is a folder, chosen by dvc-remote', async () => {
  const listing = JSON.stringify([
    { md5: md5(FIRST), relpath: 'config.json' },
    { md5: md5(SECOND), relpath: 'sub/other.json' },
  ]);
  const dir = `${md5(listing)}.dir`;
  const keep = (name: string, bytes: Buffer | string): Promise<void> =>
    put(`remote/files/md5/${name.slice(0, 2)}/${name.slice(2)}`, Buffer.from(bytes));
  await Promise.all([keep(md5(FIRST), FIRST), keep(md5(SECOND), SECOND), keep(dir, listing)]);
  await put(
    '.dvc/config',
    '[core]\nremote = gone\n[\'remote "gone"\']\nurl = ../gone\n[\'remote "store"\']\nurl = ../remote\n',
  );
  await put('llm.dvc', `outs:\n- md5: ${dir}\n  size: 25\n  nfiles: 2\n  hash: md5\n  path: llm\n`);
  const inputs = { model: 'dvc:llm', 'dvc-remote': 'store' };
  const part = await pull({ ...inputs, include: 'sub/' });
  expect(part.outputs).toMatchObject({ outcome: 'success', revision: dir, files: '1', 'cache-hit': 'none' });
  expect((await pull(inputs)).outputs).toMatchObject({ files: '2', 'cache-hit': 'partial' });
  const full = await pull(inputs);
  expect(full.outputs['cache-hit']).toBe('full');
  expect(await readFile(join(full.outputs['path'] ?? '', 'sub/other.json'))).toEqual(SECOND);
});

test('an S3 folder, by the keys of the environment', async () => {
  const objects = new Map([
    ['m/v1/config.json', { bytes: FIRST }],
    ['m/v1/sub/other.json', { bytes: SECOND }],
  ]);
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'wJalr/secret' };
  await using server = await serveS3({ bucket: 'b', objects, credentials });
  const env = {
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'wJalr/secret',
    AWS_ENDPOINT_URL: server.url,
  };
  const first = await pull({ model: 's3://b/m/v1' }, env);
  expect(first.outputs).toMatchObject({ outcome: 'success', files: '2', 'cache-hit': 'none' });
  expect((await pull({ model: 's3://b/m/v1' }, env)).outputs['cache-hit']).toBe('full');
});

test('a checkout with Git LFS pointers gives weights, from the repository’s own LFS server', async () => {
  await using lfs = await serve((request, response) => {
    if (request.method === 'GET') sendBytes(request, response, SECOND);
    else {
      const href = `http://${request.headers.host ?? ''}/object`;
      const object = { oid: sha256(SECOND), size: SECOND.length, actions: { download: { href } } };
      response.writeHead(200, { 'content-type': 'application/vnd.git-lfs+json' });
      response.end(JSON.stringify({ transfer: 'basic', objects: [object] }));
    }
  });
  await put('.git/config', `[remote "origin"]\n\turl = ${lfs.url}/org/repo\n`);
  const version = 'version https://git-lfs.github.com/spec/v1';
  await put('m/big.json', `${version}\noid sha256:${sha256(SECOND)}\nsize ${SECOND.length}\n`);
  await put('m/config.json', FIRST);
  const run = await pull({ model: 'file:m' });
  expect(run.outputs).toMatchObject({ outcome: 'success', files: '2' });
  expect(await readFile(join(run.outputs['path'] ?? '', 'big.json'))).toEqual(SECOND);
  lfs.seen.length = 0;
  expect((await pull({ model: 'file:m' })).outputs['cache-hit']).toBe('full');
  expect(lfs.seen.filter(({ method }) => method === 'GET')).toEqual([]);
});

test('two jobs that pull one file at once both end right', async () => {
  served.bytes = Buffer.from(JSON.stringify({ long: 'x'.repeat(3_000_000) }));
  const runs = await Promise.all(
    ['a', 'b'].map((name) =>
      pull({ model: `${web.url}/config.json`, 'release-record': `${name}/release.json` }),
    ),
  );
  for (const { outputs } of runs)
    expect(outputs).toMatchObject({ outcome: 'success', digest: digestOf('config.json', served.bytes) });
  expect(runs.map(({ outputs }) => outputs['cache-hit']).sort()).toEqual(['full', 'none']);
});
