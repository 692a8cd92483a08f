/** One run at a time changes the rollout of a service. */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostLayout } from '@sluice/host/layout';
import { isErrno, withFileLock } from '@sluice/runtime/files';

/**
 * Runs `fn` under the service's rollout lock. On a disk that is full or read-only the lock lies in the system's temporary
 * folder instead, for every run alike: traffic must be given back without a disk too.
 */
export function rolloutLock(stateDir: string, service: string): <T>(fn: () => Promise<T>) => Promise<T> {
  const { folder } = hostLayout(stateDir, service);
  const elsewhere = join(
    tmpdir(),
    `sluice-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.lock`,
  );
  return async (fn) => {
    const seen = { entered: false };
    const guarded = (): ReturnType<typeof fn> => {
      seen.entered = true;
      return fn();
    };
    try {
      return await withFileLock(join(folder, 'rollout.lock'), guarded);
    } catch (error) {
      const full = ['ENOSPC', 'EDQUOT', 'EROFS'].some((code) => isErrno(error, code));
      if (seen.entered || !full) throw error;
      return await withFileLock(elsewhere, guarded);
    }
  };
}
