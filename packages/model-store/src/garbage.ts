/**
 * Garbage collection of a whole cache: snapshots that were not used for long, then the least recently used ones until the
 * size fits. Never what a job holds or a process has open. It works on caches of huggingface_hub too.
 */
import { lstat, readdir, readlink, realpath, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readFileIfThere } from '@sluice/runtime/files';
import { tryLock } from './file-lock.ts';
import { collectionLock, readUses } from './hold.ts';
import { dropPartial, isAbandoned, listPartials } from './journal.ts';
import type { RepoFolder } from './layout.ts';
import { openFiles } from './open-files.ts';
import { listingPath } from './snapshot-files.ts';

export interface CollectOptions {
  /** Bytes that the cache may have in the end; undefined: any. */
  maxBytes: number | undefined;
  /** Snapshots unused for longer go; undefined: none. */
  maxAgeMs: number | undefined;
  /** Bytes about to be written. */
  incoming: number;
  /** What is being pulled; undefined: nothing is. */
  keep: { root: string; commit: string } | undefined;
}

export interface Snapshot {
  repo: string;
  root: string;
  commit: string;
  lastUsed: number;
  held: boolean;
  /** Blob name (or the path of a plain file) to bytes. */
  blobs: Map<string, number>;
}

export interface Collected {
  removed: { repo: string; commit: string; lastUsed: number }[];
  freedBytes: number;
  /** What the cache has now. */
  bytes: number;
}

const LEFTOVER_MS = 24 * 3_600_000;

/** Which snapshots go, the least recently used first. Blobs count once in a repository, as on disk. */
export function chooseGarbage(
  snapshots: readonly Snapshot[],
  options: Omit<CollectOptions, 'keep'>,
  now = Date.now(),
): Snapshot[] {
  const users = new Map<string, number>();
  const key = (snapshot: Snapshot, blob: string): string => `${snapshot.root}\0${blob}`;
  let total = options.incoming;
  for (const snapshot of snapshots) {
    for (const [blob, bytes] of snapshot.blobs) {
      const count = users.get(key(snapshot, blob)) ?? 0;
      if (count === 0) total += bytes;
      users.set(key(snapshot, blob), count + 1);
    }
  }
  const chosen: Snapshot[] = [];
  for (const snapshot of [...snapshots].sort((a, b) => a.lastUsed - b.lastUsed)) {
    const old = options.maxAgeMs !== undefined && now - snapshot.lastUsed > options.maxAgeMs;
    const over = options.maxBytes !== undefined && total > options.maxBytes;
    if (snapshot.held || (!old && !over)) continue;
    chosen.push(snapshot);
    for (const [blob, bytes] of snapshot.blobs) {
      const left = (users.get(key(snapshot, blob)) ?? 1) - 1;
      users.set(key(snapshot, blob), left);
      if (left === 0) total -= bytes;
    }
  }
  return chosen;
}

export async function collectGarbage(givenDir: string, options: CollectOptions): Promise<Collected> {
  // Open files are told by their real paths.
  const cacheDir = await realpath(givenDir).catch(() => givenDir);
  const names = (await readdir(cacheDir).catch(() => [])).filter((name) =>
    /^(model|dataset|space)s--/.test(name),
  );
  const folders = names.map((name) => folderOf(cacheDir, name));
  const open = await openFiles(cacheDir);
  const snapshots = (await Promise.all(folders.map((folder) => listSnapshots(folder, open)))).flat();
  const { keep } = options;
  const protect = (one: Snapshot): Snapshot =>
    keep && basename(one.root) === basename(keep.root) && one.commit === keep.commit
      ? { ...one, held: true }
      : one;
  const chosen = chooseGarbage(snapshots.map(protect), options);
  const removed: Collected['removed'] = [];
  const before = await sizeOf(folders);
  for (const folder of folders) {
    const doomed = chosen.filter(({ root }) => root === folder.root);
    const done = await removeSnapshots(folder, doomed, open);
    removed.push(...done);
  }
  const bytes = await sizeOf(folders);
  return { removed, freedBytes: Math.max(0, before - bytes), bytes };
}

function folderOf(cacheDir: string, name: string): RepoFolder {
  const root = join(cacheDir, name);
  const below = (part: string): string => join(root, part);
  return {
    cacheDir,
    root,
    blobs: below('blobs'),
    refs: below('refs'),
    snapshots: below('snapshots'),
    trees: below('trees'),
    locks: join(cacheDir, '.locks', name),
  };
}

