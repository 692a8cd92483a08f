/**
 * One blob on its way to its final name: bytes written at their places under a name of this download's own, a journal
 * of them, a hash that follows, and the final name only when size and hash are what the source listed.
 */
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { describeError, InfraError } from '@sluice/runtime/errors';
import { isErrno } from '@sluice/runtime/files';
import { formatBytes } from '@sluice/runtime/units';
import { expectedHash, isExpected } from './content-hash.ts';
import type { Expected, HashResult } from './content-hash.ts';
import type { Intervals } from './intervals.ts';
import { adoptJournal, beginJournal, dropPartial, isAbandoned, listPartials } from './journal.ts';
import type { Begun } from './journal.ts';
import type { RepoFolder } from './layout.ts';
import type { RawRequest } from './raw-connection.ts';
import type { HashJob, WorkerPool } from './worker-pool.ts';

/** A content, and the name of its blob (`etag`): two contents never have one name. */
export interface BlobIdentity extends Expected {
  /** For messages. */
  path: string;
  /** Nothing says that two requests bring the same bytes: they come by one connection, and are not kept for a next try. */
  unbound?: boolean;
}

/** Whether parts of it may come by several requests. */
export function isBound({ bytes, unbound }: BlobIdentity): boolean {
  return bytes !== null && unbound !== true;
}

/** Below this, space is not reserved: a file system finds it without help. */
const RESERVE_FROM = 16 * 1024 * 1024;
/** Less than this is not worth keeping for a next try. */
const KEEP_FROM = 1024 * 1024;

export class BlobFile {
  readonly identity: BlobIdentity;
  /** Bytes that an earlier, ended download left. */
  readonly resumedBytes: number;
  readonly #final: string;
  readonly #begun: Begun;
  readonly #file: FileHandle;
  readonly #hash: HashJob;
  #end: number;

  constructor(identity: BlobIdentity, final: string, begun: Begun, file: FileHandle, hash: HashJob) {
    this.identity = identity;
    this.resumedBytes = begun.done.covered;
    this.#final = final;
    this.#begun = begun;
    this.#file = file;
    this.#hash = hash;
    this.#end = identity.bytes ?? Infinity;
    hash.advance(begun.done.prefix);
  }

  get done(): Intervals {
    return this.#begun.done;
  }

  /** Its length; Infinity while that is unknown. */
  get end(): number {
    return this.#end;
  }

  /** The body of a file of unknown length ended here. */
  endsAt(bytes: number): void {
    this.#end = bytes;
  }

