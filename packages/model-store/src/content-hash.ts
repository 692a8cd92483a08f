/**
 * Content hashes of the Hub. Every etag is one: 64 hex digits are the file's sha256, 40 are its Git blob id,
 * sha1(`blob <size>\0` + bytes). A file's sha256 is always computed too: the release digest is made of them.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** An etag header as a cache name: without `W/` and quotes (huggingface_hub's _normalize_etag). */
export function normalizeEtag(etag: string): string {
  return etag.replace(/^[W/]+/, '').replace(/^"+|"+$/g, '');
}

export interface HashResult {
  bytes: number;
  sha256: string;
  /** The etag that this content has, in the form (length) of the expected one. */
  etag: string;
}

/** Hashes a file's bytes as they come, for an expected size and etag. */
export class ContentHash {
  readonly #sha256 = createHash('sha256');
  readonly #gitSha1;
  #bytes = 0;

  constructor(expected: { bytes: number; etag: string }) {
    // The size stands in front of the bytes: a wrong one gives a wrong hash, as it should.
    this.#gitSha1 =
      expected.etag.length === 40 ? createHash('sha1').update(`blob ${expected.bytes}\0`) : null;
  }

  get bytes(): number {
    return this.#bytes;
  }

  update(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    this.#sha256.update(chunk);
    this.#gitSha1?.update(chunk);
  }

  finish(): HashResult {
    const sha256 = this.#sha256.digest('hex');
    return { bytes: this.#bytes, sha256, etag: this.#gitSha1?.digest('hex') ?? sha256 };
  }
}

/** Reads a whole file; the result says which etag its bytes really have. */
export async function hashFile(
  path: string,
  expected: { bytes: number; etag: string },
  signal?: AbortSignal,
): Promise<HashResult> {
  const hash = new ContentHash(expected);
  const stream = createReadStream(path, { highWaterMark: 1024 * 1024, ...(signal && { signal }) });
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.finish();
}
