import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  downloadFile,
  listCommits,
  listFiles,
  modelInfo,
  pathsInfo,
  snapshotDownload,
} from '@huggingface/hub';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parseRange } from '@sluice/testing/hub/answer';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';

const TOKEN = 'hf_fixture';
const WEIGHTS = Buffer.alloc(1_200_000, 7);
const files = {
  'config.json': '{"model_type":"llama"}',
  'model.safetensors': WEIGHTS,
  'empty.txt': '',
  'onnx/deep/notes.md': '# notes',
};

let hub: FixtureHub;
beforeAll(async () => {
  hub = await startHub({
    repos: [
      {
        id: 'acme/tiny',
        revisions: [
          { name: 'v1', files },
          { name: 'v2', files: { ...files, 'config.json': '{}' } },
        ],
      },
      { id: 'acme/gated', revisions: [{ name: 'v1', files }], gated: true },
      { id: 'acme/secret', revisions: [{ name: 'v1', files }], private: true },
    ],
    token: TOKEN,
    pageSize: 2,
  });
});
afterAll(() => hub.close());

const repo = 'acme/tiny';
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${hub.url}${path}`, { headers, method, redirect: 'manual' });

describe('the JS client', () => {
  test('lists all pages, info, paths and commits', async () => {
    const seen: string[] = [];
    for await (const file of listFiles({ repo, hubUrl: hub.url, recursive: true })) {
      if (file.type === 'file') seen.push(file.path);
    }
    expect(seen.sort()).toEqual(Object.keys(files).sort());
    const info = await modelInfo({ name: repo, hubUrl: hub.url, revision: 'v2', additionalFields: ['sha'] });
    expect(info.sha).toBe(hub.commit(repo, 'v2'));
    const [entry] = await pathsInfo({
      repo,
      hubUrl: hub.url,
      paths: ['model.safetensors', 'none'],
      expand: true,
    });
    expect(entry?.lfs?.oid).toBe(createHash('sha256').update(WEIGHTS).digest('hex'));
    const commits: string[] = [];
    for await (const commit of listCommits({ repo, hubUrl: hub.url, revision: 'v2' }))
      commits.push(commit.oid);
    expect(commits).toEqual([hub.commit(repo, 'v2'), hub.commit(repo, 'v1')]);
  });

  test('downloads through the CDN and into its own cache', async () => {
    const blob = await downloadFile({ repo, hubUrl: hub.url, path: 'model.safetensors' });
    expect(Buffer.from((await blob?.arrayBuffer()) ?? new ArrayBuffer()).equals(WEIGHTS)).toBe(true);
    const cacheDir = await mkdtemp(join(tmpdir(), 'sluice-js-'));
    jest.spyOn(console, 'debug').mockImplementation(() => undefined);
    const folder = await snapshotDownload({ repo, hubUrl: hub.url, cacheDir });
    expect((await readdir(folder)).sort()).toEqual(['config.json', 'empty.txt', 'model.safetensors', 'onnx']);
    expect(await readFile(join(folder, 'onnx/deep/notes.md'), 'utf8')).toBe('# notes');
  });
});

describe('the wire', () => {
  test('a small file: git id as etag, the commit, ranges', async () => {
    const response = await get(`/${repo}/resolve/main/config.json`, {}, 'HEAD');
    const oid = createHash('sha1')
      .update(`blob ${files['config.json'].length}\0${files['config.json']}`)
      .digest('hex');
    expect(response.headers.get('etag')).toBe(`"${oid}"`);
    expect(response.headers.get('x-repo-commit')).toBe(hub.commit(repo, 'v1'));
    expect(response.headers.get('content-length')).toBe(String(files['config.json'].length));
    const part = await get(`/${repo}/resolve/main/config.json`, { range: 'bytes=2-5' });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 2-5/22',
      'mode',
    ]);
    const empty = await get(`/${repo}/resolve/main/empty.txt`, { range: 'bytes=0-0' });
    expect([empty.status, empty.headers.get('content-range')]).toEqual([200, 'bytes */0']);
  });

  test('an LFS file: 302 to another origin, whose address is signed', async () => {
    const response = await get(`/${repo}/resolve/main/model.safetensors`, {}, 'HEAD');
    const location = response.headers.get('location') ?? '';
    expect(response.status).toBe(302);
    expect(new URL(location).origin).toBe(hub.cdnUrl);
    expect(hub.cdnUrl).not.toBe(hub.url);
    expect(response.headers.get('x-linked-size')).toBe(String(WEIGHTS.byteLength));
    expect((await fetch(location.replace(/Signature=\w/, 'Signature=0'))).status).toBe(403);
    expect((await fetch(location, { headers: { range: 'bytes=1199990-' } })).status).toBe(206);
  });

  test.each([
    ['acme/tiny', '/api/models/acme/tiny/revision/v9', undefined, 404, 'RevisionNotFound'],
    ['acme/tiny', '/acme/tiny/resolve/main/none.txt', undefined, 404, 'EntryNotFound'],
    ['unknown', '/api/models/acme/unknown', undefined, 401, 'RepoNotFound'],
    ['unknown, known user', '/api/models/acme/unknown', TOKEN, 404, 'RepoNotFound'],
    ['private', '/api/models/acme/secret', undefined, 401, 'RepoNotFound'],
    ['private, known user', '/api/models/acme/secret', TOKEN, 200, null],
    ['gated, list', '/api/models/acme/gated/tree/main', undefined, 200, null],
    ['gated, file', '/acme/gated/resolve/main/config.json', undefined, 401, 'GatedRepo'],
    ['gated, known user', '/acme/gated/resolve/main/config.json', TOKEN, 200, null],
    ['wrong token', '/api/models/acme/tiny', 'hf_wrong', 401, null],
  ])('%s %s', async (_, path, token, status, code) => {
    const response = await get(path, token === undefined ? {} : { authorization: `Bearer ${token}` });
    expect([response.status, response.headers.get('x-error-code')]).toEqual([status, code]);
  });

  test('commit ids are the same at every start, and differ by content', async () => {
    await using again = await startHub({ repos: [{ id: repo, revisions: [{ name: 'v1', files }] }] });
    expect(again.commit(repo, 'v1')).toBe(hub.commit(repo, 'v1'));
    expect(hub.commit(repo, 'v2')).not.toBe(hub.commit(repo, 'v1'));
    expect(hub.commit(repo, 'v1')).toMatch(/^[0-9a-f]{40}$/);
  });

  test('faults strike as often as ordered; the log shows who sent a token', async () => {
    hub.faults.push({
      origin: 'hub',
      kind: 'rate-limit',
      seconds: 7,
      times: 2,
      path: '/api/models/acme/tiny',
    });
    hub.requests.length = 0;
    const limited = await get('/api/models/acme/tiny', { authorization: `Bearer ${TOKEN}` });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    expect(limited.headers.get('ratelimit')).toBe('"resolvers";r=0;t=7');
    expect((await get('/api/models/acme/tiny')).status).toBe(429);
    expect((await get('/api/models/acme/tiny')).status).toBe(200);
    expect(hub.requests.map(({ status, authorized }) => [status, authorized])).toEqual([
      [429, true],
      [429, false],
      [200, false],
    ]);
  });
});

test('the program prints its address, serves the folders as tags, and ends at SIGTERM', async () => {
  const main = join(import.meta.dirname, '../src/hub/main.ts');
  const models = join(import.meta.dirname, '../../../fixtures/models');
  const child = spawn(process.execPath, [main, '--models', models], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const response = await fetch(`${line.toString().trim()}/api/models/acme/capitals/refs`);
  const refs = (await response.json()) as {
    branches: { targetCommit: string }[];
    tags: { name: string; targetCommit: string }[];
  };
  expect(refs.tags.map(({ name }) => name)).toEqual(['v1', 'v2', 'v3', 'v4']);
  expect(refs.branches[0]?.targetCommit).toBe(refs.tags[0]?.targetCommit);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

test.each([
  ['bytes=0-3', 10, { start: 0, end: 3 }],
  ['bytes=4-', 10, { start: 4, end: 9 }],
  ['bytes=4-99', 10, { start: 4, end: 9 }],
  ['bytes=-3', 10, { start: 7, end: 9 }],
  ['bytes=-99', 10, { start: 0, end: 9 }],
  ['bytes=10-', 10, null],
  ['bytes=5-4', 10, null],
  ['bytes=0-0', 0, null],
  ['bytes=-', 10, undefined],
  ['items=0-1', 10, undefined],
  [undefined, 10, undefined],
])('range %s of %d', (header, size, expected) => {
  expect(parseRange(header, size)).toEqual(expected);
});