  /** Writes at a place where nothing is yet: what is done once is never written over, the hash may have read it. */
  async write(chunks: readonly Buffer[], position: number): Promise<void> {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    try {
      await writeAll(this.#file, chunks, position, bytes);
      this.#begun.journal.wrote(position, position + bytes);
    } catch (error) {
      throw explainDisk(error, this.identity.path, this.#final);
    }
    this.#begun.done.add(position, position + bytes);
    this.#hash.advance(this.#begun.done.prefix);
  }

  /** Whether a thread can bring ranges straight into this file. */
  get direct(): boolean {
    return this.#hash.fetch !== undefined;
  }

  /** Brings a hole by a thread: see HashJob. */
  async fetchDirect(
    request: RawRequest,
    signal: AbortSignal,
    onWritten: (bytes: number) => void,
  ): Promise<'done' | 'refused'> {
    try {
      const fetched = this.#hash.fetch?.(request, signal, (start, end) => {
        this.#begun.journal.wrote(start, end);
        this.#begun.done.add(start, end);
        this.#hash.advance(this.#begun.done.prefix);
        onWritten(end - start);
      });
      return (await fetched) ?? 'refused';
    } catch (error) {
      throw explainDisk(error, this.identity.path, this.#final);
    }
  }

  /** All bytes are there: waits for the hash, and gives the final name when it is right. Throws WrongContent if not. */
  async finish(): Promise<HashResult> {
    const result = await this.#hash.result();
    if (!isExpected(this.identity, result)) throw new WrongContent(this.identity, result);
    // Engines mmap these files and users edit through links: read-only keeps a blob what its name says.
    await this.#file.chmod(0o444);
    await this.#file.close();
    await rename(this.#begun.data, this.#final);
    this.#begun.journal.close();
    await rm(this.#begun.journal.path, { force: true });
    return result;
  }

  /** Ends without the final name. What came is kept for the next try, unless it is little or `why` says it is bad. */
  async abandon(why: unknown): Promise<void> {
    this.#hash.drop();
    await this.#file.close().catch(() => undefined);
    const bad = why instanceof DiskFull || why instanceof WrongContent;
    const keep = !bad && isBound(this.identity) && this.done.covered >= KEEP_FROM;
    if (keep) {
      this.#begun.journal.release();
      return;
    }
    this.#begun.journal.close();
    await dropPartial({ data: this.#begun.data, journal: this.#begun.journal.path });
  }
}

/** The bytes are all there and are not the ones that were listed. */
export class WrongContent extends InfraError {
  constructor(identity: BlobIdentity, result: HashResult) {
    const hash = expectedHash(identity);
    const kind = hash?.algorithm === 'sha1-git' ? 'Git id' : hash?.algorithm;
    super(
      `${identity.path}: ${result.bytes} bytes arrived whose ${kind} is ${result.value}, the source says ${hash?.value}; ` +
        'they were thrown away. Run again; if it stays, a proxy or mirror on the way alters files',
    );
  }
}

export class DiskFull extends InfraError {}

/** Begins a download, or takes up the furthest one that somebody left behind. The caller holds the blob's lock. */
export async function openBlobFile(
  folder: RepoFolder,
  identity: BlobIdentity,
  workers: WorkerPool,
  signal: AbortSignal,
): Promise<BlobFile> {
  const begun = (await adoptFurthest(folder, identity)) ?? (await beginJournal(folder, identity));
  try {
    const file = await open(begun.data, begun.done.covered > 0 ? 'r+' : 'w+', 0o644);
    if (begun.done.covered === 0) await reserve(begun.data, identity, signal);
    return new BlobFile(
      identity,
      join(folder.blobs, identity.etag),
      begun,
      file,
      workers.begin(begun.data, identity),
    );
  } catch (error) {
    begun.journal.close();
    await dropPartial({ data: begun.data, journal: begun.journal.path });
    throw explainDisk(error, identity.path, begun.data);
  }
}

async function adoptFurthest(folder: RepoFolder, identity: BlobIdentity): Promise<Begun | undefined> {
  const mine = (await listPartials(folder)).filter(({ etag }) => etag === identity.etag);
  mine.sort((a, b) => b.done.covered - a.done.covered);
  let begun: Begun | undefined;
  for (const partial of mine) {
    if (!(await isAbandoned(partial))) continue;
    if (!begun && isBound(identity) && partial.bytes === identity.bytes && partial.done.covered > 0) {
      begun = await adoptJournal(folder, partial);
    } else {
      await dropPartial(partial);
    }
  }
  return begun;
}

/** Takes the space now, so that a full disk is known before the bytes move. util-linux's tool: Node has no call for it. */
async function reserve(path: string, identity: BlobIdentity, signal: AbortSignal): Promise<void> {
  if (identity.bytes === null || identity.bytes < RESERVE_FROM || process.platform !== 'linux') return;
  try {
    await run('fallocate', ['--length', String(identity.bytes), path], { signal });
  } catch (error) {
    signal.throwIfAborted();
    // No such tool, or a file system that can't: then the disk tells while it is written.
    if (describeError(error).includes('No space left')) throw diskFull(identity.path, path, identity.bytes);
  }
}

function explainDisk(error: unknown, path: string, where: string): unknown {
  return ['ENOSPC', 'EDQUOT'].some((code) => isErrno(error, code)) ? diskFull(path, where) : error;
}

function diskFull(path: string, where: string, bytes?: number): DiskFull {
  const size = bytes === undefined ? '' : ` (${formatBytes(bytes)})`;
  return new DiskFull(
    `${path}${size}: the disk of ${where} is full; what was written of it is removed. ` +
      'Free space, or point `cache-dir` at another disk',
  );
}

/** A write may be short (a full disk gives what fits first); at explicit positions nothing depends on the cursor. */
async function writeAll(
  file: FileHandle,
  chunks: readonly Buffer[],
  position: number,
  bytes: number,
): Promise<void> {
  const { bytesWritten } = await file.writev(chunks, position);
  if (bytesWritten === bytes) return;
  const rest = Buffer.concat(chunks);
  for (let done = bytesWritten; done < bytes;) {
    done += (await file.write(rest, done, bytes - done, position + done)).bytesWritten;
  }
}
