/**
 * A thread that moves and hashes: it brings ranges from a server into files, and hashes files as far as they have come:
 * bytes that pass through it in order straight from memory, others from the page cache.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { ContentHash } from './content-hash.ts';
import type { Expected, HashResult } from './content-hash.ts';
import { RawConnection } from './raw-connection.ts';
import type { RawRequest } from './raw-connection.ts';

export type WorkerOrder =
  | { kind: 'begin'; id: number; path: string; bytes: number; expected: Expected }
  /** Bytes up to here are in the file, without a hole. */
  | { kind: 'advance'; id: number; upTo: number }
  | { kind: 'drop'; id: number }
  /** Brings a range; `hash` is the id of the file's hash when it is in this thread. */
  | { kind: 'fetch'; id: number; hash: number | null; path: string; request: RawRequest }
  | { kind: 'stop'; id: number };

export type WorkerAnswer =
  | { kind: 'hashed'; id: number; result: HashResult }
  | { kind: 'unhashed'; id: number; error: string }
  /** On disk now. */
  | { kind: 'wrote'; id: number; start: number; end: number }
  | { kind: 'done'; id: number }
  | { kind: 'refused'; id: number; status: number }
  | { kind: 'broken'; id: number; error: string; code: string | null };

interface Hashing {
  file: number;
  hash: ContentHash;
  bytes: number;
  upTo: number;
}

const SLICE = 1024 * 1024;
const MAX_IDLE = 16;

/** Serves orders on the parent's port until this thread is ended. */
export function serveTransfers(): void {
  const port = parentPort;
  if (!port) throw new Error('this role runs in a worker thread');
  const answer = (message: WorkerAnswer): void => port.postMessage(message);
  const hashes = new Hashes(answer);
  const pieces = new Pieces(answer, hashes);
  port.on('message', (order: WorkerOrder) => {
    if (order.kind === 'begin') hashes.begin(order);
    if (order.kind === 'advance') hashes.advance(order.id, order.upTo);
    if (order.kind === 'drop') hashes.end(order.id);
    if (order.kind === 'fetch') pieces.begin(order);
    if (order.kind === 'stop') pieces.stop(order.id);
  });
}

class Hashes {
  readonly #answer: (message: WorkerAnswer) => void;
  readonly #jobs = new Map<number, Hashing>();
  readonly #buffer = Buffer.allocUnsafeSlow(SLICE);
  #scheduled = false;

  constructor(answer: (message: WorkerAnswer) => void) {
    this.#answer = answer;
  }

  begin({ id, path, bytes, expected }: WorkerOrder & { kind: 'begin' }): void {
    try {
      this.#jobs.set(id, {
        file: openSync(path, 'r'),
        hash: new ContentHash(expected),
        bytes,
        upTo: 0,
      });
    } catch (error) {
      this.#answer({ kind: 'unhashed', id, error: messageOf(error) });
    }
  }

  advance(id: number, upTo: number): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    job.upTo = upTo;
    this.#schedule();
  }

  /** Bytes that were written just now: hashed from memory when it is their turn. */
  pass(id: number, bytes: Buffer, position: number): void {
    const job = this.#jobs.get(id);
    if (!job || job.hash.bytes !== position) return;
    job.hash.update(bytes);
    this.#conclude(id, job);
  }

  end(id: number): void {
    const job = this.#jobs.get(id);
    if (job) closeSync(job.file);
    this.#jobs.delete(id);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#step());
  }

  #step(): void {
    this.#scheduled = false;
    for (const [id, job] of this.#jobs) {
      const wanted = Math.min(SLICE, job.upTo - job.hash.bytes);
      if (wanted <= 0) continue;
      try {
        const read = readSync(job.file, this.#buffer, 0, wanted, job.hash.bytes);
        if (read === 0) throw new Error(`the file ends at byte ${job.hash.bytes}`);
        job.hash.update(this.#buffer.subarray(0, read));
      } catch (error) {
        this.#answer({ kind: 'unhashed', id, error: messageOf(error) });
        this.end(id);
        continue;
      }
      this.#conclude(id, job);
    }
    if ([...this.#jobs.values()].some((job) => job.upTo > job.hash.bytes)) this.#schedule();
  }

  #conclude(id: number, job: Hashing): void {
    if (job.hash.bytes < job.bytes) return;
    this.#answer({ kind: 'hashed', id, result: job.hash.finish() });
    this.end(id);
  }
}

class Pieces {
  readonly #answer: (message: WorkerAnswer) => void;
  readonly #hashes: Hashes;
  readonly #running = new Map<number, { connection: RawConnection; file: number }>();
  readonly #idle: RawConnection[] = [];

  constructor(answer: (message: WorkerAnswer) => void, hashes: Hashes) {
    this.#answer = answer;
    this.#hashes = hashes;
  }

  begin({ id, hash, path, request }: WorkerOrder & { kind: 'fetch' }): void {
    let file: number;
    try {
      file = openSync(path, 'r+');
    } catch (error) {
      this.#answer({ kind: 'broken', id, error: messageOf(error), code: codeOf(error) });
      return;
    }
    const connection = this.#connect(new URL(request.url));
    this.#running.set(id, { connection, file });
    const end = (message: WorkerAnswer): void => {
      this.#running.delete(id);
      closeSync(file);
      if (message.kind === 'done' && connection.usable && this.#idle.length < MAX_IDLE)
        this.#idle.push(connection);
      else if (message.kind === 'done') connection.destroy();
      this.#answer(message);
    };
    connection.send(request, {
      take: (bytes, position) => {
        for (let done = 0; done < bytes.byteLength;)
          done += writeSync(file, bytes, done, bytes.byteLength - done, position + done);
        if (hash !== null) this.#hashes.pass(hash, bytes, position);
        this.#answer({ kind: 'wrote', id, start: position, end: position + bytes.byteLength });
      },
      done: () => end({ kind: 'done', id }),
      refused: (status) => end({ kind: 'refused', id, status }),
      broken: (error) => end({ kind: 'broken', id, error: messageOf(error), code: codeOf(error) }),
    });
  }

  stop(id: number): void {
    const piece = this.#running.get(id);
    if (!piece) return;
    this.#running.delete(id);
    piece.connection.destroy();
    closeSync(piece.file);
    this.#answer({ kind: 'broken', id, error: 'stopped', code: null });
  }

  #connect(url: URL): RawConnection {
    for (let index = this.#idle.length - 1; index >= 0; index--) {
      const [connection] = this.#idle.splice(index, 1);
      if (connection?.usable && connection.origin === url.origin) return connection;
      connection?.destroy();
    }
    return new RawConnection(url);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : null;
}
