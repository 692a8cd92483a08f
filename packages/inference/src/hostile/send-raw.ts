/** Sends bytes as they are over a connection of their own, and leaves when told to. Never throws. */
import * as http from 'node:http';
import * as https from 'node:https';
import { LOOPBACK } from '@sluice/http/agents';
import { describeError } from '@sluice/runtime/errors';

export interface RawRequest {
  url: string;
  body: Uint8Array;
  headers?: Readonly<Record<string, string>>;
  token?: string | undefined;
  timeoutMs: number;
  signal: AbortSignal;
  /** Go away at the first bytes of an answer. */
  leaveAtBytes?: boolean;
  /** Go away after so long, whatever has come. */
  leaveAfterMs?: number;
}

export interface RawReply {
  /** null when no answer came. */
  status: number | null;
  /** The beginning of the body. */
  body: string;
  /** complete: to its end; left: by us; broken: by the server. */
  end: 'complete' | 'left' | 'broken';
  error: string | null;
}

const KEPT_CHARS = 4_000;
/** As @sluice/http/agents has it, but nothing is kept. */
const PROXIED = { proxyEnv: process.env };

export function sendRaw(raw: RawRequest): Promise<RawReply> {
  const reply: RawReply = { status: null, body: '', end: 'broken', error: null };
  return new Promise((resolve) => {
    const request = open(raw);
    const { leaveAfterMs, timeoutMs } = raw;
    const onTime = (): void =>
      leaveAfterMs === undefined
        ? finish('broken', `no complete answer within ${timeoutMs} ms`)
        : finish('left');
    const timer = setTimeout(onTime, leaveAfterMs ?? timeoutMs);
    const finish = (end: RawReply['end'], error: string | null = null): void => {
      clearTimeout(timer);
      raw.signal.removeEventListener('abort', onAbort);
      request.destroy();
      resolve({ ...reply, end, error });
    };
    const onAbort = (): void => finish('broken', 'cancelled');
    raw.signal.addEventListener('abort', onAbort, { once: true });
    request.on('error', (error) => finish('broken', describeError(error)));
    request.on('response', (response: http.IncomingMessage) => {
      reply.status = response.statusCode ?? null;
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        if (reply.body.length < KEPT_CHARS) reply.body += part.slice(0, KEPT_CHARS);
        // An error is read to its end, an answer isn't waited for.
        if (raw.leaveAtBytes === true && reply.status === 200) finish('left');
      });
      response.on('end', () => finish('complete'));
      response.on('error', () =>
        finish('broken', 'the server closed the connection before its answer was complete'),
      );
    });
    request.end(raw.body);
  });
}

/** A request whose body the caller writes, over a connection that no other request had: a broken one must be its own doing. */
export function open({
  url,
  body,
  headers,
  token,
}: Pick<RawRequest, 'url' | 'body' | 'headers' | 'token'>): http.ClientRequest {
  const address = new URL(url);
  const isSecure = address.protocol === 'https:';
  const options = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
  };
  if (isSecure) return https.request(address, { ...options, agent: new https.Agent(PROXIED) });
  const agent = new http.Agent(LOOPBACK.test(address.hostname) ? {} : PROXIED);
  return http.request(address, { ...options, agent });
}
