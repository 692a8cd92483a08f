/**
 * Brings a source's files into a folder, one connection a file: no file has its name before its length, and the hash
 * that the source names, are right. A broken connection goes on where it stopped.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InfraError } from '@sluice/runtime/errors';
import { mapWide } from './map-wide.ts';
import type { RemoteFile } from './source.ts';
import { createSourceHash } from './source-hash.ts';
import type { RunningHash } from './source-hash.ts';

export interface SavedFile {
  path: string;
  bytes: number;
  /** Hex. */
  sha256: string;
  /** It lay in the folder already, and had the hash that the source names. */
  fromCache: boolean;
}

export interface SaveOptions {
  /** Files at once. */
  connections: number;
  signal: AbortSignal;
  onBytes?: (count: number) => void;
}

/** Connections of one file that may break before it is given up; each that brought bytes doesn't count. */
const MAX_BREAKS = 5;

/** `files` must come from a ResolvedSource: their paths are checked there. */
export async function saveFiles(
  files: readonly RemoteFile[],
  folder: string,
  options: SaveOptions,
): Promise<SavedFile[]> {
  return mapWide(files, options.connections, async (file) => {
    const place = join(folder, file.path);
    const kept = await checkKept(file, place);
    if (kept) return kept;
    await mkdir(dirname(place), { recursive: true });
    const part = `${place}.${randomBytes(4).toString('hex')}.incomplete`;
    try {
      const saved = await receive(file, part, options);
      await rename(part, place);
      return saved;
    } finally {
      await rm(part, { force: true });
    }
  });
}

/** A file of an earlier time counts only when the source says what it must be. */
async function checkKept(file: RemoteFile, place: string): Promise<SavedFile | undefined> {
  const info = await stat(place).catch(() => undefined);
  if (!info?.isFile() || file.hash === null || (file.bytes !== null && file.bytes !== info.size))
    return undefined;
  const hashes = startHashes(file, info.size);
  for await (const chunk of createReadStream(place, { highWaterMark: 1 << 20 }))
    hashes.update(chunk as Buffer);
  const { sha256, fault } = hashes.end();
  return fault === undefined ? { path: file.path, bytes: info.size, sha256, fromCache: true } : undefined;
}

async function receive(file: RemoteFile, part: string, options: SaveOptions): Promise<SavedFile> {
  const handle = await open(part, 'wx', 0o644);
  try {
    return await receiveInto(handle, file, options);
  } finally {
    await handle.close();
  }
}

async function receiveInto(handle: FileHandle, file: RemoteFile, options: SaveOptions): Promise<SavedFile> {
  let [bytes, breaks] = [0, 0];
  let hashes = startHashes(file, file.bytes ?? 0);
  for (;;) {
    options.signal.throwIfAborted();
    const before = bytes;
    const resume = bytes > 0 && file.acceptsRanges && file.bytes !== null;
    const range = resume ? { start: bytes, end: (file.bytes ?? 0) - 1 } : undefined;
    // A driver has tried again by itself: what it throws is final.
    const opened = await file.open(range, options.signal);
    if (opened.status === 200) {
      bytes = 0;
      hashes = startHashes(file, file.bytes ?? 0);
    }
    let failure: unknown;
    try {
      for await (const chunk of opened.body) {
        await writeAll(handle, chunk as Buffer, bytes);
        hashes.update(chunk as Buffer);
        bytes += (chunk as Buffer).length;
        options.onBytes?.((chunk as Buffer).length);
        if (bytes > (file.bytes ?? Number.POSITIVE_INFINITY)) break;
      }
    } catch (error) {
      options.signal.throwIfAborted();
      if (isDiskFault(error)) throw new InfraError(`${file.path} can't be written`, { cause: error });
      failure = error;
    }
    if (failure === undefined && (file.bytes === null || bytes === file.bytes)) break;
    if (file.bytes !== null && bytes > file.bytes)
      throw new InfraError(`${file.path}: more bytes came than it has (${file.bytes})`);
    breaks = bytes > before ? 0 : breaks + 1;
    if (breaks >= MAX_BREAKS) {
      const ended = failure ?? new Error(`the connection ends after ${bytes} of ${file.bytes} bytes`);
      throw new InfraError(`${file.path} can't be fetched`, { cause: ended });
    }
  }
  await handle.truncate(bytes);
  const { sha256, fault } = hashes.end();
  if (fault !== undefined) throw new InfraError(`${file.path}: ${fault}; it is thrown away`);
  return { path: file.path, bytes, sha256, fromCache: false };
}

/** A full or broken disk doesn't mend by another connection. */
function isDiskFault(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EFBIG'].includes(String(code));
}

async function writeAll(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

/** sha256 for the record, and beside it the source's own where that is another. */
function startHashes(
  file: RemoteFile,
  bytes: number,
): { update(chunk: Buffer): void; end(): { sha256: string; fault: string | undefined } } {
  const sha256: Hash = createHash('sha256');
  const own: RunningHash | undefined =
    file.hash === null || file.hash.algorithm === 'sha256'
      ? undefined
      : createSourceHash(file.hash.algorithm, bytes);
  return {
    update: (chunk) => {
      sha256.update(chunk);
      own?.update(chunk);
    },
    end: () => {
      const hex = sha256.digest('hex');
      const seen = own?.digest() ?? hex;
      const wrong = file.hash !== null && seen !== file.hash.value;
      const fault = wrong
        ? `its ${file.hash?.algorithm ?? ''} is ${seen}, the source says ${file.hash?.value ?? ''}`
        : undefined;
      return { sha256: hex, fault };
    },
  };
}
