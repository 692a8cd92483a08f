import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const SCRIPT = join(import.meta.dirname, '../../../bench/stats/simulate.ts');

/** A short run of what `.ci/run full` does 5,000 times; by itself, since arithmetic in a test's own realm is slow. */
test('gates over candidates whose truth is known are wrong no oftener than stated', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, '--runs', '100']);
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(6);
  expect(lines.filter((line) => !line.endsWith(' holds'))).toEqual([]);
});
