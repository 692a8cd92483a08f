/** MLflow's registry and OCI registries, through the bundle. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readRecord } from '@sluice/release/record';
import { filesDigest } from '@sluice/release/weights';
import { startHub } from '@sluice/testing/hub/server';
import { startMlflowServer } from '@sluice/testing/mlflow-server';
import type { ActionOutcome } from '@sluice/testing/runner';
import { NO_HUB_SETTINGS, runAction } from '@sluice/testing/runner';
import { MLFLOW_FILES, startMlflow } from '../../../packages/sources/test/support/mlflow-server.ts';
import { digestOf, RegistryContent, serveRegistry } from '../../../packages/sources/test/support/registry.ts';
import { serveS3 } from '../../../packages/sources/test/support/s3-server.ts';
import { sha256Hex } from '../../../packages/sources/test/support/serve.ts';
import { tarOf } from '../../../packages/sources/test/support/tar.ts';

const CONFIG = Buffer.from('{"hidden_size": 8}');

let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-registry-'));
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

function pull(inputs: Record<string, string>, env: Record<string, string> = {}): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: { 'cache-dir': 'cache', 'min-free-space': '0B', 'allow-formats': 'unknown', ...inputs },
    env: {
      ...NO_HUB_SETTINGS,
      HOME: workspace,
      ...env,
    },
    timeoutMs: 30_000,
  });
}

const digestOfFiles = (files: Record<string, Buffer | string>): string =>
  filesDigest(
    Object.entries(files).map(([path, text]) => {
      const bytes = Buffer.from(text);
      return { path, bytes: bytes.length, sha256: sha256Hex(bytes) };
    }),
  );

const recordOf = () => readRecord(join(workspace, 'sluice-run/release.json'));

describe('mlflow:', () => {
  const model = 'mlflow:models:/llm@champion';
  const files = {
    MLmodel: MLFLOW_FILES.get('1/models/m-1/artifacts/MLmodel') ?? '',
    'model/weights.bin': MLFLOW_FILES.get('1/models/m-1/artifacts/model/weights.bin') ?? '',
  };

  test('an alias is a version, its files come by the proxy; the token is masked and stays there', async () => {
    await using server = await startMlflow();
    const env = { MLFLOW_TRACKING_URI: `${server.url}/base`, MLFLOW_TRACKING_TOKEN: 'tok' };
    const run = await pull({ model }, env);
    const digest = digestOfFiles(files);
    expect(run.outputs).toMatchObject({ outcome: 'success', revision: '3', files: '2', digest });
    expect(run.stdout).toContain('::add-mask::tok');
    expect(await readFile(join(run.outputs['path'] ?? '', 'model/weights.bin'), 'utf8')).toBe('weights');
    expect((await recordOf())?.model).toMatchObject({ source: 'models:/llm/3', revision: '3', digest });
    // The proxy names neither hash nor ETag: nothing is believed, and only the cache alone can be offline.
    expect((await pull({ model }, env)).outputs).toMatchObject({ 'cache-hit': 'none', changed: 'false' });
    server.seen.length = 0;
    expect((await pull({ model, offline: 'true' }, env)).outputs).toMatchObject({
      'cache-hit': 'full',
      digest,
    });
    expect(server.seen).toEqual([]);
  });

  test('artifacts in S3 are a full hit the second time; what the server refuses is told', async () => {
    const objects = new Map([['m/config.json', { bytes: CONFIG }]]);
    await using s3 = await serveS3({ bucket: 'b', objects });
    await using server = await startMlflow('s3://b/m');
    const env = {
      MLFLOW_TRACKING_URI: `${server.url}/base`,
      MLFLOW_TRACKING_TOKEN: 'tok',
      MLFLOW_S3_ENDPOINT_URL: s3.url,
    };
    const digest = digestOfFiles({ 'config.json': CONFIG });
    expect((await pull({ model: 'models:/llm/3' }, env)).outputs).toMatchObject({
      outcome: 'success',
      digest,
    });
    expect((await pull({ model: 'models:/llm/3' }, env)).outputs['cache-hit']).toBe('full');
    expect(s3.seen.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
    const refused = await pull({ model }, { ...env, MLFLOW_TRACKING_TOKEN: 'wrong' });
    expect(refused.outputs['outcome']).toBe('config-error');
    expect(refused.stdout).toContain('MLFLOW_TRACKING_TOKEN');
    const missing = await pull({ model: 'models:/llm@none' }, env);
    expect(missing.outputs['outcome']).toBe('config-error');
    expect(missing.stdout).toContain('does not exist');
    expect(missing.stdout).not.toMatch(/^::error::x/m);
  });
});

test('E11: a version whose weights a hub keeps comes from there, held against the digest that was promoted', async () => {
  const files = { 'config.json': '{}' };
  await using hub = await startHub({
    repos: [{ id: 'acme/llm', revisions: [{ name: 'v1', files }] }],
    token: 'hf_t',
  });
  await using mlflow = await startMlflowServer();
  const env = { MLFLOW_TRACKING_URI: mlflow.url, HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_t' };
  const [digest, revision] = [digestOfFiles(files), hub.commit('acme/llm', 'v1')];
  mlflow.addVersions('llm', ['1']);
  mlflow.point('llm', 'candidate', '1');
  const [version] = mlflow.models.get('llm')?.versions ?? [];
  Object.assign(version ?? {}, { source: `hf://acme/llm@${revision}`, tags: { 'sluice.digest': digest } });
  const model = 'models:/llm@candidate';
  const run = await pull({ model }, env);
  expect(run.outputs).toMatchObject({ outcome: 'success', revision, digest, changed: 'true' });
  expect((await recordOf())?.model).toMatchObject({ source: 'hf://acme/llm', revision, digest });
  expect((await recordOf())?.stages[0]?.data).toMatchObject({ reference: 'models:/llm/1' });
  expect((await pull({ model }, env)).outputs).toMatchObject({ 'cache-hit': 'full', changed: 'false' });
  const other = `sha256:${'0'.repeat(64)}`;
  Object.assign(version ?? {}, { tags: { 'sluice.digest': other } });
  const forged = await pull({ model }, env);
  expect(forged.outputs).toMatchObject({ outcome: 'gate-failed' });
  expect(forged.stdout).toContain(`version models:/llm/1 wants ${other}`);
  Object.assign(version ?? {}, { source: 'hf://acme/llm' });
  expect((await pull({ model }, env)).stdout).toContain('hf://acme/llm, which names no commit');
});

describe('oci://', () => {
  const login = { user: 'u', password: 'very-secret' };
  const title = (name: string) => ({ 'org.cncf.model.filepath': name });
  const weights = Buffer.from('{"weights": [1, 2]}');

  async function start(content: RegistryContent) {
    const packed = gzipSync(tarOf([['tokenizer/vocab.json', Buffer.from('{"a": 0}')]]));
    const digest = content.tag('v1', {
      layers: [
        content.layer(CONFIG, 'application/json', title('config.json')),
        content.layer(weights, 'application/vnd.cncf.model.weight.v1.raw', title('weights/model.json')),
        content.layer(packed, 'application/vnd.cncf.model.weight.v1.tar+gzip', title('tokenizer')),
      ],
    });
    const server = await serveRegistry(content, { login });
    const model = `oci://${new URL(server.url).host}/org/model`;
    return { digest, model, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  }

  test('files and unpacked layers, by tag and by digest, a full hit the second time', async () => {
    await using registry = await start(new RegistryContent());
    const { digest, model } = registry;
    const token = `${login.user}:${login.password}`;
    const run = await pull({ model: `${model}:v1`, token });
    const all = digestOfFiles({
      'config.json': CONFIG,
      'weights/model.json': weights,
      'tokenizer/vocab.json': '{"a": 0}',
    });
    expect(run.outputs).toMatchObject({ outcome: 'success', revision: digest, files: '3', digest: all });
    const log = run.stdout.replace(/^::add-mask::.*$/gm, '');
    const record = await recordOf();
    expect(log + run.summary + JSON.stringify(record)).not.toContain('very-secret');
    expect(record?.model).toMatchObject({ source: `${model}:v1`, revision: digest });
    expect((await pull({ model: `${model}:v1`, token })).outputs).toMatchObject({
      'cache-hit': 'full',
      changed: 'false',
    });
    const pinned = await pull({ model: `${model}@${digest}`, token, include: 'config.json' });
    expect(pinned.outputs).toMatchObject({ outcome: 'success', revision: digest, files: '1' });
  });

  test('a blob that is not its digest never gets a name; a wrong login is told', async () => {
    const content = new RegistryContent();
    await using registry = await start(content);
    const { model } = registry;
    const token = `${login.user}:${login.password}`;
    content.blobs.set(digestOf(weights), Buffer.from('{"weights": [9, 9]}'));
    const wrong = await pull({ model: `${model}:v1`, token });
    expect(wrong.outputs['outcome']).toBe('infra-error');
    expect(wrong.stdout).toContain(`the source says ${digestOf(weights).slice('sha256:'.length)}`);
    const names = await readdir(join(workspace, 'cache'), { recursive: true });
    expect(names.filter((name) => name.includes('snapshots/') && name.endsWith('.json'))).toEqual([]);
    const refused = await pull({ model: `${model}:v1`, token: 'u:nonsense' });
    expect(refused.outputs['outcome']).toBe('config-error');
    expect(refused.stdout).toContain('may not be pulled');
    const none = await pull({ model: `${model}:v2`, token });
    expect(none.outputs['outcome']).toBe('config-error');
    expect(none.stdout).toContain('does not exist');
  });
});

describe('s3://bucket/prefix@alias', () => {
  const put = (objects: Map<string, { bytes: Buffer }>, name: string, text: string) =>
    objects.set(name, { bytes: Buffer.from(text) });

  test('follows the pointer that a promotion writes, to the files of that digest and no others', async () => {
    const objects = new Map<string, { bytes: Buffer }>();
    await using s3 = await serveS3({ bucket: 'models', objects });
    const env = { AWS_ENDPOINT_URL: s3.url, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    const versions = ['{"v": 1}', '{"v": 2}'].map((text) => {
      const digest = digestOfFiles({ 'config.json': text });
      put(objects, `llm/${digest.slice(7)}/config.json`, text);
      return { text, digest };
    });
    const model = 's3://models/llm@production';
    for (const { text, digest } of versions) {
      put(objects, 'llm/aliases/production.json', JSON.stringify({ schemaVersion: 1, version: digest }));
      const run = await pull({ model }, env);
      expect(run.outputs).toMatchObject({ outcome: 'success', digest });
      expect(await readFile(join(run.outputs['path'] ?? '', 'config.json'), 'utf8')).toBe(text);
    }
    expect((await recordOf())?.model?.source).toBe(`s3://models/llm/${versions[1]?.digest.slice(7) ?? ''}`);
    // Somebody has put other bytes there since.
    put(objects, `llm/${versions[1]?.digest.slice(7) ?? ''}/config.json`, '{"v": 3}');
    const changed = await pull({ model }, env);
    expect(changed.outputs['outcome']).toBe('gate-failed');
    expect(changed.stdout).toContain('s3://models/llm@production wants sha256:');
    put(objects, 'llm/aliases/production.json', JSON.stringify({ schemaVersion: 1, version: null }));
    expect((await pull({ model }, env)).stdout).toContain('points at nothing');
    // Without a pointer an @ is a part of the key.
    put(objects, 'raw/a@b/config.json', '{}');
    expect((await pull({ model: 's3://models/raw/a@b' }, env)).outputs['outcome']).toBe('success');
  });
});
