/** What a patch makes of an object: RFC 6902 and RFC 7386. Pure. */
import { sameJson } from './same-json.ts';
import type { JsonPatchOperation } from './types.ts';

type Fields = Record<string, unknown>;

/** @param failed the error of a `test` that doesn't hold, and of a path that leads nowhere */
export function jsonPatched(
  target: unknown,
  operations: readonly JsonPatchOperation[],
  failed: () => Error,
): unknown {
  const document = { root: structuredClone(target) };
  for (const operation of operations) applyOperation(document, operation, failed);
  return document.root;
}

function applyOperation(
  document: { root: unknown },
  { op, path, value }: JsonPatchOperation,
  failed: () => Error,
): void {
  const parts = ['root', ...path.split('/').slice(1)].map((part) =>
    part.replaceAll('~1', '/').replaceAll('~0', '~'),
  );
  const last = parts.pop() ?? '';
  let parent: unknown = document;
  for (const part of parts) {
    parent = childOf(parent, part);
    if (parent === undefined) throw failed();
  }
  const there = childOf(parent, last);
  if (op === 'test') {
    // By value: in jest the two may be of different realms.
    if (!sameJson(there, value)) throw failed();
    return;
  }
  if ((op === 'remove' || op === 'replace') && there === undefined) throw failed();
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw failed();
    if (op === 'add') parent.splice(index, 0, value);
    else if (op === 'remove') parent.splice(index, 1);
    else parent[index] = value;
  } else if (isFields(parent)) {
    if (op === 'remove') Reflect.deleteProperty(parent, last);
    else parent[last] = value;
  } else {
    throw failed();
  }
}

function childOf(parent: unknown, part: string): unknown {
  if (Array.isArray(parent)) return (parent as unknown[])[Number(part)];
  return isFields(parent) ? parent[part] : undefined;
}

export function mergePatched(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return structuredClone(patch);
  const merged: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = mergePatched(merged[key], value);
  }
  return merged;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
