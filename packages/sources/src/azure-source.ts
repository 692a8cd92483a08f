/** `az://account/container/blob` (one blob) or `az://account/container/prefix` (a folder) on Azure Blob Storage. */
import { basename } from 'node:path/posix';
import { ConfigError } from '@sluice/runtime/errors';
import { describePathFault } from '@sluice/runtime/safe-path';
import { chooseAzureAccess } from './azure-access.ts';
import type { AzureSettings } from './azure-access.ts';
import type { AzureBlob } from './azure-answers.ts';
import { AzureClient } from './azure-client.ts';
import type { OtherSource } from './grammar.ts';
import { listingDigest } from './listing-digest.ts';
import { checkedFiles } from './safe-path.ts';
import type { RemoteFile, ResolvedSource, SourceContext } from './source.ts';

export async function resolveAzure(
  parsed: Pick<OtherSource, 'rest'>,
  context: SourceContext,
): Promise<ResolvedSource> {
  const { account, container, name } = parseAzureAddress(parsed.rest);
  const { revision } = context;
  const client = await openAzure({ account, endpoint: context.endpoint, token: context.token }, context);
  const source = client.shown(container, name);
  if (name !== '' && !name.endsWith('/')) {
    const blob = await client.head(container, name, revision);
    if (blob) {
      const file = azureFile(client, container, blob, basename(name));
      return {
        source,
        revision: blob.versionId ?? listingDigest([file]),
        files: checkedFiles([file], source),
      };
    }
  }
  if (revision !== undefined)
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(revision)} is no version id of a blob ${source}, or none that may be read; ` +
        'a folder has no version of its own',
    );
  const prefix = name === '' || name.endsWith('/') ? name : `${name}/`;
  const blobs = (await client.list(container, prefix))
    // An empty blob that ends in a slash is what consoles write for a folder.
    .filter((blob) => blob.name.startsWith(prefix) && !blob.name.endsWith('/'));
  if (blobs.length === 0)
    throw new ConfigError(
      `${source} does not exist: there is no object under it in the container, and none of this name`,
    );
  const files = blobs.map((blob) => azureFile(client, container, blob, blob.name.slice(prefix.length)));
  const checked = checkedFiles(files, source);
  // An ETag is new with each write, also where the bytes and their hash are the same.
  return {
    source,
    revision: listingDigest(checked.map((file) => ({ ...file, version: file.etag }))),
    files: checked,
  };
}

/** A blob as a file that can be opened at any byte. */
export function azureFile(client: AzureClient, container: string, blob: AzureBlob, path: string): RemoteFile {
  return {
    path,
    bytes: blob.bytes,
    hash: blob.hash,
    etag: blob.etag,
    acceptsRanges: true,
    open: (range, signal) => client.open(container, blob, range, signal),
    locate: () => client.locate(container, blob),
  };
}

/** A client by inputs and environment, its secrets masked. */
export async function openAzure(settings: AzureSettings, context: SourceContext): Promise<AzureClient> {
  return new AzureClient(await chooseAzureAccess(settings, context), context);
}

/** `account/container/name`, the name perhaps empty or ending in a slash. */
export function parseAzureAddress(rest: string): { account: string; container: string; name: string } {
  const match = /^([a-z0-9]{3,24})\/([^/]+)(?:\/(.*))?$/s.exec(rest);
  const [account, container] = [match?.[1], match?.[2]];
  if (account === undefined || container === undefined)
    throw new ConfigError(
      `\`az://${rest}\` is no address in Azure Blob Storage; write az://account/container/path, the account's name first`,
    );
  return { account, ...parseContainerPath(container, match?.[3] ?? '', `az://${rest}`) };
}

/** A container and a path in it, perhaps empty or ending in a slash; `given` is the whole address. */
export function parseContainerPath(
  container: string,
  name: string,
  given: string,
): { container: string; name: string } {
  if (!/^(?:[a-z0-9](?:-?[a-z0-9]){2,62}|\$root|\$web)$/.test(container))
    throw new ConfigError(
      `\`${given}\`: ${JSON.stringify(container)} is no name of a container (3 to 63 small letters, digits and single hyphens)`,
    );
  const fault = name === '' ? undefined : describePathFault(name.replace(/\/$/, ''));
  if (fault !== undefined)
    throw new ConfigError(
      `\`${given}\` names no path in a container: ${fault}; write az://account/container/path`,
    );
  return { container, name };
}
