/** Files, end to end, into one Azure block blob by its signed address: Put Block for each part, then Put Block List. */
import { open } from 'node:fs/promises';
import { request } from '@sluice/http/client';
import { InfraError } from '@sluice/runtime/errors';
import type { ServiceContext } from './service.ts';

export interface UploadFile {
  /** Where it is on disk. */
  place: string;
  bytes: number;
}

/** Part of one file that goes into a block. */
interface Slice {
  place: string;
  start: number;
  bytes: number;
}

export interface UploadOptions extends ServiceContext {
  /** Bytes in a block; Azure takes at most 50,000 blocks. */
  blockBytes?: number;
  /** Blocks on their way at once: each is in memory. */
  connections?: number;
  onBytes?(count: number): void;
}

const BLOCK = 32 * 1024 * 1024;
const CONNECTIONS = 4;
/** Of the REST API; a signed address names its own, which is used where this header is left out by a proxy. */
const API = { 'x-ms-version': '2023-11-03' };

/** Throws InfraError when Azure refuses, or a file is not as long as was said. */
export async function uploadBlocks(
  url: string,
  files: readonly UploadFile[],
  options: UploadOptions,
): Promise<void> {
  const blocks = cutBlocks(files, options.blockBytes ?? BLOCK);
  const ids = blocks.map((_, index) =>
    Buffer.from(`block-${String(index).padStart(6, '0')}`).toString('base64'),
  );
  let next = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      const index = next++;
      const block = blocks[index];
      if (!block) return;
      const body = await readSlices(block);
      await put(url, { comp: 'block', blockid: ids[index] ?? '' }, body, options);
      options.onBytes?.(body.byteLength);
    }
  };
  const workers = Array.from({ length: Math.min(options.connections ?? CONNECTIONS, blocks.length) }, work);
  const ended = await Promise.allSettled(workers);
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
  const list = ids.map((id) => `<Latest>${id}</Latest>`).join('');
  const body = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`);
  await put(url, { comp: 'blocklist' }, body, options);
}

/** Blocks of equal size, the last one shorter; each over as many files as it touches. */
export function cutBlocks(files: readonly UploadFile[], blockBytes: number): Slice[][] {
  const blocks: Slice[][] = [];
  let room = 0;
  for (const { place, bytes } of files) {
    for (let start = 0; start < bytes;) {
      if (room === 0) {
        blocks.push([]);
        room = blockBytes;
      }
      const count = Math.min(room, bytes - start);
      blocks.at(-1)?.push({ place, start, bytes: count });
      start += count;
      room -= count;
    }
  }
  return blocks;
}

async function readSlices(slices: readonly Slice[]): Promise<Buffer> {
  const body = Buffer.allocUnsafe(slices.reduce((sum, { bytes }) => sum + bytes, 0));
  let at = 0;
  for (const { place, start, bytes } of slices) {
    const file = await open(place, 'r');
    try {
      for (let done = 0; done < bytes;) {
        const { bytesRead } = await file.read(body, at + done, bytes - done, start + done);
        if (bytesRead === 0) throw new InfraError(`${place} is shorter than it was`);
        done += bytesRead;
      }
    } finally {
      await file.close();
    }
    at += bytes;
  }
  return body;
}

async function put(
  url: string,
  query: Record<string, string>,
  body: Buffer,
  { log, signal, stallMs }: ServiceContext,
): Promise<void> {
  const address = new URL(url);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  const response = await request(address, {
    method: 'PUT',
    headers: {
      ...API,
      'content-type': 'application/octet-stream',
      'content-length': String(body.byteLength),
    },
    body,
    retries: 3,
    stallTimeoutMs: stallMs,
    redirects: 'manual',
    log,
    signal,
  });
  if (response.status === 201) {
    response.body.resume();
    return;
  }
  const why = (await response.text().catch(() => '')).replace(/<[^>]*>/g, ' ').trim();
  throw new InfraError(`the storage of GitHub's cache answers HTTP ${response.status} ${why.slice(0, 200)}`);
}
