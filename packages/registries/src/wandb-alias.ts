/** `wandb:entity/project/name:alias`: an alias of a W&B artifact, moved by the mutations of its official client (wandb 0.31). */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { fieldsOf } from '@sluice/sources/json-fields';
import { shown, type WandbClient, type WandbName } from '@sluice/sources/wandb-client';
import { parseWandbAddress } from '@sluice/sources/wandb-source';
import type { Comment, Subject } from './registry.ts';
import { commentLine } from './registry.ts';
import { VersionPointer } from './version-pointer.ts';

const ADD = `mutation AddAliases($input: AddAliasesInput!) {
  result: addAliases(input: $input) { success }
}`;
const DELETE = `mutation DeleteAliases($input: DeleteAliasesInput!) {
  result: deleteAliases(input: $input) { success }
}`;
const METADATA = `query FetchArtifactMetadata($id: ID!) {
  artifact(id: $id) { metadata }
}`;
const UPDATE = `mutation UpdateArtifact($input: UpdateArtifactInput!) {
  result: updateArtifact(input: $input) { artifact { id } }
}`;

export class WandbAlias extends VersionPointer {
  readonly #client: WandbClient;
  readonly #name: WandbName;
  readonly #alias: string;
  #tags: Readonly<Record<string, string>> = {};

  constructor(client: WandbClient, name: WandbName, alias: string) {
    super(shown(name, alias));
    this.#client = client;
    this.#name = name;
    this.#alias = alias;
  }

  async observe(): Promise<string | null> {
    return (await this.#client.find(this.#name, this.#alias))?.version ?? null;
  }

  /** The version that was pulled: its revision binds number and digest. */
  protected async versionOf({ source, revision, digest, tags }: Subject): Promise<string> {
    const { entity, project, collection } = this.#name;
    const own = `wandb:${entity}/${project}/${collection}`;
    if (source !== own && !source.startsWith(`${own}:`))
      throw new ConfigError(
        `${this.target} can point at versions of ${own}, and what was judged came from ${source}; pull it from there, as model-pull's \`model: ${own}:v3\``,
      );
    const address = parseWandbAddress(`${entity}/${project}/${collection}`, revision);
    const found = await this.#client.artifact(this.#name, address.alias);
    if (address.digest !== null && found.digest !== address.digest)
      throw new ConfigError(
        `${own}:${found.version} has the digest ${found.digest} now, and ${revision} was judged`,
      );
    this.#tags = { ...tags, 'sluice.digest': digest };
    return found.version;
  }

  /** Within a collection W&B itself takes an alias from one version when another gets it. */
  protected async move(version: string | null, from: string | null): Promise<void> {
    const holder = version ?? from;
    if (holder === null) return;
    const { id } = await this.#client.artifact(this.#name, holder);
    const { entity, project, collection } = this.#name;
    const place = { entityName: entity, projectName: project, artifactCollectionName: collection };
    const input = { artifactID: id, aliases: [{ ...place, alias: this.#alias }] };
    const data = await this.#client.query(version === null ? DELETE : ADD, { input }, this.target);
    if (fieldsOf(data['result'], this.target)['success'] !== true)
      throw new InfraError(`${this.target}: W&B did not move it, and said nothing more`);
  }

  /** Into the version's metadata, beside what is there. */
  protected override async comment(version: string, comment: Comment): Promise<void> {
    const { id } = await this.#client.artifact(this.#name, version);
    const data = await this.#client.query(METADATA, { id }, this.target);
    const kept = fieldsOf(data['artifact'], this.target)['metadata'];
    const before =
      typeof kept === 'string' && kept !== '' ? (JSON.parse(kept) as Record<string, unknown>) : {};
    const metadata = JSON.stringify({ ...before, ...this.#tags, 'sluice.comment': commentLine(comment) });
    await this.#client.query(UPDATE, { input: { artifactID: id, metadata } }, this.target);
  }
}
