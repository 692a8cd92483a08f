import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { processStartTime, withFileLock, writeFileAtomic } from '../src/files.ts';

const scratch = (): string => mkdtempSync(join(tmpdir(), 'files-'));

test('a write leaves the file and nothing else', async () => {
  const folder = scratch();
  await writeFileAtomic(join(folder, 'a/b.json'), 'one');
  await writeFileAtomic(join(folder, 'a/b.json'), 'two');
  expect(readFileSync(join(folder, 'a/b.json'), 'utf8')).toBe('two');
  expect(readdirSync(join(folder, 'a'))).toEqual(['b.json']);
});

test('one at a time, many waiting', async () => {
  const lock = join(scratch(), 'x.lock');
  let inside = 0;
  let most = 0;
  let count = 0;
  await Promise.all(
    Array.from({ length: 12 }, () =>
      withFileLock(lock, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((done) => setTimeout(done, 5));
        inside -= 1;
        count += 1;
      }),
    ),
  );
  expect({ most, count, left: existsSync(lock) }).toEqual({ most: 1, count: 12, left: false });
});

test('the lock of a dead process is taken over, that of a recycled pid too', async () => {
  const lock = join(scratch(), 'x.lock');
  const child = spawn(process.execPath, ['-e', '0']);
  await new Promise((done) => child.once('exit', done));
  writeFileSync(lock, JSON.stringify({ pid: child.pid, startTime: '1' }));
  expect(await withFileLock(lock, () => Promise.resolve('mine'))).toBe('mine');
  writeFileSync(lock, JSON.stringify({ pid: process.pid, startTime: 'long ago' }));
  expect(await withFileLock(lock, () => Promise.resolve('mine'))).toBe('mine');
});

test('the lock of a live process holds, and the error says whose it is', async () => {
  const lock = join(scratch(), 'x.lock');
  writeFileSync(lock, JSON.stringify({ pid: process.pid, startTime: await processStartTime(process.pid) }));
  await expect(withFileLock(lock, () => Promise.resolve(), { timeoutMs: 200 })).rejects.toThrow(
    `locked by process ${process.pid}`,
  );
});
