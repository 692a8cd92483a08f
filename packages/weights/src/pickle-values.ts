/**
 * What the pickle inspector knows of a value. It runs no constructor: it follows names, literals and which call made
 * what; all else is OPAQUE, and using an OPAQUE value where a name is needed counts as unsafe.
 */

export const OPAQUE = Symbol('opaque');
/** null is None; texts that are too long to be names are OPAQUE. */
export type Value = typeof OPAQUE | null | string | number | bigint | Tuple | Table | Named | Made;

export class Tuple {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** A dict's entries under text keys, as far as kept. */
export class Table {
  readonly entries = new Map<string, Value>();
  /** Whether there were entries that were not kept. */
  more = false;
  /** Whether a key was one of Python's own names (`__setstate__`). */
  internals = false;
}

/** A global, by the name that it was asked for: `module.name`. */
export class Named {
  readonly name: string;
  readonly allowed: boolean;
  constructor(name: string, allowed: boolean) {
    this.name = name;
    this.allowed = allowed;
  }
}

/** What a call of a global made. */
export class Made {
  readonly by: string;
  readonly args: Value;
  state: Value | undefined;
  constructor(by: string, args: Value) {
    this.by = by;
    this.args = args;
  }
}

/** Longer texts are no names. */
const MAX_TEXT = 160;
export const MAX_ITEMS = 16;
export const MAX_ENTRIES = 64;

export function keepText(bytes: Buffer): Value {
  return bytes.byteLength > MAX_TEXT ? OPAQUE : bytes.toString('utf8');
}

/** The text of a STRING opcode: quoted, with Python's escapes. */
export function unquote(line: Buffer): Buffer | null {
  const text = line.toString('latin1').trim();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || !text.endsWith(quote)) return null;
  const short: Record<string, string> = {
    n: '\n',
    r: '\r',
    t: '\t',
    a: '\x07',
    b: '\b',
    f: '\f',
    v: '\v',
    '\n': '',
  };
  const plain = text
    .slice(1, -1)
    .replace(/\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|[^])/g, (_, escape: string) =>
      escape.length === 3 && escape[0] === 'x'
        ? String.fromCharCode(Number.parseInt(escape.slice(1), 16))
        : /^[0-7]/.test(escape)
          ? String.fromCharCode(Number.parseInt(escape, 8) & 0xff)
          : (short[escape] ?? (/["'\\]/.test(escape) ? escape : `\\${escape}`)),
    );
  return Buffer.from(plain, 'latin1');
}

/** The text of a UNICODE opcode: latin-1 with \uXXXX and \UXXXXXXXX. */
export function rawUnicode(line: Buffer): Buffer {
  const text = line
    .toString('latin1')
    .replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (whole, short?: string, long?: string) => {
      const code = Number.parseInt(short ?? long ?? '', 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    });
  return Buffer.from(text, 'utf8');
}

/** A line with a number, as Python's int() reads it; null when it does not. */
export function decimal(line: Buffer): number | bigint | null {
  const text = line.toString('latin1').trim().replace(/L$/, '');
  if (text.length < 16 && /^\d+$/.test(text)) return Number(text);
  if (!/^[+-]?(\d+(_\d+)*|0[xX][0-9a-fA-F]+|0[oO][0-7]+)$/.test(text)) return null;
  const digits = text.replaceAll('_', '').replace(/^[+-]/, '');
  return smallest(text.startsWith('-') ? -BigInt(digits) : BigInt(digits));
}

/** A number where it is exact as one. */
function smallest(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** Little-endian two's complement, as LONG1 and LONG4 hold it. */
export function longOf(bytes: Buffer): Value {
  if (bytes.byteLength > 64) return OPAQUE;
  let value = 0n;
  for (let index = bytes.byteLength - 1; index >= 0; index--)
    value = value * 256n + BigInt(bytes[index] ?? 0);
  return smallest(BigInt.asIntN(bytes.byteLength * 8, value));
}
