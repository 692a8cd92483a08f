/** Groups of checks, each in a folder of its own, and the count at the end: the frame of an oracle's `run.ts`. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '@sluice/runtime/errors';
import { Checks } from './checks.ts';

export interface Groups {
  /** Counted at the end. */
  readonly all: Checks[];
  /** Works in a new folder; a group that can't run is a failed check that says why, and gives undefined. */
  readonly group: <T>(name: string, work: (folder: string) => Promise<T>) => Promise<T | undefined>;
}

/** Runs the groups, prints `N passed, N failed`, and sets the exit code: 1 when one failed or nothing passed. */
export async function runGroups(name: string, work: (groups: Groups) => Promise<void>): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), `sluice-${name}-`));
  const all: Checks[] = [];
  const group: Groups['group'] = async (title, check) => {
    const folder = join(scratch, title);
    await mkdir(folder);
    try {
      return await check(folder);
    } catch (error) {
      const checks = new Checks(title);
      checks.tell('ran to its end', false, describeError(error));
      all.push(checks);
      return undefined;
    }
  };
  try {
    await work({ all, group });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const passed = all.reduce((sum, checks) => sum + checks.passed, 0);
  const failed = all.reduce((sum, checks) => sum + checks.failed, 0);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
