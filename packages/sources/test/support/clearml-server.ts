/** ClearML's published API (schema/services) on loopback, and its file server beside it, which wants the session's token. */
import { sendBytes, serve } from './serve.ts';
import type { TestServer } from './serve.ts';

export interface ClearmlOptions {
  key: string;
  secret: string;
  /** By id; a `uri` that begins with `/` lies on the file server. */
  models: Record<string, { uri: string; ready?: boolean; system_tags?: string[] }>;
  files: Map<string, Buffer>;
}

export interface ClearmlServer extends TestServer {
  files: TestServer;
  token: string;
}

export async function serveClearml(options: ClearmlOptions): Promise<ClearmlServer> {
  const token = 'eyJhbGciOiJIUzI1NiJ9.session-token-of-clearml';
  const files = await serve((request, response) => {
    const bytes = options.files.get(decodeURIComponent(request.url.pathname));
    if (request.headers.authorization !== `Bearer ${token}`) response.writeHead(401).end();
    else if (!bytes) response.writeHead(404).end();
    else sendBytes(request, response, bytes, `"${bytes.length}-1"`);
  });
  const basic = `Basic ${Buffer.from(`${options.key}:${options.secret}`).toString('base64')}`;
  const api = await serve((request, response) => {
    const call = request.url.pathname.slice(1);
    const send = (status: number, message: string, data: unknown, subcode = 0): void => {
      const meta = {
        id: 'x',
        trx: 'x',
        endpoint: { name: call, requested_version: '2.23', actual_version: '1.0' },
        result_code: status,
        result_subcode: subcode,
        result_msg: message,
        error_stack: null,
      };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ meta, data }));
    };
    if (request.method !== 'POST') send(400, 'Unsupported method', {});
    else if (call === 'auth.login') {
      if (request.headers.authorization === basic) send(200, 'OK', { token });
      else send(401, 'Unauthorized (invalid credentials)', {}, 20);
    } else if (request.headers.authorization !== `Bearer ${token}`)
      send(401, 'Unauthorized (missing credentials)', {}, 21);
    else if (call === 'models.get_by_id') {
      const { model: id } = JSON.parse(request.body) as { model: string };
      const model = options.models[id];
      if (!model) send(400, `Invalid model id: id=${id}`, {}, 400);
      else {
        const uri = model.uri.startsWith('/') ? `${files.url}${model.uri}` : model.uri;
        send(200, 'OK', {
          model: { id, name: 'llm', ready: true, system_tags: [], tags: [], ...model, uri },
        });
      }
    } else send(404, 'Unable to find endpoint', {});
  });
  return {
    ...api,
    files,
    token,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}
