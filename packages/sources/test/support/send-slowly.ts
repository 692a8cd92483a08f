/** Bodies that take their time, and count what was sent. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { sendBytes } from './serve.ts';

export interface Sent {
  /** Bytes of bodies that were handed to the net. */
  bytes: number;
  /** Most bodies on the way at once. */
  atOnce: number;
}

/** Wraps `send`: each body is given out in pieces, at `bytesPerSecond` each (0: as fast as it goes). */
export function sendSlowly(
  send: typeof sendBytes,
  bytesPerSecond: () => number,
): { send: typeof sendBytes; sent: Sent } {
  const sent: Sent = { bytes: 0, atOnce: 0 };
  let running = 0;
  const wrapped: typeof sendBytes = (request, response, ...rest) => {
    const end = response.end.bind(response) as (body?: unknown) => ServerResponse;
    response.end = ((body?: unknown) => {
      if (!Buffer.isBuffer(body)) return end(body);
      running += 1;
      sent.atOnce = Math.max(sent.atOnce, running);
      void giveOut(response, body, bytesPerSecond(), (bytes) => (sent.bytes += bytes)).finally(() => {
        running -= 1;
        end();
      });
      return response;
    }) as typeof response.end;
    send(request, response, ...rest);
  };
  return { send: wrapped, sent };
}

const PIECE = 256 * 1024;

async function giveOut(
  response: ServerResponse,
  body: Buffer,
  bytesPerSecond: number,
  onSent: (bytes: number) => void,
): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed; at += PIECE) {
    const part = body.subarray(at, at + PIECE);
    const flowing = response.write(part);
    onSent(part.length);
    if (!flowing) {
      const over = new AbortController();
      await Promise.race([
        once(response, 'drain', { signal: over.signal }),
        once(response, 'close', { signal: over.signal }),
      ]);
      over.abort();
    }
    if (bytesPerSecond > 0) await sleep((part.length / bytesPerSecond) * 1000);
  }
}
