/** Ending a whole process group: SIGTERM, then SIGKILL after a grace time. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno, processStartTime } from '@sluice/runtime/files';

const POLL_MS = 50;

/** Ends a child that was started `detached` (a group leader) and everything it started in its group. */
export async function killGroup(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.pid !== undefined) await endGroup(child.pid, graceMs);
}

/**
 * Ends the process group led by `pid`: SIGTERM, up to `graceMs` for all of it to leave, then SIGKILL.
 * With `startTime` (see `processStartTime`) a recycled pid is left alone. True when something was ended.
 */
export async function endGroup(pid: number, graceMs: number, startTime?: string): Promise<boolean> {
  if (startTime !== undefined) {
    const current = await processStartTime(pid);
    if (current !== undefined && current !== startTime) return false;
  }
  if (!signalGroup(pid, 'SIGTERM')) return false;
  const deadline = Date.now() + graceMs;
  while (Date.now() < deadline) {
    await sleep(POLL_MS);
    if (!signalGroup(pid, 0)) return true;
  }
  signalGroup(pid, 'SIGKILL');
  return true;
}

/** False when the group is gone. Windows has no groups: the process alone is signalled. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
    return true;
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false;
    if (isErrno(error, 'EPERM')) return true;
    throw error;
  }
}
