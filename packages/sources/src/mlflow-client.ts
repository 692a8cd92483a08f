/** MLflow's REST API (tracking 2.0 and mlflow-artifacts), as far as reading a model needs it. */
import { shownUrl } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { arrayOf, bytesOf, fieldsOf, textOf } from './json-fields.ts';
import type { Fields } from './json-fields.ts';
import { authorizationAt } from './own-origin.ts';
import { fetchRemote, mayCarrySecrets } from './remote-http.ts';
import type { RequestContext } from './remote-http.ts';
import type { SourceContext } from './source.ts';

export interface MlflowServer {
  /** Without a trailing slash. */
  url: string;
  authorization: string | undefined;
  /** What the credentials came from. */
  from: string;
}

export interface ArtifactEntry {
  /** Name below the folder that was listed. */
  name: string;
  folder: boolean;
  bytes: number | null;
}

/** Address and credentials: input `endpoint` or `MLFLOW_TRACKING_URI`; input `token`, else MLflow's own variables. */
export function chooseMlflowServer(
  context: Pick<SourceContext, 'env' | 'endpoint' | 'token' | 'addSecret' | 'log'>,
): MlflowServer {
  const { env } = context;
  const given = context.endpoint ?? (env['MLFLOW_TRACKING_URI']?.trim() || undefined);
  const from = context.endpoint === undefined ? '`MLFLOW_TRACKING_URI`' : 'input `endpoint`';
  if (given === undefined)
    throw new ConfigError(
      'an MLflow model needs the server’s address: set `MLFLOW_TRACKING_URI` or input `endpoint`',
    );
  const url = URL.parse(given);
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search !== '')
    throw new ConfigError(
      `${from} is no http(s) address; other stores of MLflow can't be read without its server`,
    );
  const name = decodeURIComponent(url.username) || env['MLFLOW_TRACKING_USERNAME'];
  const password = decodeURIComponent(url.password) || env['MLFLOW_TRACKING_PASSWORD'];
  url.username = '';
  url.password = '';
  const token = context.token ?? (env['MLFLOW_TRACKING_TOKEN']?.trim() || undefined);
  const basic =
    name && password ? `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` : undefined;
  if (token !== undefined) context.addSecret?.(token);
  if (password) context.addSecret?.(password);
  const authorization =
    context.token === undefined && basic !== undefined
      ? basic
      : token === undefined
        ? basic
        : `Bearer ${token}`;
  if (authorization !== undefined && !mayCarrySecrets(url))
    context.log.warning(`MLflow's credentials travel over plain http to ${url.host}; use https`);
  return {
    url: url.href.replace(/\/+$/, ''),
    authorization,
    from:
      authorization === undefined
        ? 'without credentials'
        : authorization.startsWith('Basic')
          ? 'with MLFLOW_TRACKING_USERNAME'
          : 'with the token',
  };
}

export class MlflowClient {
  readonly server: MlflowServer;
  readonly #context: RequestContext;
  readonly authorize: (url: URL) => Record<string, string>;

  constructor(server: MlflowServer, context: RequestContext) {
    this.server = server;
    this.#context = context;
    this.authorize = authorizationAt(server.url, server.authorization);
  }

  /** The version that an alias points at. */
  async versionOfAlias(name: string, alias: string): Promise<string> {
    const what = `models:/${name}@${alias}`;
    const answer = await this.#get('registered-models/alias', { name, alias }, what);
    return textOf(fieldsOf(answer['model_version'], what)['version'], what, 'version');
  }

  /** The newest version in a stage (`Production`), or of all with `latest`. */
  async latestVersion(name: string, stage: string): Promise<string> {
    const what = `models:/${name}/${stage}`;
    const query = stage === 'latest' ? { name } : { name, stages: stage };
    const answer = await this.#get('registered-models/get-latest-versions', query, what);
    const versions = arrayOf(answer['model_versions'], what).map((each) =>
      Number(textOf(fieldsOf(each, what)['version'], what, 'version')),
    );
    if (versions.length === 0) throw new ConfigError(`${what} does not exist: no version is in this stage`);
    return String(Math.max(...versions));
  }

  async versionUri(name: string, version: string): Promise<string> {
    const what = `models:/${name}/${version}`;
    const answer = await this.#get('model-versions/get-download-uri', { name, version }, what);
    return textOf(answer['artifact_uri'], what, 'artifact_uri');
  }

