/** `wandb:entity/project/name:alias`: an alias of a W&B artifact, moved by the mutations of its official client (wandb 0.31). */
import { ConfigError } from '@sluice/runtime/errors';
import { fieldsOf } from '@sluice/sources/json-fields';
import { shown, type WandbClient, type WandbName } from '@sluice/sources/wandb-client';
import type { Comment, Subject } from './registry.ts';
import { commentLine } from './registry.ts';
import { VersionPointer } from './version-pointer.ts';
import { changeAlias, collectionOf, versionHere } from './wandb-version.ts';

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

  protected async versionOf(subject: Subject): Promise<string> {
    const version = await versionHere(this.#client, this.#name, subject);
    const own = collectionOf(this.#name);
    if (version === undefined)
      throw new ConfigError(
        `${this.target} can point at versions of ${own}, and what was judged came from ${subject.source}; add \`register: ${own}\`, or pull it from there, as model-pull's \`model: ${own}:v3\``,
      );
    this.#tags = { ...subject.tags, 'sluice.digest': subject.digest };
    return version;
  }

  protected async move(version: string | null, from: string | null): Promise<void> {
    const holder = version ?? from;
    if (holder === null) return;
    const { id } = await this.#client.artifact(this.#name, holder);
    await changeAlias(this.#client, this.#name, this.#alias, { id, add: version !== null });
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
