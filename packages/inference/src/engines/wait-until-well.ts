/** Waits until a server that was started is well; what is left of one that never is: a reason and the end of its log. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exit } from '@sluice/process/start';
import { InfraError } from '@sluice/runtime/errors';
import { formatDuration } from '@sluice/runtime/units';
import { isAlive, isPageWell } from '../clients/openai-server.ts';
import { likelyCause, type Cause } from './startup-cause.ts';

/** The server ended or didn't get well in time. */
export class StartupError extends InfraError {
  override readonly name = 'StartupError';
  /** The end of its log, and before it the line that gave the cause away; hostile text. */
  readonly logTail: string;

  constructor(message: string, logTail: string) {
    super(message);
    this.logTail = logTail;
  }
}

export interface Watched {
  origin: string;
  healthPath: string;
  /** A list of models stands in for a health page that isn't there. */
  lenientHealth: boolean;
  timeoutMs: number;
  signal: AbortSignal;
  causes: readonly Cause[];
  /** undefined while it runs. */
  exit(): Exit | undefined | Promise<Exit | undefined>;
  /** The last part of its log, at least some hundred lines. */
  readLog(): Promise<string>;
}

const POLL_MS = 100;
const SHOWN_LINES = 20;
const SHOWN_CHARACTERS = 8_192;

/** Time until the first good health check, ms. Throws StartupError; ending what was started is the caller's. */
export async function waitUntilWell(server: Watched): Promise<number> {
  const startedAt = performance.now();
  const { origin, healthPath, signal } = server;
  const isWell = (): Promise<boolean> =>
    server.lenientHealth
      ? isAlive({ origin, modelName: '' }, healthPath, signal)
      : isPageWell(origin, healthPath, signal);
  for (;;) {
    signal.throwIfAborted();
    const exit = await server.exit();
    if (exit !== undefined) throw await explain(server, exit);
    if (await isWell()) {
      // Somebody else may answer on its port while it ends.
      const late = await server.exit();
      if (late !== undefined) throw await explain(server, late);
      return performance.now() - startedAt;
    }
    if (performance.now() - startedAt > server.timeoutMs) throw await explain(server, undefined);
    await sleep(POLL_MS);
  }
}

async function explain(server: Watched, exit: Exit | undefined): Promise<StartupError> {
  const log = await server.readLog();
  const what =
    exit === undefined
      ? `the server was not well within ${formatDuration(server.timeoutMs)} (\`startup-timeout\`; GET ${server.healthPath})`
      : `the server ended before it was well (${exit.signal ?? `exit code ${exit.code}`})`;
  const guess = likelyCause(log, exit, server.causes);
  const tail = lastLines(log);
  if (guess === undefined) return new StartupError(what, tail);
  const shown = guess.line === undefined || tail.includes(guess.line) ? tail : `${guess.line}\n…\n${tail}`;
  return new StartupError(`${what}; likely cause: ${guess.cause}`, shown);
}

/** The last lines of a log, at most 8,192 characters. */
export function lastLines(log: string): string {
  return log.trimEnd().slice(-SHOWN_CHARACTERS).split('\n').slice(-SHOWN_LINES).join('\n');
}
