/**
 * The lock of one blob among all jobs on a disk, Python's included: flock(2) on `.locks/<repository>/<etag>.lock`.
 * Node has no flock; util-linux's `flock` takes it on a descriptor that it shares with this process, so it is this
 * process's own and the kernel gives it back however this process ends. It only saves bandwidth: where there is no
 * `flock`, or the file system has none (NFS, Lustre), work goes on without.
 */
import { spawn } from 'node:child_process';
import { mkdir, open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface FileLock {
  /** false: there is no locking here. */
  real: boolean;
  release(): Promise<void>;
}

const CONFLICT = 75;
const NO_LOCK: FileLock = { real: false, release: () => Promise.resolve() };
let available = process.platform === 'linux';

export interface LockOptions {
  /** Several may hold it together. */
  shared?: boolean;
  signal?: AbortSignal;
}

/** undefined: somebody else has it. */
export async function tryLock(path: string, options: LockOptions = {}): Promise<FileLock | undefined> {
  return take(path, ['--nonblock', '--conflict-exit-code', String(CONFLICT)], options);
}

/** Waits as long as it takes, or until the signal aborts. */
export async function waitForLock(path: string, options: LockOptions = {}): Promise<FileLock> {
  return (await take(path, [], options)) ?? NO_LOCK;
}

async function take(
  path: string,
  how: readonly string[],
  { shared = false, signal }: LockOptions,
): Promise<FileLock | undefined> {
  if (!available) return NO_LOCK;
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    const file = await open(path, 'a+', 0o664).catch(() => undefined);
    // A folder that may only be read: others' locks can't be taken, and nothing can be downloaded into it either.
    if (!file) return NO_LOCK;
    let code: number | null;
    try {
      code = await runFlock(file, [shared ? '--shared' : '--exclusive', ...how], signal);
    } catch (error) {
      await file.close();
      throw error;
    }
    if (code === CONFLICT) {
      await file.close();
      return undefined;
    }
    if (code !== 0) {
      await file.close();
      return NO_LOCK;
    }
    // Whoever had it before may have removed the file: then this lock is on a file that nobody else will open.
    const [mine, there] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
    if (there?.ino === mine.ino) return { real: true, release: () => file.close() };
    await file.close();
  }
}

/** The exit code; null when there is no such program. */
function runFlock(
  file: FileHandle,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<number | null> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn('flock', [...args, '3'], { stdio: ['ignore', 'ignore', 'ignore', file.fd] });
    const abort = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', abort, { once: true });
    child.once('error', () => {
      available = false;
      resolve(null);
    });
    child.once('close', (code) => {
      signal?.removeEventListener('abort', abort);
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve(code);
    });
  });
}
