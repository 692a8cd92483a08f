/** The calls of MLflow's REST API (2.0) that change a registry or a run. https://mlflow.org/docs/latest/rest-api.html */
import { ConfigError } from '@sluice/runtime/errors';
import { askJson, saidBy } from '@sluice/sources/json-api';
import type { JsonAnswer } from '@sluice/sources/json-api';
import type { Fields } from '@sluice/sources/json-fields';
import { chooseMlflowServer, MlflowClient } from '@sluice/sources/mlflow-client';
import type { RegistryContext } from './registry.ts';

export class MlflowApi {
  readonly url: string;
  readonly #client: MlflowClient;
  readonly #context: RegistryContext;

  /** @throws ConfigError when no server is named */
  constructor(context: RegistryContext) {
    const server = chooseMlflowServer(context);
    this.url = server.url;
    this.#client = new MlflowClient(server, context);
    this.#context = context;
  }

  /**
   * The answer's fields.
   *
   * @param what names what is asked for in messages
   * @throws ConfigError for what isn't there or not allowed, with the mend; InfraError for the rest
   */
  async get(call: string, query: Readonly<Record<string, string>>, what: string): Promise<Fields> {
    return this.#fields(await this.#ask('GET', `${call}?${new URLSearchParams(query).toString()}`), what);
  }

  /** As `get`; undefined where the server says that it isn't there. */
  async find(
    call: string,
    query: Readonly<Record<string, string>>,
    what: string,
  ): Promise<Fields | undefined> {
    const answer = await this.#ask('GET', `${call}?${new URLSearchParams(query).toString()}`);
    return isMissing(answer) ? undefined : this.#fields(answer, what);
  }

  async send(
    method: 'POST' | 'PATCH' | 'DELETE',
    call: string,
    body: Fields,
    what: string,
    allowed: readonly string[] = [],
  ): Promise<Fields> {
    const answer = await this.#ask(method, call, JSON.stringify(body));
    return allowed.includes(errorCode(answer)) ? {} : this.#fields(answer, what);
  }

  #ask(method: string, call: string, body?: string): Promise<JsonAnswer> {
    return askJson(
      {
        url: `${this.url}/api/2.0/mlflow/${call}`,
        method,
        authorize: this.#client.authorize,
        ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
      },
      'an MLflow server',
      this.#context,
    );
  }

  #fields(answer: JsonAnswer, what: string): Fields {
    if (answer.status === 200) return answer.fields;
    if (answer.status === 400 && errorCode(answer) === 'INVALID_PARAMETER_VALUE' && !isMissing(answer))
      throw new ConfigError(`${what}: MLflow refuses it${saidBy(answer.fields['message'])}`);
    throw this.#client.refusal(answer.status, JSON.stringify(answer.fields), what, 'be read or changed');
  }
}

function errorCode(answer: JsonAnswer): string {
  return answer.status === 200 ? '' : String(answer.fields['error_code'] ?? '');
}

/** A missing alias is a 400 INVALID_PARAMETER_VALUE, a missing model or run a 404. */
function isMissing(answer: JsonAnswer): boolean {
  const code = errorCode(answer);
  if (code === 'RESOURCE_DOES_NOT_EXIST') return true;
  return (
    code === 'INVALID_PARAMETER_VALUE' &&
    /not found|does not exist/iu.test(String(answer.fields['message'] ?? ''))
  );
}