async function listSnapshots(folder: RepoFolder, open: ReadonlySet<string>): Promise<Snapshot[]> {
  const uses = await readUses(folder.locks);
  const repo = basename(folder.root).split('--').slice(1).join('/');
  const found: Snapshot[] = [];
  for (const commit of await readdir(folder.snapshots).catch(() => [])) {
    const path = join(folder.snapshots, commit);
    const info = await stat(path).catch(() => undefined);
    if (!info?.isDirectory()) continue;
    const blobs = new Map<string, number>();
    let lastUsed = Math.max(info.mtimeMs, uses.get(commit)?.lastUsed ?? 0);
    let held = uses.get(commit)?.held ?? false;
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) continue;
      const file = join(entry.parentPath, entry.name);
      const target = entry.isSymbolicLink() ? basename(await readlink(file)) : undefined;
      const real = target === undefined ? file : join(folder.blobs, target);
      const size = await lstat(real).catch(() => undefined);
      // A link into the shared store of huggingface_hub 2.x: its bytes are that store's.
      blobs.set(target ?? file, size?.isFile() ? size.size : 0);
      if (!uses.has(commit) && size) lastUsed = Math.max(lastUsed, size.atimeMs);
      if (open.has(real)) held = true;
    }
    found.push({ repo, root: folder.root, commit, lastUsed, held, blobs });
  }
  return found;
}

/** Refs first, blobs last: at no time does a name lead to something half removed. */
async function removeSnapshots(
  folder: RepoFolder,
  doomed: readonly Snapshot[],
  open: ReadonlySet<string>,
): Promise<Collected['removed']> {
  const lock = await tryLock(collectionLock(folder));
  // A job is entering its hold: another time.
  if (!lock) return [];
  try {
    // Holds that came while the cache was being looked at.
    const uses = await readUses(folder.locks);
    const gone = doomed.filter(({ commit, lastUsed }) => {
      const use = uses.get(commit);
      return !use || (!use.held && use.lastUsed <= lastUsed);
    });
    for (const { commit } of gone) {
      await removeRefs(folder, commit);
      await rm(join(folder.snapshots, commit), { recursive: true, force: true });
      await rm(join(folder.root, '.no_exist', commit), { recursive: true, force: true });
      await rm(join(folder.trees, `${commit}.json`), { force: true });
      await rm(listingPath(folder, commit), { force: true });
      await rm(join(folder.locks, `${commit}.used`), { force: true });
    }
    const freed = new Set(gone.flatMap(({ blobs }) => [...blobs.keys()]));
    if (gone.length > 0) await removeUnusedBlobs(folder, freed, open);
    await removeLeftovers(folder);
    return gone.map(({ repo, commit, lastUsed }) => ({ repo, commit, lastUsed }));
  } finally {
    await lock.release();
  }
}

async function removeRefs(folder: RepoFolder, commit: string): Promise<void> {
  for (const entry of await readdir(folder.refs, { recursive: true, withFileTypes: true }).catch(() => [])) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFileIfThere(path))?.trim() === commit) await rm(path, { force: true });
  }
}

/** A blob that was just made and isn't linked yet is some job's: its file is young, or its lock is held. */
async function removeUnusedBlobs(
  folder: RepoFolder,
  freed: ReadonlySet<string>,
  open: ReadonlySet<string>,
): Promise<void> {
  const used = new Set((await listSnapshots(folder, open)).flatMap(({ blobs }) => [...blobs.keys()]));
  for (const name of await readdir(folder.blobs).catch(() => [])) {
    const path = join(folder.blobs, name);
    if (used.has(name) || name.includes('.') || open.has(path)) continue;
    const info = await lstat(path).catch(() => undefined);
    if (!info || (!freed.has(name) && Date.now() - info.ctimeMs < YOUNG_MS)) continue;
    const lock = await tryLock(join(folder.locks, `${name}.lock`));
    if (!lock) continue;
    await rm(path, { force: true });
    await lock.release();
  }
  for (const empty of [folder.snapshots, folder.blobs, folder.refs, folder.trees])
    await rmdir(empty).catch(() => undefined);
  await rm(join(folder.root, '.no_exist'), { recursive: true, force: true }).catch(() => undefined);
  await rmdir(folder.root).catch(() => undefined);
}

/** Longer than it takes from a blob's rename to its link, shorter than anybody waits for space. */
const YOUNG_MS = 60_000;

/** Downloads that ended, ours and others', and that nobody went on with for a day. */
async function removeLeftovers(folder: RepoFolder): Promise<void> {
  const known = new Set<string>();
  for (const partial of await listPartials(folder)) {
    known.add(basename(partial.data));
    if (partial.idleMs > LEFTOVER_MS && (await isAbandoned(partial))) await dropPartial(partial);
  }
  for (const name of await readdir(folder.blobs).catch(() => [])) {
    if (!name.endsWith('.incomplete') || known.has(name)) continue;
    const path = join(folder.blobs, name);
    const info = await lstat(path).catch(() => undefined);
    if (info && Date.now() - info.mtimeMs > LEFTOVER_MS) await rm(path, { force: true });
  }
}

async function sizeOf(folders: readonly RepoFolder[]): Promise<number> {
  let sum = 0;
  for (const folder of folders) {
    for (const below of [folder.blobs, folder.snapshots]) {
      const entries = await readdir(below, { recursive: true, withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (!entry.isFile()) continue;
        sum += (await lstat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
      }
    }
  }
  return sum;
}
