import { mkdir, mkdtemp, open, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { chooseGarbage, collectGarbage } from '@sluice/model-store/garbage';
import type { Snapshot } from '@sluice/model-store/garbage';
import { holdSnapshot, readUses } from '@sluice/model-store/hold';
import { repoFolder } from '@sluice/model-store/layout';

const DAY = 24 * 3_600_000;
const commits = ['1', '2', '3'].map((digit) => digit.repeat(40));

function snapshot(commit: number, days: number, blobs: Record<string, number>, held = false): Snapshot {
  return {
    repo: 'a/b',
    root: '/a',
    commit: commits[commit] ?? '',
    lastUsed: 100 * DAY - days * DAY,
    held,
    blobs: new Map(Object.entries(blobs)),
  };
}

describe('what goes', () => {
  const choose = (snapshots: Snapshot[], maxBytes?: number, maxAgeMs?: number, incoming = 0) =>
    chooseGarbage(snapshots, { maxBytes, maxAgeMs, incoming }, 100 * DAY).map(({ commit }) =>
      Number(commit[0]),
    );

  test('the least recently used until it fits', () => {
    const all = [snapshot(0, 1, { x: 50 }), snapshot(1, 9, { y: 50 }), snapshot(2, 5, { z: 50 })];
    expect(choose(all, 150)).toEqual([]);
    expect(choose(all, 120)).toEqual([2]);
    expect(choose(all, 120, undefined, 30)).toEqual([2, 3]);
    expect(choose(all, undefined, 4 * DAY)).toEqual([2, 3]);
  });

  test('a shared blob frees nothing until its last user goes', () => {
    const all = [snapshot(0, 1, { x: 50 }), snapshot(1, 9, { x: 50 }), snapshot(2, 5, { z: 50 })];
    expect(choose(all, 60)).toEqual([2, 3]);
  });

  test('never what is held', () => {
    expect(choose([snapshot(0, 99, { x: 50 }, true), snapshot(1, 1, { y: 50 })], 10, DAY / 2)).toEqual([2]);
  });
});

describe('in a cache', () => {
  let cache: string;
  let folder: ReturnType<typeof repoFolder>;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'sluice-gc-'));
    folder = repoFolder(cache, 'acme/x');
    for (const [index, commit] of commits.entries()) {
      await mkdir(join(folder.snapshots, commit), { recursive: true });
      await mkdir(folder.blobs, { recursive: true });
      await mkdir(folder.refs, { recursive: true });
      const blob = join(folder.blobs, `${index}`.repeat(64));
      await writeFile(blob, Buffer.alloc(1000));
      await writeFile(join(folder.refs, `v${index}`), commit);
      await symlink(`../../blobs/${`${index}`.repeat(64)}`, join(folder.snapshots, commit, 'a.bin'));
      const then = new Date(Date.now() - (index + 1) * DAY);
      await utimes(blob, then, then);
      await utimes(join(folder.snapshots, commit), then, then);
    }
  });
  const collect = (maxBytes: number | undefined, maxAgeMs?: number) =>
    collectGarbage(cache, {
      maxBytes,
      maxAgeMs,
      incoming: 0,
      keep: { root: folder.root, commit: commits[0] ?? '' },
    });
  const left = async () => [
    (await readdir(folder.snapshots)).map((name) => name[0]).sort(),
    (await readdir(folder.blobs)).map((name) => name[0]).sort(),
    (await readdir(folder.refs)).sort(),
  ];

  test('refs, links and blobs of the oldest go, Python made or ours', async () => {
    const result = await collect(2000);
    expect([result.removed.map(({ commit }) => commit[0]), result.freedBytes, result.bytes]).toEqual([
      ['3'],
      1000,
      2000,
    ]);
    expect(await left()).toEqual([
      ['1', '2'],
      ['0', '1'],
      ['v0', 'v1'],
    ]);
  });

  test('what is being pulled, held by a live job or open stays', async () => {
    await holdSnapshot(folder, commits[1] ?? '', new AbortController().signal);
    const file = await open(join(folder.snapshots, commits[2] ?? '', 'a.bin'), 'r');
    try {
      const result = await collect(0, 1);
      expect(result.removed.map(({ commit }) => commit[0])).toEqual(
        process.platform === 'linux' ? [] : ['3'],
      );
    } finally {
      await file.close();
    }
    expect((await collect(0, 1)).removed.map(({ commit }) => commit[0])).toEqual(['3']);
    // The job has ended.
    const hold = (await readdir(folder.locks)).find((name) => name.endsWith('.hold')) ?? '';
    expect((await readUses(folder.locks)).get(commits[1] ?? '')?.held).toBe(true);
    await rm(join(folder.locks, hold));
    expect((await collect(0)).removed.map(({ commit }) => commit[0])).toEqual(['2']);
    expect(await left()).toEqual([['1'], ['0'], ['v0']]);
  });

  test('a day-old download that nobody goes on with', async () => {
    const stale = join(folder.blobs, `${'f'.repeat(64)}.01234567.incomplete`);
    const fresh = join(folder.blobs, `${'e'.repeat(64)}.01234567.incomplete`);
    for (const path of [stale, fresh]) await writeFile(path, 'x');
    const then = new Date(Date.now() - 2 * DAY);
    await utimes(stale, then, then);
    await collect(undefined, 99 * DAY);
    const names = await readdir(folder.blobs);
    expect(names.filter((name) => name.endsWith('.incomplete'))).toEqual([fresh.split('/').at(-1)]);
  });
});
