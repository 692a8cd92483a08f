/** From a list of files and a way to read their first bytes to tensors and shape: nothing else is fetched. */
import type { RandomSource } from '@sluice/weights/byte-stream';
import { ByteReader, MalformedError } from '@sluice/weights/byte-reader';
import { checkGguf } from '@sluice/weights/gguf';
import { checkSafetensors } from '@sluice/weights/safetensors';
import type { AttentionShape } from './attention-shape.ts';
import { UnreckonedError } from './attention-shape.ts';
import type { Candidate, ListedFile } from './candidates.ts';
import { readConfigShape } from './config-shape.ts';
import { isShapeKey, readGgufShape } from './gguf-shape.ts';
import type { TensorInfo } from './weights-size.ts';

/** `length` bytes of a file from `start` on; fewer only at its end. */
export type ReadPart = (path: string, start: number, length: number) => Promise<Buffer>;

export interface Headers {
  tensors: TensorInfo[];
  shape: AttentionShape;
}

/** Headers that are read at once: large models have hundreds of shards. */
const AT_ONCE = 8;
/** Most headers of a shard end before this; of a longer one the rest comes in one more request. */
const MOST_HEADERS_BYTES = 64 * 1024;
/** A config larger than this is none. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** @param files all that is selected, among them config.json */
export async function readHeaders(
  candidate: Candidate,
  files: readonly ListedFile[],
  read: ReadPart,
): Promise<Headers> {
  if (candidate.format === 'gguf') return readGgufHeaders(candidate, read);
  const tensors = await readTensors(candidate, read);
  const config = await readJson('config.json', files, read);
  if (config === undefined) {
    throw new UnreckonedError(
      `${candidate.name}: no config.json is selected, which says how large the KV cache is`,
    );
  }
  return { tensors, shape: readConfigShape(config) };
}

/** The tensors of safetensors files. Of a pickled checkpoint the file's size stands for them: it stores them as they are. */
export async function readTensors({ format, files }: Candidate, read: ReadPart): Promise<TensorInfo[]> {
  if (format === 'torch')
    return files.map(({ path, bytes }) => ({ name: path, dtype: 'pickled', shape: [1, 1], bytes }));
  const tensors: TensorInfo[] = [];
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const some = files
      .slice(at, at + AT_ONCE)
      .map((file) => ofHeader(file, () => checkSafetensors(readerOf(file, read, MOST_HEADERS_BYTES))));
    tensors.push(...(await Promise.all(some)).flat());
  }
  return tensors;
}

/** The first shard describes the model; each has its own tensors. */
async function readGgufHeaders({ files }: Candidate, read: ReadPart): Promise<Headers> {
  const tensors: TensorInfo[] = [];
  const values = new Map<string, unknown>();
  for (const file of files) {
    const header = await ofHeader(file, () => checkGguf(readerOf(file, read), isShapeKey));
    tensors.push(...header.tensorList);
    for (const [key, value] of header.values) if (!values.has(key)) values.set(key, value);
  }
  return { tensors, shape: readGgufShape(values) };
}

/** A JSON file's value; undefined when it isn't among `files`. */
export async function readJson(path: string, files: readonly ListedFile[], read: ReadPart): Promise<unknown> {
  const file = files.find((one) => one.path === path);
  if (!file) return undefined;
  if (file.bytes > MAX_CONFIG_BYTES)
    throw new UnreckonedError(`${path} has ${file.bytes} bytes, too many for a config`);
  const text = (await read(path, 0, file.bytes)).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UnreckonedError(`${path} is not JSON`);
  }
}

async function ofHeader<T>({ path }: ListedFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MalformedError)
      throw new UnreckonedError(`${path} has no valid header: ${error.message}`);
    throw error;
  }
}

function readerOf({ path, bytes }: ListedFile, read: ReadPart, ahead?: number): ByteReader {
  const source: RandomSource = {
    size: bytes,
    read: (position, length) => read(path, position, Math.min(length, bytes - position)),
  };
  return new ByteReader(source, ahead);
}
