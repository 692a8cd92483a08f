/**
 * A Xet store for tests, as far as reading goes: files in chunks, chunks in xorbs, reconstructions that say which bytes
 * of which xorb make a range of a file. Formats and answers follow the Xet protocol's documents (chunk header, the
 * compression schemes, `/v2/reconstructions/{hash}`, addresses signed for their byte ranges).
 */
import { createHash, createHmac } from 'node:crypto';
import type { Answer } from './answer.ts';
import { json } from './answer.ts';
import { groupBytes, lz4Frame } from './xet-compression.ts';

const CHUNK_BYTES = 60_000;
const CHUNKS_IN_XORB = 7;
const KEY = 'fixture-xet';

interface Chunk {
  bytes: number;
  /** Where it begins in the file. */
  start: number;
  /** In its xorb, header included, end-exclusive. */
  packed: { start: number; end: number };
}

interface Xorb {
  hash: string;
  data: Buffer;
  chunks: Chunk[];
}

export class XetStore {
  readonly #files = new Map<string, Xorb[]>();
  readonly #xorbs = new Map<string, Buffer>();
  readonly token = `xet_${createHash('sha256').update(KEY).digest('hex').slice(0, 16)}`;

  /** Takes a file in; returns its hash (any 64 hex digits serve, readers look none up). */
  add(bytes: Buffer): string {
    const hash = createHash('sha256').update('xet file').update(bytes).digest('hex');
    if (this.#files.has(hash)) return hash;
    const xorbs: Xorb[] = [];
    for (let start = 0, index = 0; start < bytes.byteLength; start += CHUNK_BYTES, index += 1) {
      if (index % CHUNKS_IN_XORB === 0) xorbs.push({ hash: '', data: Buffer.alloc(0), chunks: [] });
      const xorb = xorbs.at(-1);
      if (!xorb) break;
      const raw = bytes.subarray(start, start + CHUNK_BYTES);
      const packed = packChunk(raw, index % 3);
      const from = xorb.data.byteLength;
      xorb.data = Buffer.concat([xorb.data, packed]);
      xorb.chunks.push({
        bytes: raw.byteLength,
        start,
        packed: { start: from, end: from + packed.byteLength },
      });
    }
    for (const xorb of xorbs) {
      xorb.hash = createHash('sha256').update(xorb.data).digest('hex');
      this.#xorbs.set(xorb.hash, xorb.data);
    }
    this.#files.set(hash, xorbs);
    return hash;
  }

  /** The hash of the xorb that holds a file's end. */
  lastXorb(hash: string): string {
    return this.#files.get(hash)?.at(-1)?.hash ?? '';
  }

  /** Turns one byte of a file's packed data over. */
  corrupt(hash: string, at: number): void {
    const xorb = this.#files.get(hash)?.[0];
    if (xorb) xorb.data[at] = (xorb.data[at] ?? 0) ^ 0xff;
    if (xorb) this.#xorbs.set(xorb.hash, xorb.data);
  }

  answer(url: URL, headers: NodeJS.Dict<string | string[]>): Answer {
    const [, first, second, third = ''] = url.pathname.split('/');
    const range = typeof headers['range'] === 'string' ? headers['range'] : '';
    if (first === 'v2' && second === 'reconstructions') {
      if (headers['authorization'] !== `Bearer ${this.token}`) return json({ error: 'unauthorized' }, 401);
      return this.#reconstruct(third, range, url.origin);
    }
    if (first === 'xorbs' && second !== undefined)
      return this.#xorb(second, url.searchParams, range, headers);
    return json({ error: 'not found' }, 404);
  }

  #reconstruct(hash: string, range: string, origin: string): Answer {
    const xorbs = this.#files.get(hash);
    if (!xorbs) return json({ error: 'no such file' }, 404);
    const all = xorbs.flatMap(({ chunks }) => chunks);
    const size = all.reduce((sum, { bytes }) => sum + bytes, 0);
    const asked = /^bytes=(\d+)-(\d+)$/.exec(range);
    const start = Number(asked?.[1] ?? 0);
    const end = Math.min(Number(asked?.[2] ?? size - 1), size - 1);
    if (start > end) return json({ error: 'range not satisfiable' }, 416);
    const inside = (chunk: Chunk): boolean => chunk.start <= end && chunk.start + chunk.bytes > start;
    const terms: unknown[] = [];
    const fetches: Record<string, unknown[]> = {};
    for (const xorb of xorbs) {
      const from = xorb.chunks.findIndex(inside);
      const to = xorb.chunks.findLastIndex(inside) + 1;
      const covered = xorb.chunks.slice(from, to);
      if (from < 0 || covered.length === 0) continue;
      terms.push({
        hash: xorb.hash,
        unpacked_length: covered.reduce((sum, { bytes }) => sum + bytes, 0),
        range: { start: from, end: to },
      });
      const bytes = { start: covered[0]?.packed.start ?? 0, end: (covered.at(-1)?.packed.end ?? 1) - 1 };
      const signed = `${bytes.start}-${bytes.end}`;
      const url = new URL(`/xorbs/${xorb.hash}`, origin);
      url.searchParams.set('X-Xet-Signed-Range', `bytes=${signed}`);
      url.searchParams.set('Signature', sign(xorb.hash, signed));
      fetches[xorb.hash] = [{ url: url.href, ranges: [{ chunks: { start: from, end: to }, bytes }] }];
    }
    const first = all.find(inside);
    return json({ offset_into_first_range: start - (first?.start ?? 0), terms, xorbs: fetches });
  }

  /** A signed address gives the bytes that it was signed for, and no others. */
  #xorb(
    hash: string,
    query: URLSearchParams,
    range: string,
    headers: NodeJS.Dict<string | string[]>,
  ): Answer {
    const data = this.#xorbs.get(hash);
    const signed = (query.get('X-Xet-Signed-Range') ?? '').replace('bytes=', '');
    const genuine = query.get('Signature') === sign(hash, signed);
    if (!data || !genuine || range !== `bytes=${signed}`) return json({ error: 'AccessDenied' }, 403);
    if (headers['authorization'] !== undefined)
      return json({ error: 'a signed address takes no token' }, 400);
    return { status: 200, headers: { 'Content-Type': 'application/octet-stream' }, body: data, ranged: true };
  }
}

/** Version 0, packed length (3 bytes), scheme, plain length (3 bytes), bytes. */
function packChunk(raw: Buffer, scheme: number): Buffer {
  const body = scheme === 0 ? raw : lz4Frame(scheme === 1 ? raw : groupBytes(raw));
  const header = Buffer.alloc(8);
  header.writeUIntLE(body.byteLength, 1, 3);
  header.writeUInt8(scheme, 4);
  header.writeUIntLE(raw.byteLength, 5, 3);
  return Buffer.concat([header, body]);
}

function sign(hash: string, range: string): string {
  return createHmac('sha256', KEY).update(`${hash} ${range}`).digest('hex');
}
