/** The header of a GGUF file (ggml's docs/gguf.md), checked field by field against the file's length. */
import type { ByteReader } from './byte-reader.ts';
import { MalformedError } from './byte-reader.ts';

/** ggml type id to [elements in a block, bytes of a block]; types not listed are checked by offset alone. */
const BLOCKS: Readonly<Record<number, readonly [number, number]>> = {
  0: [1, 4], // F32
  1: [1, 2], // F16
  2: [32, 18], // Q4_0
  3: [32, 20], // Q4_1
  6: [32, 22], // Q5_0
  7: [32, 24], // Q5_1
  8: [32, 34], // Q8_0
  9: [32, 36], // Q8_1
  10: [256, 84], // Q2_K
  11: [256, 110], // Q3_K
  12: [256, 144], // Q4_K
  13: [256, 176], // Q5_K
  14: [256, 210], // Q6_K
  15: [256, 292], // Q8_K
  24: [1, 1], // I8
  25: [1, 2], // I16
  26: [1, 4], // I32
  27: [1, 8], // I64
  28: [1, 8], // F64
  30: [1, 2], // BF16
};

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
/** llama.cpp's GGML_MAX_DIMS and its limit on names. */
const MAX_DIMENSIONS = 4;
const MAX_NAME_BYTES = 65_535;
const MAX_NESTING = 4;
const MAX_TEMPLATE_BYTES = 4 * 1024 * 1024;

export interface GgufHeader {
  version: number;
  tensors: number;
  /** `tokenizer.chat_template` and its named variants. */
  chatTemplates: string[];
}

/** Throws MalformedError with the first thing that is wrong; reads no tensor data. */
export async function checkGguf(reader: ByteReader): Promise<GgufHeader> {
  if ((await reader.bytes(4)).toString('latin1') !== 'GGUF')
    throw new MalformedError('it does not start with GGUF');
  const version = await reader.u32();
  if (version !== 2 && version !== 3)
    throw new MalformedError(`its GGUF version is ${version} (known: 2 and 3)`);
  const tensorCount = await reader.u64('the number of tensors');
  const keyCount = await reader.u64('the number of keys');
  const chatTemplates: string[] = [];
  let alignment = 32;
  for (let index = 0; index < keyCount; index++) {
    const key = await readString(reader, 'a key', MAX_NAME_BYTES);
    const type = await reader.u32();
    if (key === 'general.alignment' && type === UINT32) {
      alignment = await reader.u32();
      if (alignment === 0 || (alignment & (alignment - 1)) !== 0)
        throw new MalformedError(`its alignment is ${alignment}`);
    } else if (key.startsWith('tokenizer.chat_template') && type === STRING) {
      chatTemplates.push(await readString(reader, 'the chat template', MAX_TEMPLATE_BYTES));
    } else {
      await skipValue(reader, type, 0);
    }
  }
  const ends: number[] = [];
  for (let index = 0; index < tensorCount; index++) ends.push(await readTensorEnd(reader, alignment));
  const dataStart = Math.ceil(reader.position / alignment) * alignment;
  const last = ends.reduce((most, end) => Math.max(most, end), 0);
  if (dataStart + last > reader.size) {
    throw new MalformedError(`its tensors reach byte ${dataStart + last}, the file ends at ${reader.size}`);
  }
  return { version, tensors: tensorCount, chatTemplates };
}

/** Reads one tensor's description; answers where its data ends, relative to the data section. */
async function readTensorEnd(reader: ByteReader, alignment: number): Promise<number> {
  const name = await readString(reader, 'a tensor name', MAX_NAME_BYTES);
  const what = `tensor ${JSON.stringify(name.slice(0, 100))}`;
  const dimensions = await reader.u32();
  if (dimensions > MAX_DIMENSIONS) throw new MalformedError(`${what} has ${dimensions} dimensions`);
  let elements = 1;
  for (let index = 0; index < dimensions; index++) elements *= await reader.u64(`a dimension of ${what}`);
  const type = await reader.u32();
  const offset = await reader.u64(`the offset of ${what}`);
  if (offset % alignment !== 0)
    throw new MalformedError(`${what} lies at ${offset}, off the alignment of ${alignment}`);
  const [perBlock, blockBytes] = BLOCKS[type] ?? [1, 0];
  return offset + Math.ceil(elements / perBlock) * blockBytes;
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
  for (let index = 0; index < count; index++) await skipValue(reader, inner, depth + 1);
}

async function readString(reader: ByteReader, what: string, limit: number): Promise<string> {
  const length = await reader.u64(`the length of ${what}`);
  if (length > limit) throw new MalformedError(`${what} claims ${length} bytes (limit ${limit})`);
  return (await reader.bytes(length)).toString('utf8');
}
