/** ClearML's API server (schema/services of its repository, version 2), as far as finding a model needs it. */
import { shownUrl } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { askJson, basicAuth, saidBy } from './json-api.ts';
import type { JsonAnswer } from './json-api.ts';
import { fieldsOf, textOf } from './json-fields.ts';
import { authorizationAt } from './own-origin.ts';
import { readServerAddress, variable, warnOfPlainHttp } from './server-address.ts';
import type { SourceContext } from './source.ts';

export interface ClearmlModel {
  id: string;
  name: string;
  /** Where its weights are; what kept them, or an address of ClearML's file server. */
  uri: string;
  /** Published: it can't be changed any more. */
  ready: boolean;
  /** Several files that were put into one zip. */
  packaged: boolean;
}

interface Keys {
  /** For `auth.login` alone. */
  authorization: string;
  from: string;
}

const PUBLIC_ADDRESS = 'https://api.clear.ml';

export class ClearmlClient {
  readonly #api: string;
  readonly #files: string | undefined;
  readonly #keys: Keys;
  readonly #context: SourceContext;
  #token: Promise<string> | undefined;

  /** Address: input `endpoint`, `CLEARML_API_HOST`, the public one. Who: input `token`, else ClearML's own variables. */
  constructor(context: SourceContext) {
    const { env, endpoint } = context;
    const from = endpoint === undefined ? '`CLEARML_API_HOST`' : 'input `endpoint`';
    this.#api = readServerAddress(endpoint ?? variable(env, 'CLEARML_API_HOST') ?? PUBLIC_ADDRESS, from);
    const files = variable(env, 'CLEARML_FILES_HOST');
    this.#files =
      files === undefined ? filesHost(this.#api) : readServerAddress(files, '`CLEARML_FILES_HOST`');
    this.#keys = chooseKeys(context);
    this.#context = context;
    warnOfPlainHttp(this.#api, 'ClearML’s', context);
  }

  async model(id: string): Promise<ClearmlModel> {
    const what = `clearml:${id}`;
    const token = await this.login();
    const answer = await this.#post('models.get_by_id', { model: id }, `Bearer ${token}`);
    if (answer.status === 400 || answer.status === 404)
      throw new ConfigError(`${what} does not exist on ${shownUrl(this.#api)}${said(answer)}`);
    if (answer.status !== 200) throw this.#refusal(answer, what);
    const model = fieldsOf(fieldsOf(answer.fields['data'], what)['model'], what);
    const { uri, name, ready, system_tags: tags } = model;
    if (typeof uri !== 'string' || uri.trim() === '')
      throw new ConfigError(`${what} holds no weights: its \`uri\` is empty`);
    return {
      id: textOf(model['id'], what, 'id'),
      name: typeof name === 'string' ? name : '',
      uri: uri.trim(),
      ready: ready === true,
      packaged: Array.isArray(tags) && tags.includes('package'),
    };
  }

  /** The session's token, asked once. */
  login(): Promise<string> {
    this.#token ??= this.#askToken();
    return this.#token;
  }

  /** Whether an address is ClearML's own file server: only there the session's token is sent. */
  isFileServer(uri: string): boolean {
    const url = URL.parse(uri);
    return this.#files !== undefined && url?.origin === new URL(this.#files).origin;
  }

  async #askToken(): Promise<string> {
    const answer = await this.#post('auth.login', {}, this.#keys.authorization);
    if (answer.status !== 200) throw this.#refusal(answer, 'ClearML');
    const token = textOf(fieldsOf(answer.fields['data'], 'ClearML')['token'], 'ClearML', 'token');
    this.#context.addSecret?.(token);
    return token;
  }

  #post(call: string, body: unknown, authorization: string): Promise<JsonAnswer> {
    return askJson(
      {
        url: `${this.#api}/${call}`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        authorize: authorizationAt(this.#api, authorization),
      },
      'a ClearML API server',
      this.#context,
    );
  }

  #refusal(answer: JsonAnswer, what: string): ConfigError | InfraError {
    const where = `${answer.status} from ${shownUrl(this.#api)}${said(answer)}`;
    if (answer.status === 401 || answer.status === 403)
      return new ConfigError(
        `${what} may not be read ${this.#keys.from} (${where}); set \`CLEARML_API_ACCESS_KEY\` and ` +
          '`CLEARML_API_SECRET_KEY`, or input `token` as key:secret',
      );
    return new InfraError(`${what}: the server answered ${where}`);
  }
}

function said(answer: JsonAnswer): string {
  const { meta } = answer.fields;
  return typeof meta === 'object' && meta !== null && 'result_msg' in meta ? saidBy(meta.result_msg) : '';
}

function chooseKeys({ env, token, addSecret }: SourceContext): Keys {
  if (token !== undefined) {
    addSecret?.(token);
    const at = token.indexOf(':');
    if (at >= 0) addSecret?.(token.slice(at + 1));
    const authorization = at < 0 ? `Bearer ${token}` : basicAuth(token.slice(0, at), token.slice(at + 1));
    return { authorization, from: 'with input `token`' };
  }
  const key = variable(env, 'CLEARML_API_ACCESS_KEY');
  const secret = variable(env, 'CLEARML_API_SECRET_KEY');
  if (key !== undefined && secret !== undefined) {
    addSecret?.(secret);
    return { authorization: basicAuth(key, secret), from: 'with `CLEARML_API_ACCESS_KEY`' };
  }
  const session = variable(env, 'CLEARML_AUTH_TOKEN');
  if (session !== undefined) {
    addSecret?.(session);
    return { authorization: `Bearer ${session}`, from: 'with `CLEARML_AUTH_TOKEN`' };
  }
  throw new ConfigError(
    'a ClearML model needs credentials: set `CLEARML_API_ACCESS_KEY` and `CLEARML_API_SECRET_KEY`, or input `token` as key:secret',
  );
}

/** As servers are set up by default: `api.` beside `files.`, port 8008 beside 8081. */
function filesHost(api: string): string | undefined {
  const url = new URL(api);
  if (url.port === '8008') {
    url.port = '8081';
    return url.origin;
  }
  return url.hostname.startsWith('api.') ? url.origin.replace('://api.', '://files.') : undefined;
}
