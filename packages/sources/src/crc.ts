/** CRC-32C (RFC 3720, Castagnoli) and CRC-64/NVME, bit-reflected, as S3 names them: base64 of the big-endian value. */
import type { RunningHash } from './source-hash.ts';

/** Reflected polynomials. */
const CRC32C = 0x82f63b78;
const CRC64NVME = 0x9a6c9329ac4bc9b5n;
const SLICES = 8;

let table32: Uint32Array | undefined;
let table64: { low: Uint32Array; high: Uint32Array } | undefined;

export function crc32cDigest(): RunningHash {
  const table = (table32 ??= makeTable32());
  let crc = 0xffffffff;
  return {
    update(chunk) {
      let state = crc;
      for (const byte of chunk) state = (table[(state ^ byte) & 0xff] ?? 0) ^ (state >>> 8);
      crc = state >>> 0;
    },
    digest() {
      const out = Buffer.alloc(4);
      out.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
      return out.toString('base64');
    },
  };
}

/** Eight bytes a step ("slicing by 8"), two 32-bit halves: JavaScript has no fast 64-bit integers. */
export function crc64nvmeDigest(): RunningHash {
  const { low: tableLow, high: tableHigh } = (table64 ??= makeTable64());
  let low = 0xffffffff;
  let high = 0xffffffff;
  return {
    update(chunk) {
      let [l, h] = [low, high];
      let at = 0;
      for (; at + SLICES <= chunk.length; at += SLICES) {
        let [nextLow, nextHigh] = [0, 0];
        for (let i = 0; i < SLICES; i++) {
          const half = i < 4 ? l : h;
          const index = ((SLICES - 1 - i) << 8) | (((half >>> ((i & 3) << 3)) & 0xff) ^ (chunk[at + i] ?? 0));
          nextLow ^= tableLow[index] ?? 0;
          nextHigh ^= tableHigh[index] ?? 0;
        }
        [l, h] = [nextLow, nextHigh];
      }
      for (; at < chunk.length; at++) {
        const index = (l ^ (chunk[at] ?? 0)) & 0xff;
        l = ((l >>> 8) | (h << 24)) ^ (tableLow[index] ?? 0);
        h = (h >>> 8) ^ (tableHigh[index] ?? 0);
      }
      [low, high] = [l >>> 0, h >>> 0];
    },
    digest() {
      const out = Buffer.alloc(8);
      out.writeUInt32BE((high ^ 0xffffffff) >>> 0, 0);
      out.writeUInt32BE((low ^ 0xffffffff) >>> 0, 4);
      return out.toString('base64');
    },
  };
}

function makeTable32(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CRC32C : crc >>> 1;
    return crc >>> 0;
  });
}

/** Row k holds the CRC of a byte followed by k zero bytes. */
function makeTable64(): { low: Uint32Array; high: Uint32Array } {
  const rows = new BigUint64Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ CRC64NVME : crc >> 1n;
    rows[byte] = crc;
  }
  for (let at = 256; at < rows.length; at++) {
    const before = rows[at - 256] ?? 0n;
    rows[at] = (before >> 8n) ^ (rows[Number(before & 0xffn)] ?? 0n);
  }
  return {
    low: Uint32Array.from(rows, (crc) => Number(crc & 0xffffffffn)),
    high: Uint32Array.from(rows, (crc) => Number(crc >> 32n)),
  };
}
