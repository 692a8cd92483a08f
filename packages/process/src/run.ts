/** Runs a command to its end: an argument array, never a shell; a non-zero exit is an error. */
import { spawn, type ChildProcess } from 'node:child_process';
import { InfraError } from '@sluice/runtime/errors';
import { killGroup } from './group.ts';

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to stdin, which is closed otherwise. */
  input?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Called for each line of stdout and stderr as it comes. The text is hostile. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export class ProcessError extends InfraError {
  override readonly name = 'ProcessError';
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(command: string, exit: { code: number | null; why: string }, stdout: string, stderr: string) {
    const tail = (stderr.trim() || stdout.trim()).split('\n').slice(-5).join('\n');
    super(`${command} ${exit.why}${tail === '' ? '' : `: ${tail}`}`);
    this.exitCode = exit.code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/** Kept of each stream, characters: enough for any tool's answer, not for a runaway one. */
const KEPT = 64 * 1024 * 1024;
/** A line longer than this (a progress bar without line ends, binary output) is handed on in pieces. */
const LONGEST_LINE = 64 * 1024;
/** Output of a program that has ended comes at once; pipes still open after this belong to what it left behind. */
const DRAIN_MS = 2_000;
const KILL_GRACE_MS = 5_000;

/**
 * Runs `command` in a process group of its own and waits for its end. Throws ProcessError when it can't be
 * started, exits with another code than 0, is killed, or runs over `timeoutMs` (the group is then ended).
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const stdout = collect(child.stdout, 'stdout', options.onLine);
  const stderr = collect(child.stderr, 'stderr', options.onLine);
  // A command that reads nothing breaks the pipe; its exit code tells the rest.
  child.stdin?.on('error', () => undefined).end(options.input);

  let why = '';
  let killed: Promise<void> | undefined;
  const end = (reason: string): void => {
    why = reason;
    killed = killGroup(child, KILL_GRACE_MS);
  };
  const onAbort = (): void => end('was cancelled');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => end(`ran longer than ${options.timeoutMs} ms and was ended`), options.timeoutMs);
  try {
    const exit = await ending(child, () => why);
    // Its children may take longer than itself.
    await killed;
    if (exit.code !== 0 || why !== '') throw new ProcessError(command, exit, stdout(), stderr());
    return { stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/** The exit, once all output is there; a daemon that the program left with our pipes open is not waited for. */
function ending(child: ChildProcess, why: () => string): Promise<{ code: number | null; why: string }> {
  return new Promise((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void =>
      resolve({
        code,
        why: why() || (code === null ? `was killed by ${signal}` : `exited with code ${code}`),
      });
    let drain: NodeJS.Timeout | undefined;
    child.once('error', (error) => resolve({ code: null, why: `could not be started (${error.message})` }));
    child.once('exit', (code, signal) => {
      drain = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        end(code, signal);
      }, DRAIN_MS);
    });
    child.once('close', (code, signal) => {
      clearTimeout(drain);
      end(code, signal);
    });
  });
}

function collect(
  stream: NodeJS.ReadableStream | null,
  name: 'stdout' | 'stderr',
  onLine: RunOptions['onLine'],
): () => string {
  const parts: string[] = [];
  let size = 0;
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    if (size < KEPT) parts.push(chunk);
    size += chunk.length;
    if (onLine === undefined) return;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line, name);
    if (rest.length > LONGEST_LINE) {
      onLine(rest, name);
      rest = '';
    }
  });
  stream?.on('end', () => {
    if (onLine !== undefined && rest !== '') onLine(rest, name);
  });
  return () => parts.join('');
}
