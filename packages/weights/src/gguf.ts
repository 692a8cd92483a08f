/** The header of a GGUF file (ggml's docs/gguf.md), checked field by field as llama.cpp does, and against the file's length. */
import type { ByteReader } from './byte-reader.ts';
import { MalformedError } from './byte-reader.ts';
import { GGML_BLOCKS } from './ggml-types.ts';

/** Bytes of a value's type; 8 is a string, 9 an array. */
const SCALAR_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const STRING = 8;
const ARRAY = 9;
const UINT32 = 4;
/** llama.cpp's GGML_MAX_DIMS, and its limits on names. */
const MAX_DIMENSIONS = 4;
const MAX_KEY_BYTES = 65_535;
const MAX_NAME_BYTES = 63;
const MAX_NESTING = 4;
/** More entries than this has no list with one for each layer. */
const MAX_LISTED = 4096;
const MAX_TEMPLATE_BYTES = 4 * 1024 * 1024;
const MAX_ELEMENTS = 2n ** 63n;

export interface GgufHeader {
  version: number;
  tensors: number;
  /** `tokenizer.chat_template` and its named variants. */
  chatTemplates: string[];
  tensorList: GgufTensor[];
  /** What the header says under the keys that were asked for: numbers, booleans, texts and lists of them. */
  values: ReadonlyMap<string, unknown>;
}

export interface GgufTensor {
  name: string;
  /** `Q4_K` */
  dtype: string;
  shape: number[];
  bytes: number;
}

interface Values {
  alignment: number;
  chatTemplates: string[];
  kept: Map<string, unknown>;
}

interface Tensor extends GgufTensor {
  what: string;
  offset: number;
}

/**
 * Throws MalformedError with the first thing that is wrong; reads no tensor data.
 *
 * @param keep which keys' values to give back; a list longer than any model's layers is passed over
 */
export async function checkGguf(
  reader: ByteReader,
  keep: (key: string) => boolean = () => false,
): Promise<GgufHeader> {
  if ((await reader.bytes(4)).toString('latin1') !== 'GGUF')
    throw new MalformedError('it does not start with GGUF');
  const version = await reader.u32();
  // Version 1, of two months in 2023, had 32-bit lengths; loaders refuse it. Swapped bytes are big-endian.
  if (version !== 2 && version !== 3) {
    const why = (version & 0xffff) === 0 ? ', which is big-endian' : '';
    throw new MalformedError(`its GGUF version is ${version}${why} (known: 2 and 3)`);
  }
  const tensorCount = await reader.u64('the number of tensors');
  const keyCount = await reader.u64('the number of keys');
  // Each tensor takes 24 bytes of description, each key 12.
  if (tensorCount * 24 + keyCount * 12 > reader.size) {
    throw new MalformedError(`it claims ${tensorCount} tensors and ${keyCount} keys in ${reader.size} bytes`);
  }
  const { alignment, chatTemplates, kept } = await readValues(reader, keyCount, keep);
  const tensors = await readTensors(reader, tensorCount, alignment);
  checkLayout(tensors, Math.ceil(reader.position / alignment) * alignment, alignment, reader.size);
  const tensorList = tensors.map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes }));
  return { version, tensors: tensorCount, chatTemplates, tensorList, values: kept };
}

async function readValues(
  reader: ByteReader,
  count: number,
  keep: (key: string) => boolean,
): Promise<Values> {
  const values: Values = { alignment: 32, chatTemplates: [], kept: new Map() };
  const keys = new Set<string>();
  for (let index = 0; index < count; index++) {
    const key = await readString(reader, 'a key', MAX_KEY_BYTES);
    if (keys.has(key))
      throw new MalformedError(`the key ${JSON.stringify(key.slice(0, 100))} is there twice`);
    keys.add(key);
    const type = await reader.u32();
    if (key === 'general.alignment') {
      if (type !== UINT32) throw new MalformedError(`its alignment has the type ${type}`);
      const alignment = await reader.u32();
      if (alignment === 0 || (alignment & (alignment - 1)) !== 0)
        throw new MalformedError(`its alignment is ${alignment}`);
      values.alignment = alignment;
    } else if (key.includes('chat_template') && type === STRING) {
      values.chatTemplates.push(await readString(reader, 'the chat template', MAX_TEMPLATE_BYTES));
    } else if (keep(key)) {
      values.kept.set(key, await readValue(reader, type));
    } else {
      await skipValue(reader, type, 0);
    }
  }
  return values;
}

async function readTensors(reader: ByteReader, count: number, alignment: number): Promise<Tensor[]> {
  const tensors: Tensor[] = [];
  const names = new Set<string>();
  for (let index = 0; index < count; index++) {
    const name = await readString(reader, 'a tensor name', MAX_NAME_BYTES);
    if (names.has(name)) throw new MalformedError(`tensor ${JSON.stringify(name)} is there twice`);
    names.add(name);
    tensors.push(await readTensor(reader, name, alignment));
  }
  return tensors;
}

