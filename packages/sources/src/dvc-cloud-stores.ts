/** DVC remotes on S3, Google Cloud Storage and Azure, by the settings that DVC itself reads. */
import { azureFile, openAzure, parseContainerPath } from './azure-source.ts';
import type { DvcRemote } from './dvc-config.ts';
import type { DvcStore } from './dvc-store.ts';
import { gcsFile, openGcs, parseGcsAddress } from './gcs-source.ts';
import type { S3Client } from './s3-client.ts';
import { openS3, parseS3Address, s3File } from './s3-source.ts';
import type { SourceContext } from './source.ts';

/** The bucket behind a remote, and where in it a key lies. */
export async function openDvcS3(
  remote: DvcRemote,
  context: SourceContext,
): Promise<{ client: S3Client; bucket: string; folder: string; place: (key: string) => string }> {
  const { bucket, key: folder } = parseS3Address(remote.url.slice('s3://'.length));
  const setting = (name: string): string | undefined => remote.settings.get(name);
  const [id, secret, session] = ['access_key_id', 'secret_access_key', 'session_token'].map(setting);
  const client = await openS3(
    {
      endpoint: setting('endpointurl'),
      region: setting('region'),
      profile: setting('profile'),
      anonymous: setting('allow_anonymous_login') === 'true',
      ...(id !== undefined &&
        secret !== undefined && {
          credentials: {
            accessKeyId: id,
            secretAccessKey: secret,
            ...(session !== undefined && { sessionToken: session }),
          },
        }),
    },
    context,
  );
  return { client, bucket, folder, place: placeBelow(folder) };
}

export async function s3Store(remote: DvcRemote, context: SourceContext): Promise<DvcStore> {
  const { client, bucket, folder, place } = await openDvcS3(remote, context);
  return {
    shown: `s3://${bucket}/${folder}`,
    read: async (key) => {
      const text = await client.read(bucket, place(key));
      return text === undefined ? undefined : Buffer.from(text);
    },
    find: async ({ key, path, hash }) => {
      const object = await client.head(bucket, place(key));
      if (!object) return undefined;
      // A sha256 that S3 itself vouches for is stronger than DVC's md5.
      const best = object.hash?.algorithm === 'sha256' ? object.hash : hash;
      return { ...s3File(client, bucket, object, path), hash: best };
    },
  };
}

/** `credentialpath`, `endpointurl` and `allow_anonymous_login` as DVC reads them; `projectname` only matters to who makes buckets. */
export async function gcsStore(remote: DvcRemote, context: SourceContext): Promise<DvcStore> {
  const { bucket, name: folder } = parseGcsAddress(remote.url.slice('gs://'.length));
  const { settings } = remote;
  const client = await openGcs(
    {
      endpoint: settings.get('endpointurl'),
      credentialPath: settings.get('credentialpath'),
      anonymous: settings.get('allow_anonymous_login') === 'true',
    },
    context,
  );
  const place = placeBelow(folder);
  return {
    shown: `gs://${bucket}/${folder}`,
    read: async (key) => {
      const text = await client.read(bucket, place(key));
      return text === undefined ? undefined : Buffer.from(text);
    },
    find: async ({ key, path, hash }) => {
      const object = await client.stat(bucket, place(key));
      return object && { ...gcsFile(client, bucket, object, path), hash };
    },
  };
}

/** `azure://container/path`; without a container, that of `AZURE_STORAGE_CONTAINER_NAME`. */
export async function azureStore(remote: DvcRemote, context: SourceContext): Promise<DvcStore> {
  const address = remote.url.slice('azure://'.length).replace(/^\/+/, '');
  const [named = '', ...rest] = address.split('/');
  const standard = context.env['AZURE_STORAGE_CONTAINER_NAME']?.trim() ?? '';
  const { container, name: folder } = parseContainerPath(
    named === '' ? standard : named,
    rest.join('/'),
    remote.url,
  );
  const setting = (name: string): string | undefined => remote.settings.get(name);
  const [tenant, id, secret] = ['tenant_id', 'client_id', 'client_secret'].map(setting);
  const client = await openAzure(
    {
      account: setting('account_name'),
      // DVC knows no setting for it.
      endpoint: context.endpoint,
      connectionString: setting('connection_string'),
      key: setting('account_key'),
      sas: setting('sas_token'),
      anonymous: setting('allow_anonymous_login') === 'true',
      ...(tenant !== undefined &&
        id !== undefined &&
        secret !== undefined && { principal: { tenant, client: id, secret } }),
    },
    context,
  );
  const place = placeBelow(folder);
  return {
    shown: client.shown(container, folder),
    read: async (key) => {
      const text = await client.read(container, place(key));
      return text === undefined ? undefined : Buffer.from(text);
    },
    find: async ({ key, path, hash }) => {
      const blob = await client.head(container, place(key));
      return blob && { ...azureFile(client, container, blob, path), hash };
    },
  };
}

function placeBelow(folder: string): (key: string) => string {
  const base = folder.replace(/\/$/, '');
  return (key) => (base === '' ? key : `${base}/${key}`);
}
