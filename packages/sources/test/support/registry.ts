/** A small OCI registry on loopback, pulled from and pushed to: token login by WWW-Authenticate, manifests, blobs with ranges or redirected. */
import { createHash } from 'node:crypto';
import { sendBytes, serve } from './serve.ts';
import type { Seen, TestServer } from './serve.ts';

export interface RegistryOptions {
  /** Without it everyone may pull. */
  login?: { user: string; password: string };
  /** Blobs are redirected there. */
  store?: TestServer;
}

export class RegistryContent {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, { bytes: Buffer; type: string }>();

  layer(bytes: Buffer, mediaType: string, annotations?: Record<string, string>): Record<string, unknown> {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length, ...(annotations && { annotations }) };
  }

  tag(name: string, content: Record<string, unknown>): string {
    const type = String(content['mediaType'] ?? 'application/vnd.oci.image.manifest.v1+json');
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, ...content }));
    const digest = digestOf(bytes);
    for (const key of [name, digest]) this.manifests.set(key, { bytes, type });
    return digest;
  }
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** What the distribution spec says of pushing: a blob by POST and PUT, its digest checked; a manifest only over blobs that are there. */
function push(content: RegistryContent, request: Seen): { status: number; headers?: Record<string, string> } {
  const { pathname, searchParams } = request.url;
  if (request.method === 'POST' && pathname === '/v2/org/model/blobs/uploads/')
    return { status: 202, headers: { location: '/v2/org/model/blobs/uploads/u1?state=x' } };
  if (request.method === 'PUT' && pathname === '/v2/org/model/blobs/uploads/u1') {
    const digest = searchParams.get('digest') ?? '';
    if (digestOf(request.bytes) !== digest || searchParams.get('state') !== 'x') return { status: 400 };
    content.blobs.set(digest, request.bytes);
    return { status: 201 };
  }
  const reference = /^\/v2\/org\/model\/manifests\/(.+)$/.exec(pathname)?.[1] ?? '';
  if (request.method === 'DELETE') return { status: content.manifests.delete(reference) ? 202 : 404 };
  if (request.method !== 'PUT' || reference === '') return { status: 404 };
  const { config, layers = [] } = JSON.parse(request.body) as Record<'config', { digest: string }> & {
    layers?: { digest: string }[];
  };
  if ([config, ...layers].some(({ digest }) => !content.blobs.has(digest))) return { status: 400 };
  const digest = digestOf(request.bytes);
  if (reference.startsWith('sha256:') && reference !== digest) return { status: 400 };
  const type = String(request.headers['content-type']);
  for (const key of [reference, digest]) content.manifests.set(key, { bytes: request.bytes, type });
  return { status: 201, headers: { 'docker-content-digest': digest } };
}

export async function serveRegistry(
  content: RegistryContent,
  options: RegistryOptions = {},
): Promise<TestServer> {
  const { login, store } = options;
  return serve((request, response) => {
    const { pathname, searchParams } = request.url;
    const host = `http://${request.headers.host ?? ''}`;
    if (pathname === '/token') {
      const basic = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
      const scope = /^repository:org\/model:(pull|pull,push)$/.exec(searchParams.get('scope') ?? '')?.[1];
      if (request.headers.authorization === basic && scope && searchParams.get('service') === 'reg')
        response.end(JSON.stringify({ token: scope === 'pull' ? 'pull-token' : 'push-token' }));
      else response.writeHead(401).end();
      return;
    }
    const write = request.method !== 'GET' && request.method !== 'HEAD';
    const tokens = write ? ['Bearer push-token'] : ['Bearer pull-token', 'Bearer push-token'];
    if (login && !tokens.includes(request.headers.authorization ?? '')) {
      const challenge = `Bearer realm="${host}/token",service="reg",scope="repository:org/model:pull"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
      return;
    }
    if (write) {
      const { status, headers = {} } = push(content, request);
      response.writeHead(status, headers).end(status >= 400 ? '{"errors":[{"code":"REFUSED"}]}' : undefined);
      return;
    }
    const [, kind = '', name = ''] = /^\/v2\/org\/model\/(manifests|blobs)\/(.+)$/.exec(pathname) ?? [];
    const manifest = kind === 'manifests' ? content.manifests.get(name) : undefined;
    const blob = kind === 'blobs' ? content.blobs.get(name) : undefined;
    if (manifest) {
      const digest = digestOf(manifest.bytes);
      response.writeHead(200, { 'content-type': manifest.type, 'docker-content-digest': digest });
      response.end(manifest.bytes);
    } else if (blob && store) response.writeHead(307, { location: `${store.url}/${name}?sig=1` }).end();
    else if (blob) sendBytes(request, response, blob, `"${name}"`);
    else response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
  });
}
