/**
 * `azureml:name` and `azureml:name/Stage`: the stage of a model's versions in an Azure ML workspace. A version is the subject's by
 * its tag `sluice.digest`, else by where its files lie. Calls: Microsoft.MachineLearningServices, ModelVersions (list, get,
 * createOrUpdate), 2024-10-01.
 */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { findEntraToken } from '@sluice/sources/entra-token';
import { askJson, saidBy } from '@sluice/sources/json-api';
import { arrayOf, fieldsOf, textOf, type Fields } from '@sluice/sources/json-fields';
import type { TokenSource } from '@sluice/sources/oauth-token';
import { headersAt } from '@sluice/sources/own-origin';
import { mayCarrySecrets } from '@sluice/sources/remote-http';
import { readServerAddress, variable } from '@sluice/sources/server-address';
import type { Comment, RegistryContext, Subject } from './registry.ts';
import { commentLine } from './registry.ts';
import { VersionPointer } from './version-pointer.ts';

const API_VERSION = '2024-10-01';
const MANAGEMENT = 'https://management.azure.com';
const ENDPOINT = 'AZURE_RESOURCE_MANAGER_ENDPOINT';
const MAX_PAGES = 100;
const LONGEST_TAG = 256;
/** Where a version goes that is taken out of its stage. */
const LEFT = 'Archived';

/** What says where the workspace is: ours first, then what Azure ML sets in its own jobs. */
const PLACE = [
  ['AZURE_SUBSCRIPTION_ID', 'AZUREML_ARM_SUBSCRIPTION'],
  ['AZURE_RESOURCE_GROUP', 'AZUREML_ARM_RESOURCEGROUP'],
  ['AZURE_ML_WORKSPACE', 'AZUREML_ARM_WORKSPACE_NAME'],
] as const;

export class AzuremlStage extends VersionPointer {
  readonly #context: RegistryContext;
  readonly #stage: string;
  readonly #base: string;
  /** Of all versions of the model. */
  readonly #versions: string;
  #login: Promise<{ token: TokenSource; from: string }> | undefined;
  #tags: Readonly<Record<string, string>> = {};

