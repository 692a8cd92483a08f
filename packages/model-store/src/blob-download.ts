/**
 * One blob from the net to its final name. It is written under a name of this download's own, hashed as it comes,
 * and renamed only when size and content hash are what the hub listed: a final name is always whole and right.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { ContentHash } from './content-hash.ts';
import type { HashResult } from './content-hash.ts';

export interface BlobSource {
  /** For messages. */
  path: string;
  bytes: number;
  etag: string;
  /** Opens the bytes from `start` on; the answer may start at 0 instead. */
  open(start: number, signal: AbortSignal): Promise<{ body: Readable; start: number }>;
}

export interface DownloadOptions {
  log: Logger;
  signal: AbortSignal;
  /** Broken connections in a row, without one new byte, before giving up. */
  maxBreaks?: number;
  /** First pause after a break; doubles with each that follows. */
  pauseMs?: number;
  onBytes?: (bytes: number) => void;
}

/** Downloads into `blobs/<etag>`; returns the verified hashes. Nothing is left behind on failure. */
export async function downloadBlob(
  blobs: string,
  source: BlobSource,
  options: DownloadOptions,
): Promise<HashResult> {
  await mkdir(blobs, { recursive: true });
  const final = join(blobs, source.etag);
  // huggingface_hub 1.18+ names its own like this; older clients append to `<etag>.incomplete`, so never that.
  const temporary = `${final}.${randomBytes(4).toString('hex')}.incomplete`;
  try {
    const file = await open(temporary, 'wx', 0o644);
    let result: HashResult;
    try {
      result = await fill(file, source, options);
      verify(source, result);
      // Engines mmap these files and users edit through links: read-only keeps a blob what its name says.
      await file.chmod(0o444);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, final);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Writes all bytes, going on after broken connections where the last one stopped. */
async function fill(file: FileHandle, source: BlobSource, options: DownloadOptions): Promise<HashResult> {
  const { log, signal, maxBreaks = 5, pauseMs = 250 } = options;
  let hash = new ContentHash(source);
  if (source.bytes === 0) return hash.finish();
  for (let breaks = 0; ;) {
    const before = hash.bytes;
    // Opening has retries of its own, and a refusal won't be better next time: only a broken body is tried again.
    const { body, start } = await source.open(before, signal);
    if (start === 0 && before > 0) {
      log.debug(`${source.path}: the server ignored the range and starts over`);
      await file.truncate(0);
      hash = new ContentHash(source);
    }
    try {
      await copy(body, file, hash, source, options);
      if (hash.bytes === source.bytes) return hash.finish();
      throw new InfraError(`the connection closed after ${hash.bytes} of ${source.bytes} bytes`);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TooLong) throw error;
      // Cut after the last byte: nothing is missing, and a range from here on would be refused.
      if (hash.bytes === source.bytes) return hash.finish();
      breaks = hash.bytes > before && start === before ? 1 : breaks + 1;
      if (breaks > maxBreaks) {
        throw new InfraError(`${source.path}: gave up at byte ${hash.bytes} of ${source.bytes}`, {
          cause: error,
        });
      }
      log.untrusted(
        `${source.path}: the connection broke off (${describeError(error)}); going on at byte ${hash.bytes} of ${source.bytes}`,
      );
      await sleep(pauseMs * 2 ** (breaks - 1) * (0.5 + Math.random()), undefined, { signal });
    }
  }
}

class TooLong extends InfraError {}

async function copy(
  body: Readable,
  file: FileHandle,
  hash: ContentHash,
  source: BlobSource,
  { signal, onBytes }: DownloadOptions,
): Promise<void> {
  const abort = (): void => void body.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const piece of body) {
      const chunk = piece as Buffer;
      if (hash.bytes + chunk.byteLength > source.bytes) {
        throw new TooLong(`${source.path}: more bytes arrived than the hub listed (${source.bytes})`);
      }
      await writeAll(file, chunk, hash.bytes);
      hash.update(chunk);
      onBytes?.(chunk.byteLength);
    }
  } finally {
    signal.removeEventListener('abort', abort);
    body.destroy();
  }
}

/** A write may be short (a full disk gives what fits first); at explicit positions nothing depends on the cursor. */
async function writeAll(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.byteLength;) {
    const { bytesWritten } = await file.write(chunk, done, chunk.byteLength - done, position + done);
    done += bytesWritten;
  }
}

function verify(source: BlobSource, result: HashResult): void {
  if (result.etag === source.etag) return;
  const kind = source.etag.length === 64 ? 'sha256' : 'Git id';
  throw new InfraError(
    `${source.path}: ${result.bytes} bytes arrived whose ${kind} is ${result.etag}, the hub listed ${source.etag}; ` +
      'they were thrown away. Run again; if it stays, a proxy or mirror on the way alters files',
  );
}
