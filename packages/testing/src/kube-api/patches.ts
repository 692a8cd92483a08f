/** RFC 6902, RFC 7386 and strategic merge, as the API server applies them: pure. */
import { jsonPatched } from '@sluice/kubernetes/patched';
import type { JsonPatchOperation } from '@sluice/kubernetes/types';
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
  return jsonPatched(target, operations as JsonPatchOperation[], patchFailed);
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
