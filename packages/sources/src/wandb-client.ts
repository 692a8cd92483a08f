/**
 * W&B's GraphQL API, as far as reading artifacts and runs needs it. The queries ask what the official client (wandb 0.31,
 * sdk/artifacts/_generated/operations.py, apis/public/runs.py) asks, under its operation names, and no field that it doesn't know.
 */
import { shownUrl } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { askJson, basicAuth, saidBy } from './json-api.ts';
import { arrayOf, fieldsOf, textOf } from './json-fields.ts';
import type { Fields } from './json-fields.ts';
import { authorizationAt } from './own-origin.ts';
import { fetchRemote } from './remote-http.ts';
import { readServerAddress, variable, warnOfPlainHttp } from './server-address.ts';
import type { SourceContext } from './source.ts';

export interface WandbName {
  entity: string;
  project: string;
  collection: string;
}

export interface WandbArtifact {
  id: string;
  /** `v3`: of the collection that was asked, which may be a registry's. */
  version: string;
  /** Hex, over the manifest's paths and digests. */
  digest: string;
}

const PUBLIC_ADDRESS = 'https://api.wandb.ai';
const URLS_PER_PAGE = 5000;

const ARTIFACT_QUERY = `query ArtifactMembershipByName($entity: String!, $project: String!, $name: String!) {
  project(name: $project, entityName: $entity) {
    artifactCollectionMembership(name: $name) {
      versionIndex
      artifact { id state digest }
    }
  }
}`;
const MANIFEST_QUERY = `query FetchArtifactManifest($id: ID!) {
  artifact(id: $id) { currentManifest { file { directUrl } } }
}`;
const FILE_URLS_QUERY = `query GetArtifactMembershipFileUrls($entity: String!, $project: String!, $collection: String!, $alias: String!, $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    artifactCollection(name: $collection) {
      artifactMembership(aliasName: $alias) {
        files(after: $cursor, first: $perPage) {
          pageInfo { endCursor hasNextPage }
          edges { node { name directUrl } }
        }
      }
    }
  }
}`;
const ONE_FILE_QUERY = `query ArtifactMembershipFiles($entity: String!, $project: String!, $collection: String!, $alias: String!, $fileNames: [String!], $perPage: Int = 50) {
  project(name: $project, entityName: $entity) {
    artifactCollection(name: $collection) {
      artifactMembership(aliasName: $alias) {
        files(names: $fileNames, first: $perPage) {
          edges { node { directUrl } }
        }
      }
    }
  }
}`;

const RUN_QUERY = `query Run($project: String!, $entity: String!, $name: String!) {
  project(name: $project, entityName: $entity) {
    run(name: $name) { state summaryMetrics }
  }
}`;

export class WandbClient {
  /** Without a trailing slash. */
  readonly url: string;
  readonly #authorization: string | undefined;
  readonly #from: string;
  readonly #context: SourceContext;

