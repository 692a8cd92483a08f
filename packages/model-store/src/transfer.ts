/**
 * Moves files in pieces over many connections. Each connection takes the next hole of the file that has the fewest;
 * a piece that breaks off goes on where it stopped; a server that knows no ranges is read from the start by one.
 */
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCertificateError } from '@sluice/http/certificate-errors';
import { describeError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import type { Located } from '@sluice/sources/source';
import type { BlobFile } from './blob-file.ts';
import { DiskFull, isBound } from './blob-file.ts';
import { adjustConnections, refusedConnections, startControl } from './connection-control.ts';
import type { Span } from './intervals.ts';
import type { RawRequest } from './raw-connection.ts';
import { receive, TooLong } from './receive.ts';

/** As in a Range header: both ends counted in; without `end` up to the file's end. */
export interface ByteRange {
  start: number;
  end?: number;
}

export interface OpenedBody {
  body: Readable;
  /** The server ignored the range: this is the file from its first byte. */
  whole: boolean;
}

export interface FileAccess {
  /** Opens a file's bytes; without a range all of them. It tries again by itself; what it throws is final. */
  open(range: ByteRange | undefined, signal: AbortSignal): Promise<OpenedBody>;
  /** An address whose ranges a thread can fetch by itself; undefined: none. */
  locate(signal: AbortSignal): Promise<Located | undefined>;
  /** false: the server is known to have no ranges, and one connection brings all. */
  ranges?: boolean | undefined;
  /** Told that its bytes were not the listed ones. true: they came from a cache, and will come from the source now. */
  distrust?(): boolean;
}

export interface TransferOptions {
  /** Most connections at once. */
  connections: number;
  /** Bytes a second, all together. */
  bandwidthLimit?: number | undefined;
  log: Logger;
  signal: AbortSignal;
  /** Broken connections in a row, without one new byte, before giving up; default 5. */
  maxBreaks?: number;
  /** First pause after a break; doubles with each that follows. */
  pauseMs?: number;
  /** Largest piece; default 32 MiB. */
  pieceBytes?: number;
  /** Silence that counts as broken, where a thread fetches; default 30 s. */
  stallMs?: number;
  onBytes?: (bytes: number) => void;
}

const PIECE = 32 * 1024 * 1024;
/** Addresses whose ranges are refused are asked for so often, in a row, before threads are left out. */
const MAX_REFUSALS = 3;
/** Smaller pieces are not worth a thread's while. */
const DIRECT_FROM = 1024 * 1024;
const TICK_MS = 500;

interface Task {
  file: BlobFile;
  access: FileAccess;
  /** Asked once; undefined: not yet. */
  located: Promise<Located | undefined> | undefined;
  /** In a row. */
  refusals: number;
  /** Holes that nobody works on. */
  waiting: Span[];
  running: Set<Piece>;
  /** The server ignores ranges: one connection, from the start. */
  whole: boolean;
  breaks: number;
  ended: boolean;
  done: { resolve(): void; reject(error: unknown): void };
}

interface Piece extends Span {
  stop: AbortController;
  settled: Promise<void>;
}

export class Transfer {
  readonly #options: TransferOptions;
  readonly #tasks = new Set<Task>();
  readonly #timer: NodeJS.Timeout;
  #control;
  #running = 0;
  #received = 0;
  #since = performance.now();
  #allowance = 0;

  constructor(options: TransferOptions) {
    this.#options = options;
    this.#control = startControl(options.connections);
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
    options.signal.addEventListener('abort', this.#abort, { once: true });
  }

  /** Resolves when all bytes of the file are written. */
  fetch(file: BlobFile, access: FileAccess): Promise<void> {
    this.#options.signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const task: Task = {
        file,
        access,
        located: undefined,
        refusals: 0,
        waiting: file.done.gaps(0, file.end),
        running: new Set(),
        whole: access.ranges === false || !isBound(file.identity),
        breaks: 0,
        ended: false,
        done: { resolve, reject },
      };
      this.#tasks.add(task);
      this.#settle(task);
      this.#pump();
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => {
    for (const task of [...this.#tasks]) void this.#fail(task, this.#options.signal.reason);
  };

  #tick(): void {
    const now = performance.now();
    const bytesPerSecond = (this.#received / (now - this.#since)) * 1000;
    this.#received = 0;
    this.#since = now;
    const busy = [...this.#tasks].some((task) => task.waiting.length > 0 && !task.whole);
    const before = this.#control.target;
    this.#control = adjustConnections(this.#control, { bytesPerSecond, running: this.#running, busy });
    const { target } = this.#control;
    if (target !== before) this.#options.log.debug(`connections: ${before} -> ${target}`);
    this.#pump();
  }

  #pump(): void {
    while (this.#running < this.#control.target) {
      const task = this.#nextTask();
      if (!task) return;
      const hole = task.waiting[0];
      if (!hole) return;
      const size = task.whole ? hole.end - hole.start : (this.#options.pieceBytes ?? PIECE);
      const end = Math.min(hole.end, hole.start + size);
      if (end === hole.end) task.waiting.shift();
      else task.waiting[0] = { start: end, end: hole.end };
      const piece: Piece = {
        start: hole.start,
        end,
        stop: new AbortController(),
        settled: Promise.resolve(),
      };
      task.running.add(piece);
      this.#running += 1;
      piece.settled = this.#move(task, piece).finally(() => {
        this.#running -= 1;
        task.running.delete(piece);
        this.#settle(task);
        this.#pump();
      });
    }
  }

  #nextTask(): Task | undefined {
    let best: Task | undefined;
    for (const task of this.#tasks) {
      if (task.waiting.length === 0 || (task.whole && task.running.size > 0)) continue;
      if (!best || task.running.size < best.running.size) best = task;
    }
    return best;
  }

  #settle(task: Task): void {
    if (task.ended || task.waiting.length > 0 || task.running.size > 0) return;
    task.ended = true;
    this.#tasks.delete(task);
    task.done.resolve();
  }

  /** Ends the file's other connections first, so that nothing writes on after the caller has gone on. */
  async #fail(task: Task, error: unknown, own?: Piece): Promise<void> {
    if (task.ended) return;
    task.ended = true;
    this.#tasks.delete(task);
    task.waiting = [];
    await stopPieces(task, own);
    task.done.reject(error);
  }

  /** One piece, by one connection; never throws. */
  async #move(task: Task, piece: Piece): Promise<void> {
    const { signal } = piece.stop;
    let written = 0;
    try {
      const bytes = task.file.end;
      if (await this.#moveDirect(task, piece, (count) => (written += count))) return;
      const range = rangeOf(piece, bytes);
      const opened = await openPiece(task, range, signal);
      if (opened.whole && range) {
        this.#options.log.debug(`${task.file.identity.path}: the server ignored the range and starts over`);
        task.whole = true;
        task.waiting = [];
        await stopPieces(task, piece);
        [piece.start, piece.end] = [0, bytes];
      }
      if (signal.aborted) {
        opened.body.destroy();
        return;
      }
      await receive(opened.body, task.file, {
        start: piece.start,
        end: piece.end,
        signal,
        onBytes: (count) => this.#count(count),
        onWritten: (count) => (written += count),
        pace: (count) => this.#pace(count),
      });
      task.breaks = 0;
    } catch (error) {
      // Whoever stopped it sees to what is left.
      if (task.ended || signal.aborted) return;
      if (error instanceof OpenFailed) {
        if (!this.#refusesMore(error)) return this.#fail(task, error.cause, piece);
        task.waiting.unshift(...task.file.done.gaps(piece.start, piece.end));
        return;
      }
      if (isFinal(error)) return this.#fail(task, error, piece);
      await this.#afterBreak(task, piece, written, error);
    }
  }

  /** By a thread, where one can; false: by this one, whose client knows what to do with any answer. */
  async #moveDirect(task: Task, piece: Piece, onWritten: (bytes: number) => void): Promise<boolean> {
    const { file } = task;
    const { bandwidthLimit, stallMs = 30_000 } = this.#options;
    const large = piece.end - piece.start >= DIRECT_FROM;
    if (!file.direct || !large || task.whole || bandwidthLimit !== undefined) return false;
    if (task.refusals >= MAX_REFUSALS) return false;
    task.located ??= task.access.locate(piece.stop.signal).catch(() => undefined);
    const request = requestOf(await task.located, piece, stallMs);
    if (!request) {
      this.#distrust(task);
      return false;
    }
    const how = await file
      .fetchDirect(request, piece.stop.signal, (count) => {
        this.#count(count);
        onWritten(count);
      })
      .catch((error: unknown) => {
        if (!isCertificateError(error)) throw error;
        // The client of this thread meets the same, and says what can be done.
        task.refusals = MAX_REFUSALS;
        return 'refused' as const;
      });
    if (how === 'done') [task.breaks, task.refusals] = [0, 0];
    else this.#distrust(task);
    return how === 'done';
  }

  /** Whatever it answered, the address is asked for again: a signed one may have ended. */
  #distrust(task: Task): void {
    task.located = undefined;
    task.refusals += 1;
  }

  /** A CDN that turns connections away because there are too many: fewer are tried before it counts as an answer. */
  #refusesMore(error: OpenFailed): boolean {
    if (statusOf(error.cause) !== 403 || this.#running < 2) return false;
    if (this.#control.limit > 1) {
      this.#options.log.notice('the server turns further connections away: going on with one');
      this.#control = refusedConnections(this.#control);
    }
    return true;
  }

  async #afterBreak(task: Task, piece: Piece, written: number, error: unknown): Promise<void> {
    const { maxBreaks = 5, pauseMs = 250, log } = this.#options;
    const { path, bytes } = task.file.identity;
    if (!isBound(task.file.identity)) return this.#fail(task, new StartOver(path, error), piece);
    const left = task.file.done.gaps(piece.start, piece.end);
    const [first] = left;
    // Cut after the last byte: nothing is missing, and a range from here on would be refused.
    if (!first) return;
    task.breaks = written > 0 ? 1 : task.breaks + 1;
    if (task.breaks > maxBreaks) {
      const gaveUp = new InfraError(`${path}: gave up at byte ${first.start} of ${bytes}`, { cause: error });
      return this.#fail(task, gaveUp, piece);
    }
    log.untrusted(
      `${path}: the connection broke off (${describeError(error)}); going on at byte ${first.start} of ${bytes}`,
    );
    const pause = pauseMs * 2 ** (task.breaks - 1) * (0.5 + Math.random());
    try {
      await sleep(pause, undefined, { signal: piece.stop.signal });
    } catch {
      return;
    }
    task.waiting.unshift(...left);
  }

  #count(bytes: number): void {
    this.#received += bytes;
    this.#options.onBytes?.(bytes);
  }

  /** Milliseconds to wait before more is read, so that the limit holds. */
  #pace(bytes: number): number {
    const limit = this.#options.bandwidthLimit;
    if (limit === undefined) return 0;
    const now = performance.now();
    this.#allowance = Math.max(now, this.#allowance) + (bytes / limit) * 1000;
    return this.#allowance - now;
  }
}

