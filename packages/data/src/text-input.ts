/** Text of a file as a stream: unpacked, byte order marks understood, bad encodings refused with their place. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip, createZstdDecompress, gunzipSync, zstdDecompressSync, constants } from 'node:zlib';
import { ConfigError } from '@sluice/runtime/errors';
import type { Packing } from './formats.ts';

/** Enough to tell a format and a byte order mark. */
const HEAD_BYTES = 64 * 1024;

/** The first bytes of a file, and what they are unpacked: for finding out its format. */
export async function readHead(
  path: string,
  packingOf: (head: Uint8Array) => Packing,
): Promise<{ head: Buffer; text: string }> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    return { head, text: decodeHead(unpackHead(head, packingOf(head))) };
  } finally {
    await handle.close();
  }
}

/** A cut-off start unpacks as far as it goes; it never grows beyond the limit. */
function unpackHead(head: Buffer, packing: Packing): Buffer {
  const maxOutputLength = 1 << 26;
  try {
    if (packing === 'gzip') return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength });
    if (packing === 'zstd')
      return zstdDecompressSync(head, { finishFlush: constants.ZSTD_e_flush, maxOutputLength });
    return head;
  } catch {
    // What is wrong with it, the reader says with its place.
    return Buffer.alloc(0);
  }
}

function decodeHead(bytes: Buffer): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

/** By byte order mark; UTF-8 without one. */
function encodingOf(head: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

/**
 * The text of a file, piece by piece, without its byte order mark.
 *
 * @param shown names the file in messages
 * @throws ConfigError for bytes that are no text in its encoding, or a packed file that is cut off or broken
 */
export async function* readText(path: string, packing: Packing, shown: string): AsyncGenerator<string> {
  const file = createReadStream(path, { highWaterMark: 1 << 16 });
  const unpacker =
    packing === 'gzip' ? createGunzip() : packing === 'zstd' ? createZstdDecompress() : undefined;
  if (unpacker !== undefined) file.on('error', (error) => unpacker.destroy(error)).pipe(unpacker);
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let bytes = 0;
  try {
    for await (const piece of (unpacker ?? file) as AsyncIterable<Buffer>) {
      decoder ??= new TextDecoder(encodingOf(piece), { fatal: true });
      const text = decode(decoder, piece, bytes, shown);
      bytes += piece.length;
      if (text !== '') yield text;
    }
    if (decoder !== undefined) {
      const rest = decode(decoder, undefined, bytes, shown);
      if (rest !== '') yield rest;
    }
  } catch (error) {
    if (error instanceof ConfigError || packing === 'none') throw error;
    throw new ConfigError(`${shown} can't be unpacked (${packing}): it is broken or cut off; make it again`, {
      cause: error,
    });
  } finally {
    file.destroy();
    unpacker?.destroy();
  }
}

function decode(
  decoder: InstanceType<typeof TextDecoder>,
  piece: Buffer | undefined,
  before: number,
  shown: string,
): string {
  try {
    return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
  } catch {
    const end = before + (piece?.length ?? 0);
    throw new ConfigError(
      `${shown} is no ${decoder.encoding.toUpperCase()} between its bytes ${before} and ${end}; save it as UTF-8 (Windows tools write other encodings)`,
    );
  }
}
