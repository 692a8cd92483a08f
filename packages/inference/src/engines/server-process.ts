/** Starts the server under test and waits until it is well; what it leaves on failure is a reason and a log tail. */
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { start, type Running } from '@sluice/process/start';
import { InfraError } from '@sluice/runtime/errors';
import { formatDuration } from '@sluice/runtime/units';
import type { Launch } from './engine.ts';
import { isAlive } from '../clients/openai-server.ts';
import { likelyCause } from './startup-cause.ts';

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
  healthPath?: string;
  timeoutMs: number;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** The job's later steps use it: its handle doesn't hold this process. */
  outlivesStep: boolean;
  /** Called as soon as there is a process, before it is well. */
  onSpawn: (pid: number) => Promise<void>;
}

/** The server ended or didn't get well in time. */
export class StartupError extends InfraError {
  override readonly name = 'StartupError';
  /** The end of its log; hostile text. */
  readonly logTail: string;

  constructor(message: string, logTail: string) {
    super(message);
    this.logTail = logTail;
  }
}

const POLL_MS = 100;
const STOP_GRACE_MS = 5_000;

/** Throws StartupError; the process group has ended then. */
export async function startServer(options: ServerStart): Promise<ServerProcess> {
  const { launch, signal } = options;
  const startedAt = performance.now();
  const running = await start(launch.command, launch.args, {
    env: { ...serverEnvironment(options.env), ...launch.env },
    logFile: options.logFile,
    signal,
    detached: options.outlivesStep,
  });
  try {
    await options.onSpawn(running.pid);
    const target = { origin: `http://127.0.0.1:${options.port}`, modelName: '' };
    for (;;) {
      signal.throwIfAborted();
      if (running.exit() !== undefined) throw await startupError(options, running);
      if (await isAlive(target, options.healthPath ?? launch.healthPath, signal)) {
        return { running, origin: target.origin, startupMs: performance.now() - startedAt };
      }
      if (performance.now() - startedAt > options.timeoutMs) throw await startupError(options, running);
      await sleep(POLL_MS);
    }
  } catch (error) {
    await running.stop(STOP_GRACE_MS);
    throw error;
  }
}

async function startupError(options: ServerStart, running: Running): Promise<StartupError> {
  const exit = running.exit();
  const tail = await readLogTail(options.logFile);
  const what =
    exit === undefined
      ? `the server was not well within ${formatDuration(options.timeoutMs)} (\`startup-timeout\`)`
      : `the server ended before it was well (${exit.signal ?? `exit code ${exit.code}`})`;
  const cause = likelyCause(tail, exit);
  return new StartupError(cause === undefined ? what : `${what}; likely cause: ${cause}`, tail);
}

/** The last lines of a log, at most 8 kB; empty when there is none. */
export async function readLogTail(path: string, lines = 20): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 8192);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    await file.close();
  }
}

/** What a model server has no business with: the step's inputs and state, tokens, command files. */
const WITHHELD = /^(?:INPUT_|STATE_|ACTIONS_|GITHUB_(?:TOKEN|OUTPUT|ENV|PATH|STATE|STEP_SUMMARY)$)/;

export function serverEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !WITHHELD.test(name)));
}
