/** The threads that move and hash files, seen from the thread that decides. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { InfraError } from '@sluice/runtime/errors';
import { hashFile } from './content-hash.ts';
import type { Expected, HashResult } from './content-hash.ts';
import type { RawRequest } from './raw-connection.ts';
import type { WorkerAnswer, WorkerOrder } from './transfer-worker.ts';

/** A file that grows and is hashed meanwhile. */
export interface HashJob {
  /** Bytes up to here are in the file. */
  advance(upTo: number): void;
  /** When all bytes are hashed. */
  result(): Promise<HashResult>;
  drop(): void;
  /**
   * Brings a range into the file by a thread: 'done'; or 'refused' when the server answered anything else than the
   * range, and nothing was written. Throws when the connection broke; `wrote` was told what came before.
   */
  fetch?(
    request: RawRequest,
    signal: AbortSignal,
    wrote: (start: number, end: number) => void,
  ): Promise<'done' | 'refused'>;
}

/** Below this, a thread costs more than it saves. */
const SMALL = 4 * 1024 * 1024;
/** The thread is told of progress in steps. */
const STEP = 2 * 1024 * 1024;
const MAX_THREADS = 8;

interface Waiting {
  hashed?(result: HashResult): void;
  wrote?(start: number, end: number): void;
  ended?(how: 'done' | 'refused'): void;
  failed(error: Error): void;
}

interface Thread {
  worker: Worker;
  /** Bytes of the files that it hashes. */
  load: number;
  /** Ranges that it is bringing. */
  fetching: number;
  waiting: Map<number, Waiting>;
}

export class WorkerPool {
  readonly #script: string | undefined;
  readonly #signal: AbortSignal;
  readonly #threads: Thread[] = [];
  #next = 0;

  /** `script`: a file that answers to `--role=transfer-worker`; without it this thread does all. */
  constructor(script: string | undefined, signal: AbortSignal) {
    this.#script = script;
    this.#signal = signal;
  }

  begin(path: string, { bytes, etag, hash }: Expected): HashJob {
    const script = this.#script;
    const expected = { bytes, etag, hash };
    if (script === undefined || bytes === null || bytes < SMALL) {
      return {
        advance: () => undefined,
        result: () => hashFile(path, expected, this.#signal),
        drop: () => undefined,
      };
    }
    const thread = this.#choose(script, ({ load }) => load);
    const id = this.#next++;
    const end = (): void => {
      if (thread.waiting.delete(id)) thread.load -= bytes;
    };
    const result = new Promise<HashResult>((resolve, reject) => {
      thread.waiting.set(id, {
        hashed: (hashed) => {
          end();
          resolve(hashed);
        },
        failed: (error) => {
          end();
          reject(error);
        },
      });
    });
    // It is awaited later, or never when the download fails first.
    result.catch(() => undefined);
    thread.load += bytes;
    order(thread, { kind: 'begin', id, path, bytes, expected });
    let told = 0;
    let own = 0;
    return {
      advance: (upTo) => {
        if (upTo - told < STEP && upTo < bytes) return;
        told = upTo;
        order(thread, { kind: 'advance', id, upTo });
      },
      result: () => result,
      drop: () => {
        order(thread, { kind: 'drop', id });
        end();
      },
      fetch: async (request, signal, wrote) => {
        // The first connection's bytes are hashed as they pass; others may be anywhere.
        const mover = own === 0 ? thread : this.#choose(script, ({ fetching }) => fetching);
        if (mover === thread) own += 1;
        try {
          return await this.#fetch(mover, mover === thread ? id : null, path, request, signal, wrote);
        } finally {
          if (mover === thread) own -= 1;
        }
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
    this.#threads.length = 0;
  }

  #fetch(
    thread: Thread,
    hash: number | null,
    path: string,
    request: RawRequest,
    signal: AbortSignal,
    wrote: (start: number, end: number) => void,
  ): Promise<'done' | 'refused'> {
    signal.throwIfAborted();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const stop = (): void => order(thread, { kind: 'stop', id });
      const end = (): void => {
        signal.removeEventListener('abort', stop);
        if (thread.waiting.delete(id)) thread.fetching -= 1;
      };
      thread.waiting.set(id, {
        wrote,
        ended: (how) => {
          end();
          resolve(how);
        },
        failed: (error) => {
          end();
          reject(error);
        },
      });
      thread.fetching += 1;
      signal.addEventListener('abort', stop, { once: true });
      order(thread, { kind: 'fetch', id, hash, path, request });
    });
  }

  #choose(script: string, measure: (thread: Thread) => number): Thread {
    const most = Math.min(MAX_THREADS, availableParallelism());
    const idle = this.#threads.find((thread) => measure(thread) === 0);
    if (idle) return idle;
    if (this.#threads.length < most) return this.#start(script);
    return this.#threads.reduce((least, thread) => (measure(thread) < measure(least) ? thread : least));
  }

  #start(script: string): Thread {
    const worker = new Worker(script, { argv: ['--role=transfer-worker'], execArgv: [] });
    const thread: Thread = { worker, load: 0, fetching: 0, waiting: new Map() };
    const failAll = (error: Error): void => {
      for (const waiting of [...thread.waiting.values()]) waiting.failed(error);
    };
    worker.unref();
    worker.on('message', (answer: WorkerAnswer) => tell(thread, answer));
    worker.on('error', failAll);
    worker.on('exit', () => {
      const at = this.#threads.indexOf(thread);
      if (at >= 0) this.#threads.splice(at, 1);
      failAll(new InfraError('a transfer thread ended'));
    });
    this.#threads.push(thread);
    return thread;
  }
}

function order(thread: Thread, message: WorkerOrder): void {
  thread.worker.postMessage(message);
}

function tell(thread: Thread, answer: WorkerAnswer): void {
  const waiting = thread.waiting.get(answer.id);
  if (answer.kind === 'hashed') waiting?.hashed?.(answer.result);
  else if (answer.kind === 'unhashed') waiting?.failed(new InfraError(`hashing failed: ${answer.error}`));
  else if (answer.kind === 'wrote') waiting?.wrote?.(answer.start, answer.end);
  else if (answer.kind === 'broken') {
    waiting?.failed(Object.assign(new InfraError(answer.error), { code: answer.code }));
  } else waiting?.ended?.(answer.kind);
}
