import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { describeProgress, ProgressLines } from '../src/progress.ts';

test.each([
  [[0, 0], [2000, 500e6], 2e9, '25% of 2.00 GB, 250.0 MB/s, about 6.00s left'],
  [[0, 500e6], [5000, 500e6], 2e9, '25% of 2.00 GB, nothing has come for 5.00s'],
  [[0, 0], [5000, 2], 2e9, '0% of 2.00 GB, 0 B/s, more than a day left'],
  [[0, 1e9], [5000, 2e9], 2e9, '100% of 2.00 GB, the last hashes are being computed'],
])('%j to %j of %d', ([at0 = 0, done0 = 0], [at1 = 0, done1 = 0], total, text) => {
  const samples = [
    { at: at0, done: done0 },
    { at: at1, done: done1 },
  ];
  expect(describeProgress(samples, total)).toBe(text);
});

test('a line every few seconds, also while nothing comes, and none after the end', async () => {
  const lines: string[] = [];
  const progress = new ProgressLines((line) => lines.push(line), 20);
  progress.begin(100);
  progress.update(10);
  await sleep(110);
  progress.end();
  const count = lines.length;
  expect(count).toBeGreaterThanOrEqual(2);
  expect(count).toBeLessThanOrEqual(6);
  await sleep(50);
  expect(lines).toHaveLength(count);
});
