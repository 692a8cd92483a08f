/** Starts the server under test as a process and waits until it is well. */
import { open } from 'node:fs/promises';
import { start, type Running } from '@sluice/process/start';
import type { Launch } from './types.ts';
import { lastLines, waitUntilWell } from './wait-until-well.ts';

export interface ServerProcess {
  running: Running;
  origin: string;
  /** From the start to the first good health check, ms. */
  startupMs: number;
}

export interface ServerStart {
  launch: Launch;
  port: number;
  logFile: string;
  /** In place of the launch's own. */
  healthPath?: string | undefined;
  timeoutMs: number;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** The job's later steps use it: its handle doesn't hold this process. */
  outlivesStep: boolean;
  /** Called as soon as there is a process, before it is well. */
  onSpawn: (pid: number) => Promise<void>;
}

const STOP_GRACE_MS = 5_000;
/** What Python servers write after the line that says why is long. */
const LOG_BYTES = 256 * 1024;

/** Throws StartupError; the process group has ended then. */
export async function startServer(options: ServerStart): Promise<ServerProcess> {
  const { launch, signal } = options;
  const running = await start(launch.command, launch.args, {
    env: { ...serverEnvironment(options.env), ...launch.env },
    logFile: options.logFile,
    signal,
    detached: options.outlivesStep,
  });
  try {
    await options.onSpawn(running.pid);
    const origin = `http://127.0.0.1:${options.port}`;
    const startupMs = await waitUntilWell({
      origin,
      healthPath: options.healthPath ?? launch.healthPath,
      lenientHealth: launch.lenientHealth,
      timeoutMs: options.timeoutMs,
      signal,
      causes: launch.causes,
      exit: () => running.exit(),
      readLog: () => readEnd(options.logFile),
    });
    return { running, origin, startupMs };
  } catch (error) {
    await running.stop(STOP_GRACE_MS);
    throw error;
  }
}

/** The last lines of a log file; empty when there is none. */
export async function readLogTail(path: string): Promise<string> {
  return lastLines(await readEnd(path));
}

async function readEnd(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, LOG_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}

/** What a model server has no business with: the step's inputs and state, tokens, command files. */
const WITHHELD = /^(?:INPUT_|STATE_|ACTIONS_|GITHUB_(?:TOKEN|OUTPUT|ENV|PATH|STATE|STEP_SUMMARY)$)/;

export function serverEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !WITHHELD.test(name)));
}
