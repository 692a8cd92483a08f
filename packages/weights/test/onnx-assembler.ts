/** ONNX models put together field by field, so that each can be wrong. */

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** A field with a number. */
export const num = (field: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(field * 8), varint(value)]);

/** A field with bytes, a text, or a message of fields. */
export function msg(field: number, ...parts: (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([varint(field * 8 + 2), varint(content.byteLength), content]);
}

/** An entry of a tensor's `external_data`. */
export const entry = (key: string, value: string): Buffer => msg(13, msg(1, key), msg(2, value));

/** Two floats that lie in another file. */
export const away = (...entries: Buffer[]): Buffer =>
  Buffer.concat([num(1, 2), num(2, 1), msg(8, 'w'), ...entries, num(14, 1)]);

export const at = (location: string, offset?: string, length?: string): Buffer =>
  away(
    entry('location', location),
    ...(offset === undefined ? [] : [entry('offset', offset)]),
    ...(length === undefined ? [] : [entry('length', length)]),
  );

/** A model of these tensors; `graph` and `model` are further fields. */
export function onnx(
  tensors: readonly Buffer[] = [],
  { graph = [], model = [] }: { graph?: Buffer[]; model?: Buffer[] } = {},
): Buffer {
  const node = msg(1, msg(1, 'w'), msg(2, 'y'), msg(4, 'Identity'));
  return Buffer.concat([
    num(1, 10),
    msg(2, 'sluice'),
    msg(7, node, msg(2, 'graph'), ...tensors.map((tensor) => msg(5, tensor)), ...graph),
    msg(8, msg(1, ''), num(2, 21)),
    ...model,
  ]);
}
