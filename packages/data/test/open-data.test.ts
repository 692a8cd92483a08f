import { createServer, type Server } from 'node:http';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ageOf } from '@sluice/data/age';
import { openData, type OpenContext } from '@sluice/data/open-data';
import { scanData } from '@sluice/data/scan';
import { compareServing } from '@sluice/data/serving';
import { emptyUnit } from '@sluice/release/unit';
import type { ReleaseRecord } from '@sluice/release/record';

const workspace = mkdtempSync(join(tmpdir(), 'sluice-open-'));
const quiet = () => undefined;
const log = { info: quiet, notice: quiet, warning: quiet, error: quiet, debug: quiet, untrusted: quiet };
let server: Server;
let origin = '';
beforeAll(async () => {
  server = createServer((request, response) => {
    const body = 'a,b\n1,2\n3,4\n';
    if (request.url !== '/data/rows.csv') response.writeHead(404).end();
    else
      response
        .writeHead(200, { 'content-length': body.length, etag: '"x"' })
        .end(request.method === 'HEAD' ? '' : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(workspace, { recursive: true, force: true });
});
const context = (): OpenContext => ({
  env: {},
  log: { ...log, group: (_, run) => run() },
  signal: new AbortController().signal,
  workspace,
  folder: join(workspace, 'fetched'),
});
const put = (path: string, content: string): void => {
  mkdirSync(join(workspace, path, '..'), { recursive: true });
  writeFileSync(join(workspace, path), content);
};

describe('where data lie', () => {
  test('a file of a server is brought here and read', async () => {
    const opened = await openData(`${origin}/data/rows.csv`, 'data', context());
    expect(opened.revision).not.toBeNull();
    const scan = await scanData(opened.files, { schemas: [], folder: workspace });
    expect([scan.rows, scan.columns.map(({ name }) => name)]).toEqual([2, ['a', 'b']]);
  });
  test('what the server does not have is refused', async () => {
    await expect(openData(`${origin}/data/other.csv`, 'data', context())).rejects.toThrow('404');
  });
  test('of a folder the tables, not what describes them', async () => {
    put('set/train.jsonl', '{"a":1}');
    put('set/test.jsonl', '{"a":1}');
    put('set/dataset_infos.json', '{}');
    put('set/README.md', '');
    const { files } = await openData('set', 'data', context());
    expect(files.map(({ shown }) => shown)).toEqual(['set/test.jsonl', 'set/train.jsonl']);
    expect((await openData('set/t*.jsonl', 'data', context())).files).toHaveLength(2);
  });
});

test('age: by the last commit, by the entry, and missing where neither tells', async () => {
  put('aged/rows.csv', 'a\n1\n');
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-C', join(workspace, 'aged'), '-c', 'user.name=a', '-c', 'user.email=a@b.org', ...args],
      {
        env: { ...process.env, GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z' },
      },
    );
  const opened = await openData('aged/rows.csv', 'data', context());
  expect(await ageOf(opened, Date.now())).toHaveProperty('missing');
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'rows');
  const now = Date.parse('2026-03-02T00:00:00Z');
  expect(await ageOf(opened, now)).toEqual({ days: 60, from: 'the last commit that changed it' });
  const entry = { name: 'x', uri: 'y', created: '2026-02-20' };
  expect(await ageOf({ ...opened, entry }, now)).toMatchObject({ days: 10 });
  put('aged/rows.csv', 'a\n2\n');
  expect(await ageOf(opened, now)).toHaveProperty('missing');
});

test('the tokenizer of training beside the one that is served', () => {
  const sha256 = 'a'.repeat(64);
  const record = {
    unit: emptyUnit(),
    model: { files: [{ path: 'tokenizer.json', bytes: 1, sha256 }] },
  } as unknown as ReleaseRecord;
  const entry = { name: 'x', uri: 'y', tokenizer: `sha256:${sha256}`, 'chat-template': `sha256:${sha256}` };
  expect(compareServing(entry, record).map(({ part, isEqual }) => [part, isEqual])).toEqual([
    ['tokenizer', true],
    ['chat_template', undefined],
  ]);
  const other = { ...record, unit: { ...emptyUnit(), tokenizer: `sha256:${'b'.repeat(64)}` } };
  expect(compareServing(entry, other)[0]?.isEqual).toBe(false);
});
