import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { resolveFile } from '@sluice/sources/file-source';
import { parseGitConfig } from '@sluice/sources/git-config';
import { parseLfsPointer } from '@sluice/sources/lfs-pointer';
import { findLfsServer, lfsUrlOf } from '@sluice/sources/lfs-source';
import { bytesOfFile, sendBytes, serve, sha256Hex, testContext } from './support/serve.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-file-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const WEIGHTS = Buffer.from('weights in LFS');
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256Hex(WEIGHTS)}\nsize ${WEIGHTS.length}\n`;

describe('file:', () => {
  test('a folder, without Git’s own, read by range; a change is noticed', async () => {
    await mkdir(join(root, 'm/.git'), { recursive: true });
    await mkdir(join(root, 'm/sub'));
    await writeFile(join(root, 'm/.git/config'), '');
    await writeFile(join(root, 'm/sub/a.bin'), '0123456789');
    await writeFile(join(root, 'm/b.bin'), '');
    const { files, source } = await resolveFile({ path: 'm' }, testContext({ workspace: root }));
    expect(source).toBe('file:m');
    expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
      ['b.bin', 0],
      ['sub/a.bin', 10],
    ]);
    expect((await bytesOfFile(files[1], { start: 2, end: 4 })).bytes.toString()).toBe('234');
    await writeFile(join(root, 'm/sub/a.bin'), '01234567890');
    await expect(bytesOfFile(files[1])).rejects.toThrow('changed while it was read');
  });

  test('one file; and nothing there', async () => {
    await writeFile(join(root, 'x.gguf'), 'x');
    const context = testContext({ workspace: root });
    expect((await resolveFile({ path: 'x.gguf' }, context)).files).toMatchObject([
      { path: 'x.gguf', bytes: 1 },
    ]);
    await expect(resolveFile({ path: 'y' }, context)).rejects.toThrow('does not exist');
    await expect(resolveFile({ path: 'x.gguf' }, { ...context, revision: 'v1' })).rejects.toThrow(
      'remove it',
    );
  });
});

describe('Git LFS pointers', () => {
  async function checkout(remote: string, more = ''): Promise<void> {
    await mkdir(join(root, '.git'));
    await writeFile(join(root, '.git/config'), `[remote "origin"]\n\turl = ${remote}\n${more}`);
    await mkdir(join(root, 'model'));
    await writeFile(join(root, 'model/weights.bin'), POINTER);
    await writeFile(join(root, 'model/config.json'), '{}');
  }

  test('are resolved at the remote; its headers go to the object’s address alone', async () => {
    await using store = await serve((request, response) => {
      if (request.headers['x-sign'] === 'signed') sendBytes(request, response, WEIGHTS);
      else response.writeHead(403).end();
    });
    await using server = await serve((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401).end();
        return;
      }
      const { objects } = JSON.parse(request.body) as { objects: { oid: string; size: number }[] };
      const answers = objects.map(({ oid, size }) => ({
        oid,
        size,
        actions: {
          download: { href: `${store.url}/o/${oid}?s=1`, header: { 'X-Sign': 'signed' }, expires_in: 3600 },
        },
      }));
      response.end(JSON.stringify({ transfer: 'basic', objects: answers }));
    });
    await checkout(
      `${server.url}/org/repo`,
      `[http "${server.url}/"]\n\textraheader = AUTHORIZATION: basic eDp5\n`,
    );
    const { files } = await resolveFile({ path: 'model' }, testContext({ workspace: root }));
    expect(files).toMatchObject([
      { path: 'config.json', bytes: 2, hash: null },
      {
        path: 'weights.bin',
        bytes: WEIGHTS.length,
        hash: { algorithm: 'sha256', value: sha256Hex(WEIGHTS) },
      },
    ]);
    expect((await bytesOfFile(files[1])).bytes).toEqual(WEIGHTS);
    expect((await bytesOfFile(files[1], { start: 0, end: 6 })).bytes.toString()).toBe('weights');
    expect(server.seen.map(({ url, headers }) => [url.pathname, headers.authorization])).toEqual([
      ['/org/repo.git/info/lfs/objects/batch', 'basic eDp5'],
    ]);
    expect(store.seen.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
  });

  test('an address that has ended is asked for anew; a refusal names the mend', async () => {
    let batches = 0;
    await using server = await serve((request, response) => {
      if (request.method === 'GET') {
        if (request.url.pathname === '/o/2') sendBytes(request, response, WEIGHTS);
        else response.writeHead(403).end();
        return;
      }
      batches += 1;
      const [object] = (JSON.parse(request.body) as { objects: object[] }).objects;
      const href = `http://${request.headers.host ?? ''}/o/${batches}`;
      response.end(JSON.stringify({ objects: [{ ...object, actions: { download: { href } } }] }));
    });
    await checkout(`${server.url}/org/repo.git`);
    const { files } = await resolveFile({ path: 'model' }, testContext({ workspace: root }));
    expect((await bytesOfFile(files[1])).bytes).toEqual(WEIGHTS);
    expect(batches).toBe(2);
  });

  test('an object that is gone is said so, and no remote is the user’s to mend', async () => {
    await using server = await serve(
      (request, response) =>
        void response.end(
          JSON.stringify({
            objects: (JSON.parse(request.body) as { objects: object[] }).objects.map((object) => ({
              ...object,
              error: { code: 404, message: 'gone' },
            })),
          }),
        ),
    );
    await checkout(`${server.url}/org/repo.git`);
    const context = testContext({ workspace: root });
    await expect(resolveFile({ path: 'model' }, context)).rejects.toThrow(InfraError);
    await writeFile(join(root, '.git/config'), '');
    await expect(resolveFile({ path: 'model' }, context)).rejects.toThrow(ConfigError);
  });

  test.each([
    [POINTER, sha256Hex(WEIGHTS)],
    [POINTER.replace('version', 'xversion'), undefined],
    [POINTER.replace('size 14', 'size -1'), undefined],
    ['version https://git-lfs.github.com/spec/v1\noid md5:x\nsize 1\n', undefined],
    ['', undefined],
  ])('pointer %#', (text, sha256) => {
    expect(parseLfsPointer(text)?.sha256).toBe(sha256);
  });

  test.each([
    ['git@github.com:org/repo.git', 'https://github.com/org/repo.git/info/lfs'],
    ['ssh://git@host:22/org/repo', 'https://host/org/repo.git/info/lfs'],
    ['https://host/org/repo/', 'https://host/org/repo.git/info/lfs'],
  ])('%s has its objects at %s', (remote, url) => {
    expect(lfsUrlOf(remote)).toBe(url);
  });

  test('an .lfsconfig that points elsewhere doesn’t get the token', () => {
    const config = parseGitConfig(
      '[lfs]\nurl = https://evil.example/lfs\n[remote "origin"]\nurl = https://home.example/o/r.git',
    );
    const env = { GITHUB_TOKEN: 'gh', GITHUB_SERVER_URL: 'https://home.example' };
    expect(findLfsServer(config, { token: 'secret', env })).toEqual({
      url: 'https://evil.example/lfs',
      authorization: undefined,
    });
    const own = findLfsServer(config.slice(1), { env });
    expect(own.authorization).toBe(`Basic ${Buffer.from('x-access-token:gh').toString('base64')}`);
  });
});