/** A connection broke, and another one's bytes would not fit to what came: all that is thrown away. */
export class StartOver extends InfraError {
  constructor(path: string, cause: unknown) {
    super(`${path}: the connection broke off, and nothing says that another brings the same bytes`, {
      cause,
    });
  }
}

/** For a thread; undefined: it can't send this. */
function requestOf(located: Located | undefined, piece: Span, stallMs: number): RawRequest | undefined {
  const headers = located?.headers();
  // These are sent as they are, and some come from servers.
  const plain = Object.entries(headers ?? {}).every(
    ([name, value]) => /^[\w-]+$/.test(name) && /^[\t\x20-\x7e]*$/.test(value),
  );
  if (!located || !headers || !plain) return undefined;
  const { url, etag } = located;
  return { url, headers, etag, start: piece.start, end: piece.end, stallMs };
}

/** Waits for the others' end, or until this one is stopped itself. */
async function stopPieces(task: Task, own?: Piece): Promise<void> {
  const others = [...task.running].filter((piece) => piece !== own);
  for (const piece of others) piece.stop.abort(new InfraError('another connection has the file'));
  const ended = Promise.all(others.map(({ settled }) => settled));
  const stopped =
    own && new Promise<void>((resolve) => own.stop.signal.addEventListener('abort', () => resolve()));
  await (stopped ? Promise.race([ended, stopped]) : ended);
}

/** Opening has retries of its own, and a refusal won't be better next time: only a broken body is tried again. */
class OpenFailed extends Error {}

async function openPiece(task: Task, range: ByteRange | undefined, signal: AbortSignal): Promise<OpenedBody> {
  try {
    return await task.access.open(range, signal);
  } catch (error) {
    throw new OpenFailed('the file could not be opened', { cause: error });
  }
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}

function rangeOf(piece: Span, bytes: number): ByteRange | undefined {
  if (piece.end < bytes) return { start: piece.start, end: piece.end - 1 };
  return piece.start === 0 ? undefined : { start: piece.start };
}

function isFinal(error: unknown): boolean {
  return error instanceof DiskFull || error instanceof TooLong;
}
