/**
 * Aliases and stages of MLflow's registry as names that can be moved. MLflow itself overwrites blindly: what can be seen
 * of another's move, before and after our own, is told.
 */
import { ConfigError } from '@sluice/runtime/errors';
import { arrayOf, fieldsOf, textOf } from '@sluice/sources/json-fields';
import type { MlflowApi } from './mlflow-api.ts';
import { needVersion, tagOf, writeComment } from './mlflow-versions.ts';
import type { Comment, Subject } from './registry.ts';
import { VersionPointer } from './version-pointer.ts';

abstract class MlflowPointer extends VersionPointer {
  protected readonly api: MlflowApi;
  protected readonly name: string;

  constructor(api: MlflowApi, name: string, target: string) {
    super(target);
    this.api = api;
    this.name = name;
  }

  protected versionOf(subject: Subject): Promise<string> {
    return needVersion(this.api, this.name, subject);
  }

  protected override comment(version: string, comment: Comment): Promise<void> {
    return writeComment(this.api, this.name, version, comment);
  }
}

export class MlflowAlias extends MlflowPointer {
  readonly #alias: string;

  constructor(api: MlflowApi, name: string, alias: string) {
    super(api, name, `mlflow:${name}@${alias}`);
    this.#alias = alias;
  }

  /** A model that isn't there yet has no alias either: `register` makes it. */
  async observe(): Promise<string | null> {
    const what = `models:/${this.name}@${this.#alias}`;
    const answer = await this.api.find(
      'registered-models/alias',
      { name: this.name, alias: this.#alias },
      what,
    );
    if (answer === undefined) return null;
    return textOf(fieldsOf(answer['model_version'], what)['version'], what, 'version');
  }

  protected async move(version: string | null, from: string | null): Promise<void> {
    const [name, alias, what] = [this.name, this.#alias, `models:/${this.name}@${this.#alias}`];
    if (version === null) {
      await this.api.send('DELETE', 'registered-models/alias', { name, alias }, what);
      return;
    }
    // First, so that a run that dies in between can be undone all the same.
    const memory = { name, key: this.#memoryTag(), value: `${from ?? 'none'} > ${version}` };
    await this.api.send('POST', 'registered-models/set-tag', memory, what);
    await this.api.send('POST', 'registered-models/alias', { name, alias, version }, what);
  }

  protected override async remembered(version: string): Promise<string | null> {
    const what = `models:/${this.name}`;
    const answer = await this.api.get('registered-models/get', { name: this.name }, what);
    const memory = tagOf(fieldsOf(answer['registered_model'], what)['tags'], this.#memoryTag(), what);
    const [from = 'none', to] = memory?.split(' > ') ?? [];
    return to === version && from !== 'none' ? from : null;
  }

  #memoryTag(): string {
    return `sluice.moved.${this.#alias}`;
  }
}

const STAGES = ['Staging', 'Production', 'Archived', 'None'];

export class MlflowStage extends MlflowPointer {
  readonly #stage: string;

  /** @throws ConfigError for a stage that MLflow never had */
  constructor(api: MlflowApi, name: string, stage: string) {
    const known = STAGES.find((each) => each.toLowerCase() === stage.toLowerCase());
    if (known === undefined)
      throw new ConfigError(
        `mlflow:${name}/${stage}: MLflow's stages are ${STAGES.slice(0, 3).join(', ')}; for a name of your own use an alias, mlflow:${name}@${stage}`,
      );
    super(api, name, `mlflow:${name}/${known}`);
    this.#stage = known;
  }

  /** The newest version in the stage. */
  async observe(): Promise<string | null> {
    const what = `models:/${this.name}/${this.#stage}`;
    const answer = await this.api.find(
      'registered-models/get-latest-versions',
      { name: this.name, stages: this.#stage },
      what,
    );
    const [latest] = arrayOf(answer?.['model_versions'], what);
    return latest === undefined ? null : textOf(fieldsOf(latest, what)['version'], what, 'version');
  }

  /** Whatever was in the stage is archived with it, as MLflow's own button does. */
  protected async move(version: string | null, from: string | null): Promise<void> {
    const what = `models:/${this.name}/${this.#stage}`;
    const [moved, stage] = version === null ? [from, 'None'] : [version, this.#stage];
    await this.api.send(
      'POST',
      'model-versions/transition-stage',
      { name: this.name, version: moved, stage, archive_existing_versions: version !== null },
      `${what} (a server without stages needs an alias: mlflow:${this.name}@${this.#stage.toLowerCase()})`,
    );
  }
}
