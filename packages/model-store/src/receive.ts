/** From one connection to its place in the file: in batches, with as little as possible held in memory. */
import type { Readable } from 'node:stream';
import { InfraError } from '@sluice/runtime/errors';
import type { BlobFile } from './blob-file.ts';

export interface ReceiveOptions {
  /** Where the body's first byte belongs. */
  start: number;
  /** Where the wanted bytes end. */
  end: number;
  signal: AbortSignal;
  onBytes(bytes: number): void;
  /** So many bytes that were missing are now on disk, and in the journal. */
  onWritten(bytes: number): void;
  /** Milliseconds to wait before more is read. */
  pace(bytes: number): number;
}

/** The journal advances by this much, at the least. */
const BATCH = 1024 * 1024;
const MAX_WRITES = 2;

/** More came than the file has. */
export class TooLong extends InfraError {}

/** Resolves when all bytes up to `end` are written. What came before a failure is written too. */
export function receive(body: Readable, file: BlobFile, options: ReceiveOptions): Promise<void> {
  const { start, end, signal } = options;
  const { path } = file.identity;
  return new Promise((resolve, reject) => {
    let at = start;
    let batch: Buffer[] = [];
    let batchAt = start;
    let batchBytes = 0;
    let writes = 0;
    let held = 0;
    let outcome: { error?: Error } | undefined;

    const settle = (): void => {
      if (!outcome || writes > 0) return;
      signal.removeEventListener('abort', abort);
      if (outcome.error) reject(outcome.error);
      else resolve();
    };
    const conclude = (result: { error?: Error }): void => {
      if (outcome) return;
      outcome = result;
      if (result.error) body.destroy();
      settle();
    };
    const hold = (): void => {
      held += 1;
      body.pause();
    };
    const release = (): void => {
      held -= 1;
      if (held === 0 && !outcome) body.resume();
    };
    const flush = (): void => {
      const [chunks, position, count] = [batch, batchAt, batchBytes];
      [batch, batchAt, batchBytes] = [[], at, 0];
      if (count === 0) return;
      writes += 1;
      const full = writes >= MAX_WRITES;
      if (full) hold();
      writeMissing(file, chunks, position, count).then(
        (written) => {
          writes -= 1;
          options.onWritten(written);
          if (full) release();
          settle();
        },
        (error: unknown) => {
          writes -= 1;
          // What a disk says goes before what the network said.
          outcome = { error: error as Error };
          body.destroy();
          settle();
        },
      );
    };
    const abort = (): void => conclude({ error: signal.reason as Error });
    const broken = (error: unknown): void => {
      if (outcome) return;
      flush();
      conclude({ error: error as Error });
    };

    body.on('data', (chunk: Buffer) => {
      if (outcome) return;
      const room = end - at;
      if (chunk.byteLength > room && end === file.end) {
        broken(new TooLong(`${path}: more bytes arrived than the source lists (${end})`));
        return;
      }
      // A server may round a range up; what is not ours is another connection's.
      const part = chunk.byteLength > room ? chunk.subarray(0, room) : chunk;
      batch.push(part);
      batchBytes += part.byteLength;
      at += part.byteLength;
      options.onBytes(part.byteLength);
      if (batchBytes >= BATCH) flush();
      const wait = options.pace(part.byteLength);
      if (wait > 1) {
        hold();
        setTimeout(release, wait);
      }
    });
    body.once('end', () => {
      if (end === Infinity) file.endsAt(at);
      else if (at < end) {
        broken(new InfraError(`the connection closed after ${at - start} of ${end - start} bytes`));
        return;
      }
      flush();
      conclude({});
    });
    body.on('error', broken);
    body.once('close', () =>
      broken(new InfraError(`the connection closed after ${at - start} of ${end - start} bytes`)),
    );
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** Leaves alone what is there already; returns how many bytes were new. */
async function writeMissing(
  file: BlobFile,
  chunks: readonly Buffer[],
  position: number,
  bytes: number,
): Promise<number> {
  const gaps = file.done.gaps(position, position + bytes);
  const [only] = gaps;
  if (!only) return 0;
  if (gaps.length === 1 && only.end - only.start === bytes) {
    await file.write(chunks, position);
    return bytes;
  }
  const all = Buffer.concat(chunks);
  let written = 0;
  for (const gap of gaps) {
    await file.write([all.subarray(gap.start - position, gap.end - position)], gap.start);
    written += gap.end - gap.start;
  }
  return written;
}
