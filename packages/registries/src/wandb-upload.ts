/**
 * Files to where W&B's signed addresses point, as its official client sends them (wandb 0.31, core/pkg/artifacts: saver.go,
 * multipart.go): at once, or in parts from 2 GiB on. Streamed; memory doesn't grow with them.
 */
import { createReadStream } from 'node:fs';
import { shownUrl } from '@sluice/http/client';
import { InfraError } from '@sluice/runtime/errors';
import { arrayOf, fieldsOf, textOf, type Fields } from '@sluice/sources/json-fields';
import { fetchRemote, type RequestContext } from '@sluice/sources/remote-http';
import { hashJudged, type JudgedFile } from './judged-file.ts';

/** `S3MinMultiUploadSize`, `S3DefaultChunkSize` and `S3MaxParts` of the client. */
const PARTS_FROM_BYTES = 2 * 1024 ** 3;
const PART_BYTES = 100 * 1024 ** 2;
const MOST_PARTS = 10_000;
const BLOCK = 4096;

export interface PartSizes {
  /** Files from this size on go in parts. */
  fromBytes: number;
  partBytes: number;
}

export interface WandbFile {
  /** In the manifest. */
  path: string;
  /** On this machine. */
  absolute: string;
  bytes: number;
  /** Base64. */
  md5: string;
  partBytes: number;
  /** Hex, one a part; undefined where it goes at once. */
  parts: string[] | undefined;
}

export const CLIENT_SIZES: PartSizes = { fromBytes: PARTS_FROM_BYTES, partBytes: PART_BYTES };

/** W&B names files, and their parts, by md5. */
export async function hashForWandb(file: JudgedFile, sizes: PartSizes): Promise<WandbFile> {
  const { bytes } = file;
  const inParts = bytes >= sizes.fromBytes;
  const needed = Math.ceil(bytes / MOST_PARTS / BLOCK) * BLOCK;
  const partBytes = inParts ? Math.max(sizes.partBytes, needed) : Infinity;
  const { md5, parts } = await hashJudged(file, partBytes);
  const base64 = Buffer.from(md5, 'hex').toString('base64');
  return { ...file, md5: base64, partBytes, parts: inParts ? parts : undefined };
}

/**
 * @param node what `createArtifactFiles` said of it
 * @returns what ends an upload in parts; undefined where there is nothing to end
 */
export async function sendFile(
  file: WandbFile,
  node: Fields,
  place: { origin: string; context: RequestContext },
): Promise<Fields | undefined> {
  // Without an address the server has these bytes already.
  if (typeof node['uploadUrl'] !== 'string') return undefined;
  const headers = headersOf(node['uploadHeaders'], file.path);
  const urls = node['uploadMultipartUrls'];
  if (file.parts === undefined || urls === null || urls === undefined) {
    await putBytes(node['uploadUrl'], file, { start: 0, end: file.bytes - 1 }, headers, place);
    return undefined;
  }
  const { uploadID, uploadUrlParts } = fieldsOf(urls, file.path);
  const listed = arrayOf(uploadUrlParts, file.path).map((part) => fieldsOf(part, file.path));
  if (listed.length !== file.parts.length)
    throw new InfraError(`${file.path}: W&B names ${listed.length} parts of ${file.parts.length}`);
  const completedParts: Fields[] = [];
  for (const [index, part] of listed.entries()) {
    const start = index * file.partBytes;
    const range = { start, end: Math.min(start + file.partBytes, file.bytes) - 1 };
    const own = {
      'content-md5': Buffer.from(file.parts[index] ?? '', 'hex').toString('base64'),
      'content-type': headers['content-type'] ?? '',
    };
    const url = textOf(part['uploadUrl'], file.path, 'uploadUrl');
    const etag = await putBytes(url, file, range, own, place);
    if (etag === undefined)
      throw new InfraError(`${file.path}: the store names no ETag of part ${index + 1}`);
    completedParts.push({ partNumber: index + 1, hexMD5: etag });
  }
  const storagePath = textOf(node['storagePath'], file.path, 'storagePath');
  return { completeMultipartAction: 'Complete', completedParts, storagePath, uploadID };
}

/** @param text a small document */
export async function sendText(
  text: string,
  node: Fields,
  place: { origin: string; context: RequestContext },
): Promise<void> {
  const url = checked(textOf(node['uploadUrl'], 'the manifest', 'uploadUrl'), place.origin);
  const headers = headersOf(node['uploadHeaders'], 'the manifest');
  const response = await fetchRemote({ url, method: 'PUT', headers, body: text }, place.context);
  response.body.resume();
  if (response.status >= 300) throw refused('the manifest', url, response.status);
}

async function putBytes(
  given: string,
  { path, absolute, bytes }: WandbFile,
  range: { start: number; end: number },
  headers: Record<string, string>,
  { origin, context }: { origin: string; context: RequestContext },
): Promise<string | undefined> {
  const url = checked(given, origin);
  const body =
    bytes === 0 ? '' : { bytes: range.end - range.start + 1, open: () => createReadStream(absolute, range) };
  const response = await fetchRemote({ url, method: 'PUT', headers, body }, context);
  response.body.resume();
  if (response.status >= 300) throw refused(path, url, response.status);
  return response.headers['etag'];
}

/** `Name:value`, one a text. */
function headersOf(value: unknown, what: string): Record<string, string> {
  return Object.fromEntries(
    arrayOf(value ?? [], what).map((line) => {
      const [, name = '', own = ''] = /^([\w-]+):(.*)$/su.exec(String(line)) ?? [];
      if (name === '') throw new InfraError(`${what}: W&B asks for a header that is none`);
      return [name.toLowerCase(), own.trim()];
    }),
  );
}

/** A signed address lets anybody write, and weights are not for the whole way to see. */
function checked(url: string, origin: string): string {
  if (origin.startsWith('https:') && !url.startsWith('https:'))
    throw new InfraError(`W&B names ${shownUrl(url)} for an upload, away from https; refused`);
  return url;
}

function refused(what: string, url: string, status: number): InfraError {
  return new InfraError(`${what}: ${shownUrl(url)} answered ${status} to the upload`);
}
