/** Fields of a user's object that are ours while a rollout lasts: what stood there is kept on the object itself. */
import { changeObject, valueAt } from '@sluice/kubernetes/change-object';
import type { KubeApi, KubeObject, ObjectRef } from '@sluice/kubernetes/types';

/** JSON: by JSON pointer what stood there before the rollout; null: nothing. */
export const BEFORE_ANNOTATION = 'sluice/before';

/** undefined: nothing is borrowed. */
export function before(object: KubeObject): Record<string, unknown> | undefined {
  const text = object.metadata.annotations?.[BEFORE_ANNOTATION];
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
}

/**
 * Sets fields, and keeps what stood there first, however often it is done.
 *
 * @param fields by JSON pointer; undefined removes one
 */
export function borrow(
  api: KubeApi,
  ref: ObjectRef,
  fields: Record<string, unknown>,
  signal: AbortSignal,
): Promise<KubeObject> {
  return changeObject(
    api,
    ref,
    (object) => {
      const kept = { ...before(object) };
      for (const path of Object.keys(fields)) if (!(path in kept)) kept[path] = valueAt(object, path) ?? null;
      return { fields, annotations: { [BEFORE_ANNOTATION]: JSON.stringify(kept) } };
    },
    signal,
  );
}

/** Puts everything back as it stood, but for `keeping`. */
export function giveBack(
  api: KubeApi,
  ref: ObjectRef,
  keeping: readonly string[],
  signal: AbortSignal,
): Promise<KubeObject> {
  return changeObject(
    api,
    ref,
    (object) => {
      const kept = before(object);
      if (kept === undefined) return undefined;
      const back = Object.entries(kept).filter(([path]) => !keeping.includes(path));
      return {
        fields: Object.fromEntries(back.map(([path, value]) => [path, value ?? undefined])),
        annotations: { [BEFORE_ANNOTATION]: null },
      };
    },
    signal,
  );
}
