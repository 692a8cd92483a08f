/** Protocol Buffers' wire format, field by field, with every length checked before it is used (protobuf.dev, Encoding). */
import { MalformedError } from './byte-reader.ts';
import type { ForwardReader } from './forward-reader.ts';

export interface Field {
  number: number;
  /** 0 varint, 1 eight bytes, 2 a length and so many bytes, 5 four bytes. */
  wire: 0 | 1 | 2 | 5;
  /** A varint's value; of the others their length in bytes, which then follow. Beyond 2^53 it is not exact. */
  value: number;
}

/** More than this lies in the window when a field begins: tag, length, and a short string. */
const AHEAD = 8 * 1024;
/** A string that is read at all is shorter. */
const MAX_STRING = 4096;

/** The fields of one message, up to the reader's limit. What `visit` doesn't read of a field is passed over. */
export async function readFields(
  reader: ForwardReader,
  visit: (field: Field) => Promise<void> | undefined,
): Promise<void> {
  for (;;) {
    if (reader.ready < AHEAD && !reader.full) await reader.refill();
    if (reader.ready === 0) return;
    const field = readField(reader);
    const end = reader.position + (field.wire === 0 ? 0 : field.value);
    const visited = visit(field);
    // Of a hundred thousand nodes few need waiting for.
    if (visited !== undefined) await visited;
    const left = end - reader.position;
    if (left < 0) throw new MalformedError(`a field ends inside another at byte ${end}`);
    if (left > 0) await reader.skip(left);
  }
}

function readField(reader: ForwardReader): Field {
  const at = reader.position;
  const tag = readVarint(reader);
  const wire = tag & 7;
  const number = Math.floor(tag / 8);
  if (number < 1 || number > 2 ** 29) throw new MalformedError(`byte ${at} starts no field`);
  if (wire === 0) return { number, wire, value: readVarint(reader) };
  if (wire === 1) return { number, wire, value: 8 };
  if (wire === 5) return { number, wire, value: 4 };
  if (wire !== 2) throw new MalformedError(`byte ${at} starts a field of the unknown type ${wire}`);
  const value = readVarint(reader);
  if (value > Number.MAX_SAFE_INTEGER) throw new MalformedError(`the field at byte ${at} has ${value} bytes`);
  return { number, wire, value };
}

/** Seven bits a byte, lowest first, ten bytes at most. */
export function readVarint(reader: Pick<ForwardReader, 'u8'>): number {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = reader.u8();
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return value;
  }
  throw new MalformedError('a number has more than ten bytes');
}

/** A field's text; a name that is longer than any is malformed. */
export function readText(reader: ForwardReader, { wire, value }: Field, what: string): string {
  if (wire !== 2 || value > MAX_STRING) throw new MalformedError(`${what} is no text, or is longer than any`);
  const text = reader.take(value).toString('utf8');
  return text;
}
