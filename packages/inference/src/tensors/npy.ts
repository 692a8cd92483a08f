/** NumPy's .npy files (NEP 1), versions 1 to 3, of booleans and numbers. */
import type { Tensor } from '../clients/answer.ts';

type Read = (view: DataView, at: number) => number | boolean;

interface ElementType {
  datatype: string;
  bytes: number;
  read: Read;
}

/** By `descr`; the names are those of the Open Inference Protocol. */
const TYPES: Readonly<Record<string, ElementType>> = {
  b1: { datatype: 'BOOL', bytes: 1, read: (view, at) => view.getUint8(at) !== 0 },
  u1: { datatype: 'UINT8', bytes: 1, read: (view, at) => view.getUint8(at) },
  u2: { datatype: 'UINT16', bytes: 2, read: (view, at) => view.getUint16(at, true) },
  u4: { datatype: 'UINT32', bytes: 4, read: (view, at) => view.getUint32(at, true) },
  u8: { datatype: 'UINT64', bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  i1: { datatype: 'INT8', bytes: 1, read: (view, at) => view.getInt8(at) },
  i2: { datatype: 'INT16', bytes: 2, read: (view, at) => view.getInt16(at, true) },
  i4: { datatype: 'INT32', bytes: 4, read: (view, at) => view.getInt32(at, true) },
  i8: { datatype: 'INT64', bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  f2: { datatype: 'FP16', bytes: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  f4: { datatype: 'FP32', bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  f8: { datatype: 'FP64', bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

/** Throws on what is no .npy, on big-endian data, Fortran's order, and types that aren't plain numbers. */
export function readNpy(file: Uint8Array): Omit<Tensor, 'name'> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < 10 || bytes.toString('latin1', 0, 6) !== '\x93NUMPY')
    throw new Error('it is no .npy file');
  const isFirst = bytes[6] === 1;
  const length = isFirst ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const start = isFirst ? 10 : 12;
  const header = bytes.toString('utf8', start, start + length);
  const descr = /'descr':\s*'([<|=>])([a-z]\d+)'/.exec(header);
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (descr === null || shape === undefined) throw new Error('its header names no plain type and shape');
  const [, order = '', name = ''] = descr;
  const type = TYPES[name];
  if (type === undefined || order === '>') throw new Error(`its type '${order}${name}' is not supported`);
  if (/'fortran_order':\s*True/.test(header)) throw new Error("Fortran's order is not supported");
  const sizes = shape
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  const count = sizes.reduce((product, size) => product * size, 1);
  const from = start + length;
  if (bytes.length - from !== count * type.bytes)
    throw new Error(`it holds ${bytes.length - from} bytes of data, its shape needs ${count * type.bytes}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, count * type.bytes);
  const data = Array.from({ length: count }, (_, at) => type.read(view, at * type.bytes));
  return { datatype: type.datatype, shape: sizes, data };
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
