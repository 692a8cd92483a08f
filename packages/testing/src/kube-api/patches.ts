/** RFC 6902, RFC 7386 and strategic merge, as the API server applies them: pure. */
import { sameJson } from '@sluice/kubernetes/same-json';
import { without } from '@sluice/kubernetes/without';
import { badRequest, patchFailed } from './answers.ts';
import { copy } from './copy.ts';

export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys that tell the items of a list apart, where the built-in kinds say `patchMergeKey` (and `listType=map`). */
const MERGE_KEYS: Readonly<Record<string, string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  imagePullSecrets: ['name'],
  conditions: ['type'],
  ownerReferences: ['uid'],
  ports: ['containerPort', 'port'],
};

/** The key of a list's items, or undefined: the list is one value. */
export function mergeKeyOf(field: string, items: readonly unknown[]): string | undefined {
  return (MERGE_KEYS[field] ?? []).find((key) =>
    items.every((item) => isFields(item) && item[key] !== undefined),
  );
}

export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw badRequest('error decoding patch: it is no list');
  const document = { root: copy(target) };
  for (const operation of operations as { op: string; path: string; value?: unknown }[]) {
    applyOperation(document, operation);
  }
  return document.root;
}

function applyOperation(
  document: { root: unknown },
  { op, path, value }: { op: string; path: string; value?: unknown },
): void {
  const parts = ['root', ...path.split('/').slice(1)].map((part) =>
    part.replaceAll('~1', '/').replaceAll('~0', '~'),
  );
  const last = parts.pop() ?? '';
  let parent: unknown = document;
  for (const part of parts) {
    parent = childOf(parent, part);
    if (parent === undefined) throw patchFailed();
  }
  const there = childOf(parent, last);
  if (op === 'test') {
    // By value: in jest the two may be of different realms.
    if (!sameJson(there, value)) throw patchFailed();
    return;
  }
  if ((op === 'remove' || op === 'replace') && there === undefined) throw patchFailed();
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw patchFailed();
    if (op === 'add') parent.splice(index, 0, value);
    else if (op === 'remove') parent.splice(index, 1);
    else parent[index] = value;
  } else if (isFields(parent)) {
    if (op === 'remove') Reflect.deleteProperty(parent, last);
    else parent[last] = value;
  } else {
    throw patchFailed();
  }
}

function childOf(parent: unknown, part: string): unknown {
  if (Array.isArray(parent)) return (parent as unknown[])[Number(part)];
  return isFields(parent) ? parent[part] : undefined;
}

export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return copy(patch);
  const merged: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

export function strategicPatch(target: unknown, patch: unknown, field = ''): unknown {
  if (Array.isArray(patch)) return strategicList(target, patch as unknown[], field);
  if (!isFields(patch)) return copy(patch);
  if (patch['$patch'] === 'replace') {
    return without(patch, '$patch');
  }
  const merged: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = strategicPatch(merged[key], value, key);
  }
  return merged;
}

function strategicList(target: unknown, patch: readonly unknown[], field: string): unknown {
  const key = mergeKeyOf(field, patch);
  if (key === undefined || patch.length === 0) return copy(patch);
  const items = Array.isArray(target) ? [...(target as Fields[])] : [];
  for (const entry of patch as Fields[]) {
    const at = items.findIndex((item) => item[key] === entry[key]);
    if (entry['$patch'] === 'delete') {
      if (at >= 0) items.splice(at, 1);
    } else if (at >= 0) {
      items[at] = strategicPatch(items[at], entry) as Fields;
    } else {
      items.push(entry);
    }
  }
  return items;
}
