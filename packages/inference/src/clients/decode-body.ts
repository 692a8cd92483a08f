/** A body as it was before the server or a proxy on the way compressed it, although nobody asked for that. */
import type { IncomingHttpHeaders } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';

/** An answer of Node's own client, or one that came another way. */
export interface AnswerBody extends Readable {
  statusCode?: number | undefined;
  headers: IncomingHttpHeaders;
}

/** Flushed at every block, so that a compressed stream still comes chunk by chunk. */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  'x-gzip': () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  deflate: () => zlib.createInflate({ flush: zlib.constants.Z_SYNC_FLUSH }),
  br: () => zlib.createBrotliDecompress(),
  zstd: () => zlib.createZstdDecompress(),
};

/** Throws on an encoding that isn't known; a body that is cut off fails its reader. */
export function decodeBody(response: AnswerBody): AsyncIterable<Buffer> {
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return response;
  const decoder = DECODERS[encoding]?.();
  if (decoder === undefined)
    throw new Error(`the server sent the content encoding '${encoding.slice(0, 40)}', which isn't known`);
  // What goes wrong on either side destroys both; the reader of the decoder is told.
  pipeline(response, decoder, () => undefined);
  return decoder;
}
