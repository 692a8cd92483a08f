/** The way to an address as users take it: with the Host header that the route asks for, which `fetch` doesn't send. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import type { Ask } from './target.ts';

/**
 * @param host what the route goes by; default that of the address
 * @param token goes to this address only: redirects are never followed
 */
export function askAt(url: string, host?: string, token?: string): Ask {
  return async (path, init = {}) => {
    const target = new URL(path.slice(1), url.endsWith('/') ? url : `${url}/`);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
      const headers = {
        ...(init.headers as Record<string, string>),
        ...(host === undefined ? {} : { host }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      const asked = send(target, { method: init.method ?? 'GET', headers, signal: init.signal ?? undefined });
      asked.on('response', resolve);
      asked.on('error', reject);
      asked.end(init.body);
    });
    const headers = new Headers();
    for (const [name, values] of Object.entries(answer.headersDistinct))
      for (const value of values ?? []) headers.append(name, value);
    const { statusCode: status = 502 } = answer;
    const empty = status === 204 || status === 304;
    return new Response(empty ? null : (Readable.toWeb(answer) as ReadableStream), { status, headers });
  };
}
