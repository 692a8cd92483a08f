/** Edits as a strategic merge patch, the form in which Kustomize and Flux's post-renderers change what stands elsewhere. Pure. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { groupOf } from './documents.ts';
import { isFields, valueAt, type FieldEdit, type Step } from './delta.ts';

type Fields = Record<string, unknown>;

/** Lists whose items are merged by name, in kinds that Kubernetes itself defines. */
const MERGED = ['containers', 'initContainers', 'env', 'volumes', 'imagePullSecrets'];
/** Of every other group a list is one value. */
const BUILT_IN = ['', 'apps', 'autoscaling', 'batch', 'networking.k8s.io', 'policy'];

/**
 * @param patch as it was before, with what edits before these ones asked for
 * @param after the object as it shall be: where a list is one value, all of it is said
 */
export function patched(patch: Fields, edits: readonly FieldEdit[], after: KubeObject): Fields {
  const merges = BUILT_IN.includes(groupOf(after.apiVersion));
  return edits.reduce(
    (now, edit) => put(now, merges ? mergeable(edit, after) : whole(edit, after), []) as Fields,
    patch,
  );
}

/** A path through a list that can't be merged ends at the list. */
function mergeable(edit: FieldEdit, after: KubeObject): FieldEdit {
  const at = edit.path.findIndex(
    (step, index) => typeof step === 'number' || (typeof step === 'object' && !isMerged(edit.path, index)),
  );
  return at === -1 ? edit : listOf(edit, at, after);
}

function isMerged(path: readonly Step[], index: number): boolean {
  return MERGED.includes(String(path[index - 1]));
}

function whole(edit: FieldEdit, after: KubeObject): FieldEdit {
  const at = edit.path.findIndex((step) => typeof step !== 'string');
  return at === -1 ? edit : listOf(edit, at, after);
}

function listOf({ path }: FieldEdit, at: number, after: KubeObject): FieldEdit {
  const list = path.slice(0, at);
  return { path: list, op: 'set', to: valueAt(after, list) };
}

function put(now: unknown, { path, op, to }: FieldEdit, done: readonly Step[]): unknown {
  const [step, ...rest] = path;
  // What an earlier edit of ours said is said no more; what stands elsewhere is taken out by a null.
  if (step === undefined)
    return op === 'remove' ? (now === undefined || now === null ? null : undefined) : to;
  if (typeof step === 'object') {
    const items = Array.isArray(now) ? (now as Fields[]) : [];
    const at = items.findIndex(({ name }) => name === step.name);
    const removed = op === 'remove' && rest.length === 0;
    const item = removed
      ? { name: step.name, $patch: 'delete' }
      : put(items[at] ?? { name: step.name }, { path: rest, op, to }, [...done, step]);
    return at === -1 ? [...items, item] : items.map((each, index) => (index === at ? item : each));
  }
  const fields = isFields(now) ? now : {};
  const value = put(fields[step], { path: rest, op, to }, [...done, step]);
  const kept = Object.entries({ ...fields, [step]: value }).filter(([, each]) => each !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