  /** @throws ConfigError where the workspace isn't said */
  constructor(name: string, stage: string, context: RegistryContext) {
    super(`azureml:${name}/${stage}`);
    const { env } = context;
    const place = PLACE.map((names) => names.map((each) => variable(env, each)).find(Boolean));
    const missing = PLACE.filter((_, index) => place[index] === undefined).map(([own]) => `\`${own}\``);
    if (missing.length > 0) throw new ConfigError(`${this.target} needs ${missing.join(', ')}`);
    this.#base = readServerAddress(variable(env, ENDPOINT) ?? MANAGEMENT, `\`${ENDPOINT}\``);
    if (!mayCarrySecrets(new URL(this.#base)))
      throw new ConfigError(
        `\`${ENDPOINT}\`: a token would travel over plain http to ${this.#base}; use https`,
      );
    this.#context = context;
    this.#stage = stage;
    const [subscription = '', group = '', workspace = ''] = place.map((each) =>
      encodeURIComponent(each ?? ''),
    );
    this.#versions = `${this.#base}/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.MachineLearningServices/workspaces/${workspace}/models/${encodeURIComponent(name)}/versions`;
  }

  /** The newest version in the stage. */
  async observe(): Promise<string | null> {
    return (
      (await this.#list()).find(({ properties }) => properties['stage'] === this.#stage)?.version ?? null
    );
  }

  protected async versionOf(subject: Subject): Promise<string> {
    const { digest, source, tags } = subject;
    this.#tags = { ...tags, 'sluice.digest': digest };
    const said = ({ properties }: Version): unknown =>
      fieldsOf(properties['tags'] ?? {}, this.target)['sluice.digest'];
    const all = await this.#list();
    const found =
      all.find((each) => said(each) === digest) ??
      all.find((each) => said(each) === undefined && each.properties['modelUri'] === source);
    if (found !== undefined) return found.version;
    throw new ConfigError(
      `no version of ${this.target} has the tag sluice.digest=${digest} or its files at ${source}; register one in Azure ML, with either`,
    );
  }

  /** The new one first: in between two are in the stage, and the newest counts. */
  protected async move(version: string | null, from: string | null, comment: Comment): Promise<void> {
    if (version !== null) await this.#put(version, this.#stage, comment);
    if (from !== null) await this.#put(from, LEFT, comment);
  }

  /** Newest first. */
  async #list(): Promise<Version[]> {
    const found: Version[] = [];
    let url: string | undefined = `${this.#versions}?api-version=${API_VERSION}&listViewType=ActiveOnly`;
    for (let page = 0; url !== undefined && page < MAX_PAGES; page++) {
      const answer: Fields | undefined = await this.#ask('GET', url, undefined, page === 0 ? [404] : []);
      for (const each of arrayOf(answer?.['value'], this.target)) {
        const { name, properties } = fieldsOf(each, this.target);
        found.push({
          version: textOf(name, this.target, 'name'),
          properties: fieldsOf(properties ?? {}, this.target),
        });
      }
      const next = answer?.['nextLink'];
      // The token goes nowhere else, whatever a page says.
      url =
        typeof next === 'string' && URL.parse(next)?.origin === new URL(this.#base).origin ? next : undefined;
    }
    const number = ({ version }: Version) => (/^\d+$/u.test(version) ? Number(version) : -1);
    return found.toSorted((a, b) => number(b) - number(a));
  }

  /** All of a version's properties are written, so all that are there go along. */
  async #put(version: string, stage: string, comment: Comment): Promise<void> {
    const url = `${this.#versions}/${encodeURIComponent(version)}?api-version=${API_VERSION}`;
    const properties = fieldsOf((await this.#ask('GET', url))?.['properties'] ?? {}, this.target);
    const own = { ...(stage === LEFT ? {} : this.#tags), 'sluice.comment': commentLine(comment) };
    const tags: Fields = { ...fieldsOf(properties['tags'] ?? {}, this.target) };
    for (const [key, value] of Object.entries(own)) tags[key] = value.slice(0, LONGEST_TAG);
    // `provisioningState` is the server's alone to say; undefined is left out.
    await this.#ask('PUT', url, { properties: { ...properties, provisioningState: undefined, stage, tags } });
  }

  async #ask(
    method: string,
    url: string,
    body?: Fields,
    allowed: readonly number[] = [],
  ): Promise<Fields | undefined> {
    this.#login ??= this.#findLogin();
    const { token, from } = await this.#login;
    const bearer = { authorization: `Bearer ${await token()}` };
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { 'content-type': 'application/json' };
    const asked = { url, method, headers, authorize: headersAt(this.#base, bearer), ...json };
    const { status, fields } = await askJson(asked, 'Azure Resource Manager', this.#context);
    if (status < 300) return fields;
    if (allowed.includes(status)) return undefined;
    const said = `${status}${saidBy(fieldsOf(fields['error'] ?? {}, this.target)['message'])}`;
    if (status === 401 || status === 403)
      throw new ConfigError(
        `${this.target} is refused to ${from} (${said}); log in (azure/login) as somebody with the role AzureML Data Scientist there`,
      );
    if (status < 500) throw new ConfigError(`${this.target}: Azure ML refuses it (${said})`);
    throw new InfraError(`${this.target}: Azure ML answered ${said}`);
  }

  async #findLogin(): Promise<{ token: TokenSource; from: string }> {
    const login = await findEntraToken(this.#context, `${MANAGEMENT}/`);
    if (login !== undefined) return login;
    throw new ConfigError(
      `${this.target} is asked with a token of Entra ID: log in before (azure/login), or set \`AZURE_TENANT_ID\`, \`AZURE_CLIENT_ID\` and \`AZURE_CLIENT_SECRET\``,
    );
  }
}

interface Version {
  version: string;
  properties: Fields;
}
