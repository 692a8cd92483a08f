/** How Xet packs chunks: LZ4 frames (the LZ4 frame and block formats, version 1.6), and bytes grouped by four. */

/** Bytes 0, 4, 8 … first, then 1, 5, 9 … and so on: what floats have in common comes together. */
export function groupBytes(bytes: Buffer): Buffer {
  const groups = [0, 1, 2, 3].map((first) => bytes.filter((_, index) => index % 4 === first));
  return Buffer.concat(groups);
}

/** A frame of one block without checksums. */
export function lz4Frame(bytes: Buffer): Buffer {
  const packed = lz4Block(bytes);
  const smaller = packed.byteLength < bytes.byteLength;
  const body = smaller ? packed : bytes;
  // Version 01, independent blocks; blocks of at most 4 MB.
  const descriptor = Buffer.from([0x60, 0x70]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(smaller ? body.byteLength : (body.byteLength | 0x80000000) >>> 0);
  const check = (xxh32(descriptor) >>> 8) & 0xff;
  return Buffer.concat([
    Buffer.from([0x04, 0x22, 0x4d, 0x18]),
    descriptor,
    Buffer.from([check]),
    size,
    body,
    Buffer.alloc(4),
  ]);
}

/** Greedy: the last place where four bytes were seen. Matches end 12 bytes before the end, as the format asks. */
function lz4Block(bytes: Buffer): Buffer {
  const out: Buffer[] = [];
  const seen = new Map<number, number>();
  let anchor = 0;
  let at = 0;
  while (at + 12 < bytes.byteLength) {
    const four = bytes.readUInt32LE(at);
    const match = seen.get(four);
    seen.set(four, at);
    if (match === undefined || at - match > 65_535) {
      at += 1;
      continue;
    }
    let length = 4;
    while (at + length < bytes.byteLength - 5 && bytes[match + length] === bytes[at + length]) length += 1;
    out.push(sequence(bytes.subarray(anchor, at), at - match, length));
    at += length;
    anchor = at;
  }
  out.push(sequence(bytes.subarray(anchor), 0, 0));
  return Buffer.concat(out);
}

function sequence(literals: Buffer, offset: number, length: number): Buffer {
  const matchCode = length === 0 ? 0 : length - 4;
  const token = (Math.min(literals.byteLength, 15) << 4) | Math.min(matchCode, 15);
  const parts = [Buffer.from([token]), more(literals.byteLength), literals];
  if (length > 0) parts.push(Buffer.from([offset & 0xff, offset >> 8]), more(matchCode));
  return Buffer.concat(parts);
}

function more(count: number): Buffer {
  if (count < 15) return Buffer.alloc(0);
  const full = Math.floor((count - 15) / 255);
  return Buffer.concat([Buffer.alloc(full, 255), Buffer.from([(count - 15) % 255])]);
}

/** xxHash32 of fewer than 16 bytes, seed 0: the header's checksum. */
function xxh32(bytes: Buffer): number {
  const [p1, p2, p3, p4, p5] = [2654435761, 2246822519, 3266489917, 668265263, 374761393];
  const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
  let hash = (p5 + bytes.byteLength) | 0;
  let at = 0;
  for (; at + 4 <= bytes.byteLength; at += 4)
    hash = Math.imul(rotate((hash + Math.imul(bytes.readUInt32LE(at), p3)) | 0, 17), p4);
  for (; at < bytes.byteLength; at += 1)
    hash = Math.imul(rotate((hash + Math.imul(bytes[at] ?? 0, p5)) | 0, 11), p1);
  hash = Math.imul(hash ^ (hash >>> 15), p2);
  hash = Math.imul(hash ^ (hash >>> 13), p3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
