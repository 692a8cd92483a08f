/** A small OCI registry on loopback: token login by WWW-Authenticate, manifests, blobs with ranges or redirected. */
import { createHash } from 'node:crypto';
import { sendBytes, serve } from './serve.ts';
import type { TestServer } from './serve.ts';

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
      const fits =
        searchParams.get('scope') === 'repository:org/model:pull' && searchParams.get('service') === 'reg';
      if (request.headers.authorization === basic && fits)
        response.end(JSON.stringify({ token: 'pull-token' }));
      else response.writeHead(401).end();
      return;
    }
    if (login && request.headers.authorization !== 'Bearer pull-token') {
      const challenge = `Bearer realm="${host}/token",service="reg",scope="repository:org/model:pull"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
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