  /** Address: input `endpoint`, `WANDB_BASE_URL`, the public one. Key: input `token`, `WANDB_API_KEY`, none. */
  constructor(context: SourceContext) {
    const { env, token, endpoint } = context;
    const from = endpoint === undefined ? '`WANDB_BASE_URL`' : 'input `endpoint`';
    this.url = readServerAddress(endpoint ?? variable(env, 'WANDB_BASE_URL') ?? PUBLIC_ADDRESS, from);
    const key = token ?? variable(env, 'WANDB_API_KEY');
    this.#context = context;
    this.#from =
      key === undefined
        ? 'without a key'
        : `with ${token === undefined ? '`WANDB_API_KEY`' : 'input `token`'}`;
    this.#authorization = key === undefined ? undefined : basicAuth('api', key);
    if (key === undefined) return;
    context.addSecret?.(key);
    if (this.#authorization !== undefined) context.addSecret?.(this.#authorization.slice('Basic '.length));
    warnOfPlainHttp(this.url, 'W&B’s', context);
  }

  /** The version that an alias (or `v3`) stands for. */
  async artifact(name: WandbName, alias: string): Promise<WandbArtifact> {
    const found = await this.find(name, alias);
    if (found !== undefined) return found;
    throw new ConfigError(
      `${shown(name, alias)} does not exist: the project has no artifact of this name with this alias`,
    );
  }

  /** As `artifact`; undefined where there is none with this alias. */
  async find(name: WandbName, alias: string): Promise<WandbArtifact | undefined> {
    const what = shown(name, alias);
    const { entity, project, collection } = name;
    const variables = { entity, project, name: `${collection}:${alias}` };
    const data = await this.query(ARTIFACT_QUERY, variables, what);
    if (isNothing(data['project']))
      throw new ConfigError(
        `the W&B project ${entity}/${project} does not exist, or may not be seen ${this.#from}; ` +
          'set `WANDB_API_KEY` or input `token` to a key that may',
      );
    const membership = fieldsOf(data['project'], what)['artifactCollectionMembership'];
    if (isNothing(membership) || isNothing(fieldsOf(membership, what)['artifact'])) return undefined;
    const fields = fieldsOf(membership, what);
    const artifact = fieldsOf(fields['artifact'], what);
    if (artifact['state'] !== 'COMMITTED')
      throw new ConfigError(
        `${what} can't be read: its state is ${JSON.stringify(String(artifact['state']))}`,
      );
    const index = fields['versionIndex'];
    if (!Number.isSafeInteger(index)) throw new InfraError(`${what}: the answer names no version`);
    return {
      id: textOf(artifact['id'], what, 'id'),
      version: `v${String(index)}`,
      digest: textOf(artifact['digest'], what, 'digest'),
    };
  }

  /** The manifest's text: it lies in the object store, behind a signed address. */
  async manifest(id: string, what: string): Promise<string> {
    const data = await this.query(MANIFEST_QUERY, { id }, what);
    const artifact = fieldsOf(data['artifact'], what);
    const file = fieldsOf(fieldsOf(artifact['currentManifest'], what)['file'], what);
    const response = await fetchRemote({ url: textOf(file['directUrl'], what, 'directUrl') }, this.#context);
    if (response.status !== 200)
      throw new InfraError(`${what}: its manifest at ${shownUrl(response.url)} answered ${response.status}`);
    return response.text();
  }

  /** A signed address for each file of a version, by its path in the manifest. */
  async fileUrls(name: WandbName, version: string): Promise<Map<string, string>> {
    const what = shown(name, version);
    const urls = new Map<string, string>();
    for (let cursor: string | null = null; ;) {
      const variables = { ...name, alias: version, cursor, perPage: URLS_PER_PAGE };
      const files = filesOf(await this.query(FILE_URLS_QUERY, variables, what), what);
      for (const node of nodesOf(files, what)) {
        if (typeof node['directUrl'] === 'string')
          urls.set(textOf(node['name'], what, 'name'), node['directUrl']);
      }
      const page = fieldsOf(files['pageInfo'], what);
      if (page['hasNextPage'] !== true) return urls;
      const next = textOf(page['endCursor'], what, 'endCursor');
      if (next === cursor) throw new InfraError(`${what}: the server's pages go in a circle`);
      cursor = next;
    }
  }

  /** A new signed address for one file, for when the first has run out; undefined when there is none. */
  async freshUrl(name: WandbName, version: string, path: string): Promise<string | undefined> {
    const what = shown(name, version);
    const variables = { ...name, alias: version, fileNames: [path], perPage: 1 };
    const [node] = nodesOf(filesOf(await this.query(ONE_FILE_QUERY, variables, what), what), what);
    return typeof node?.['directUrl'] === 'string' ? node['directUrl'] : undefined;
  }

  /**
   * The last value of each metric of a run, as JSON in Python's spelling (bare NaN).
   *
   * @param run its id, the last part of its address
   * @throws ConfigError for a run that isn't there, or that hasn't ended well: only that has all its metrics
   */
  async runSummary(entity: string, project: string, run: string): Promise<string> {
    const what = `wandb:${entity}/${project}/${run}`;
    const data = await this.query(RUN_QUERY, { entity, project, name: run }, what);
    const found = isNothing(data['project']) ? undefined : fieldsOf(data['project'], what)['run'];
    if (isNothing(found))
      throw new ConfigError(
        `${what} does not exist, or may not be seen ${this.#from}; give the run's id, as its address ends, and a key that may`,
      );
    const { state, summaryMetrics } = fieldsOf(found, what);
    if (state !== 'finished')
      throw new ConfigError(
        `${what}: its state is ${JSON.stringify(String(state))}; only a finished run has all its metrics`,
      );
    return typeof summaryMetrics === 'string' ? summaryMetrics : JSON.stringify(summaryMetrics ?? {});
  }

  /** One operation's `data`; what the server refuses is told. */
  async query(query: string, variables: Fields, what: string): Promise<Fields> {
    return fieldsOf((await this.post('graphql', { query, variables }, what))['data'], what);
  }

  /** @param path below the server's address */
  async post(path: string, body: Fields, what: string): Promise<Fields> {
    const url = `${this.url}/${path}`;
    const { status, fields } = await askJson(
      {
        url,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        authorize: authorizationAt(url, this.#authorization),
      },
      'a W&B server',
      this.#context,
    );
    const [first] = arrayOf(fields['errors'], what);
    const said = first === undefined ? saidBy(fields['error']) : saidBy(fieldsOf(first, what)['message']);
    if (status === 401 || status === 403)
      throw new ConfigError(
        `${what} may not be read ${this.#from} (${status} from ${shownUrl(this.url)}${said}); ` +
          'set `WANDB_API_KEY` or input `token` to a key that may',
      );
    if (status === 404) throw new ConfigError(`${what} does not exist on ${shownUrl(this.url)}${said}`);
    if (status !== 200 || first !== undefined)
      throw new InfraError(`${what}: ${shownUrl(this.url)} answered ${status}${said}`);
    return fields;
  }
}

function filesOf(data: Fields, what: string): Fields {
  const collection = fieldsOf(fieldsOf(data['project'], what)['artifactCollection'], what);
  return fieldsOf(fieldsOf(collection['artifactMembership'], what)['files'], what);
}

function nodesOf(files: Fields, what: string): Fields[] {
  return arrayOf(files['edges'], what).flatMap((edge) => {
    const { node } = fieldsOf(edge, what);
    return isNothing(node) ? [] : [fieldsOf(node, what)];
  });
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}

export function shown({ entity, project, collection }: WandbName, alias: string): string {
  return `wandb:${entity}/${project}/${collection}:${alias}`;
}
