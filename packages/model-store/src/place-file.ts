/**
 * Files and links put in place whole, by rename. The temporary ones lie in `.locks/<repository>/`, which readers of the
 * cache skip, under a name that says whose they are: what a killed job left is taken away by the next.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RepoFolder } from './layout.ts';
import { ownerName, ownerOf, ownerState, parseOwnerName } from './owner.ts';

/** Makes something under a temporary name, then moves it to `path`. */
export async function place(
  folder: RepoFolder,
  path: string,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  await mkdir(folder.locks, { recursive: true });
  await mkdir(dirname(path), { recursive: true });
  const name = `${ownerName(await ownerOf())}.${randomBytes(4).toString('hex')}.tmp`;
  const temporary = join(folder.locks, name);
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export async function writePlaced(folder: RepoFolder, path: string, text: string): Promise<void> {
  await place(folder, path, (temporary) => writeFile(temporary, text, { flag: 'wx', mode: 0o644 }));
}

/** Of other machines, whose pids mean nothing here. */
const OLD_MS = 3_600_000;

/** Takes away temporary files whose owner is dead. */
export async function removeDeadTemporaries(folder: RepoFolder): Promise<void> {
  for (const name of await readdir(folder.locks).catch(() => [])) {
    if (!name.endsWith('.tmp')) continue;
    const path = join(folder.locks, name);
    const owner = parseOwnerName(name.split('.')[0] ?? '');
    const state = owner ? await ownerState(owner) : 'elsewhere';
    const age = await stat(path).then(
      (info) => Date.now() - info.mtimeMs,
      // A link that leads nowhere yet.
      () => Infinity,
    );
    if (state === 'dead' || (state === 'elsewhere' && age > OLD_MS)) await rm(path, { force: true });
  }
}