  /** Where a run keeps its artifacts, and the ids of the models it logged (MLflow 3 keeps those apart). */
  async run(id: string): Promise<{ artifactUri: string; models: string[] }> {
    const what = `runs:/${id}`;
    const run = fieldsOf((await this.#get('runs/get', { run_id: id }, what))['run'], what);
    const outputs = fieldsOf(run['outputs'] ?? {}, what);
    return {
      artifactUri: textOf(fieldsOf(run['info'], what)['artifact_uri'], what, 'artifact_uri'),
      models: arrayOf(outputs['model_outputs'], what).map((each) =>
        textOf(fieldsOf(each, what)['model_id'], what, 'model_id'),
      ),
    };
  }

  /** The run as the server tells it: `{run: {info, data: {metrics, params}}}`. */
  async runAnswer(id: string): Promise<Fields> {
    return this.#get('runs/get', { run_id: id }, `mlflow:${id}`);
  }

  /** A tag of a version; undefined where it has none of this name. */
  async versionTag(name: string, version: string, key: string): Promise<string | undefined> {
    const what = `models:/${name}/${version}`;
    const answer = await this.#get('model-versions/get', { name, version }, what);
    const tags = arrayOf(fieldsOf(answer['model_version'], what)['tags'], what);
    const value = tags.map((tag) => fieldsOf(tag, what)).find((tag) => tag['key'] === key)?.['value'];
    return typeof value === 'string' ? value : undefined;
  }

  /** The run that a version of a registered model was logged by. */
  async runOfVersion(name: string, version: string): Promise<string> {
    const what = `models:/${name}/${version}`;
    const answer = await this.#get('model-versions/get', { name, version }, what);
    const id = fieldsOf(answer['model_version'], what)['run_id'];
    if (typeof id !== 'string' || id === '')
      throw new ConfigError(`${what} has no metrics: it was registered without the run that measured it`);
    return id;
  }

  async loggedModel(id: string): Promise<{ name: string; artifactUri: string }> {
    const what = `models:/${id}`;
    const answer = await this.#get(`logged-models/${encodeURIComponent(id)}`, {}, what);
    const info = fieldsOf(fieldsOf(answer['model'], what)['info'], what);
    return {
      name: String(info['name'] ?? ''),
      artifactUri: textOf(info['artifact_uri'], what, 'artifact_uri'),
    };
  }

  /** What the artifact proxy lists at `path`; empty where there is nothing, or a file. */
  async listArtifacts(path: string): Promise<ArtifactEntry[]> {
    const what = `mlflow-artifacts:/${path}`;
    const url = `${this.server.url}/api/2.0/mlflow-artifacts/artifacts?path=${encodeURIComponent(path)}`;
    const answer = await this.#json(url, what);
    return arrayOf(answer['files'], what).map((entry) => {
      const file = fieldsOf(entry, what);
      const name = textOf(file['path'], what, 'path').split('/').at(-1) ?? '';
      return { name, folder: file['is_dir'] === true, bytes: bytesOf(file['file_size']) };
    });
  }

  artifactUrl(path: string): string {
    const parts = path.split('/').map((part) => encodeURIComponent(part));
    return `${this.server.url}/api/2.0/mlflow-artifacts/artifacts/${parts.join('/')}`;
  }

  async #get(call: string, query: Record<string, string>, what: string): Promise<Fields> {
    const search = new URLSearchParams(query).toString();
    return this.#json(`${this.server.url}/api/2.0/mlflow/${call}${search === '' ? '' : `?${search}`}`, what);
  }

  async #json(url: string, what: string): Promise<Fields> {
    const response = await fetchRemote({ url, authorize: this.authorize }, this.#context);
    const text = await response.text();
    if (response.status !== 200) throw this.refusal(response.status, text, what);
    try {
      return fieldsOf(JSON.parse(text) as unknown, what);
    } catch (error) {
      if (error instanceof InfraError) throw error;
      throw new InfraError(`${what}: ${shownUrl(url)} answers no JSON; is it an MLflow server?`);
    }
  }

  /** @param deed what was refused, after "may not" */
  refusal(status: number, text: string, what: string, deed = 'be read'): ConfigError | InfraError {
    const code = /"error_code"\s*:\s*"([A-Z_]{1,60})"/.exec(text.slice(0, 4096))?.[1];
    const said = `${status}${code === undefined ? '' : ` ${code}`}`;
    const where = shownUrl(this.server.url).replace(/\/$/, '');
    if (status === 401 || status === 403)
      return new ConfigError(
        `${what} may not ${deed} ${this.server.from} (${said} from ${where}); give MLFLOW_TRACKING_USERNAME and ` +
          'MLFLOW_TRACKING_PASSWORD, or a token by MLFLOW_TRACKING_TOKEN or input `token`',
      );
    if (code === 'RESOURCE_DOES_NOT_EXIST' || code === 'INVALID_PARAMETER_VALUE' || status === 404)
      return new ConfigError(`${what} does not exist on ${where} (${said})`);
    return new InfraError(`${what}: ${where} answered ${said}`);
  }
}
