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
const MAX_TEMPLATE_BYTES = 4 * 1024 * 1024;
const MAX_ELEMENTS = 2n ** 63n;

export interface GgufHeader {
  version: number;
  tensors: number;
  /** `tokenizer.chat_template` and its named variants. */
  chatTemplates: string[];
}

interface Values {
  alignment: number;
  chatTemplates: string[];
}

interface Tensor {
  what: string;
  offset: number;
  bytes: number;
}

/** Throws MalformedError with the first thing that is wrong; reads no tensor data. */
export async function checkGguf(reader: ByteReader): Promise<GgufHeader> {
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
  const { alignment, chatTemplates } = await readValues(reader, keyCount);
  const tensors = await readTensors(reader, tensorCount, alignment);
  checkLayout(tensors, Math.ceil(reader.position / alignment) * alignment, alignment, reader.size);
  return { version, tensors: tensorCount, chatTemplates };
}

async function readValues(reader: ByteReader, count: number): Promise<Values> {
  const values: Values = { alignment: 32, chatTemplates: [] };
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
    tensors.push(await readTensor(reader, `tensor ${JSON.stringify(name)}`, alignment));
  }
  return tensors;
}

async function readTensor(reader: ByteReader, what: string, alignment: number): Promise<Tensor> {
  const dimensions = await reader.u32();
  if (dimensions > MAX_DIMENSIONS) throw new MalformedError(`${what} has ${dimensions} dimensions`);
  let elements = 1n;
  let row = 1;
  for (let index = 0; index < dimensions; index++) {
    const dimension = await reader.u64(`a dimension of ${what}`);
    if (index === 0) row = dimension;
    elements *= BigInt(dimension);
    if (elements >= MAX_ELEMENTS) throw new MalformedError(`${what} has more elements than can be counted`);
  }
  const type = await reader.u32();
  const offset = await reader.u64(`the offset of ${what}`);
  if (offset % alignment !== 0)
    throw new MalformedError(`${what} lies at ${offset}, off the alignment of ${alignment}`);
  const block = GGML_BLOCKS[type];
  if (block === undefined) throw new MalformedError(`${what} has the unknown type ${type}`);
  const [perBlock, blockBytes] = block;
  if (row % perBlock !== 0) {
    throw new MalformedError(`${what} has rows of ${row} elements, which do not fill blocks of ${perBlock}`);
  }
  const bytes = (elements / BigInt(perBlock)) * BigInt(blockBytes);
  if (bytes > BigInt(reader.size)) throw new MalformedError(`${what} takes ${bytes} bytes of ${reader.size}`);
  return { what, offset, bytes: Number(bytes) };
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
