/** The header of a NumPy .npy file (numpy/lib/format.py): whether objects follow, and whether the data is as long as it says. */
import { MalformedError } from './byte-reader.ts';

export interface NpyHeader {
  /** Where the data starts. */
  start: number;
  /** Object arrays are stored as a pickle. */
  objects: boolean;
  /** Bytes of data; null where the type is a structure. */
  bytes: number | null;
}

const MAX_HEADER = 64 * 1024;
const WIDTHS: Readonly<Record<string, number>> = { U: 4 };

/** `head` holds the file's first bytes, the whole header among them. */
export function readNpyHeader(head: Buffer): NpyHeader {
  if (head.toString('latin1', 0, 6) !== '\x93NUMPY') throw new MalformedError('it does not start with NUMPY');
  const version = head[6] ?? 0;
  if (version < 1 || version > 3) throw new MalformedError(`its version is ${version}`);
  const at = version === 1 ? 10 : 12;
  if (head.byteLength < at) throw new MalformedError('its header is cut');
  const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  if (length > MAX_HEADER || at + length > head.byteLength)
    throw new MalformedError('its header is cut or too long');
  const text = head.toString('utf8', at, at + length).trim();
  const descr = /^\{.*'descr'\s*:\s*('[^']*'|\[.*\]|\(.*\))\s*,\s*'(?:fortran_order|shape)'/s.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (descr === undefined || shape === undefined || !text.endsWith('}')) {
    throw new MalformedError('its header is no description of an array');
  }
  return { start: at + length, objects: hasObjects(descr), bytes: dataBytes(descr, shape) };
}

/** A type name with an O in it, wherever in a structure it stands. Field names count too: they are shown as well. */
function hasObjects(descr: string): boolean {
  return [...descr.matchAll(/'([^']*)'|"([^"]*)"/g)].some(([, single, double]) =>
    /^[<>|=]?\(?[\d,)]*O\d*$/.test(single ?? double ?? ''),
  );
}

function dataBytes(descr: string, shape: string): number | null {
  const type = /^'[<>|=]?([?a-zA-Z])(\d*)(?:\[\w+\])?'$/.exec(descr);
  if (type === null || type[1] === 'O') return null;
  const item = Number(type[2] === '' ? 1 : type[2]) * (WIDTHS[type[1] ?? ''] ?? 1);
  const elements = (shape.match(/\d+/g) ?? []).reduce((product, dimension) => product * Number(dimension), 1);
  return item * elements;
}
