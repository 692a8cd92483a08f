/** Processes that outlive their parent: started as leaders of a group, found again by pid and start time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '@sluice/process/start';
import type { Running } from '@sluice/process/start';
import { processStartTime, errnoCode } from '@sluice/runtime/files';

/** A pid alone may have been given to another process since: the start time tells. */
export interface ProcessId {
  pid: number;
  startTime: string;
}

/**
 * Starts a process as leader of its own session, in `/`. Its output goes straight to the log file, opened
 * for appending: a pipe would break (and end the process) when the parent dies.
 */
export async function launch(
  command: string,
  args: readonly string[],
  options: { env: Record<string, string>; logFile: string },
): Promise<{ id: ProcessId; running: Running }> {
  const running = await start(command, args, { ...options, cwd: '/', detached: true });
  const startTime = (await processStartTime(running.pid)) ?? 'ended';
  return { id: { pid: running.pid, startTime }, running };
}

export async function isRunning(id: ProcessId): Promise<boolean> {
  return (await processStartTime(id.pid)) === id.startTime;
}

/** SIGTERM to the whole group, SIGKILL once its leader had `graceMs` or is gone. Returns when the leader is gone. */
export async function endGroup(id: ProcessId, graceMs: number): Promise<void> {
  if (!(await isRunning(id))) {
    // A dead leader's group may still hold its workers; its number can't be reused while they live.
    if ((await processStartTime(id.pid)) === undefined) signalGroup(id.pid, 'SIGKILL');
    return;
  }
  signalGroup(id.pid, 'SIGTERM');
  const deadline = Date.now() + graceMs;
  while (Date.now() < deadline && (await isRunning(id))) await sleep(20);
  signalGroup(id.pid, 'SIGKILL');
  while (await isRunning(id)) await sleep(10);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (errnoCode(error) !== 'ESRCH') throw error;
  }
}
