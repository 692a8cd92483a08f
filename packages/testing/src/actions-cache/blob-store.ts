/**
 * Azure block blobs behind signed addresses, as GitHub's cache hands them out: Put Block, Put Block List, Put Blob, Get
 * Blob and Get Blob Properties, with the refusals that the REST API documents.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Answer } from '../hub/answer.ts';
import { applyRange } from '../hub/answer.ts';

export type Right = 'r' | 'cw';

interface StoredBlob {
  committed: Buffer | undefined;
  blocks: Map<string, Buffer>;
}

const KEY = 'fixture-blob-store';
const LIFETIME_MS = 10 * 60_000;
const MAX_BLOCKS = 50_000;

export class BlobStore {
  readonly #blobs = new Map<string, StoredBlob>();

  /** A shared access signature over the blob's name, what may be done, and until when. */
  sign(origin: string, name: string, right: Right): string {
    const url = new URL(`/fixture/actions-cache/${name}`, origin);
    const expiry = new Date(Date.now() + LIFETIME_MS).toISOString();
    const fields = { se: expiry, sp: right, sr: 'b', sv: '2025-07-05', sig: signature(name, right, expiry) };
    for (const [field, value] of Object.entries(fields)) url.searchParams.set(field, value);
    return url.href;
  }

  bytesOf(name: string): Buffer | undefined {
    return this.#blobs.get(name)?.committed;
  }

  /** What an attacker, or a broken disk, leaves. */
  replace(name: string, bytes: Buffer | undefined): void {
    if (bytes) this.#blobs.set(name, { committed: bytes, blocks: new Map() });
    else this.#blobs.delete(name);
  }

  answer(method: string, url: URL, headers: NodeJS.Dict<string | string[]>, body: Buffer): Answer {
    const name = url.pathname.split('/').slice(3).join('/');
    const right: Right = method === 'PUT' ? 'cw' : 'r';
    if (!isSigned(url.searchParams, name, right)) {
      return refuse(403, 'AuthenticationFailed', 'Server failed to authenticate the request.');
    }
    if (headers['authorization'] !== undefined)
      return refuse(400, 'InvalidAuthenticationInfo', 'A signed address takes no Authorization header.');
    if (method === 'PUT') return this.#put(name, url.searchParams, headers, body);
    const blob = this.#blobs.get(name)?.committed;
    if (!blob) return refuse(404, 'BlobNotFound', 'The specified blob does not exist.');
    const answer = {
      status: 200,
      headers: { ETag: '"0x8D"', 'x-ms-blob-type': 'BlockBlob', 'Content-Type': 'application/octet-stream' },
      body: blob,
    };
    if (method === 'HEAD') return answer;
    const range = headers['x-ms-range'] ?? headers['range'];
    return applyRange(answer, Array.isArray(range) ? range[0] : range);
  }

  #put(name: string, query: URLSearchParams, headers: NodeJS.Dict<string | string[]>, body: Buffer): Answer {
    if (headers['content-length'] === undefined)
      return refuse(411, 'MissingContentLengthHeader', 'Content-Length header was not specified.');
    const blob = this.#blobs.get(name) ?? { committed: undefined, blocks: new Map<string, Buffer>() };
    this.#blobs.set(name, blob);
    const comp = query.get('comp');
    if (comp === 'block') return putBlock(blob, query.get('blockid') ?? '', body);
    if (comp === 'blocklist') return putBlockList(blob, body.toString());
    if (comp !== null) return refuse(400, 'InvalidQueryParameterValue', `comp=${comp}`);
    if (headers['x-ms-blob-type'] !== 'BlockBlob')
      return refuse(400, 'MissingRequiredHeader', 'x-ms-blob-type');
    blob.committed = body;
    return created();
  }
}

function putBlock(blob: StoredBlob, id: string, body: Buffer): Answer {
  const raw = Buffer.from(id, 'base64');
  if (id === '' || raw.toString('base64') !== id || raw.byteLength > 64)
    return refuse(400, 'InvalidQueryParameterValue', 'blockid');
  // All block ids of a blob have one length.
  const [first] = blob.blocks.keys();
  if (first !== undefined && first.length !== id.length)
    return refuse(400, 'InvalidBlobOrBlock', 'The specified blob or block content is invalid.');
  if (body.byteLength === 0) return refuse(400, 'InvalidHeaderValue', 'Content-Length');
  if (blob.blocks.size >= MAX_BLOCKS) return refuse(409, 'BlockCountExceedsLimit', 'too many blocks');
  blob.blocks.set(id, body);
  return created();
}

function putBlockList(blob: StoredBlob, xml: string): Answer {
  const ids = [...xml.matchAll(/<(Latest|Uncommitted|Committed)>([^<]*)<\/\1>/g)].map(([, , id = '']) => id);
  const blocks = ids.map((id) => blob.blocks.get(id));
  if (!xml.includes('<BlockList>') || blocks.some((block) => block === undefined))
    return refuse(400, 'InvalidBlockList', 'The specified block list is invalid.');
  blob.committed = Buffer.concat(blocks.filter((block) => block !== undefined));
  blob.blocks.clear();
  return created();
}

function created(): Answer {
  return { status: 201, headers: { ETag: '"0x8D"', 'x-ms-request-server-encrypted': 'true' } };
}

function refuse(status: number, code: string, message: string): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/xml', 'x-ms-error-code': code },
    body: Buffer.from(
      `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    ),
  };
}

function signature(name: string, right: string, expiry: string): string {
  return createHmac('sha256', KEY).update(`${right}\n${expiry}\n${name}`).digest('base64');
}

function isSigned(query: URLSearchParams, name: string, right: Right): boolean {
  const [permission, expiry] = [query.get('sp') ?? '', query.get('se') ?? ''];
  const given = Buffer.from(query.get('sig') ?? '');
  const expected = Buffer.from(signature(name, permission, expiry));
  const valid = given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
  return valid && permission === right && Date.parse(expiry) > Date.now();
}
