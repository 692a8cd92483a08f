/** What one file, or one entry of an archive, is and holds: told by its content, however deep it lies. */
import type { Transform } from 'node:stream';
import { createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';
import { ALLOWED_GLOBALS, TORCHSCRIPT } from './allowed-globals.ts';
import { ByteReader, MalformedError } from './byte-reader.ts';
import type { Budget, ByteStream, RandomSource } from './byte-stream.ts';
import { memorySource, partOf, readAll, streamOf, unpack } from './byte-stream.ts';
import type { FileFormat } from './file-format.ts';
import { detectFormat, isZlib } from './file-format.ts';
import { ForwardReader, WINDOW_BYTES } from './forward-reader.ts';
import { checkGguf } from './gguf.ts';
import { readNpyHeader } from './numpy-file.ts';
import { readOnnx } from './onnx.ts';
import type { ExternalData } from './onnx-tensor.ts';
import type { Persistent } from './pickle-findings.ts';
import type { PickleReport } from './pickle-scan.ts';
import { scanPickles, scanTarPart } from './pickle-scan.ts';
import { probePickle } from './pickle-stream.ts';
import { checkSafetensors } from './safetensors.ts';
import { readTar } from './tar-archive.ts';
import { tensorrtVersion } from './tensorrt.ts';
import { reachesInternals, TEMPLATE_PROBLEM } from './templates.ts';
import type { ZipEntry } from './zip-archive.ts';
import { endsAsZip, quote, readZip } from './zip-archive.ts';

export interface Content {
  name: string;
  /** Null where it is unpacked on the way. */
  source: RandomSource | null;
  open(): ByteStream;
  /** Raw tensor data of an archive: it need not be any format. */
  raw?: boolean;
}

export interface Problem {
  /** What `allow-formats` would have to name; null where nothing lets it in. */
  format: FileFormat | null;
  text: string;
  /** Globals that `allow-globals` would have to name, where that is all that's wrong. */
  globals: string[];
}

export interface Look {
  allowGlobals: ReadonlySet<string>;
  budget: Budget;
  problems: Problem[];
  notices: string[];
  /** Data of an ONNX model that lies in other files. */
  external: ExternalData[];
  /** Names of the archives around, outermost first. */
  trail: readonly string[];
  persistent: Persistent;
  torchscript: boolean;
}

const MAX_DEPTH = 5;
/** What lies packed in something else is unpacked into memory up to this, if it needs to be read in any order. */
const MAX_UNPACKED = 64 * 1024 * 1024;

export async function inspectContent(content: Content, look: Look): Promise<FileFormat> {
  const head = await readHead(content).catch((error: unknown) => {
    // Behind gzip and its like there is one content: the error is the outer file's.
    if (!(error instanceof MalformedError) || look.trail.at(-1) === '') throw error;
    tell(look, content, 'compressed', `can not be unpacked: ${error.message}`);
    return null;
  });
  if (head === null) return 'unknown';
  if (head.byteLength === 0) return 'text';
  const size = content.source?.size ?? (head.byteLength < WINDOW_BYTES ? head.byteLength : 2 ** 52);
  const seen = detectFormat(content.name, head, size);
  // Of raw numbers some begin as packed data does, by chance: two bytes are soon the same.
  const format = content.raw === true && (seen === 'gzip' || seen === 'compressed') ? 'unknown' : seen;
  try {
    return await inspectFormat(format, content, head, look);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    const checked = format === 'safetensors' || format === 'gguf' || format === 'onnx';
    tell(look, content, checked ? null : format, `is malformed ${nameOf(format)}: ${error.message}`);
    return format;
  }
}

async function readHead(content: Content): Promise<Buffer> {
  return withStream(content, async (stream) => {
    const reader = new ForwardReader(stream);
    await reader.refill();
    return Buffer.from(reader.peek(WINDOW_BYTES));
  });
}

async function inspectFormat(
  format: FileFormat,
  content: Content,
  head: Buffer,
  look: Look,
): Promise<FileFormat> {
  if (format === 'pickle') {
    // Raw tensor data may start as a pickle does, by chance; then it's one only if it does something.
    if (content.raw !== true) {
      await withStream(content, async (stream) =>
        tellPickle(look, content, await scanPickles(stream, rules(look))),
      );
      return format;
    }
  } else if (format === 'zip' || format === 'tar' || format === 'gzip' || format === 'compressed') {
    if (await actsAsPickle(format, content, look)) return 'pickle';
    return inspectPacked(format, content, head, look);
  }
  if (format === 'numpy') await inspectNumpy(content, head, look);
  if (format === 'safetensors') await checkSafetensors(new ByteReader(await inAnyOrder(content, look)));
  if (format === 'gguf') {
    const { chatTemplates } = await checkGguf(new ByteReader(await inAnyOrder(content, look)));
    if (chatTemplates.some(reachesInternals)) tell(look, content, null, TEMPLATE_PROBLEM);
  }
  if (format === 'onnx') await inspectOnnx(content, look);
  if (format === 'tensorrt') inspectTensorrt(content, head, look);
  if (format === 'hdf5') {
    tell(look, content, format, 'is an HDF5 file (Keras models are), which may hold code');
  }
  if (await actsAsPickle(format, content, look)) return 'pickle';
  if (content.source !== null && (await endsAsZip(content.source))) {
    tell(look, content, 'zip', 'ends as a zip archive, so some loaders see another file than others');
  }
  if (format === 'unknown' && content.raw !== true) {
    tell(look, content, format, 'has a content that is not recognised');
  }
  return format;
}

/** Bytes of another format, or of none: whether an unpickler would do something with them, which is told. */
async function actsAsPickle(format: FileFormat, content: Content, look: Look): Promise<boolean> {
  const probe = await withStream(content, (stream) => probePickle(new ForwardReader(stream), rules(look)));
  if (probe.acts.length > 0) {
    tellPickle(look, content, { findings: probe.acts, broken: null });
    return true;
  }
  if (format !== 'unknown' || content.raw === true || !probe.ended) return false;
  // Protocol 1, which has no mark of its own.
  tellPickle(look, content, await withStream(content, (stream) => scanPickles(stream, rules(look))));
  return true;
}

async function inspectNumpy(content: Content, head: Buffer, look: Look): Promise<void> {
  const { start, objects, bytes } = readNpyHeader(head);
  if (objects) {
    await withStream(content, async (stream) => {
      await stream.skip(start);
      tellPickle(look, content, await scanPickles(stream, rules(look)));
    });
  } else if (content.source !== null && bytes !== null && bytes !== content.source.size - start) {
    throw new MalformedError(
      `its array takes ${bytes} bytes, ${content.source.size - start} follow the header`,
    );
  }
}

async function inspectOnnx(content: Content, look: Look): Promise<void> {
  const { customDomains, external } = await withStream(content, (stream) =>
    readOnnx(new ForwardReader(stream)),
  );
  if (customDomains.length > 0) {
    const some = customDomains.slice(0, 5).map(quote).join(', ');
    look.notices.push(`uses operators of ${some}, which libraries of their own bring`);
  }
  if (external.length === 0) return;
  if (look.trail.length === 0) look.external.push(...external);
  else tell(look, content, null, 'is an ONNX model in an archive that names data outside of itself');
}

function inspectTensorrt(content: Content, head: Buffer, look: Look): void {
  const version = tensorrtVersion(head);
  const by = version === null ? '' : ` of TensorRT ${version}`;
  tell(look, content, 'tensorrt', `is an engine${by}: code for one kind of GPU that can not be looked into`);
}

async function inspectPacked(
  format: 'zip' | 'tar' | 'gzip' | 'compressed',
  content: Content,
  head: Buffer,
  look: Look,
): Promise<FileFormat> {
  if (look.trail.length >= MAX_DEPTH) throw new MalformedError('it is packed into itself too deep');
  if (format === 'zip') return inspectZip(content, look);
  if (format === 'tar') return inspectTar(content, look);
  const decoder = decoderOf(format, head);
  if (decoder === null) {
    tell(look, content, format, 'is packed in a way that can not be looked into');
    return format;
  }
  const inner: Content = {
    name: content.name.replace(/\.(gz|z|zst)$/i, ''),
    source: null,
    open: () => unpack(content.open(), decoder(), look.budget),
  };
  await inspectContent(inner, { ...look, trail: [...look.trail, ''] });
  return format;
}

function decoderOf(format: 'gzip' | 'compressed', head: Buffer): (() => Transform) | null {
  if (format === 'gzip') return () => createGunzip();
  if (isZlib(head)) return () => createInflate();
  if (head.readUInt32LE() === 0xfd2fb528) return () => createZstdDecompress();
  return null;
}

async function inspectZip(content: Content, look: Look): Promise<FileFormat> {
  const source = await inAnyOrder(content, look);
  const { entries, problems } = await readZip(source);
  for (const problem of problems) tell(look, content, 'zip', problem);
  const names = entries.map(({ name }) => name);
  const root = names.find((name) => /(^|\/)data\.pkl$/.test(name))?.replace(/data\.pkl$/, '');
  const isScript = root !== undefined && names.some((name) => name.startsWith(`${root}code/`));
  const inside: Look = {
    ...look,
    trail: [...look.trail, content.name],
    persistent: root === undefined ? 'none' : 'storages',
    torchscript: isScript,
  };
  const format = isScript ? 'torchscript' : 'zip';
  if (isScript) tell(look, content, format, 'holds TorchScript code, which runs when the model does');
  for (const entry of entries) {
    if (entry.name.endsWith('/') && entry.size === 0) continue;
    const file = zipContent(source, entry, root, look.budget);
    if (entry.method === 0 || entry.method === 8) await inspectContent(file, inside);
    else tell(inside, file, 'zip', 'is packed in a way that can not be looked into');
  }
  return format;
}

function zipContent(
  source: RandomSource,
  entry: ZipEntry,
  root: string | undefined,
  budget: Budget,
): Content {
  const { name, method } = entry;
  const part = partOf(source, entry.start, entry.packed);
  const raw = root !== undefined && /^(data|constants|tensors)\//.test(name.slice(root.length));
  if (method === 0) return { name, raw, source: part, open: () => streamOf(part) };
  return { name, raw, source: null, open: () => unpack(streamOf(part), createInflateRaw(), budget) };
}

async function inspectTar(content: Content, look: Look): Promise<FileFormat> {
  const source = await inAnyOrder(content, look);
  const { entries, problems } = await readTar(source);
  for (const problem of problems) tell(look, content, 'tar', problem);
  const names = entries.map(({ name }) => name.replace(/^\.\//, ''));
  const isTorch = names.includes('pickle') && names.includes('storages');
  const inside: Look = {
    ...look,
    trail: [...look.trail, content.name],
    persistent: isTorch ? 'keys' : 'none',
  };
  for (const [index, { name, start, size }] of entries.entries()) {
    const part = partOf(source, start, size);
    const entry: Content = { name, source: part, open: () => streamOf(part) };
    const plain = names[index];
    if (isTorch && (plain === 'storages' || plain === 'tensors')) {
      tellPickle(inside, entry, await scanTarPart(streamOf(part), plain, rules(inside)));
    } else await inspectContent(entry, inside);
  }
  return 'tar';
}

/** A content's bytes in any order; what is packed is unpacked for it, up to a limit. */
async function inAnyOrder(content: Content, look: Look): Promise<RandomSource> {
  if (content.source !== null) return content.source;
  const bytes = await withStream(content, (stream) =>
    readAll(stream, Math.min(MAX_UNPACKED, Math.max(0, look.budget.left))),
  );
  if (bytes === null) throw new MalformedError('it is packed and too large to be looked into');
  return memorySource(bytes);
}

async function withStream<T>(content: Content, use: (stream: ByteStream) => Promise<T>): Promise<T> {
  const stream = content.open();
  try {
    return await use(stream);
  } finally {
    stream.close();
  }
}

function rules(look: Look): { isAllowed(name: string): boolean; persistent: Persistent } {
  return {
    persistent: look.persistent,
    isAllowed: (name) =>
      ALLOWED_GLOBALS.has(name) ||
      look.allowGlobals.has(name) ||
      (look.torchscript && (name.startsWith('__torch__.') || TORCHSCRIPT.has(name))),
  };
}

function tellPickle(look: Look, content: Content, { findings, broken }: PickleReport): void {
  if (findings.length === 0 && broken === null) return;
  // A call says more than the import that it needs.
  const called = new Set(findings.filter(({ kind }) => kind === 'call').map(({ name }) => name));
  const told = findings.filter(({ kind, name }) => kind !== 'import' || !called.has(name));
  const what = told.slice(0, 4).map((finding) => finding.what);
  if (told.length > 4) what.push(`and ${told.length - 4} things more`);
  if (broken !== null) what.push(`can not be followed to its end (${broken})`);
  const onlyNames =
    broken === null && findings.every(({ kind, name }) => kind !== 'structure' && name !== '?');
  const globals = onlyNames ? [...new Set(findings.flatMap(({ name }) => name ?? []))] : [];
  tell(look, content, 'pickle', `is a pickle that ${what.join(', ')}`, globals);
}

function tell(
  look: Look,
  content: Content,
  format: FileFormat | null,
  text: string,
  globals: string[] = [],
): void {
  const depth = look.trail.filter((name) => name !== '').length;
  look.problems.push({
    format,
    globals,
    text: depth === 0 ? text : `holds ${quote(content.name)}, which ${text}`,
  });
}

function nameOf(format: FileFormat): string {
  const names: Partial<Record<FileFormat, string>> = { gguf: 'GGUF', numpy: 'NumPy', onnx: 'ONNX' };
  return names[format] ?? format;
}
