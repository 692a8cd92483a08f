/**
 * DVC 2's hash (dvc_data/hashfile/hash.py, istextfile.py): md5 over pieces of 1 MiB, each with CRLF read as LF where
 * its first 512 bytes look like text. DVC judges each piece by itself, and so must we.
 */
import { createHash } from 'node:crypto';
import type { RunningHash } from './source-hash.ts';

const PIECE_BYTES = 1 << 20;
const HEAD_BYTES = 512;
/** More signs than this that no text has, and it is binary. */
const MAX_ODD_SHARE = 0.3;

export class Dos2UnixMd5 implements RunningHash {
  readonly #md5 = createHash('md5');
  readonly #piece = Buffer.alloc(PIECE_BYTES);
  #filled = 0;

  update(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const taken = Math.min(chunk.length - at, PIECE_BYTES - this.#filled);
      this.#piece.set(chunk.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === PIECE_BYTES) this.#flush();
    }
  }

  digest(): string {
    this.#flush();
    return this.#md5.digest('hex');
  }

  #flush(): void {
    const piece = this.#piece.subarray(0, this.#filled);
    this.#filled = 0;
    this.#md5.update(looksLikeText(piece.subarray(0, HEAD_BYTES)) ? toUnix(piece) : piece);
  }
}

/** DVC's rule: no NUL, and at most 30 % of signs other than printable ASCII and `\n \r \t \f \b`. */
export function looksLikeText(head: Uint8Array): boolean {
  let odd = 0;
  for (const byte of head) {
    if (byte === 0) return false;
    const usual = (byte >= 32 && byte < 127) || (byte >= 8 && byte <= 13 && byte !== 11);
    if (!usual) odd += 1;
  }
  return odd <= head.length * MAX_ODD_SHARE;
}

function toUnix(bytes: Buffer): Buffer {
  if (!bytes.includes('\r\n')) return bytes;
  const out = Buffer.alloc(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 13 && bytes[at + 1] === 10) continue;
    out[length++] = bytes[at] ?? 0;
  }
  return out.subarray(0, length);
}
