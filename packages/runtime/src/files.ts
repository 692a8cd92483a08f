/** Files that are whole or absent: writes by rename, and a lock that survives its owner's death. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InfraError } from './errors.ts';

/**
 * Writes data under a temporary name in the same folder, syncs it, and renames it: a reader sees the old
 * file or the new one, never half of one, also after a power cut.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The text of a file, or undefined when there is none. Other errors are thrown. */
export async function readFileIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // ESRCH: a process that ends between open and read of its file in /proc.
    if (['ENOENT', 'ENOTDIR', 'ESRCH'].some((code) => isErrno(error, code))) return undefined;
    throw error;
  }
}

/**
 * The `code` of a system error ('ENOENT'), undefined for anything else. By shape and not by class: an error of
 * Node's own may come from another realm (jest's tests run in one).
 */
export function errnoCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function isErrno(error: unknown, code: string): boolean {
  return errnoCode(error) === code;
}

/**
 * Kernel start time of a process (field 22 of /proc/<pid>/stat), which tells a live owner from a recycled
 * pid; undefined when the process is gone. Without /proc (macOS, Windows) a live pid answers 'alive'.
 */
export async function processStartTime(pid: number): Promise<string | undefined> {
  const stat = await readFileIfThere(`/proc/${pid}/stat`);
  if (stat !== undefined) {
    // The command name may hold spaces and brackets: fields are counted after the last ')'.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  }
  if (process.platform === 'linux') return undefined;
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (error) {
    return isErrno(error, 'EPERM') ? 'alive' : undefined;
  }
}

interface LockOwner {
  pid: number;
  startTime: string;
}

async function readOwner(path: string): Promise<LockOwner | undefined> {
  const text = await readFileIfThere(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'pid' in value && 'startTime' in value) {
      return { pid: Number(value.pid), startTime: String(value.startTime) };
    }
  } catch {
    // A half-written lock file counts as one without an owner.
  }
  return { pid: -1, startTime: '' };
}

/**
 * Runs `fn` while holding `<path>`: a file created exclusively that names pid and start time of its owner.
 * A lock whose owner is dead is taken over. Waits up to `timeoutMs` (default 10 s), then InfraError.
 */
export async function withFileLock<T>(
  path: string,
  fn: () => Promise<T>,
  options: { timeoutMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + (options.timeoutMs ?? 10_000);
  const startTime = (await processStartTime(process.pid)) ?? '';
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o644);
      try {
        await file.writeFile(JSON.stringify({ pid: process.pid, startTime }));
      } catch (error) {
        // A full disk: the next who comes shall not find a lock without an owner.
        await rm(path, { force: true });
        throw error;
      } finally {
        await file.close();
      }
      break;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const owner = await readOwner(path);
    if (owner !== undefined && !(await isAlive(owner))) {
      await takeOver(path, owner);
      continue;
    }
    if (Date.now() > deadline) {
      throw new InfraError(
        `${path} has been locked by process ${owner?.pid ?? 'unknown'} for too long; end that process or remove the file`,
      );
    }
    await sleep(20 + Math.random() * 60);
  }
  try {
    return await fn();
  } finally {
    // Only our own: were it taken from us, it would be another's by now.
    const owner = await readOwner(path);
    if (owner?.pid === process.pid && owner.startTime === startTime) await rm(path, { force: true });
  }
}

async function isAlive(owner: LockOwner): Promise<boolean> {
  // Between open and write the file is empty for a moment: give its owner the benefit of the doubt once.
  if (owner.pid === -1) {
    await sleep(200);
    return false;
  }
  const startTime = await processStartTime(owner.pid);
  return startTime !== undefined && (owner.startTime === '' || startTime === owner.startTime);
}

/** Renames the stale lock away, so that of two waiters only one removes it; a live one that came between goes back. */
async function takeOver(path: string, stale: LockOwner): Promise<void> {
  const current = await readOwner(path);
  if (current === undefined || current.pid !== stale.pid || current.startTime !== stale.startTime) return;
  const grave = `${path}.${randomBytes(4).toString('hex')}.stale`;
  try {
    await rename(path, grave);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  const taken = await readOwner(grave);
  if (taken?.pid !== stale.pid || taken.startTime !== stale.startTime) {
    await link(grave, path).catch(() => undefined);
  }
  await rm(grave, { force: true });
}
