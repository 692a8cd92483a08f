/** What a route answers, and how it goes on the wire: ranges, cut connections and all. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults.ts';
import { rateLimitHeaders } from './faults.ts';

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: Buffer;
  /** The body is a file: `Range` is honoured. */
  ranged?: boolean;
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** An error as the Hub says it: by header (clients decide on that) and as JSON. */
export function failure(
  status: number,
  code: string | null,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  const named = code === null ? {} : { 'X-Error-Code': code };
  return json({ error: message }, status, { ...named, 'X-Error-Message': message, ...headers });
}

/** The bytes of a `Range: bytes=a-b`, `a-` or `-n` header; undefined = whole file, null = not satisfiable. */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | null | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') return size === 0 ? null : { start: Math.max(0, size - Number(last)), end: size - 1 };
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start >= size || end < start ? null : { start, end };
}

/** Narrows a file answer to the asked range. An empty file keeps status 200: 416 breaks the JS client. */
export function applyRange(answer: Answer, header: string | undefined): Answer {
  const body = answer.body ?? Buffer.alloc(0);
  const headers = { ...answer.headers, 'Accept-Ranges': 'bytes' };
  const range = parseRange(header, body.byteLength);
  if (range === undefined) return { ...answer, headers };
  if (range === null) {
    const star = { ...headers, 'Content-Range': `bytes */${body.byteLength}` };
    return body.byteLength === 0 ? { ...answer, headers: star } : { status: 416, headers: star };
  }
  return {
    status: 206,
    headers: { ...headers, 'Content-Range': `bytes ${range.start}-${range.end}/${body.byteLength}` },
    body: body.subarray(range.start, range.end + 1),
  };
}

/** The answer that a fault gives instead of the route's own, or undefined when it only spoils the body. */
export function faultAnswer(fault: Fault): Answer | undefined {
  if (fault.kind === 'rate-limit') {
    return failure(429, null, 'We had to rate limit your IP.', rateLimitHeaders(fault.seconds));
  }
  if (fault.kind === 'redirect') return { status: 302, headers: { Location: fault.location } };
  if (fault.kind !== 'status') return undefined;
  return { status: fault.status, headers: fault.headers ?? {}, body: Buffer.from(fault.body ?? '') };
}

/** Writes the answer; returns the status and the number of body bytes that were sent. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  fault: Fault | undefined,
  bytesPerSecond?: number,
): Promise<{ status: number; bytes: number }> {
  const range = fault?.kind === 'ignore-range' ? undefined : request.headers.range;
  const final = answer.ranged ? applyRange(answer, range) : answer;
  let body = final.body ?? Buffer.alloc(0);
  response.writeHead(final.status, { ...final.headers, 'Content-Length': String(body.byteLength) });
  if (request.method === 'HEAD') {
    response.end();
    return { status: final.status, bytes: 0 };
  }
  if (fault?.kind === 'corrupt' && fault.offset < body.byteLength) {
    body = Buffer.from(body);
    body[fault.offset] = (body[fault.offset] ?? 0) ^ 0xff;
  }
  if ((fault?.kind === 'break' || fault?.kind === 'stall') && body.byteLength > fault.afterBytes) {
    const part = body.subarray(0, fault.afterBytes);
    response.flushHeaders();
    await new Promise<void>((resolve) => response.write(part, () => resolve()));
    // A moment's pause lets the client read what was sent before the reset throws it away.
    if (fault.kind === 'break') setTimeout(() => response.destroy(), 20);
    return { status: final.status, bytes: part.byteLength };
  }
  if (bytesPerSecond !== undefined && body.byteLength > SLICE) {
    return { status: final.status, bytes: await sendSlowly(response, body, bytesPerSecond) };
  }
  response.end(body);
  return { status: final.status, bytes: body.byteLength };
}

const SLICE = 64 * 1024;

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      response.off('drain', end).off('close', end);
      resolve();
    };
    response.on('drain', end).on('close', end);
  });
}

/** In slices at a pace; ends when the client goes. Returns what went out. */
async function sendSlowly(response: ServerResponse, body: Buffer, bytesPerSecond: number): Promise<number> {
  const started = performance.now();
  let sent = 0;
  while (sent < body.byteLength && !response.destroyed) {
    const slice = body.subarray(sent, sent + SLICE);
    const taken = response.write(slice);
    sent += slice.byteLength;
    if (!taken) await drained(response);
    const ahead = (sent / bytesPerSecond) * 1000 - (performance.now() - started);
    if (ahead > 1) await sleep(ahead);
  }
  response.end();
  return sent;
}
