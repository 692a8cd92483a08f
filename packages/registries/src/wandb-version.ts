/** Versions and aliases of a W&B artifact, by the mutations of its official client (wandb 0.31). */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { fieldsOf } from '@sluice/sources/json-fields';
import { shown, type WandbClient, type WandbName } from '@sluice/sources/wandb-client';
import { parseWandbAddress } from '@sluice/sources/wandb-source';
import type { Subject } from './registry.ts';

const ADD = `mutation AddAliases($input: AddAliasesInput!) {
  result: addAliases(input: $input) { success }
}`;
const DELETE = `mutation DeleteAliases($input: DeleteAliasesInput!) {
  result: deleteAliases(input: $input) { success }
}`;

/** The alias that a registered version has beside others: one digest is one version. */
export function digestAlias(digest: string): string {
  return digest.replace(/^sha256:/u, 'sluice-');
}

/** Whether the weights came from this very collection. */
export function isOwn(name: WandbName, source: string): boolean {
  const own = collectionOf(name);
  return source === own || source.startsWith(`${own}:`);
}

export function collectionOf({ entity, project, collection }: WandbName): string {
  return `wandb:${entity}/${project}/${collection}`;
}

/**
 * The subject's version: the one that was pulled (its revision binds number and digest), or the one that was registered.
 *
 * @throws ConfigError where what was pulled is another by now
 */
export async function versionHere(
  client: WandbClient,
  name: WandbName,
  { source, revision, digest }: Pick<Subject, 'source' | 'revision' | 'digest'>,
): Promise<string | undefined> {
  if (!isOwn(name, source)) return (await client.find(name, digestAlias(digest)))?.version;
  const { entity, project, collection } = name;
  const address = parseWandbAddress(`${entity}/${project}/${collection}`, revision);
  const found = await client.artifact(name, address.alias);
  if (address.digest !== null && found.digest !== address.digest)
    throw new ConfigError(
      `${shown(name, found.version)} has the digest ${found.digest} now, and ${revision} was judged`,
    );
  return found.version;
}

/** Within a collection W&B itself takes an alias from one version when another gets it. */
export async function changeAlias(
  client: WandbClient,
  name: WandbName,
  alias: string,
  { id, add }: { id: string; add: boolean },
): Promise<void> {
  const { entity, project, collection } = name;
  const place = { entityName: entity, projectName: project, artifactCollectionName: collection };
  const input = { artifactID: id, aliases: [{ ...place, alias }] };
  const what = shown(name, alias);
  const data = await client.query(add ? ADD : DELETE, { input }, what);
  if (fieldsOf(data['result'], what)['success'] !== true)
    throw new InfraError(`${what}: W&B did not move it, and said nothing more`);
}
