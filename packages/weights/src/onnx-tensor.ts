/** A tensor of an ONNX model: its size against its bytes, and where these are when they lie in another file. */
import { MalformedError } from './byte-reader.ts';
import type { ForwardReader } from './forward-reader.ts';
import type { Field } from './protobuf-fields.ts';
import { readFields, readText, readVarint } from './protobuf-fields.ts';

/** Bytes of a tensor in another file (ONNX, External Data). */
export interface ExternalData {
  tensor: string;
  /** As written: relative to the model's folder. */
  location: string;
  offset: number;
  /** null: to the file's end. */
  length: number | null;
}

/** Bits of one element by TensorProto.DataType; strings (8) have no fixed size. */
const BITS: Readonly<Record<number, number>> = {
  1: 32,
  2: 8,
  3: 8,
  4: 16,
  5: 16,
  6: 32,
  7: 64,
  9: 8,
  10: 16,
  11: 64,
  12: 32,
  13: 64,
  14: 64,
  15: 128,
  16: 16,
  17: 8,
  18: 8,
  19: 8,
  20: 8,
  21: 4,
  22: 4,
  23: 4,
  24: 8,
  25: 2,
  26: 2,
};
const STRING = 8;
const EXTERNAL = 1;
const MAX_DIMENSIONS = 64;

interface Tensor {
  name: string;
  dims: number[];
  type: number;
  rawBytes: number | null;
  isExternal: boolean;
  entries: Map<string, string>;
}

/** Reads the message that the reader is limited to; null where the tensor's bytes are in it. Throws MalformedError. */
export async function readTensor(reader: ForwardReader): Promise<ExternalData | null> {
  const tensor: Tensor = {
    name: '',
    dims: [],
    type: 0,
    rawBytes: null,
    isExternal: false,
    entries: new Map(),
  };
  await readFields(reader, (field) => {
    if (field.number === 1) readDims(reader, field, tensor.dims);
    else if (field.number === 2) tensor.type = field.value;
    else if (field.number === 8) tensor.name = readText(reader, field, 'the name of a tensor');
    else if (field.number === 9) tensor.rawBytes = field.value;
    else if (field.number === 13) return readEntry(reader, field, tensor);
    else if (field.number === 14) tensor.isExternal = field.value === EXTERNAL;
    return undefined;
  });
  const need = bytesOf(tensor);
  const what = `tensor ${JSON.stringify(tensor.name.slice(0, 100))}`;
  if (!tensor.isExternal && tensor.entries.size === 0) {
    if (tensor.rawBytes !== null && need !== null && tensor.rawBytes < need) {
      throw new MalformedError(`${what} has ${tensor.rawBytes} bytes where its shape and type need ${need}`);
    }
    return null;
  }
  return externalOf(tensor, what, need);
}

function externalOf(tensor: Tensor, what: string, need: number | null): ExternalData {
  const { entries } = tensor;
  const location = entries.get('location');
  if (location === undefined || location === '') {
    throw new MalformedError(`${what} lies in another file that it does not name`);
  }
  if (tensor.type === STRING)
    throw new MalformedError(`${what} holds texts, which can not lie in another file`);
  const offset = count(entries.get('offset') ?? '0', what, 'offset');
  const said = entries.get('length');
  const length = said === undefined ? null : count(said, what, 'length');
  if (length !== null && need !== null && length < need) {
    throw new MalformedError(`${what} names ${length} bytes where its shape and type need ${need}`);
  }
  return { tensor: tensor.name, location, offset, length: length ?? need };
}

/** One key and value of `external_data`. A key twice means one thing to one reader, another to the next. */
function readEntry(reader: ForwardReader, field: Field, tensor: Tensor): Promise<void> {
  if (field.wire !== 2) throw new MalformedError('where a tensor lies is no message');
  return reader.within(field.value, async () => {
    let key = '';
    let value = '';
    await readFields(reader, (inner) => {
      if (inner.number === 1) key = readText(reader, inner, 'a key of external data');
      // What ONNX Runtime adds may be long, and says nothing about places.
      if (inner.number === 2 && inner.value <= 4096)
        value = readText(reader, inner, 'a value of external data');
      return undefined;
    });
    // Readers in Python set these as attributes.
    if (key.startsWith('_')) throw new MalformedError(`external data has the key ${JSON.stringify(key)}`);
    if (tensor.entries.has(key))
      throw new MalformedError(`external data has the key ${JSON.stringify(key)} twice`);
    tensor.entries.set(key, value);
  });
}

function readDims(reader: ForwardReader, field: Field, dims: number[]): void {
  if (field.wire === 0) dims.push(field.value);
  else if (field.wire === 2 && field.value <= 10 * MAX_DIMENSIONS) {
    const end = reader.position + field.value;
    while (reader.position < end) dims.push(readVarint(reader));
  } else throw new MalformedError('the shape of a tensor is no list of numbers');
  if (dims.length > MAX_DIMENSIONS)
    throw new MalformedError(`a tensor has more than ${MAX_DIMENSIONS} dimensions`);
}

/** Null where the type has no fixed size, or isn't known. A negative dimension is one beyond 2^63. */
function bytesOf({ name, dims, type }: Tensor): number | null {
  const elements = dims.reduce((product, dimension) => product * dimension, 1);
  const zero = dims.includes(0);
  if (!zero && elements > Number.MAX_SAFE_INTEGER) {
    throw new MalformedError(`tensor ${JSON.stringify(name.slice(0, 100))} has no valid shape`);
  }
  const bits = BITS[type];
  if (bits === undefined) return null;
  return zero ? 0 : Math.ceil((elements * bits) / 8);
}

function count(text: string, what: string, name: string): number {
  const value = /^\d{1,19}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value))
    throw new MalformedError(`${what} has the ${name} ${JSON.stringify(text)}`);
  return value;
}
