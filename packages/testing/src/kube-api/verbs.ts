/** One request of the API, once it is known who asks: which objects it means and what becomes of them. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { without } from '@sluice/kubernetes/without';
import { badRequest, qualified, Refused } from './answers.ts';
import type { KindEntry } from './kinds.ts';
import { mergePatched } from '@sluice/kubernetes/patched';
import { isFields, jsonPatch, strategicPatch, type Fields } from './patches.ts';
import { matchesFields, matchesLabels } from './selectors.ts';
import type { Propagation, Store } from './store.ts';
import { refuseUnknown } from './validate.ts';

export interface Call {
  entry: KindEntry;
  version: string;
  namespace: string;
  name: string;
  subresource: string;
  method: string;
  query: URLSearchParams;
  contentType: string;
  body: unknown;
}

export interface Result {
  status: number;
  body: unknown;
}

const PATCHERS: Readonly<Record<string, (target: unknown, patch: unknown) => unknown>> = {
  'application/json-patch+json': jsonPatch,
  'application/merge-patch+json': mergePatched,
  'application/strategic-merge-patch+json': strategicPatch,
};

/** The verb of RBAC. */
export function verbOf({ method, name }: Pick<Call, 'method' | 'name'>): string {
  const byMethod: Record<string, string> = {
    POST: 'create',
    PUT: 'update',
    PATCH: 'patch',
    DELETE: 'delete',
  };
  return byMethod[method] ?? (name === '' ? 'list' : 'get');
}

export function carryOut(store: Store, call: Call): Result {
  if (call.subresource === 'scale') return scale(store, call);
  switch (call.method) {
    case 'GET':
      return call.name === ''
        ? list(store, call)
        : { status: 200, body: as(call, store.read(call.entry, call.namespace, call.name)) };
    case 'POST':
      return create(store, call);
    case 'PUT': {
      const object = objectOf(call);
      if (object.metadata.name !== call.name)
        throw badRequest('the name of the object does not match the name on the URL');
      return { status: 200, body: as(call, store.update(call.entry, object, write(call))) };
    }
    case 'PATCH':
      return patch(store, call);
    case 'DELETE': {
      const options = isFields(call.body) ? call.body : {};
      const policy = options['propagationPolicy'] ?? call.query.get('propagationPolicy') ?? 'Background';
      return {
        status: 200,
        body: as(call, store.remove(call.entry, call.namespace, call.name, policy as Propagation)),
      };
    }
    default:
      throw new Refused(
        405,
        'MethodNotAllowed',
        `the server does not allow this method on the requested resource`,
      );
  }
}

function list(store: Store, { entry, version, namespace, query }: Call): Result {
  const labels = query.get('labelSelector') ?? '';
  const fields = query.get('fieldSelector') ?? '';
  const found = store
    .list(entry, namespace === '' ? undefined : namespace)
    .filter((object) => labels === '' || matchesLabels(labels, object.metadata.labels ?? {}))
    .filter((object) => fields === '' || matchesFields(fields, object));
  const from = Number(query.get('continue') ?? 0);
  const limit = Number(query.get('limit') ?? 0) || found.length;
  const more =
    from + limit < found.length
      ? { continue: String(from + limit), remainingItemCount: found.length - from - limit }
      : {};
  const items = found.slice(from, from + limit).map((object) => without(object, 'apiVersion', 'kind'));
  return {
    status: 200,
    body: {
      kind: `${entry.kind}List`,
      apiVersion: entry.group === '' ? version : `${entry.group}/${version}`,
      metadata: { resourceVersion: store.version, ...more },
      items,
    },
  };
}

