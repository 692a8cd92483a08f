/** Runs a command to its end: an argument array, never a shell; a non-zero exit is an error. */
import { spawn } from 'node:child_process';
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

/** Kept of each stream, bytes: enough for any tool's answer, not for a runaway one. */
const KEPT = 64 * 1024 * 1024;

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
  const end = (reason: string): void => {
    why = reason;
    void killGroup(child, 5_000);
  };
  const onAbort = (): void => end('was cancelled');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => end(`ran longer than ${options.timeoutMs} ms and was ended`), options.timeoutMs);
  try {
    const exit = await new Promise<{ code: number | null; why: string }>((resolve) => {
      child.once('error', (error) => resolve({ code: null, why: `could not be started (${error.message})` }));
      child.once('close', (code, signal) =>
        resolve({
          code,
          why: why || (code === null ? `was killed by ${signal}` : `exited with code ${code}`),
        }),
      );
    });
    if (exit.code !== 0 || why !== '') throw new ProcessError(command, exit, stdout(), stderr());
    return { stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
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
  });
  stream?.on('end', () => {
    if (onLine !== undefined && rest !== '') onLine(rest, name);
  });
  return () => parts.join('');
}