async function readTensor(reader: ByteReader, name: string, alignment: number): Promise<Tensor> {
  const what = `tensor ${JSON.stringify(name)}`;
  const shape: number[] = [];
  const dimensions = await reader.u32();
  if (dimensions > MAX_DIMENSIONS) throw new MalformedError(`${what} has ${dimensions} dimensions`);
  let elements = 1n;
  let row = 1;
  for (let index = 0; index < dimensions; index++) {
    const dimension = await reader.u64(`a dimension of ${what}`);
    if (index === 0) row = dimension;
    shape.push(dimension);
    elements *= BigInt(dimension);
    if (elements >= MAX_ELEMENTS) throw new MalformedError(`${what} has more elements than can be counted`);
  }
  const type = await reader.u32();
  const offset = await reader.u64(`the offset of ${what}`);
  if (offset % alignment !== 0)
    throw new MalformedError(`${what} lies at ${offset}, off the alignment of ${alignment}`);
  const block = GGML_BLOCKS[type];
  if (block === undefined) throw new MalformedError(`${what} has the unknown type ${type}`);
  const [perBlock, blockBytes, dtype] = block;
  if (row % perBlock !== 0) {
    throw new MalformedError(`${what} has rows of ${row} elements, which do not fill blocks of ${perBlock}`);
  }
  const bytes = (elements / BigInt(perBlock)) * BigInt(blockBytes);
  if (bytes > BigInt(reader.size)) throw new MalformedError(`${what} takes ${bytes} bytes of ${reader.size}`);
  return { what, name, dtype, shape, offset, bytes: Number(bytes) };
}

/** llama.cpp takes tensors one behind the other, in the order of their descriptions, each padded to the alignment. */
function checkLayout(tensors: readonly Tensor[], start: number, alignment: number, size: number): void {
  let at = 0;
  let end = 0;
  for (const { what, offset, bytes } of tensors) {
    if (offset !== at) throw new MalformedError(`${what} lies at ${offset} where ${at} was due`);
    end = offset + bytes;
    at = Math.ceil(end / alignment) * alignment;
  }
  if (tensors.length > 0 && start + end > size) {
    throw new MalformedError(`its tensors reach byte ${start + end}, the file ends at ${size}`);
  }
  if (size > start + at) throw new MalformedError(`${size - start - at} bytes follow its last tensor`);
}

/** A value that people may want to know; of what is none (a list too long, a list of lists) undefined. */
async function readValue(reader: ByteReader, type: number): Promise<unknown> {
  if (type === STRING) return readString(reader, 'a value', MAX_KEY_BYTES);
  if (type !== ARRAY) return readScalar(reader, type);
  const start = reader.position;
  const inner = await reader.u32();
  const count = await reader.u64('the length of an array');
  if (SCALAR_BYTES[inner] === undefined || count > MAX_LISTED) {
    reader.rewind(start);
    await skipValue(reader, type, 0);
    return undefined;
  }
  const list: unknown[] = [];
  for (let index = 0; index < count; index++) list.push(await readScalar(reader, inner));
  return list;
}

/** Types by their number in gguf.md: u8, i8, u16, i16, u32, i32, f32, bool, then (10 on) u64, i64, f64. */
async function readScalar(reader: ByteReader, type: number): Promise<number | boolean> {
  const width = SCALAR_BYTES[type];
  if (width === undefined) throw new MalformedError(`a value has the unknown type ${type}`);
  const bytes = await reader.bytes(width);
  if (type === 7) return bytes.readUInt8() !== 0;
  if (type === 6) return bytes.readFloatLE();
  if (type === 12) return bytes.readDoubleLE();
  if (type === 10) return Number(bytes.readBigUInt64LE());
  if (type === 11) return Number(bytes.readBigInt64LE());
  return type % 2 === 0 ? bytes.readUIntLE(0, width) : bytes.readIntLE(0, width);
}

async function skipValue(reader: ByteReader, type: number, depth: number): Promise<void> {
  const scalar = SCALAR_BYTES[type];
  if (scalar !== undefined) {
    reader.skip(scalar);
  } else if (type === STRING) {
    reader.skip(await reader.u64('the length of a string'));
  } else if (type === ARRAY && depth <= MAX_NESTING) {
    await skipArray(reader, depth);
  } else {
    throw new MalformedError(`a value has the unknown type ${type}`);
  }
}

async function skipArray(reader: ByteReader, depth: number): Promise<void> {
  const inner = await reader.u32();
  const count = await reader.u64('the length of an array');
  const width = SCALAR_BYTES[inner];
  if (width !== undefined) {
    reader.skip(count * width);
    return;
  }
  // Each element takes bytes, so a wrong count runs into the end of the file.
  if (inner === STRING) await reader.skipStrings(count);
  else for (let index = 0; index < count; index++) await skipValue(reader, inner, depth + 1);
}

async function readString(reader: ByteReader, what: string, limit: number): Promise<string> {
  const length = await reader.u64(`the length of ${what}`);
  if (length > limit) throw new MalformedError(`${what} claims ${length} bytes (limit ${limit})`);
  return (await reader.bytes(length)).toString('utf8');
}
