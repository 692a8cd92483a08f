/** The small decisions that the engine stands on. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { adjustConnections, refusedConnections, startControl } from '@sluice/model-store/connection-control';
import { tryLock, waitForLock } from '@sluice/model-store/file-lock';
import { Intervals } from '@sluice/model-store/intervals';
import {
  adoptJournal,
  beginJournal,
  isAbandoned,
  listPartials,
  parseJournal,
} from '@sluice/model-store/journal';
import { repoFolder } from '@sluice/model-store/layout';
import { ownerOf, ownerState } from '@sluice/model-store/owner';
import { VerifiedBlobs } from '@sluice/model-store/verified';

const newFolder = async () => repoFolder(await mkdtemp(join(tmpdir(), 'sluice-pieces-')), 'acme/x');

describe('intervals', () => {
  test('merge, cover and name their holes', () => {
    const spans = new Intervals();
    spans.add(10, 20);
    spans.add(30, 40);
    expect([spans.prefix, spans.covered]).toEqual([0, 20]);
    expect(spans.gaps(0, 50)).toEqual([
      { start: 0, end: 10 },
      { start: 20, end: 30 },
      { start: 40, end: 50 },
    ]);
    spans.add(20, 30);
    spans.add(0, 11);
    expect([spans.prefix, spans.spans.length]).toEqual([40, 1]);
    expect(spans.gaps(5, 40)).toEqual([]);
    spans.add(7, 7);
    expect(spans.covered).toBe(40);
  });

  test('any order gives what a bitmap gives', () => {
    for (let round = 0; round < 50; round++) {
      const [spans, bits] = [new Intervals(), new Uint8Array(200)];
      for (let i = 0; i < 20; i++) {
        const start = Math.floor(Math.random() * 180);
        const end = start + Math.floor(Math.random() * 20);
        spans.add(start, end);
        bits.fill(1, start, end);
      }
      expect(spans.covered).toBe(bits.reduce((sum, bit) => sum + bit, 0));
      const missing = spans.gaps(0, 200).flatMap(({ start, end }) => [...bits.subarray(start, end)]);
      expect(missing.every((bit) => bit === 0)).toBe(true);
      expect(missing).toHaveLength(200 - spans.covered);
    }
  });
});

describe('the number of connections', () => {
  const feed = (limit: number, speedOf: (running: number) => number, samples: number) => {
    let state = startControl(limit);
    for (let i = 0; i < samples; i++)
      state = adjustConnections(state, {
        bytesPerSecond: speedOf(state.target),
        running: state.target,
        busy: true,
      });
    return state.target;
  };
  test('climbs while each brings its share', () => expect(feed(32, (n) => n * 1e7, 40)).toBe(32));
  test('stays where more bring nothing', () => expect(feed(32, () => 1e8, 15)).toBe(4));
  test('stays within the limit', () => expect(feed(2, (n) => n * 1e7, 40)).toBe(2));
  test('a collapse leads back to 4', () => {
    let state = { ...startControl(64), target: 32, best: 1e9 };
    for (let i = 0; i < 3; i++)
      state = {
        ...adjustConnections(state, { bytesPerSecond: 1e6, running: 32, busy: true }),
      };
    expect(state.target).toBe(4);
  });
  test('the tail of a pull is no collapse', () => {
    let state = { ...startControl(64), target: 32, best: 1e9 };
    for (let i = 0; i < 10; i++)
      state = adjustConnections(state, { bytesPerSecond: 1e6, running: 2, busy: false });
    expect(state.target).toBe(32);
  });
  test('a server that turns some away gets one', () =>
    expect(refusedConnections(startControl(16))).toMatchObject({ target: 1, limit: 1 }));
});

describe('the journal', () => {
  const etag = 'a'.repeat(64);
  test('a torn last line counts as not written', () => {
    const header = JSON.stringify({
      version: 1,
      etag,
      bytes: 100,
      owner: { host: '', pid: 1, startTime: '' },
    });
    expect(parseJournal(`${header}\n0 50\n50 7`)?.done.covered).toBe(50);
    expect(parseJournal(`${header}\n0 500\n`)?.done.covered).toBe(100);
    expect(parseJournal(header)).toBeUndefined();
    expect(parseJournal('{"version":2}\n')).toBeUndefined();
  });

  test("a dead owner's is taken over, a live one's is not", async () => {
    const folder = await newFolder();
    const begun = await beginJournal(folder, { etag, bytes: 100 });
    await writeFile(begun.data, Buffer.alloc(100));
    begun.journal.wrote(0, 60);
    const [live] = await listPartials(folder);
    expect(live && (await isAbandoned(live))).toBe(false);
    begun.journal.release();
    const [left] = await listPartials(folder);
    expect(left && (await isAbandoned(left))).toBe(true);
    if (!left) throw new Error('nothing left');
    const taken = await adoptJournal(folder, left);
    expect(taken?.done.covered).toBe(60);
    // A second one comes too late.
    expect(await adoptJournal(folder, left)).toBeUndefined();
    expect((await readdir(folder.locks)).length).toBe(1);
  });

  test('owners are told apart by start time', async () => {
    const me = await ownerOf();
    expect(await ownerState(me)).toBe('alive');
    expect(await ownerState({ ...me, startTime: '1' })).toBe('dead');
    expect(await ownerState({ ...me, host: '00000000' })).toBe('elsewhere');
  });
});

const withFlock = spawnSync('flock', ['--version']).status === 0 ? test : test.skip;

describe('locks', () => {
  withFlock("keep out another process's flock, and end with their holder", async () => {
    const path = join((await newFolder()).locks, 'x.lock');
    const lock = await tryLock(path);
    expect(lock?.real).toBe(true);
    const outside = () => spawnSync('flock', ['--nonblock', path, 'true']).status;
    expect(outside()).toBe(1);
    expect(await tryLock(path)).toBeUndefined();
    const waiting = waitForLock(path);
    await lock?.release();
    const second = await waiting;
    expect([second.real, outside()]).toEqual([true, 1]);
    await second.release();
    expect(outside()).toBe(0);
  });

  withFlock('a wait can be given up', async () => {
    const path = join((await newFolder()).locks, 'x.lock');
    const lock = await tryLock(path);
    const controller = new AbortController();
    const waiting = waitForLock(path, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(waiting).rejects.toThrow('enough');
    await lock?.release();
  });

  withFlock('a removed lock file is made anew', async () => {
    const path = join((await newFolder()).locks, 'x.lock');
    const first = await tryLock(path);
    const waiting = waitForLock(path);
    await rm(path);
    await first?.release();
    const second = await waiting;
    expect((await stat(path)).isFile()).toBe(true);
    expect(await tryLock(path)).toBeUndefined();
    await second.release();
  });
});

test('what was hashed is known by size, time and inode, by other jobs too', async () => {
  const folder = await newFolder();
  const path = join(folder.cacheDir, 'blob');
  await writeFile(path, 'bytes');
  const info = await stat(path);
  const [first, second] = [await VerifiedBlobs.open(folder), await VerifiedBlobs.open(folder)];
  const sha256 = 'b'.repeat(64);
  first.add('e1', info, sha256, false);
  await first.save();
  expect(second.find('e1', info)).toBeUndefined();
  await second.refresh();
  expect(second.find('e1', info)).toBe(sha256);
  await writeFile(path, 'other');
  expect(second.find('e1', await stat(path))).toBeUndefined();
  // Many lines of few blobs are written anew.
  for (let i = 0; i < 100; i++) {
    first.add('e1', info, sha256, false);
    await first.save();
  }
  expect((await stat(join(folder.locks, 'verified.ndjson'))).size).toBeLessThan(20_000);
});