function create(store: Store, call: Call): Result {
  const object = objectOf(call);
  if (object.metadata.resourceVersion) {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  if (call.query.get('fieldValidation') === 'Strict') refuseUnknown(call.entry, object);
  return { status: 201, body: as(call, store.create(call.entry, object, write(call))) };
}

function patch(store: Store, call: Call): Result {
  if (call.contentType === 'application/apply-patch+yaml') {
    const object = objectOf(call);
    if (call.query.get('fieldManager') === null) throw badRequest('fieldManager is required for apply patch');
    if (object.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
    if (call.query.get('fieldValidation') === 'Strict') refuseUnknown(call.entry, object);
    const force = call.query.get('force') === 'true';
    const { object: now, made } = store.apply(
      call.entry,
      { ...object, metadata: { ...object.metadata, name: call.name } },
      { ...write(call), force },
    );
    return { status: made ? 201 : 200, body: as(call, now) };
  }
  const before = as(call, store.read(call.entry, call.namespace, call.name));
  const after = patched(call, before) as KubeObject;
  // A patch that names no version is tried on what is there; one that does is held to it.
  if (!namesVersion(call)) after.metadata.resourceVersion = before.metadata.resourceVersion ?? '';
  return { status: 200, body: as(call, store.update(call.entry, after, write(call))) };
}

function patched({ contentType, entry, body }: Call, before: unknown): unknown {
  const patcher = PATCHERS[contentType];
  if (patcher === undefined || (patcher === strategicPatch && entry.custom === true)) {
    throw new Refused(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml`,
    );
  }
  return patcher(before, body);
}

function namesVersion({ body }: Call): boolean {
  return isFields(body) && isFields(body['metadata']) && body['metadata']['resourceVersion'] !== undefined;
}

/** autoscaling/v1 Scale over `spec.replicas`. */
function scale(store: Store, call: Call): Result {
  const object = store.read(call.entry, call.namespace, call.name);
  const before = scaleOf(object);
  if (call.method === 'GET') return { status: 200, body: before };
  const after = (call.method === 'PUT' ? call.body : patched(call, before)) as {
    spec?: { replicas?: number };
  };
  const replicas = after.spec?.replicas;
  if (typeof replicas !== 'number' || replicas < 0)
    throw badRequest('spec.replicas must be a number of at least 0');
  const spec = { ...(object['spec'] as Fields), replicas };
  const now = store.update(call.entry, { ...object, spec }, { ...write(call), subresource: undefined });
  return { status: 200, body: scaleOf(now) };
}

function scaleOf(object: KubeObject): object {
  const spec = (object['spec'] ?? {}) as Fields;
  const status = (object['status'] ?? {}) as Fields;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = ((spec['selector'] as Fields | undefined)?.['matchLabels'] ?? {}) as Record<string, string>;
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec['replicas'] ?? 0 },
    status: { replicas: status['replicas'] ?? 0, selector },
  };
}

function write({ query, subresource }: Call): { manager: string; subresource?: 'status'; dryRun: boolean } {
  return {
    manager: query.get('fieldManager') ?? 'unknown',
    ...(subresource === 'status' ? { subresource: 'status' as const } : {}),
    dryRun: query.get('dryRun') === 'All',
  };
}

function objectOf({ entry, version, namespace, body, name }: Call): KubeObject {
  if (!isFields(body)) throw badRequest('the body is no object');
  const apiVersion = entry.group === '' ? version : `${entry.group}/${version}`;
  if (body['kind'] !== entry.kind || body['apiVersion'] !== apiVersion) {
    throw badRequest(
      `the API version in the data (${String(body['apiVersion'])}, ${String(body['kind'])}) does not match the expected API version (${apiVersion}, ${entry.kind})`,
    );
  }
  const metadata = (body['metadata'] ?? {}) as KubeObject['metadata'];
  if (metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const made = metadata.name || name || (entry.kind === 'SelfSubjectAccessReview' ? 'review' : '');
  if (made === '')
    throw badRequest(`${qualified(entry.plural, entry.group)}: name or generateName is required`);
  return {
    ...body,
    metadata: { ...metadata, name: made, ...(namespace === '' ? {} : { namespace }) },
  } as KubeObject;
}

/** In the version that was asked for. */
function as({ entry, version }: Call, object: KubeObject): KubeObject {
  return {
    ...object,
    apiVersion: entry.group === '' ? version : `${entry.group}/${version}`,
    kind: entry.kind,
  };
}
