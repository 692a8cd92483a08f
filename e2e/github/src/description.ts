/** GitHub's own OpenAPI description (a subset of it): finds the operation of a request, and judges bodies. */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

interface Schema {
  [key: string]: unknown;
}
interface Media {
  schema?: Schema;
}
interface Body {
  required?: boolean;
  content?: Record<string, Media>;
}
interface Operation {
  operationId: string;
  parameters?: { $ref?: string; name?: string; in?: string; schema?: Schema }[];
  requestBody?: Body;
  responses: Record<string, Body & { $ref?: string }>;
}
interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}

export interface Match {
  operation: Operation;
  params: Record<string, string>;
}

interface Route {
  method: string;
  pattern: RegExp;
  names: string[];
  operation: Operation;
}

/** Parameters that hold slashes: GitHub's clients send them both encoded and plain. */
const WITH_SLASHES = new Set(['path', 'ref']);

function routeOf(method: string, path: string, operation: Operation): Route {
  const names: string[] = [];
  const pattern = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name);
    return WITH_SLASHES.has(name) ? '(.+)' : '([^/]+)';
  });
  return { method, pattern: new RegExp(`^${pattern}$`), names, operation };
}

export class GitHubDescription {
  readonly #ajv: Ajv;
  readonly #routes: Route[];
  readonly #components: Description['components'];
  readonly #compiled = new Map<Schema, ValidateFunction>();

  constructor(file: URL | string = new URL('../openapi.subset.json', import.meta.url)) {
    const description = JSON.parse(readFileSync(file, 'utf8')) as Description;
    this.#components = description.components;
    this.#ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
    formats(this.#ajv);
    // GitHub answers "" where it has no address (a status without a log), against its own description.
    this.#ajv.addFormat('uri', (text: string) => text === '' || URL.canParse(text));
    this.#ajv.addSchema({ $id: 'github', components: description.components });
    this.#routes = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => routeOf(method.toUpperCase(), path, operation)),
    );
  }

  /** The operation that serves this path, with its parameters decoded. A longer literal path wins. */
  match(method: string, pathname: string): Match | undefined {
    let best: { route: Route; found: RegExpExecArray } | undefined;
    for (const route of this.#routes) {
      if (route.method !== method) continue;
      const found = route.pattern.exec(pathname);
      if (found && (!best || route.pattern.source.length > best.route.pattern.source.length)) {
        best = { route, found };
      }
    }
    if (best === undefined) return undefined;
    const { route, found } = best;
    const params = Object.fromEntries(
      route.names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]),
    );
    return { operation: route.operation, params };
  }

  /** What is wrong with a request's JSON body; empty when nothing is. */
  requestFaults(operation: Operation, body: unknown): string[] {
    const described = operation.requestBody;
    if (described === undefined) return [];
    if (body === undefined) return described.required === true ? ['a body is required'] : [];
    return this.#faults(described.content?.['application/json']?.schema, body);
  }

  /** What is wrong with path and query: whole numbers and enumerations, which arrive as text. */
  parameterFaults(operation: Operation, params: Record<string, string>, query: URLSearchParams): string[] {
    return (operation.parameters ?? []).flatMap((listed) => {
      const parameter = this.#resolve(listed) as { name: string; in: string; schema?: Schema };
      const value = parameter.in === 'path' ? params[parameter.name] : query.get(parameter.name);
      if (value === undefined || value === null || parameter.schema === undefined) return [];
      const schema = this.#resolve(parameter.schema) as Schema;
      const whole = schema['type'] === 'integer' && /^-?\d+$/.test(value);
      return this.#faults(schema, whole ? Number(value) : value).map((fault) => `${parameter.name}${fault}`);
    });
  }

  /** What is wrong with an answer of ours: a status GitHub does not list, or a body that breaks its schema. */
  responseFaults(operation: Operation, status: number, body: unknown): string[] {
    const listed = operation.responses[String(status)];
    // GitHub lists few error answers; ours of 4xx all have its basic error's form.
    if (listed === undefined) return status >= 400 ? [] : [`status ${status} is not listed`];
    const described = this.#resolve(listed) as Body;
    const schema = described.content?.['application/json']?.schema;
    if (schema === undefined) return body === undefined ? [] : ['a body where none is described'];
    return this.#faults(schema, body);
  }

  #resolve(value: { $ref?: string } | Schema): unknown {
    const reference = value['$ref'];
    if (typeof reference !== 'string') return value;
    const [group = '', name = ''] = reference.replace('#/components/', '').split('/');
    return this.#components[group]?.[name];
  }

  #faults(schema: Schema | undefined, value: unknown): string[] {
    if (schema === undefined) return [];
    let validate = this.#compiled.get(schema);
    if (validate === undefined) {
      // References point into the whole description, which is registered as `github`.
      const text = JSON.stringify(schema).replaceAll('"#/components/', '"github#/components/');
      validate = this.#ajv.compile(JSON.parse(text) as Schema);
      this.#compiled.set(schema, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? 'is wrong'}`);
  }
}
