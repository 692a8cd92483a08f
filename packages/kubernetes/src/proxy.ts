/** Requests to pods and services through the API server: nothing but the kubeconfig is needed to reach them. */
import { Readable } from 'node:stream';
import { ConfigError } from '@sluice/runtime/errors';
import { type Connection, textOf } from './connection.ts';
import { parseStatus, refusal } from './refusals.ts';
import type { ProxyTarget } from './types.ts';

/** A model may think for long before its first byte. */
const STALL_MS = 10 * 60_000;
const REPEATABLE = /^(?:GET|HEAD|OPTIONS|PUT|DELETE)$/;
const BODILESS = new Set([101, 204, 205, 304]);
const OWN_HEADERS = new Set(['authorization', 'host', 'connection', 'content-length', 'transfer-encoding']);

/** The pod's answer as it came, an error of its own too; ConfigError where the API server doesn't let us through. */
export async function askProxy(
  connection: Connection,
  { kind, namespace, name, port }: ProxyTarget,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const method = (init.method ?? 'GET').toUpperCase();
  const target = [namespace, kind, `${name}:${port}`].map(encodeURIComponent);
  const root = `api/v1/namespaces/${target.join('/')}/proxy/`;
  const at = `${root}${path.replace(/^\//, '')}`;
  const { server } = connection.access;
  // `..` would lead out of the pod, to the API server itself, with our rights.
  if (!new URL(at, server).pathname.startsWith(new URL(root, server).pathname)) {
    throw new ConfigError(`path: "${path}" leads out of ${kind}/${name}`);
  }
  const headers: Record<string, string> = { accept: '*/*' };
  new Headers(init.headers).forEach((value, key) => {
    // The API server's token is what lets us in: the pod's own would take its place.
    if (!OWN_HEADERS.has(key)) headers[key] = value;
  });
  const body = await bodyOf(init.body);
  const answer = await connection.send({
    method,
    path: at,
    headers,
    ...(body === undefined ? {} : { body }),
    signal: init.signal ?? undefined,
    repeatable: REPEATABLE.test(method),
    anyAnswer: true,
    stallMs: STALL_MS,
  });
  const { status } = answer;
  const answered = new Headers();
  for (const [key, value] of Object.entries(answer.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) answered.append(key, one);
  }
  if (status === 401 || status === 403) {
    const text = await textOf(answer.body);
    if (parseStatus(text) !== undefined) {
      const { access } = connection;
      throw refusal(status, text, {
        verb: method === 'GET' ? 'get' : 'create',
        group: '',
        resource: `${kind}/proxy`,
        name,
        namespace,
        cluster: access.cluster,
        user: access.user,
        credentialFault: access.credentialFault(),
      });
    }
    return new Response(text, { status, headers: answered });
  }
  if (BODILESS.has(status)) {
    answer.body.resume();
    return new Response(null, { status, headers: answered });
  }
  return new Response(Readable.toWeb(answer.body) as ReadableStream, { status, headers: answered });
}

async function bodyOf(body: RequestInit['body']): Promise<Uint8Array | undefined> {
  if (body === undefined || body === null) return undefined;
  return new Uint8Array(await new Response(body).arrayBuffer());
}
