/** Where a DVC remote takes objects: a folder, a web server (`method`: POST, as DVC sends it, or PUT) or S3. */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { shownUrl } from '@sluice/http/client';
import { ConfigError } from '@sluice/runtime/errors';
import type { DvcRemote } from '@sluice/sources/dvc-config';
import { fetchRemote } from '@sluice/sources/remote-http';
import type { RegistryContext } from './registry.ts';
import type { Upload } from './s3-upload.ts';

export interface DvcTarget {
  /** An object of this size; its name is its content's hash. */
  has(key: string, bytes: number): Promise<boolean>;
  write(key: string, upload: Upload): Promise<void>;
}

export async function openDvcTarget(remote: DvcRemote, context: RegistryContext): Promise<DvcTarget> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//iu.exec(remote.url)?.[1]?.toLowerCase();
  const named = `the DVC remote ${JSON.stringify(remote.name)}`;
  if (remote.settings.get('worktree') === 'true' || remote.settings.get('version_aware') === 'true')
    throw new ConfigError(
      `${named} is version-aware (cloud versioning), which \`register\` can't fill; name one that keeps objects by hash`,
    );
  if (scheme === undefined || scheme === 'file') return folderTarget(remote.url.replace(/^file:\/\//iu, ''));
  if (scheme === 'http' || scheme === 'https') return webTarget(remote, context);
  if (scheme === 's3') return s3Target(remote, context);
  throw new ConfigError(
    `${named} is ${scheme}://…, where \`register\` is not built yet in this version; a folder, http(s):// and s3:// are`,
  );
}

function folderTarget(folder: string): DvcTarget {
  return {
    has: async (key, bytes) => (await stat(join(folder, key)).catch(() => undefined))?.size === bytes,
    write: async (key, { bytes, open }) => {
      const path = join(folder, key);
      const beside = `${path}.${process.pid}.part`;
      await mkdir(dirname(path), { recursive: true });
      try {
        await pipeline(bytes === 0 ? [] : open(0, bytes - 1), createWriteStream(beside));
        await rename(beside, path);
      } catch (error) {
        await rm(beside, { force: true });
        throw error;
      }
    },
  };
}

async function webTarget(remote: DvcRemote, context: RegistryContext): Promise<DvcTarget> {
  const { openWebRemote } = await import('@sluice/sources/dvc-stores');
  const { address, authorize, refuse } = openWebRemote(remote, context);
  const method = (remote.settings.get('method') ?? 'POST').toUpperCase();
  return {
    has: async (key, bytes) => {
      const url = address(key);
      const response = await fetchRemote({ url, method: 'HEAD', authorize }, context);
      response.body.resume();
      if (response.status === 404) return false;
      if (response.status !== 200) throw refuse(response.status);
      return response.headers['content-length'] === String(bytes);
    },
    write: async (key, { bytes, open }) => {
      const url = address(key);
      const body = bytes === 0 ? '' : { bytes, open: () => open(0, bytes - 1) };
      const response = await fetchRemote({ url, method, authorize, body }, context);
      response.body.resume();
      if (response.status === 405 || response.status === 501)
        throw new ConfigError(
          `${shownUrl(url)} takes no ${method}; set \`method\` of the remote in the DVC configuration`,
        );
      if (response.status >= 300) throw refuse(response.status);
    },
  };
}

async function s3Target(remote: DvcRemote, context: RegistryContext): Promise<DvcTarget> {
  const { openDvcS3 } = await import('@sluice/sources/dvc-cloud-stores');
  const { uploadToS3 } = await import('./s3-upload.ts');
  const { client, bucket, place } = await openDvcS3(remote, context);
  return {
    has: async (key, bytes) => (await client.head(bucket, place(key)))?.bytes === bytes,
    write: (key, upload) => uploadToS3(client, [bucket, place(key)], upload),
  };
}
