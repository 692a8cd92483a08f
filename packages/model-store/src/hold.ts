/**
 * Who uses a snapshot, and when it was last used: `.locks/<repository>/<commit>.<owner>.hold` and `<commit>.used`. The
 * owner is the process that started this one: the runner's worker, which lives as long as the job. Holds are written under
 * a shared lock that garbage collection takes alone: it either sees the hold, or is done before the cache is looked at.
 */
import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitForLock } from './file-lock.ts';
import type { RepoFolder } from './layout.ts';
import { ownerName, ownerOf, ownerState, parseOwnerName } from './owner.ts';

/** Longest time that a hold counts whose owner can't be asked: a job on another machine or in a container. */
const ELSEWHERE_MS = 24 * 3_600_000;

export function collectionLock(folder: { locks: string }): string {
  return join(folder.locks, 'collection.lock');
}

export async function holdSnapshot(folder: RepoFolder, commit: string, signal: AbortSignal): Promise<void> {
  await mkdir(folder.locks, { recursive: true });
  const lock = await waitForLock(collectionLock(folder), { shared: true, signal });
  try {
    const owner = await ownerOf(process.ppid);
    await writeFile(join(folder.locks, `${commit}.${ownerName(owner)}.hold`), '');
    const used = join(folder.locks, `${commit}.used`);
    const now = new Date();
    await utimes(used, now, now).catch(() => writeFile(used, ''));
  } finally {
    await lock.release();
  }
}

export interface Use {
  held: boolean;
  /** Milliseconds since the epoch; 0 when we know of none. */
  lastUsed: number;
}

/** All uses of a repository's snapshots, by commit; holds of ended jobs are taken away. */
export async function readUses(locks: string): Promise<Map<string, Use>> {
  const uses = new Map<string, Use>();
  for (const name of await readdir(locks).catch(() => [])) {
    const match = /^([0-9a-f]{40})\.(?:(.+)\.hold|used)$/.exec(name);
    if (!match) continue;
    const [, commit = '', holder] = match;
    const path = join(locks, name);
    const info = await stat(path).catch(() => undefined);
    if (!info) continue;
    const use = uses.get(commit) ?? { held: false, lastUsed: 0 };
    use.lastUsed = Math.max(use.lastUsed, info.mtimeMs);
    if (holder !== undefined) {
      if (await isHeld(holder, Date.now() - info.mtimeMs)) use.held = true;
      else await rm(path, { force: true });
    }
    uses.set(commit, use);
  }
  return uses;
}

async function isHeld(holder: string, ageMs: number): Promise<boolean> {
  const owner = parseOwnerName(holder);
  if (!owner) return false;
  // Without a start time it was not to be seen, as from within a container.
  const state = owner.startTime === '' ? 'elsewhere' : await ownerState(owner);
  return state === 'alive' || (state === 'elsewhere' && ageMs < ELSEWHERE_MS);
}
