/** PNG images (ISO/IEC 15948) of 8 bits a channel, not interlaced, as tensors of height, width, channels. */
import { crc32, inflateSync } from 'node:zlib';
import type { Tensor } from '../clients/answer.ts';

const SIGNATURE = '89504e470d0a1a0a';
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };
/** More than any model looks at; a few bytes of PNG can unpack to gigabytes. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Throws on damaged files and on palettes, other depths and interlacing. */
export function readPng(file: Uint8Array): Omit<Tensor, 'name'> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.toString('hex', 0, 8) !== SIGNATURE) throw new Error('it is no PNG file');
  const parts: Buffer[] = [];
  let head: Buffer | undefined;
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (at + 12 + length > bytes.length) throw new Error('it is cut off');
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== bytes.readUInt32BE(at + 8 + length))
      throw new Error(`its chunk ${type} is damaged`);
    if (type === 'IHDR') head = data;
    if (type === 'IDAT') parts.push(data);
    at += 12 + length;
  }
  if (head?.length !== 13 || parts.length === 0) throw new Error('it has no header or no image');
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const channels = CHANNELS[head[9] ?? -1];
  if (head[8] !== 8 || channels === undefined || head[12] !== 0)
    throw new Error('only 8 bits a channel, without palette and interlacing, are supported');
  const stride = width * channels;
  if (height * (stride + 1) > MOST_BYTES) throw new Error(`${width}x${height} is too large`);
  const raw = inflateSync(Buffer.concat(parts), { maxOutputLength: height * (stride + 1) });
  if (raw.length !== height * (stride + 1)) throw new Error('its image is cut off');
  return {
    datatype: 'UINT8',
    shape: [height, width, channels],
    data: Array.from(unfilter(raw, height, stride, channels)),
  };
}

/** Takes the filters of section 9 back: each line's first byte says which. */
function unfilter(raw: Buffer, height: number, stride: number, channels: number): Uint8Array {
  const out = new Uint8Array(height * stride);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x < channels ? 0 : (out[at - channels] ?? 0);
      const up = y === 0 ? 0 : (out[at - stride] ?? 0);
      const corner = x < channels || y === 0 ? 0 : (out[at - stride - channels] ?? 0);
      out[at] = (raw[y * (stride + 1) + 1 + x] ?? 0) + predict(filter, left, up, corner);
    }
  }
  return out;
}

function predict(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return Math.floor((left + up) / 2);
  if (filter !== 4) throw new Error(`its filter ${filter} is unknown`);
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
