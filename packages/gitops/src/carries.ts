/** Whether the cluster's object says what Git says: written otherwise, with the cluster's own defaults beside it. Pure. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { parseQuantity } from '@sluice/model-deployment/quantities';
import { isFields, pathText, valueAt, type FieldEdit, type Step } from './delta.ts';
import { sameImage } from './image-names.ts';

/** What a commit asks of one object. */
export interface Wish {
  /** As it shall be; for a deletion, as it was. */
  object: KubeObject;
  /** undefined: the whole object stands in Git. */
  edits: readonly FieldEdit[] | undefined;
  gone: boolean;
}

/** What is missing; undefined: nothing is. */
export function missingIn(live: KubeObject | undefined, { object, edits, gone }: Wish): string | undefined {
  const name = `${object.kind} ${object.metadata.name}`;
  if (gone)
    return live === undefined || live.metadata.deletionTimestamp !== undefined
      ? undefined
      : `${name} is still there`;
  if (live === undefined) return `${name} is not there`;
  const paths = edits === undefined ? wholePaths(object) : edits.map((edit) => settled(edit.path));
  for (const path of paths) {
    const wanted = valueAt(object, path);
    const there = valueAt(live, path);
    if (wanted === undefined ? there !== undefined && !isEmpty(there) : !carries(there, wanted))
      return `${name}: ${pathText(path)} is ${text(there)}, not ${text(wanted)}`;
  }
  return undefined;
}

function wholePaths(object: KubeObject): Step[][] {
  return Object.keys(object)
    .filter((key) => !['apiVersion', 'kind', 'metadata', 'status'].includes(key))
    .map((key) => [key]);
}

/** Positions shift when a list changes: then the list counts as a whole. */
function settled(path: readonly Step[]): readonly Step[] {
  const at = path.findIndex((step) => typeof step === 'number');
  return at === -1 ? path : path.slice(0, at);
}

export function carries(live: unknown, wanted: unknown): boolean {
  if (isEmpty(wanted)) return live === undefined || isEmpty(live);
  if (Array.isArray(wanted))
    return (
      Array.isArray(live) &&
      live.length === wanted.length &&
      wanted.every((item, index) => carries((live as unknown[])[index], item))
    );
  if (isFields(wanted))
    return isFields(live) && Object.entries(wanted).every(([key, value]) => carries(live[key], value));
  if (String(live) === String(wanted)) return true;
  if (typeof live === 'string' && typeof wanted === 'string' && sameImage(live, wanted)) return true;
  const quantity = parseQuantity(wanted);
  return quantity !== 0 && parseQuantity(live) === quantity;
}

/** What an API server leaves out, or writes by itself. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isFields(value) && Object.values(value).every(isEmpty);
}

function text(value: unknown): string {
  const json = value === undefined ? 'absent' : JSON.stringify(value);
  return json.length > 120 ? `${json.slice(0, 119)}…` : json;
}
