/** Disks and systems that lack what the cache would like: links, reflinks, flock, fallocate, names. */
import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { layOut } from '@sluice/model-store/lay-out';
import type { DuplicateAbility } from '@sluice/model-store/lay-out';
import { repoFolder } from '@sluice/model-store/layout';
import type { RepoFolder } from '@sluice/model-store/layout';
import { linkFile, pointerPath } from '@sluice/model-store/snapshot-files';
import { describePathFault } from '@sluice/runtime/safe-path';
import { startHub } from '@sluice/testing/hub/server';
import { runAction } from '@sluice/testing/runner';

const TEXT = 'weights';
const COMMIT = 'c'.repeat(40);
const ETAG = createHash('sha256').update(TEXT).digest('hex');
let folder: RepoFolder;
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-poor-'));
  folder = repoFolder(join(root, 'cache'), 'acme/m');
  await mkdir(folder.blobs, { recursive: true });
  await writeFile(join(folder.blobs, ETAG), TEXT, { mode: 0o444 });
});
const fails = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

describe('without symbolic links', () => {
  const link = (code: string) => linkFile(folder, COMMIT, 'a/b.bin', ETAG, {}, { symlink: fails(code) });

  // Windows without the right, vfat, old NFS, CIFS.
  test.each(['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL'])('%s: a copy', async (code) => {
    await link(code);
    const pointer = pointerPath(folder, COMMIT, 'a/b.bin');
    const info = await lstat(pointer);
    expect([info.isFile(), info.mode & 0o777, await readFile(pointer, 'utf8')]).toEqual([true, 0o644, TEXT]);
    expect((await stat(join(folder.blobs, ETAG))).mode & 0o777).toBe(0o444);
    expect((await readdir(folder.locks)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('a copy that looks as it did is kept, a changed one is replaced', async () => {
    await link('EPERM');
    const pointer = pointerPath(folder, COMMIT, 'a/b.bin');
    const { ino } = await stat(pointer);
    await link('EPERM');
    expect((await stat(pointer)).ino).toBe(ino);
    await writeFile(pointer, 'WEIGHTS');
    await link('EPERM');
    expect(await readFile(pointer, 'utf8')).toBe(TEXT);
  });

  test('a failing disk is no poor one', async () => {
    await expect(link('EIO')).rejects.toThrow('EIO');
    await expect(link('ENOSPC')).rejects.toThrow('ENOSPC');
    expect((await readdir(folder.locks)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('dest', () => {
  const lay = async (abilities: DuplicateAbility) => {
    const from = join(root, 'from');
    await mkdir(join(from, 'sub'), { recursive: true });
    await writeFile(join(from, 'sub/a.bin'), TEXT);
    const files = [{ path: 'sub/a.bin', bytes: TEXT.length, sha256: ETAG, etag: ETAG }];
    const dest = join(root, 'dest');
    const { signal } = new AbortController();
    const { methods } = await layOut(files, {
      from,
      dest,
      commit: COMMIT,
      connections: 1,
      signal,
      abilities,
    });
    expect(await readFile(join(dest, 'sub/a.bin'), 'utf8')).toBe(TEXT);
    expect((await readdir(join(dest, 'sub'))).length).toBe(1);
    return methods;
  };

  test.each(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'ENOSYS'])(
    'no reflink, no hard link (%s): a copy',
    async (code) => {
      expect(await lay({ reflink: fails('ENOTSUP'), link: fails(code) })).toMatchObject({ copy: 1 });
      // Over what lies there, by rename.
      expect(await lay({ reflink: fails('ENOTSUP'), link: fails(code) })).toMatchObject({ copy: 1 });
    },
  );

  test('an error that is no lack is told', async () => {
    await expect(lay({ reflink: fails('ENOTSUP'), link: fails('EIO') })).rejects.toThrow('EIO');
  });
});

test('names that Windows can not have are refused there, and only there', () => {
  for (const path of ['aux', 'a/NUL.txt', 'com1.json', 'lpt9', 'ab:c', 'x/a?.txt', 'CONOUT$']) {
    expect(describePathFault(path, 'win32')).toContain('is no file name on Windows');
    expect(describePathFault(path, 'linux')).toBeUndefined();
  }
  for (const path of ['auxiliary.json', 'con-fig.json', 'com10', 'a/console.py'])
    expect(describePathFault(path, 'win32')).toBeUndefined();
});

test('without flock and fallocate, and with copies for links: the bundle pulls, keeps and finds all', async () => {
  const weights = Buffer.alloc(20_000_000, 7);
  const files = { 'config.json': '{}', 'a.safetensors': weights };
  const hub = await startHub({ repos: [{ id: 'acme/m', revisions: [{ name: 'v1', files }] }] });
  try {
    const empty = join(root, 'empty');
    await mkdir(empty);
    const pull = () =>
      runAction('model-pull', {
        cwd: root,
        inputs: { model: 'acme/m', endpoint: hub.url, 'cache-dir': 'own', safety: 'off' },
        env: { PATH: empty, HF_HUB_DISABLE_SYMLINKS: '1' },
      });
    const both = await Promise.all([pull(), pull()]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const again = await pull();
    expect([again.exitCode, again.outputs['cache-hit']]).toEqual([0, 'full']);
    const path = join(again.outputs['path'] ?? '', 'a.safetensors');
    expect((await lstat(path)).isFile()).toBe(true);
    expect((await readFile(path)).equals(weights)).toBe(true);
    const names = await readdir(join(root, 'own'), { recursive: true });
    expect(names.filter((name) => /\.(incomplete|journal|tmp)$/.test(name))).toEqual([]);
  } finally {
    await hub.close();
  }
});
