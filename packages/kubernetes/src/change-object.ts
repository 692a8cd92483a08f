/** Changes fields of an object that others write too: conditional on what was read, and once more after a lost race. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConflictError } from './errors.ts';
import type { JsonPatchOperation, KubeApi, KubeObject, ObjectRef } from './types.ts';
import { ConfigError } from '@sluice/runtime/errors';
import { sameJson } from './same-json.ts';

export interface Change {
  /** JSON pointer to the new value; undefined removes the field. */
  fields: Record<string, unknown>;
  /** Annotations to set; null removes one. */
  annotations?: Record<string, string | null>;
}

/**
 * The API server compares strings as they are written in JSON, and writes these otherwise than we do (`\u003e` for `>`): a `test` of a
 * value that holds one never holds (github.com/evanphx/json-patch, lazyNode.equal; Go's encoding/json, HTMLEscape).
 */
const ESCAPED = /[<>&\u2028\u2029]|\\[bfu]/;

/** Races that are lost in a row before somebody else is said to fight us. */
const TRIES = 6;
const PAUSE_MS = 150;

/**
 * Reads the object, asks what to change, and patches only if what is changed still stands as it was read.
 *
 * @param plan undefined: nothing to do
 * @returns the object as it is then
 * @throws ConfigError where the object doesn't exist, KubeConflictError when the race is lost again and again
 */
export async function changeObject(
  api: KubeApi,
  ref: ObjectRef,
  plan: (object: KubeObject) => Change | undefined,
  signal: AbortSignal,
): Promise<KubeObject> {
  for (let tries = 1; ; tries += 1) {
    const object = await api.get(ref);
    if (object === undefined) throw new ConfigError(`there is no ${nameOf(ref)}`);
    const change = plan(object);
    const operations = change === undefined ? [] : operationsFor(object, change);
    if (operations.length === 0) return object;
    try {
      return await api.patch(ref, { type: 'json', operations });
    } catch (error) {
      if (!(error instanceof KubeConflictError)) throw error;
      if (tries >= TRIES)
        throw new KubeConflictError(
          `${nameOf(ref)} is changed by somebody else each time we write it (${tries} times)`,
          error.managers,
          { cause: error },
        );
      await sleep(PAUSE_MS * tries, undefined, { signal });
    }
  }
}

/** RFC 6902 for a change; empty where the object is so already. Pure. */
export function operationsFor(object: KubeObject, { fields, annotations }: Change): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  // A field that isn't there can't be tested: then the whole object must be as it was read.
  let whole = false;
  for (const [path, to] of Object.entries(fields)) {
    const from = valueAt(object, path);
    if (sameJson(from, to)) continue;
    if (from === undefined) {
      whole = true;
      operations.push({ op: 'add', path, value: to });
    } else {
      if (ESCAPED.test(JSON.stringify(from))) whole = true;
      else operations.push({ op: 'test', path, value: from });
      operations.push(to === undefined ? { op: 'remove', path } : { op: 'replace', path, value: to });
    }
  }
  const known = object.metadata.annotations;
  const asked = Object.entries(annotations ?? {}).filter(([key, value]) => (known?.[key] ?? null) !== value);
  if (asked.length > 0) whole = true;
  if (asked.length > 0 && known === undefined)
    operations.push({ op: 'add', path: '/metadata/annotations', value: {} });
  for (const [key, value] of asked) {
    const path = `/metadata/annotations/${escapePointer(key)}`;
    operations.push(value === null ? { op: 'remove', path } : { op: 'add', path, value });
  }
  if (!whole) return operations;
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion },
    ...operations,
  ];
}

/** RFC 6901: `~` and `/` within a key. */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The value at a JSON pointer; undefined where there is none. */
export function valueAt(object: unknown, path: string): unknown {
  let now = object;
  for (const part of path.split('/').slice(1)) {
    if (typeof now !== 'object' || now === null) return undefined;
    now = (now as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return now;
}

export function nameOf({ kind, name, namespace }: ObjectRef): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
