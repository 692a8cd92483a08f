/** The header of a safetensors file, checked as the reference implementation does (safetensors, tensor.rs). */
import type { ByteReader } from './byte-reader.ts';
import { MalformedError } from './byte-reader.ts';
import { parseStrictJson } from './strict-json.ts';

/** Bits of one element. */
const DTYPE_BITS: Readonly<Record<string, number>> = {
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E5M2FNUZ: 8,
  F8_E4M3FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};

/** The reference's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

export interface SafetensorsTensor {
  name: string;
  dtype: string;
  shape: number[];
  bytes: number;
}

/** Its tensors. Throws MalformedError with the first thing that is wrong; reads the header only. */
export async function checkSafetensors(reader: ByteReader): Promise<SafetensorsTensor[]> {
  const length = await reader.u64('the header length');
  if (length > MAX_HEADER_BYTES)
    throw new MalformedError(`its header claims ${length} bytes (limit ${MAX_HEADER_BYTES})`);
  if (length > reader.size - 8)
    throw new MalformedError(`its header claims ${length} bytes of a file of ${reader.size}`);
  const header = parseHeader(await reader.bytes(length));
  const spans: (Omit<SafetensorsTensor, 'bytes'> & { start: number; end: number })[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') checkMetadata(entry);
    else spans.push({ name, ...tensorSpan(name, entry) });
  }
  spans.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const { name, start, end } of spans) {
    if (start !== at)
      throw new MalformedError(`tensor ${JSON.stringify(name)} starts at ${start} where ${at} was due`);
    at = end;
  }
  const data = reader.size - 8 - length;
  if (at !== data) throw new MalformedError(`its tensors fill ${at} bytes, ${data} follow the header`);
  return spans.map(({ name, dtype, shape, start, end }) => ({ name, dtype, shape, bytes: end - start }));
}

function parseHeader(bytes: Buffer): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw new MalformedError('its header does not start with `{`');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MalformedError('its header is no JSON in UTF-8');
  }
  return parseStrictJson(text) as Record<string, unknown>;
}

function checkMetadata(value: unknown): void {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap || Object.values(value).some((text) => typeof text !== 'string')) {
    throw new MalformedError('its `__metadata__` is no map of strings');
  }
}

function tensorSpan(
  name: string,
  entry: unknown,
): { dtype: string; shape: number[]; start: number; end: number } {
  const what = `tensor ${JSON.stringify(name.slice(0, 100))}`;
  if (typeof entry !== 'object' || entry === null) throw new MalformedError(`${what} has no description`);
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  const bits = typeof dtype === 'string' && Object.hasOwn(DTYPE_BITS, dtype) ? DTYPE_BITS[dtype] : undefined;
  if (bits === undefined) throw new MalformedError(`${what} has the unknown dtype ${JSON.stringify(dtype)}`);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw new MalformedError(`${what} has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw new MalformedError(`${what} has no valid offsets`);
  }
  const [start = 0, end = 0] = offsets;
  // Dimensions multiply beyond what a double holds: 2^32 * 2^32 must not come out as fitting.
  const total = shape.reduce((product, dimension) => product * BigInt(dimension), BigInt(bits));
  const size = total / 8n;
  if (total % 8n !== 0n || end < start || BigInt(end - start) !== size) {
    throw new MalformedError(`${what} spans ${end - start} bytes where its shape and dtype need ${size}`);
  }
  return { dtype: String(dtype), shape, start, end };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
