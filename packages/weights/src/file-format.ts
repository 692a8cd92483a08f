/**
 * What a file is, by its content and never by its name alone: loaders don't ask for the extension either
 * (CVE-2025-1889). Executable formats are told from harmless ones; what can't be told is `unknown`.
 */

import { startsAsOnnx } from './onnx.ts';
import { startsAsPickle } from './pickle-opcodes.ts';
import { isTarHeader } from './tar-archive.ts';
import { TENSORRT_MAGIC } from './tensorrt.ts';

export type FileFormat =
  | 'safetensors'
  | 'gguf'
  | 'text'
  | 'image'
  | 'sentencepiece'
  | 'pickle'
  | 'zip'
  | 'tar'
  | 'gzip'
  | 'compressed'
  | 'torchscript'
  | 'numpy'
  | 'hdf5'
  | 'onnx'
  | 'tensorrt'
  | 'media'
  | 'columns'
  | 'unknown';

/** Formats that run code when loaded, or that hold others: what is wrong with one the user can let in by its name. */
export const GUARDED_FORMATS = [
  'pickle',
  'zip',
  'tar',
  'gzip',
  'compressed',
  'torchscript',
  'numpy',
  'hdf5',
  'tensorrt',
  'unknown',
] as const satisfies FileFormat[];

/** How much of a file `detectFormat` wants to see. */
export const HEAD_BYTES = 64 * 1024;

const MAGICS: readonly (readonly [FileFormat, number, string])[] = [
  ['gguf', 0, 'GGUF'],
  ['zip', 0, 'PK\x03\x04'],
  ['zip', 0, 'PK\x05\x06'],
  ['gzip', 0, '\x1f\x8b'],
  ['compressed', 0, 'BZh'],
  ['compressed', 0, '\xfd7zXZ\0'],
  ['compressed', 0, ']\0\0'],
  ['compressed', 0, '\x04"M\x18'],
  ['compressed', 0, '\x28\xb5\x2f\xfd'],
  ['compressed', 0, '7z\xbc\xaf\x27\x1c'],
  ['compressed', 0, 'Rar!\x1a\x07'],
  ['numpy', 0, '\x93NUMPY'],
  ['tensorrt', 0, TENSORRT_MAGIC],
  ['hdf5', 0, '\x89HDF\r\n\x1a\n'],
  ['tar', 257, 'ustar'],
  ['image', 0, '\x89PNG\r\n\x1a\n'],
  ['image', 0, '\xff\xd8\xff'],
  ['image', 0, 'GIF8'],
  ['image', 8, 'WEBP'],
  ['media', 0, '%PDF-'],
  ['media', 8, 'WAVE'],
  ['media', 0, 'OggS'],
  ['media', 0, 'fLaC'],
  ['media', 0, 'ID3'],
  ['media', 4, 'ftyp'],
  ['media', 0, '\x1a\x45\xdf\xa3'],
  ['columns', 0, 'PAR1'],
  ['columns', 0, 'ARROW1'],
];

/** `head` are the file's first HEAD_BYTES (or all of it). */
export function detectFormat(path: string, head: Buffer, size: number): FileFormat {
  const bytes = head.toString('latin1', 0, 512);
  for (const [format, offset, magic] of MAGICS) if (bytes.startsWith(magic, offset)) return format;
  // Protocols 0 and 1 have no mark of their own: those are known by what they do.
  if (startsAsPickle(head)) return 'pickle';
  if (looksLikeSafetensors(head, size)) return 'safetensors';
  if (startsAsOnnx(head, size)) return 'onnx';
  if (isText(head, head.byteLength < size)) return 'text';
  if (isSentencePiece(head)) return 'sentencepiece';
  if (isTarHeader(head)) return 'tar';
  if (isZlib(head)) return 'compressed';
  return path.endsWith('.safetensors') ? 'safetensors' : 'unknown';
}

/** RFC 1950's two bytes: deflate, and a checksum over both. */
export function isZlib(head: Buffer): boolean {
  return head.byteLength > 6 && head[0] === 0x78 && head.readUInt16BE() % 31 === 0;
}

function looksLikeSafetensors(head: Buffer, size: number): boolean {
  if (head.byteLength < 9 || head[8] !== 0x7b) return false;
  const length = head.readBigUInt64LE();
  return length > 1n && length <= BigInt(size - 8);
}

/** UTF-8 without control characters; the last bytes may be cut inside a character. */
function isText(head: Buffer, cut: boolean): boolean {
  if (/[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(head.toString('latin1'))) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: cut });
    return true;
  } catch {
    return false;
  }
}

/**
 * A SentencePiece model: protobuf whose first fields are `pieces` (field 1, each with a string and a float).
 * `tokenizer.model` of many models is one. It starts with a line feed, which is no pickle opcode.
 */
function isSentencePiece(head: Buffer): boolean {
  let at = 0;
  let pieces = 0;
  while (at < head.byteLength) {
    if (head[at] !== 0x0a) break;
    const length = head[at + 1] ?? 0;
    const inner = at + 2;
    if (length === 0 || length > 127 || (inner + length <= head.byteLength && head[inner] !== 0x0a))
      return false;
    pieces += 1;
    at = inner + length;
  }
  return pieces >= 3;
}
