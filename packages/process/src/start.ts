/** Starts a long-running program in a process group of its own, and ends all of it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { InfraError } from '@sluice/runtime/errors';
import { killGroup } from './group.ts';

export interface StartOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** stdout and stderr are appended here; without it they are dropped. */
  logFile?: string;
  signal?: AbortSignal;
  /** It shall outlive this process: its handle does not keep this process alive. */
  detached?: boolean;
  /** It stays in our process group and writes where we do: who ends our group ends it too. `stop` ends it alone. */
  sharesGroup?: boolean;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Running {
  pid: number;
  exited: Promise<Exit>;
  /** undefined while it runs. */
  exit(): Exit | undefined;
  /** Ends the whole group: SIGTERM, then SIGKILL after `graceMs` (default 10 s). Waits for the end. */
  stop(graceMs?: number): Promise<void>;
}

/** Throws InfraError when the program can't be started. */
export async function start(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Running> {
  options.signal?.throwIfAborted();
  const shares = options.sharesGroup === true;
  const silent = shares ? 'inherit' : 'ignore';
  const log = options.logFile === undefined ? silent : openLog(options.logFile);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', log, log],
    detached: process.platform !== 'win32' && !shares,
    windowsHide: true,
  });
  if (typeof log === 'number') closeSync(log);
  let ended: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve((ended = { code, signal })));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(new InfraError(`${command} could not be started: ${error.message}`)),
    );
  });
  if (options.detached === true) child.unref();
  const stop = async (graceMs = 10_000): Promise<void> => {
    if (shares) await killAlone(child, exited, graceMs);
    else await killGroup(child, graceMs);
    if (ended === undefined) await exited;
  };
  options.signal?.addEventListener('abort', () => void stop(), { once: true });
  return { pid: child.pid ?? -1, exited, exit: () => ended, stop };
}

async function killAlone(child: ChildProcess, exited: Promise<unknown>, graceMs: number): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(timer);
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, 'a', 0o600);
}
