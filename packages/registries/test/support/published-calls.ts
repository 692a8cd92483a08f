/** Calls as an API's published description has them: what is asked and what is answered are both held to it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Seen } from '../../../sources/test/support/serve.ts';

interface Method {
  id: string;
  method: string;
  path: string;
  query: Record<string, string>;
  request?: string;
  response: string;
}

interface Published {
  source: string;
  methods: Method[];
  $defs: Record<string, unknown>;
}

export class PublishedCalls {
  readonly #methods: readonly Method[];
  readonly #asked: (name: string) => ValidateFunction;
  readonly #answered: (name: string) => ValidateFunction;

  /** @param name of a file among the fixtures */
  constructor(name: string) {
    const text = readFileSync(join(import.meta.dirname, '../fixtures', name), 'utf8');
    const published = JSON.parse(text) as Published;
    this.#methods = published.methods;
    this.#answered = compilerOf(published.$defs);
    // What only the server says may not be asked.
    this.#asked = compilerOf(JSON.parse(JSON.stringify(published.$defs, (_, value: unknown) => (isReadOnly(value) ? false : value))) as Published['$defs']); // prettier-ignore
  }

  /** @throws Error for a call that isn't published, or not this way */
  ask({ method, url, body }: Seen): Method {
    const call = this.#methods.find(
      (one) => one.method === method && new RegExp(one.path, 'u').test(decodeURIComponent(url.pathname)),
    );
    if (call === undefined) throw new Error(`there is no call ${method} ${url.pathname}`);
    for (const [name, value] of url.searchParams) {
      const type = call.query[name];
      if (type === undefined || (type === 'integer' && !/^\d+$/u.test(value)))
        throw new Error(`${call.id} has no query ${name}=${value}`);
    }
    if ('api-version' in call.query && !url.searchParams.has('api-version'))
      throw new Error(`${call.id} without api-version`);
    if (call.request === undefined) {
      if (body !== '') throw new Error(`${call.id} takes no body`);
    } else hold(this.#asked(call.request), JSON.parse(body), `${call.id} is asked`);
    return call;
  }

  /** @throws Error for an answer that the real server never gives */
  answer(call: Method, body: unknown): void {
    hold(this.#answered(call.response), body, `${call.id} answers`);
  }
}

function isReadOnly(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'readOnly' in value && value.readOnly === true;
}

function compilerOf($defs: Record<string, unknown>): (name: string) => ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
  ajv.addSchema({ $id: 'published', $defs });
  return (name) => {
    const validate = ajv.getSchema(`published#/$defs/${name}`);
    if (validate === undefined) throw new Error(`there is no schema ${name}`);
    return validate;
  };
}

function hold(validate: ValidateFunction, value: unknown, what: string): void {
  if (validate(value)) return;
  throw new Error(`${what} what isn't published: ${JSON.stringify(validate.errors)}`);
}
