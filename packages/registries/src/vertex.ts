/**
 * `vertex:name@alias`: an alias of a model in Vertex AI's registry. A version is the subject's by its label `sluice-digest`, else by
 * where its artifacts lie. Calls: aiplatform v1, projects.locations.models (get, listVersions, mergeVersionAliases, patch).
 */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { chooseGoogleAccess } from '@sluice/sources/google-access';
import { askJson, saidBy } from '@sluice/sources/json-api';
import { arrayOf, fieldsOf, textOf, type Fields } from '@sluice/sources/json-fields';
import { headersAt } from '@sluice/sources/own-origin';
import { mayCarrySecrets } from '@sluice/sources/remote-http';
import { readServerAddress, variable } from '@sluice/sources/server-address';
import type { Comment, RegistryContext, Subject } from './registry.ts';
import { commentLine } from './registry.ts';
import { VersionPointer } from './version-pointer.ts';

const MAX_PAGES = 100;
const LABEL = 'sluice-digest';
const ENDPOINT = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM';

export class VertexAlias extends VersionPointer {
  readonly #context: RegistryContext;
  readonly #alias: string;
  readonly #base: string;
  /** `projects/…/locations/…/models/…` */
  readonly #model: string;
  #access: ReturnType<typeof chooseGoogleAccess> | undefined;

  /** @throws ConfigError where project or location are not said */
  constructor(name: string, alias: string, context: RegistryContext) {
    super(`vertex:${name}@${alias}`);
    const { env } = context;
    const project = variable(env, 'GOOGLE_CLOUD_PROJECT') ?? variable(env, 'CLOUDSDK_CORE_PROJECT');
    const location =
      variable(env, 'GOOGLE_CLOUD_LOCATION') ??
      variable(env, 'CLOUDSDK_AI_REGION') ??
      variable(env, 'CLOUD_ML_REGION');
    if (project === undefined || location === undefined)
      throw new ConfigError(`${this.target} needs \`GOOGLE_CLOUD_PROJECT\` and \`GOOGLE_CLOUD_LOCATION\``);
    if (!/^[\w:.-]+$/u.test(project) || !/^[a-z0-9-]+$/u.test(location))
      throw new ConfigError(`\`GOOGLE_CLOUD_PROJECT\` or \`GOOGLE_CLOUD_LOCATION\` is no name of one`);
    const address = variable(env, ENDPOINT) ?? `https://${location}-aiplatform.googleapis.com`;
    this.#base = readServerAddress(address, `\`${ENDPOINT}\``);
    if (!mayCarrySecrets(new URL(this.#base)))
      throw new ConfigError(
        `\`${ENDPOINT}\`: a token would travel over plain http to ${this.#base}; use https`,
      );
    this.#context = context;
    this.#alias = alias;
    this.#model = `projects/${project}/locations/${location}/models/${name}`;
  }

  async observe(): Promise<string | null> {
    const answer = await this.#ask('GET', `${this.#model}@${this.#alias}`, undefined, [404]);
    return answer === undefined ? null : textOf(answer['versionId'], this.target, 'versionId');
  }

  protected async versionOf({ digest, source }: Subject): Promise<string> {
    const label = labelOf(digest);
    let byPlace: string | undefined;
    let token = '';
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = new URLSearchParams({ pageSize: '100', ...(token !== '' && { pageToken: token }) });
      const answer = await this.#ask('GET', `${this.#model}:listVersions?${query.toString()}`);
      for (const each of arrayOf(answer?.['models'], this.target)) {
        const { labels, artifactUri, versionId } = fieldsOf(each, this.target);
        const said = fieldsOf(labels ?? {}, this.target)[LABEL];
        const version = textOf(versionId, this.target, 'versionId');
        if (said === label) return version;
        if (said === undefined && artifactUri === source) byPlace ??= version;
      }
      token = typeof answer?.['nextPageToken'] === 'string' ? answer['nextPageToken'] : '';
      if (token === '') break;
    }
    if (byPlace !== undefined) return byPlace;
    throw new ConfigError(
      `no version of ${this.#model} has the label ${LABEL}=${label} or its artifacts at ${source}; upload one to Vertex AI, with either`,
    );
  }

  /** Taken off first: whether an alias that another version has may be added is nowhere said. */
  protected async move(version: string | null, from: string | null): Promise<void> {
    const merge = (at: string, alias: string) =>
      this.#ask('POST', `${this.#model}@${at}:mergeVersionAliases`, { versionAliases: [alias] });
    if (from !== null) await merge(from, `-${this.#alias}`);
    if (version === null) return;
    try {
      await merge(version, this.#alias);
    } catch (error) {
      if (from !== null) await merge(from, this.#alias).catch(() => undefined);
      throw error;
    }
  }

  protected override async comment(version: string, comment: Comment): Promise<void> {
    const body = { versionDescription: commentLine(comment) };
    await this.#ask('PATCH', `${this.#model}@${version}?updateMask=versionDescription`, body);
  }

  async #ask(
    method: string,
    path: string,
    body?: Fields,
    allowed: readonly number[] = [],
  ): Promise<Fields | undefined> {
    const given = variable(this.#context.env, 'CLOUDSDK_AUTH_ACCESS_TOKEN');
    if (given !== undefined) this.#context.addSecret?.(given);
    this.#access ??= chooseGoogleAccess({ token: given }, this.#context);
    const { token, ...access } = await this.#access;
    const from = given === undefined ? access.from : '`CLOUDSDK_AUTH_ACCESS_TOKEN`';
    if (token === undefined)
      throw new ConfigError(
        `${this.target} is asked with Google's credentials: set \`GOOGLE_APPLICATION_CREDENTIALS\` (google-github-actions/auth does)`,
      );
    const bearer = { authorization: `Bearer ${await token()}` };
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { 'content-type': 'application/json' };
    const { status, fields } = await askJson(
      { url: `${this.#base}/v1/${path}`, method, headers, authorize: headersAt(this.#base, bearer), ...json },
      'Vertex AI',
      this.#context,
    );
    if (status < 300) return fields;
    if (allowed.includes(status)) return undefined;
    const error = fieldsOf(fields['error'] ?? {}, this.target);
    const said = `${status}${saidBy(error['message'])}`;
    if (status === 401 || status === 403)
      throw new ConfigError(
        `${this.target} is refused to ${from} (${said}); give \`GOOGLE_APPLICATION_CREDENTIALS\` of an account with aiplatform.models.* there`,
      );
    if (status < 500) throw new ConfigError(`${this.target}: Vertex AI refuses it (${said})`);
    throw new InfraError(`${this.target}: Vertex AI answered ${said}`);
  }
}

/** A label's value has at most 63 signs: one less than the digest. */
function labelOf(digest: string): string {
  return digest.replace(/^sha256:/u, '').slice(0, 63);
}
