/** Protocol Buffers' messages by a small description, in their wire format and as text. Both give the same: a list a field. */
import { readVarint } from '@sluice/weights/protobuf-fields';
import { isObject } from '../model.ts';

/** What a field holds: numbers and texts, an enum's names in their order, or a message. */
export type ProtoKind = 'uint' | 'double' | 'float' | 'text' | 'bytes' | readonly string[] | ProtoShape;

/** Of a message: its fields' names and kinds, by their numbers. Others are passed over. */
export interface ProtoShape {
  readonly [number: number]: readonly [name: string, kind: ProtoKind];
}

/** Every field is a list, in the order of the file. */
export interface ProtoFields {
  [name: string]: unknown[];
}

/** @throws Error where it is no such message, or is cut */
export function decodeProto(bytes: Buffer, shape: ProtoShape): ProtoFields {
  const cursor = new Cursor(bytes);
  const fields: ProtoFields = {};
  while (cursor.left > 0) {
    const tag = readVarint(cursor);
    const [wire, number] = [tag & 7, Math.floor(tag / 8)];
    if (number < 1 || number > 2 ** 29) throw new Error(`byte ${cursor.at} is no field`);
    const field = shape[number];
    const value = readValue(cursor, wire, field?.[1], field?.[0] ?? `number ${number}`);
    if (field !== undefined && value !== undefined) (fields[field[0]] ??= []).push(...value);
  }
  return fields;
}

/** Of a length and so many bytes, as protobuf's delimited messages are. */
export function takeDelimited(cursor: Cursor): Buffer {
  return cursor.take(readVarint(cursor));
}

export class Cursor {
  at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  u8(): number {
    return this.take(1)[0] as number;
  }

  take(length: number): Buffer {
    if (length > this.left)
      throw new Error(`is cut: byte ${this.at} announces ${length} more, ${this.left} are there`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

function readValue(
  cursor: Cursor,
  wire: number,
  kind: ProtoKind | undefined,
  name: string,
): unknown[] | undefined {
  if (wire === 0) {
    const number = readVarint(cursor);
    if (kind === undefined) return undefined;
    if (kind === 'uint') return [number];
    if (isEnum(kind)) return [kind[number] ?? String(number)];
    throw new Error(`field ${name} is a whole number, which it never is`);
  }
  const size = wire === 1 ? 8 : wire === 5 ? 4 : wire === 2 ? readVarint(cursor) : undefined;
  if (size === undefined) throw new Error(`field ${name} is of the unknown wire type ${wire}`);
  const part = cursor.take(size);
  if (kind === undefined) return undefined;
  if (wire === 1 && kind === 'double') return [part.readDoubleLE()];
  if (wire === 5 && kind === 'float') return [part.readFloatLE()];
  if (wire === 2 && kind === 'text') return [part.toString('utf8')];
  if (wire === 2 && kind === 'bytes') return [part];
  if (wire === 2 && kind === 'uint') return packed(part);
  if (wire === 2 && typeof kind === 'object' && !isEnum(kind)) return [decodeProto(part, kind)];
  throw new Error(`field ${name} is of another kind than its tool writes`);
}

function packed(part: Buffer): number[] {
  const cursor = new Cursor(part);
  const numbers: number[] = [];
  while (cursor.left > 0) numbers.push(readVarint(cursor));
  return numbers;
}

function isEnum(kind: ProtoKind): kind is readonly string[] {
  return Array.isArray(kind);
}

/** Hands for what was decoded: the first of a field, as what it should be. */
export const first = (fields: ProtoFields | undefined, name: string): unknown => fields?.[name]?.[0];
export const firstNumber = (fields: ProtoFields | undefined, name: string): number | undefined => {
  const value = first(fields, name);
  return typeof value === 'number' ? value : undefined;
};
export const messages = (fields: ProtoFields | undefined, name: string): ProtoFields[] =>
  (fields?.[name] ?? []).filter((value): value is ProtoFields => isObject(value) && !Buffer.isBuffer(value));
