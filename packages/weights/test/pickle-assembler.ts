/** Writes pickles opcode by opcode, and the containers around them: the samples' tools. Strings are latin-1 bytes. */
import { crc32, deflateRawSync } from 'node:zlib';

export type Bytes = string | Buffer;

export function bytes(...parts: Bytes[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}
export function u16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value);
  return buffer;
}
export function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value >>> 0);
  return buffer;
}
export function u64(value: number | bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

/** GLOBAL. */
export const global = (module: string, name: string): string => `c${module}\n${name}\n`;
/** SHORT_BINUNICODE, or BINUNICODE. */
export function text(value: string): Buffer {
  const utf8 = Buffer.from(value);
  return utf8.byteLength < 256
    ? bytes('\x8c', Buffer.from([utf8.byteLength]), utf8)
    : bytes('X', u32(utf8.byteLength), utf8);
}
export const binbytes = (value: Bytes): Buffer => bytes('B', u32(bytes(value).byteLength), value);
export const stackGlobal = (module: string, name: string): Buffer => bytes(text(module), text(name), '\x93');
/** A tuple of one text, and the call. */
export const callWith = (argument: string): Buffer => bytes(text(argument), '\x85R');
export const proto = (version: number, ...body: Bytes[]): Buffer =>
  bytes('\x80', Buffer.from([version]), ...body, '.');
export const frame = (length: number): Buffer => bytes('\x95', u64(length));
/** os.system('id') in protocol 2. */
export const PAYLOAD = proto(2, global('os', 'system'), callWith('id'));
/** The same, without a mark. */
export const TEXT_PAYLOAD = "cos\nsystem\n(S'id'\ntR.";
export const CLEAN = proto(2, '}', text('a'), 'K\x01s');

export interface ZipFile {
  name: string;
  data: Bytes;
  deflate?: boolean;
  localName?: string;
  flags?: number;
  crc?: number;
  method?: number;
  size?: number;
}

export function zip(
  files: ZipFile[],
  { gap = '', comment = '' }: { gap?: Bytes; comment?: Bytes } = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const file of files) {
    const data = bytes(file.data);
    const packed = file.deflate === true ? deflateRawSync(data) : data;
    const method = file.method ?? (file.deflate === true ? 8 : 0);
    const fixed = bytes(
      u16(20),
      u16(file.flags ?? 0),
      u16(method),
      u32(0),
      u32(file.crc ?? crc32(data)),
      u32(packed.byteLength),
      u32(file.size ?? data.byteLength),
    );
    const local = Buffer.from(file.localName ?? file.name);
    const entry = bytes('PK\x03\x04', fixed, u16(local.byteLength), u16(0), local, packed, gap);
    const name = Buffer.from(file.name);
    directory.push(
      bytes(
        'PK\x01\x02',
        u16(20),
        fixed,
        u16(name.byteLength),
        u16(0),
        u16(0),
        u16(0),
        u16(0),
        u32(0),
        u32(at),
        name,
      ),
    );
    parts.push(entry);
    at += entry.byteLength;
  }
  const central = bytes(...directory);
  const end = bytes(
    'PK\x05\x06',
    u32(0),
    u16(files.length),
    u16(files.length),
    u32(central.byteLength),
    u32(at),
    u16(bytes(comment).byteLength),
    comment,
  );
  return bytes(...parts, central, end);
}

/** A torch.save archive with this data.pkl. */
export const torchZip = (pickle: Bytes, more: ZipFile[] = [], options: Partial<ZipFile> = {}): Buffer =>
  zip([
    { name: 'archive/data.pkl', data: pickle, ...options },
    { name: 'archive/byteorder', data: 'little' },
    { name: 'archive/data/0', data: Buffer.alloc(16, 0x80) },
    { name: 'archive/version', data: '3\n' },
    ...more,
  ]);

export function tar(files: { name: string; data: Bytes; type?: string }[]): Buffer {
  const parts = files.map(({ name, data, type = '0' }) => {
    const header = Buffer.alloc(512);
    const content = bytes(data);
    header.write(name, 0, 'latin1');
    header.write('0000644\0', 100, 'latin1');
    header.write(`${content.byteLength.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    header.write('        ', 148, 'latin1');
    header.write(type, 156, 'latin1');
    header.write('ustar\x0000', 257, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return bytes(header, content, Buffer.alloc((512 - (content.byteLength % 512)) % 512));
  });
  return bytes(...parts, Buffer.alloc(1024));
}

/** torch.save's old format with this object; `storages` is what lies behind the keys. */
export function legacy(
  object: Bytes,
  { keys = proto(2, ']'), storages = '' }: { keys?: Bytes; storages?: Bytes } = {},
): Buffer {
  const magic = Buffer.from('6cfc9c46f9206aa85019', 'hex');
  return bytes(proto(2, '\x8a\x0a', magic), proto(2, 'M', u16(1001)), proto(2, '}'), object, keys, storages);
}

/** A float storage of two elements, by its persistent id. */
export const STORAGE = bytes(
  '(',
  text('storage'),
  global('torch', 'FloatStorage'),
  text('0'),
  text('cpu'),
  'K\x02tQ',
);

export function npy(descr: string, shape: string, data: Bytes, version = 1): Buffer {
  const header = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;
  const padded = `${header}${' '.repeat((64 - ((11 + header.length) % 64)) % 64)}\n`;
  return bytes('\x93NUMPY', Buffer.from([version, 0]), u16(padded.length), padded, data);
}

/** What joblib writes for `count` bytes, up to where their data comes. */
export const joblibArray = (count: number, dtype = 'u1'): Buffer =>
  bytes(
    global('joblib.numpy_pickle', 'NumpyArrayWrapper'),
    ')\x81}(',
    bytes(text('subclass'), global('numpy', 'ndarray'), text('shape'), 'J', u32(count), '\x85'),
    bytes(text('dtype'), global('numpy', 'dtype'), text(dtype), '\x85R(K\x03', text('|')),
    dtype.includes('O')
      ? 'NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb'
      : 'NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb',
    'ub',
  );

export function safetensors(header: unknown, data: Bytes = ''): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  return bytes(u64(json.byteLength), json, data);
}

const ggufText = (value: string): Buffer => bytes(u64(Buffer.byteLength(value)), value);
export interface GgufTensor {
  name?: string;
  shape?: (number | bigint)[];
  type?: number;
  offset?: number;
}
/** F32 tensors of eight elements (32 bytes) unless told otherwise; keys are [name, type, value]. */
export function gguf(
  tensors: GgufTensor[] = [{}],
  keys: (readonly [string, number, Bytes])[] = [],
  {
    version = 3,
    data = 32 * tensors.length,
    tensorCount = tensors.length,
  }: { version?: number; data?: number; tensorCount?: number | bigint } = {},
): Buffer {
  const described = tensors.map(({ name = 'w', shape = [8], type = 0, offset = 0 }) =>
    bytes(ggufText(name), u32(shape.length), ...shape.map((size) => u64(size)), u32(type), u64(offset)),
  );
  const values = keys.map(([name, type, value]) => bytes(ggufText(name), u32(type), value));
  const header = bytes('GGUF', u32(version), u64(tensorCount), u64(keys.length), ...values, ...described);
  return bytes(header, Buffer.alloc((32 - (header.byteLength % 32)) % 32), Buffer.alloc(data));
}
