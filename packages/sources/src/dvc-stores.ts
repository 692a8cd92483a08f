/** Where a DVC remote keeps its objects: a folder, a web server, or a cloud (`dvc-cloud-stores.ts`). Keys are `files/md5/ab/cdef…`. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { shownUrl } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { DvcRemote } from './dvc-config.ts';
import type { DvcStore } from './dvc-store.ts';
import { localFile } from './file-source.ts';
import { headersAt } from './own-origin.ts';
import { fetchRemote, locateRemote, rangeHeader, takeBody, withStatus } from './remote-http.ts';
import type { SourceContext } from './source.ts';

export async function openDvcStore(remote: DvcRemote, context: SourceContext): Promise<DvcStore> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(remote.url)?.[1]?.toLowerCase();
  if (remote.settings.get('worktree') === 'true' || remote.settings.get('version_aware') === 'true') {
    throw new ConfigError(
      `the DVC remote ${JSON.stringify(remote.name)} is version-aware (cloud versioning), which is not built yet in ` +
        'this version; name one that keeps objects by hash, by input `dvc-remote`',
    );
  }
  if (scheme === undefined || scheme === 'file')
    return folderStore(remote.url.replace(/^file:\/\//i, ''), remote.name);
  if (scheme === 'http' || scheme === 'https') return webStore(remote, context);
  if (scheme === 's3') return (await import('./dvc-cloud-stores.ts')).s3Store(remote, context);
  if (scheme === 'gs') return (await import('./dvc-cloud-stores.ts')).gcsStore(remote, context);
  if (scheme === 'azure') return (await import('./dvc-cloud-stores.ts')).azureStore(remote, context);
  throw new ConfigError(
    `the DVC remote ${JSON.stringify(remote.name)} is ${scheme}://…, which is not built yet in this version; ` +
      'a folder, http(s)://, s3://, gs:// or azure:// is; name another by input `dvc-remote`',
  );
}

async function folderStore(folder: string, name: string): Promise<DvcStore> {
  const info = await stat(folder).catch(() => undefined);
  if (!info?.isDirectory())
    throw new ConfigError(
      `the DVC remote ${JSON.stringify(name)} is the folder ${folder}, which is not there`,
    );
  return {
    shown: folder,
    read: (key) => readFile(join(folder, key)).catch(() => undefined),
    find: async ({ key, path, hash }) => {
      const absolute = join(folder, key);
      const facts = await stat(absolute).catch(() => undefined);
      if (!facts?.isFile()) return undefined;
      return localFile({ path, absolute, bytes: facts.size, mtimeMs: facts.mtimeMs, hash });
    },
  };
}

export interface WebRemote {
  /** Without credentials. */
  shown: string;
  address: (key: string) => string;
  authorize: ReturnType<typeof headersAt>;
  refuse: (status: number) => ConfigError | InfraError;
}

export function openWebRemote(remote: DvcRemote, context: SourceContext): WebRemote {
  const base = new URL(remote.url);
  const credentials = webCredentials(remote, base, context);
  base.username = '';
  base.password = '';
  const authorize = headersAt(base, credentials);
  const address = (key: string): string => `${base.href.replace(/\/+$/, '')}/${key}`;
  const refuse = (status: number): ConfigError | InfraError =>
    status === 401 || status === 403
      ? new ConfigError(
          `the DVC remote ${shownUrl(base)} answered ${status}: set its user and password in .dvc/config.local`,
        )
      : new InfraError(`the DVC remote ${shownUrl(base)} answered ${status}`);
  return { shown: shownUrl(base), address, authorize, refuse };
}

function webStore(remote: DvcRemote, context: SourceContext): DvcStore {
  const { shown, address, authorize, refuse } = openWebRemote(remote, context);
  return {
    shown,
    read: async (key) => {
      const response = await fetchRemote({ url: address(key), authorize }, context);
      const text = await response.text();
      if (response.status === 404) return undefined;
      if (response.status !== 200) throw refuse(response.status);
      return Buffer.from(text);
    },
    find: async ({ key, path, hash, bytes }) => {
      const url = address(key);
      const head = await fetchRemote({ url, headers: { range: 'bytes=0-0' }, authorize }, context);
      head.body.on('error', () => undefined).destroy();
      if (head.status === 404) return undefined;
      const range = /^bytes (?:\d+-\d+|\*)\/(\d+)$/.exec(head.headers['content-range'] ?? '');
      if (head.status !== 200 && head.status !== 206 && !(head.status === 416 && range?.[1] === '0'))
        throw refuse(head.status);
      const length = head.status === 200 ? head.headers['content-length'] : range?.[1];
      const size = length === undefined ? bytes : Number(length);
      return {
        path,
        bytes: size,
        hash,
        etag: head.headers['etag'] ?? null,
        acceptsRanges: head.status === 206,
        open: async (asked, signal) => {
          const part = head.status === 206 ? asked : undefined;
          const response = await fetchRemote(
            { url, headers: rangeHeader(part), authorize },
            { ...context, signal },
          );
          if (response.status >= 400) {
            response.body.resume();
            throw withStatus(refuse(response.status), response.status);
          }
          // Objects are named by their content: their ETag may differ from mirror to mirror.
          return takeBody(response, part, { name: path, bytes: size, etag: null });
        },
        locate: (signal) =>
          locateRemote({ url, authorize }, { bytes: size, etag: null }, { ...context, signal }),
      };
    },
  };
}

/** `auth = basic` (user, password) or `custom` (a header); a password in the address counts as basic. */
function webCredentials(remote: DvcRemote, url: URL, context: SourceContext): Record<string, string> {
  const { settings } = remote;
  const user = settings.get('user') ?? decodeURIComponent(url.username);
  const password = settings.get('password') ?? decodeURIComponent(url.password);
  if (password !== '') context.addSecret?.(password);
  const method = settings.get('auth') ?? (password === '' ? 'none' : 'basic');
  if (method === 'none' || password === '') return {};
  if (method === 'basic')
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  const header = settings.get('custom_auth_header');
  if (method === 'custom' && header !== undefined && /^[\w-]+$/.test(header))
    return { [header.toLowerCase()]: password };
  throw new ConfigError(
    `the DVC remote ${JSON.stringify(remote.name)} has auth = ${JSON.stringify(method)}; basic and custom are known`,
  );
}
