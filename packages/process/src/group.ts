/** Ending a whole process group: SIGTERM, then SIGKILL after a grace time. */
import type { ChildProcess } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno, processStartTime, readFileIfThere } from '@sluice/runtime/files';

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
    if (!(await lives(pid))) return true;
  }
  signalGroup(pid, 'SIGKILL');
  return true;
}

/**
 * Whether anybody in the group still runs. Zombies don't, though they take signals: in a container whose first
 * process reaps nobody they stay for good.
 */
async function lives(group: number): Promise<boolean> {
  if (!signalGroup(group, 0)) return false;
  if (process.platform !== 'linux' || (await processStartTime(group)) !== undefined) return true;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const states = await Promise.all(pids.map((pid) => readFileIfThere(`/proc/${pid}/stat`)));
  return states.some((stat = '') => {
    // After the command name, which may hold anything: state, parent, group.
    const [state = '', , member] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(member) === group && !'ZX'.includes(state);
  });
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
