/** KubeApi over HTTP: paths, content types and conditions of the Kubernetes API's conventions. */
import { ConfigError } from '@sluice/runtime/errors';
import type { ClusterAccess } from './access.ts';
import { type Answer, type Connection, type Exchange, textOf } from './connection.ts';
import { covers } from './covers.ts';
import { Discovery, type Resource } from './discovery.ts';
import { KubeConflictError } from './errors.ts';
import { askProxy } from './proxy.ts';
import { type Asked, refusal } from './refusals.ts';
import type {
  JsonPatchOperation,
  KindRef,
  KubeApi,
  KubeObject,
  ListOptions,
  LogOptions,
  ObjectRef,
  Patch,
  ProxyTarget,
} from './types.ts';
import { without } from './without.ts';

/** Owner of the fields that we apply, in `managedFields`. */
export const FIELD_MANAGER = 'sluice';

const CHUNK = '500';
const CONTENT_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** Where an object, or a kind's list, stands. */
interface Place extends Resource {
  path: string;
  name?: string | undefined;
  namespace?: string | undefined;
  subresource?: string | undefined;
}

export class HttpKubeApi implements KubeApi {
  readonly namespace: string;
  readonly cluster: string;
  readonly #connection: Connection;
  readonly #discovery: Discovery;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#discovery = new Discovery(connection);
    this.namespace = this.#access.namespace;
    this.cluster = this.#access.cluster;
  }

  async get(ref: ObjectRef): Promise<KubeObject | undefined> {
    const place = await this.#locate(ref, { namespace: ref.namespace, name: ref.name });
    if (place === undefined) return undefined;
    const answer = await this.#connection.send({ method: 'GET', path: place.path, repeatable: true });
    if (answer.status !== 404) return this.#object(answer, 'get', place);
    answer.body.resume();
    return undefined;
  }

  async list(kind: KindRef, options: ListOptions = {}): Promise<KubeObject[]> {
    const place = await this.#locate(kind, { namespace: options.namespace });
    if (place === undefined) return [];
    const found: KubeObject[] = [];
    let next: string | undefined;
    do {
      const { labelSelector, fieldSelector } = options;
      const query = { labelSelector, fieldSelector, limit: CHUNK, continue: next };
      const answer = await this.#connection.send({
        method: 'GET',
        path: place.path,
        query,
        repeatable: true,
      });
      if (answer.status === 410 && next !== undefined) {
        // The chunks' snapshot is no longer kept: from the beginning.
        answer.body.resume();
        found.length = 0;
        next = undefined;
        continue;
      }
      const page = (await this.#read(answer, 'list', place)) as {
        metadata?: { continue?: string };
        items?: KubeObject[];
      };
      // Items of a list say neither kind nor version.
      for (const item of page.items ?? [])
        found.push({ ...item, apiVersion: kind.apiVersion, kind: kind.kind });
      next = page.metadata?.continue === '' ? undefined : page.metadata?.continue;
    } while (next !== undefined);
    return found;
  }

  async create(object: KubeObject): Promise<KubeObject> {
    const place = await this.#mustLocate(object, { namespace: object.metadata.namespace });
    const query = { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict' };
    const answer = await this.#write(place, { method: 'POST', query, repeatable: true }, object);
    return this.#written(answer, 'create', { ...place, name: object.metadata.name }, object);
  }

  async replace(object: KubeObject, options: { subresource?: 'status' } = {}): Promise<KubeObject> {
    const place = await this.#mustLocate(object, { ...object.metadata, subresource: options.subresource });
    const query = { fieldManager: FIELD_MANAGER };
    const answer = await this.#write(place, { method: 'PUT', query, repeatable: true }, object);
    return this.#written(answer, 'update', place, object);
  }

  async apply(object: KubeObject, options: { force?: boolean; dryRun?: boolean } = {}): Promise<KubeObject> {
    const place = await this.#mustLocate(object, object.metadata);
    const metadata = without(object.metadata, 'managedFields');
    const answer = await this.#write(
      place,
      {
        method: 'PATCH',
        headers: { 'content-type': 'application/apply-patch+yaml' },
        query: {
          fieldManager: FIELD_MANAGER,
          fieldValidation: 'Strict',
          force: String(options.force === true),
          dryRun: options.dryRun === true ? 'All' : undefined,
        },
        repeatable: true,
      },
      { ...object, metadata },
    );
    return this.#object(answer, 'patch', place);
  }

  async patch(
    ref: ObjectRef,
    patch: Patch,
    options: { subresource?: 'status' | 'scale'; dryRun?: boolean } = {},
  ): Promise<KubeObject> {
    const place = await this.#mustLocate(ref, { ...ref, subresource: options.subresource });
    const conditional = patch.type === 'json' && patch.operations.some(({ op }) => op === 'test');
    const answer = await this.#write(
      place,
      {
        method: 'PATCH',
        headers: { 'content-type': CONTENT_TYPES[patch.type] },
        query: { fieldManager: FIELD_MANAGER, dryRun: options.dryRun === true ? 'All' : undefined },
        // A second `add` to a list would add twice.
        repeatable: patch.type !== 'json' || conditional || !patch.operations.some(addsToList),
      },
      patch.type === 'json' ? patch.operations : patch.body,
    );
    return this.#object(answer, 'patch', place, conditional);
  }

  async delete(
    ref: ObjectRef,
    options: { propagation?: 'Foreground' | 'Background' | 'Orphan' } = {},
  ): Promise<void> {
    const place = await this.#locate(ref, ref);
    if (place === undefined) return;
    const answer = await this.#write(
      place,
      { method: 'DELETE', repeatable: true },
      {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: options.propagation ?? 'Background',
      },
    );
    if (answer.status === 404) answer.body.resume();
    else await this.#read(answer, 'delete', place);
  }

  async serves(kind: KindRef): Promise<boolean> {
    return (await this.#discovery.find(kind)) !== undefined;
  }

  async log(
    pod: { name: string; namespace?: string },
    options: LogOptions = {},
  ): Promise<string | undefined> {
    const place = await this.#mustLocate({ apiVersion: 'v1', kind: 'Pod' }, { ...pod, subresource: 'log' });
    const { container, previous, tailLines, limitBytes } = options;
    const query = {
      container,
      previous: previous === true ? 'true' : undefined,
      tailLines: String(tailLines ?? 20),
      limitBytes: limitBytes === undefined ? undefined : String(limitBytes),
    };
    const answer = await this.#connection.send({ method: 'GET', path: place.path, query, repeatable: true });
    const text = await textOf(answer.body);
    // Not started yet, or no earlier run: 400; gone: 404.
    if (answer.status === 400 || answer.status === 404) return undefined;
    if (answer.status !== 200) throw refusal(answer.status, text, this.#asked('get', place));
    return text;
  }

  proxy(target: ProxyTarget, path: string, init?: RequestInit): Promise<Response> {
    return askProxy(this.#connection, target, path, init);
  }

  close(): Promise<void> {
    this.#access.close();
    return Promise.resolve();
  }

  get #access(): ClusterAccess {
    return this.#connection.access;
  }

  async #locate(
    kind: KindRef,
    at: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined },
  ): Promise<Place | undefined> {
    const resource = await this.#discovery.find(kind);
    if (resource === undefined) return undefined;
    const namespace = resource.namespaced ? (at.namespace ?? this.namespace) : undefined;
    for (const segment of [at.name, namespace]) checkSegment(kind.kind, segment);
    const parts = [
      resource.prefix,
      ...(namespace === undefined ? [] : ['namespaces', encodeURIComponent(namespace)]),
      resource.plural,
      ...(at.name === undefined ? [] : [encodeURIComponent(at.name)]),
      ...(at.subresource === undefined ? [] : [at.subresource]),
    ];
    return { ...resource, path: parts.join('/'), name: at.name, namespace, subresource: at.subresource };
  }

  async #mustLocate(
    kind: KindRef,
    at: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined },
  ): Promise<Place> {
    const place = await this.#locate(kind, at);
    if (place !== undefined) return place;
    throw refusal(
      400,
      `it serves no ${kind.kind} of ${kind.apiVersion}: install its CustomResourceDefinition`,
      {
        ...this.#asked('create', { prefix: '', group: '', plural: kind.kind, namespaced: false, path: '' }),
        ...(at.name === undefined ? {} : { name: at.name }),
      },
    );
  }

  #write(place: Place, exchange: Omit<Exchange, 'path'>, body: unknown): Promise<Answer> {
    return this.#connection.send({
      ...exchange,
      path: place.path,
      headers: { 'content-type': 'application/json', ...exchange.headers },
      body: JSON.stringify(body satisfies unknown),
    });
  }

  /** A conflict with what our own, unanswered try has written is none. */
  async #written(answer: Answer, verb: Asked['verb'], place: Place, sent: KubeObject): Promise<KubeObject> {
    try {
      return await this.#object(answer, verb, place);
    } catch (error) {
      if (!(error instanceof KubeConflictError) || !answer.repeated) throw error;
      const { metadata, apiVersion, kind } = sent;
      const { name, namespace } = metadata;
      const now = await this.get({
        apiVersion,
        kind,
        name,
        ...(namespace === undefined ? {} : { namespace }),
      });
      const ours = without(metadata, 'resourceVersion', 'generation', 'managedFields');
      if (now !== undefined && covers(now, { ...sent, metadata: ours })) return now;
      throw error;
    }
  }

  async #object(answer: Answer, verb: Asked['verb'], place: Place, conditional = false): Promise<KubeObject> {
    return (await this.#read(answer, verb, place, conditional)) as KubeObject;
  }

  async #read(answer: Answer, verb: Asked['verb'], place: Place, conditional = false): Promise<unknown> {
    const text = await textOf(answer.body);
    if (answer.status >= 200 && answer.status < 300) return JSON.parse(text) as unknown;
    throw refusal(answer.status, text, { ...this.#asked(verb, place), conditional });
  }

  #asked(verb: Asked['verb'], place: Place): Asked {
    const { group, plural, subresource, name, namespace } = place;
    return {
      verb,
      group,
      resource: subresource === undefined ? plural : `${plural}/${subresource}`,
      name,
      namespace,
      cluster: this.cluster,
      user: this.#access.user,
      credentialFault: this.#access.credentialFault(),
    };
  }
}

/** What can't be a part of a path can't be a name either (apimachinery's `path.IsValidPathSegmentName`). */
function checkSegment(kind: string, name: string | undefined): void {
  if (name !== undefined && (/^\.{0,2}$/.test(name) || /[/%]/.test(name))) {
    throw new ConfigError(`${kind} "${name}": no object can have this name`);
  }
}

function addsToList({ op, path }: JsonPatchOperation): boolean {
  return (op === 'add' && /\/(?:-|\d+)$/.test(path)) || (op === 'remove' && /\/\d+$/.test(path));
}
