/**
 * MLflow's registry and runs over REST, in memory, with the status codes, error codes and oddities of MLflow 3.17: a
 * missing alias is 400 INVALID_PARAMETER_VALUE, a missing model 404. e2e/oracles/registries runs the same against MLflow.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Fields = Record<string, unknown>;

export interface MlflowVersion {
  version: string;
  source: string;
  description: string;
  stage: string;
  tags: Record<string, string>;
}

export interface MlflowModel {
  versions: MlflowVersion[];
  aliases: Record<string, string>;
  tags: Record<string, string>;
}

export interface MlflowServer extends AsyncDisposable {
  url: string;
  models: Map<string, MlflowModel>;
  runs: {
    experiment: string;
    tags: Record<string, string>;
    metrics: Record<string, number>;
    status: string;
  }[];
  /** Calls in order: `POST model-versions/create`. */
  calls: string[];
  /** What is asked as `Authorization`; undefined: nothing. */
  authorization: string | undefined;
  /** Versions that were registered before the test began. */
  addVersions(model: string, versions: readonly string[]): void;
  /** Somebody else's move of an alias. */
  point(model: string, alias: string, version: string): void;
  /** Runs before a call is answered: the place for somebody else's move. */
  before: ((call: string) => void) | undefined;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export async function startMlflowServer(): Promise<MlflowServer> {
  const state: MlflowServer = {
    url: '',
    models: new Map(),
    runs: [],
    calls: [],
    authorization: undefined,
    before: undefined,
    addVersions: (name, versions) => {
      const model = state.models.get(name) ?? { versions: [], aliases: {}, tags: {} };
      state.models.set(name, model);
      const rest = { source: 's3://b/x', description: '', stage: 'None' };
      model.versions.push(...versions.map((version) => ({ ...rest, version, tags: {} })));
    },
    point: (name, alias, version) => {
      const model = state.models.get(name);
      if (model !== undefined) model.aliases[alias] = version;
    },
    [Symbol.asyncDispose]: () => close(server),
  };
  const server = createServer((request, response) => {
    void answer(state, request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(
  state: MlflowServer,
  request: IncomingMessage,
): Promise<{ status: number; body: Fields }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', 'http://localhost');
  const call = `${request.method ?? 'GET'} ${url.pathname.replace('/api/2.0/mlflow/', '')}`;
  state.calls.push(call);
  if (state.authorization !== undefined && request.headers.authorization !== state.authorization)
    return { status: 401, body: { error_code: 'PERMISSION_DENIED', message: 'You are not authenticated.' } };
  state.before?.(call);
  const text = Buffer.concat(chunks).toString('utf8');
  const fields =
    request.method === 'GET'
      ? Object.fromEntries(url.searchParams)
      : (JSON.parse(text === '' ? '{}' : text) as Fields);
  try {
    const handler = HANDLERS[call];
    if (handler === undefined) throw new Refusal(404, 'ENDPOINT_NOT_FOUND', `No handler for ${call}`);
    return { status: 200, body: handler(state, fields) };
  } catch (error) {
    if (error instanceof Refusal)
      return { status: error.status, body: { error_code: error.code, message: error.message } };
    return { status: 500, body: { error_code: 'INTERNAL_ERROR', message: String(error) } };
  }
}

function textIn(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== 'string' || value === '')
    throw new Refusal(400, 'INVALID_PARAMETER_VALUE', `Missing value for required parameter '${key}'.`);
  return value;
}

function modelOf(state: MlflowServer, fields: Fields): MlflowModel {
  const name = textIn(fields, 'name');
  const model = state.models.get(name);
  if (model === undefined)
    throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', `Registered Model with name=${name} not found`);
  return model;
}

function versionOf(state: MlflowServer, fields: Fields): MlflowVersion {
  const wanted = textIn(fields, 'version');
  const found = modelOf(state, fields).versions.find(({ version }) => version === wanted);
  if (found === undefined)
    throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST', `Model Version (version=${wanted}) not found`);
  return found;
}

const viewTags = (tags: Record<string, string>): Fields[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

const view = (name: string, { version, source, description, stage, tags }: MlflowVersion): Fields => ({
  name,
  version,
  source,
  description,
  current_stage: stage,
  status: 'READY',
  tags: viewTags(tags),
});

function tagsFrom(list: unknown): Record<string, string> {
  const tags = (list ?? []) as { key: string; value: string }[];
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
}

const HANDLERS: Record<string, (state: MlflowServer, fields: Fields) => Fields> = {
  'POST registered-models/create': (state, fields) => {
    const name = textIn(fields, 'name');
    if (state.models.has(name))
      throw new Refusal(400, 'RESOURCE_ALREADY_EXISTS', `Registered Model (name=${name}) already exists.`);
    state.models.set(name, { versions: [], aliases: {}, tags: {} });
    return { registered_model: { name } };
  },
  'GET registered-models/get': (state, fields) => ({
    registered_model: { name: fields['name'], tags: viewTags(modelOf(state, fields).tags) },
  }),
  'POST registered-models/set-tag': (state, fields) => {
    modelOf(state, fields).tags[textIn(fields, 'key')] = String(fields['value']);
    return {};
  },
  'GET registered-models/alias': (state, fields) => {
    const version = modelOf(state, fields).aliases[textIn(fields, 'alias')];
    if (version === undefined)
      throw new Refusal(
        400,
        'INVALID_PARAMETER_VALUE',
        `Registered model alias ${textIn(fields, 'alias')} not found.`,
      );
    return { model_version: view(textIn(fields, 'name'), versionOf(state, { ...fields, version })) };
  },
  'POST registered-models/alias': (state, fields) => {
    versionOf(state, fields);
    modelOf(state, fields).aliases[textIn(fields, 'alias')] = textIn(fields, 'version');
    return {};
  },
  'DELETE registered-models/alias': (state, fields) => {
    Reflect.deleteProperty(modelOf(state, fields).aliases, textIn(fields, 'alias'));
    return {};
  },
  'GET registered-models/get-latest-versions': (state, fields) => {
    const found = modelOf(state, fields).versions.filter(({ stage }) => stage === fields['stages']);
    return { model_versions: found.slice(-1).map((version) => view(textIn(fields, 'name'), version)) };
  },
  'POST model-versions/create': (state, fields) => {
    const source = textIn(fields, 'source');
    if (/^(?:file:|dvc:|[^:]*$)/u.test(source))
      throw new Refusal(400, 'INVALID_PARAMETER_VALUE', `Invalid model version source: '${source}'.`);
    const model = modelOf(state, fields);
    const made: MlflowVersion = {
      version: String(Math.max(0, ...model.versions.map(({ version }) => Number(version))) + 1),
      source,
      description: String(fields['description'] ?? ''),
      stage: 'None',
      tags: tagsFrom(fields['tags']),
    };
    model.versions.push(made);
    return { model_version: view(textIn(fields, 'name'), made) };
  },
  'GET model-versions/get': (state, fields) => ({
    model_version: view(textIn(fields, 'name'), versionOf(state, fields)),
  }),
  'GET model-versions/get-download-uri': (state, fields) => ({
    artifact_uri: versionOf(state, fields).source,
  }),
  'DELETE model-versions/delete': (state, fields) => {
    const { versions } = modelOf(state, fields);
    versions.splice(versions.indexOf(versionOf(state, fields)), 1);
    return {};
  },
  'GET model-versions/search': (state, fields) => {
    const [, name = '', key = '', value] =
      /^name = '([^']*)' and tag\.`([^`]*)` = '([^']*)'$/u.exec(textIn(fields, 'filter')) ?? [];
    const found = (state.models.get(name)?.versions ?? []).filter(({ tags }) => tags[key] === value);
    return { model_versions: found.toReversed().map((version) => view(name, version)) };
  },
  'POST model-versions/set-tag': (state, fields) => {
    versionOf(state, fields).tags[textIn(fields, 'key')] = String(fields['value']);
    return {};
  },
  'POST model-versions/transition-stage': (state, fields) => {
    const moved = versionOf(state, fields);
    const stage = textIn(fields, 'stage');
    if (fields['archive_existing_versions'] === true)
      for (const other of modelOf(state, fields).versions)
        if (other.stage === stage) other.stage = 'Archived';
    moved.stage = stage;
    return { model_version: view(textIn(fields, 'name'), moved) };
  },
  'GET experiments/get-by-name': (_state, fields) => ({
    experiment: { experiment_id: textIn(fields, 'experiment_name') },
  }),
  'POST runs/search': (state, fields) => {
    const key = /^tags\.`sluice\.key` = '([^']*)' and attributes\.status = 'FINISHED'$/u.exec(
      String(fields['filter']),
    )?.[1];
    const at = state.runs.findIndex(
      ({ tags, status }) => tags['sluice.key'] === key && status === 'FINISHED',
    );
    return at < 0 ? {} : { runs: [{ info: { run_id: String(at) } }] };
  },
  'POST runs/create': (state, fields) => {
    const run = { experiment: textIn(fields, 'experiment_id'), tags: tagsFrom(fields['tags']), metrics: {} };
    state.runs.push({ ...run, status: 'RUNNING' });
    return { run: { info: { run_id: String(state.runs.length - 1) } } };
  },
  'POST runs/log-batch': (state, fields) => {
    const run = state.runs[Number(textIn(fields, 'run_id'))];
    for (const { key, value } of (fields['metrics'] ?? []) as { key: string; value: number }[])
      if (run !== undefined) run.metrics[key] = value;
    return {};
  },
  'POST runs/update': (state, fields) => {
    const run = state.runs[Number(textIn(fields, 'run_id'))];
    if (run !== undefined) run.status = textIn(fields, 'status');
    return {};
  },
};
