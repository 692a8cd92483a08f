/**
 * Content hashes. A Hub's etag is one: 64 hex digits are the file's sha256, 40 are its Git blob id,
 * sha1(`blob <size>\0` + bytes); other sources say which hash they name, if any. A file's sha256 is always computed too:
 * the release digest is made of them.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createSourceHash } from '@sluice/sources/source-hash';
import type { SourceHash } from '@sluice/sources/source';

/** An etag header as a cache name: without `W/` and quotes (huggingface_hub's _normalize_etag). */
export function normalizeEtag(etag: string): string {
  return etag.replace(/^[W/]+/, '').replace(/^"+|"+$/g, '');
}

/** What is known of a content before it is read. */
export interface Expected {
  /** null: unknown until all is read. */
  bytes: number | null;
  etag: string;
  /** What the source says of the bytes; null: nothing; not set: the etag is the hash, as a Hub's is. */
  hash?: SourceHash | null | undefined;
}

export interface HashResult {
  bytes: number;
  sha256: string;
  /** The hash that was expected, as these bytes have it; their sha256 where none was. */
  value: string;
}

export function expectedHash({ etag, hash }: Expected): SourceHash | null {
  if (hash !== undefined) return hash;
  return { algorithm: etag.length === 40 ? 'sha1-git' : 'sha256', value: etag };
}

/** Whether the bytes are the ones that were expected; true where nothing was known of them. */
export function isExpected(expected: Expected, result: HashResult): boolean {
  const hash = expectedHash(expected);
  return hash === null || result.value === hash.value;
}

/** Hashes a file's bytes as they come. */
export class ContentHash {
  readonly #sha256 = createHash('sha256');
  readonly #own;
  #bytes = 0;

  constructor(expected: Expected) {
    const hash = expectedHash(expected);
    // The size may stand in front of the bytes: a wrong one gives a wrong hash, as it should.
    this.#own =
      hash === null || hash.algorithm === 'sha256'
        ? null
        : createSourceHash(hash.algorithm, expected.bytes ?? 0);
  }

  get bytes(): number {
    return this.#bytes;
  }

  update(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    this.#sha256.update(chunk);
    this.#own?.update(chunk);
  }

  finish(): HashResult {
    const sha256 = this.#sha256.digest('hex');
    return { bytes: this.#bytes, sha256, value: this.#own?.digest() ?? sha256 };
  }
}

/** Reads a whole file; the result says which hash its bytes really have. */
export async function hashFile(path: string, expected: Expected, signal?: AbortSignal): Promise<HashResult> {
  const hash = new ContentHash(expected);
  const stream = createReadStream(path, { highWaterMark: 1024 * 1024, ...(signal && { signal }) });
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.finish();
}
