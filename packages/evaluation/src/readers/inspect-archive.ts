/** The members of an Inspect `.eval`: a zip of stored, deflated or (inspect_ai 0.3.206 and later) zstd members. */
import { inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { memorySource } from '@sluice/weights/byte-stream';
import { readZip, type ZipEntry } from '@sluice/weights/zip-archive';
import { isObject } from '../model.ts';
import { listOf, type Fields } from './fields.ts';
import { parseTolerant } from './tolerant-json.ts';

/** What one member may unpack to; a log's summaries are a few hundred bytes a sample. */
const MAX_MEMBER = 256 * 1024 * 1024;

/** @throws Error where it isn't whole, isn't Inspect's, or unpacks to more than a log can be */
export async function openInspectArchive(bytes: Buffer): Promise<{ header: Fields; samples: Fields[] }> {
  const { entries, problems } = await readZip(memorySource(bytes)).catch((error: unknown) => {
    throw new Error(`is a zip that isn't whole (${error instanceof Error ? error.message : String(error)})`);
  });
  if (problems.length > 0) throw new Error(`is no honest zip: it ${problems[0] ?? ''}`);
  const header = entries.find(({ name }) => name === 'header.json');
  if (header === undefined) {
    throw new Error(
      entries.some(({ name }) => name.startsWith('_journal/'))
        ? 'has no header.json: the run is still going or was broken off; wait for it, or `inspect log recover` it'
        : 'is a zip without header.json, so no log of Inspect',
    );
  }
  const summaries = entries.find(({ name }) => name === 'summaries.json');
  const data = parseTolerant(unpack(bytes, header));
  if (!isObject(data)) throw new Error('header.json holds no object');
  return {
    header: data,
    samples: summaries === undefined ? [] : listOf(parseTolerant(unpack(bytes, summaries))),
  };
}

function unpack(bytes: Buffer, { name, method, start, packed, size }: ZipEntry): string {
  if (size > MAX_MEMBER)
    throw new Error(`${name} says it unpacks to ${size} bytes; no more than ${MAX_MEMBER} are read`);
  const data = bytes.subarray(start, start + packed);
  // What the directory says may be a lie: the limit holds while it unpacks, too.
  const limit = { maxOutputLength: Math.max(size, 1) };
  try {
    if (method === 0) return data.toString('utf8');
    if (method === 8) return inflateRawSync(data, limit).toString('utf8');
    if (method === 93) return zstdDecompressSync(data, limit).toString('utf8');
  } catch (error) {
    throw new Error(
      `${name} can't be unpacked to the ${size} bytes it says (${error instanceof Error ? error.message : String(error)})`,
      { cause: error },
    );
  }
  throw new Error(`${name} is packed by method ${method}; stored, deflate and zstd are read`);
}
