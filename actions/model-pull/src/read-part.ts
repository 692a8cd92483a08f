/** The first bytes of files before any is fetched: from the disk where they lie, else by a ranged request. */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ReadPart } from '@sluice/fit/read-headers';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { HubClient } from '@sluice/sources/hub-client';
import type { RemoteFile } from '@sluice/sources/source';

/** A connection that breaks inside the few bytes of a header is tried this often. */
const TRIES = 4;

export function readFolder(folder: string): ReadPart {
  return (path, start, length) => readDisk(join(folder, ...path.split('/')), start, length);
}

/** @param kept where a file's bytes are once it is in the cache */
export function readHub(
  client: HubClient | undefined,
  repo: string,
  commit: string,
  kept: (path: string) => string,
  signal: AbortSignal,
): ReadPart {
  return async (path, start, length) => {
    const there = await stat(kept(path)).catch(() => undefined);
    if (there || !client) return readDisk(kept(path), start, length);
    return again(path, signal, async () => {
      const opened = await client.openFile(repo, commit, path, start, signal, start + length - 1);
      return take(opened.response.body, start - opened.start, length, path);
    });
  };
}

export function readRemote(files: readonly RemoteFile[], signal: AbortSignal): ReadPart {
  const known = new Map(files.map((file) => [file.path, file]));
  return async (path, start, length) => {
    const file = known.get(path);
    if (!file) throw new InfraError(`${path} is not in the list`);
    return again(path, signal, async () => {
      const range = file.acceptsRanges ? { start, end: start + length - 1 } : undefined;
      const { body, status } = await file.open(range, signal);
      return take(body, status === 206 ? 0 : start, length, path);
    });
  };
}

async function readDisk(file: string, start: number, length: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new InfraError(`${file} can't be read`, { cause: error });
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** `length` bytes after `skip`; the rest is not waited for. */
async function take(body: Readable, skip: number, length: number, path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= skip + length) break;
  }
  body.destroy();
  if (size < skip + length)
    throw new InfraError(`${path}: the server sent ${size} bytes of ${skip + length}`);
  return Buffer.concat(chunks).subarray(skip, skip + length);
}

async function again(path: string, signal: AbortSignal, work: () => Promise<Buffer>): Promise<Buffer> {
  for (let left = TRIES; ; left--) {
    try {
      return await work();
    } catch (error) {
      const mayMend = !(error instanceof ConfigError);
      if (left <= 1 || signal.aborted || !mayMend) {
        if (error instanceof InfraError || !mayMend) throw error;
        throw new InfraError(`${path}: its header could not be read`, { cause: error });
      }
    }
  }
}
