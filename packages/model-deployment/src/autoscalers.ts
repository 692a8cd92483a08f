/**
 * HPA and KEDA while a rollout moves pods: held, and given back as they were. What they were stands in an annotation on
 * the object itself, so that any later run can give it back.
 *
 * An HPA has no pause. `hold` forbids it to scale down (as the canary takes traffic, the stable looks idle; shrunken it
 * could not take everything back). `pause` forbids both directions and lowers `minReplicas`, which holds whatever the
 * behaviour says: the stable may then be given fewer pods. KEDA: `hold` the same through its `behavior`, `pause` by its own
 * annotation.
 */
import type { Change } from '@sluice/kubernetes/change-object';
import { changeObject } from '@sluice/kubernetes/change-object';
import type { KubeApi, KubeObject, ObjectRef } from '@sluice/kubernetes/types';

export type HoldMode = 'hold' | 'pause';

export interface Autoscaler {
  ref: ObjectRef;
  kind: 'hpa' | 'keda';
  min: number;
  max: number;
  /** The mode that a rollout left it in; null: as its owner wants it. */
  held: HoldMode | null;
}

/** `{mode, spec: {field: value before, null where there was none}, annotations}`. */
export const HELD = 'sluice/autoscaler-before';
const PAUSED = 'autoscaling.keda.sh/paused';
const PAUSED_AT = 'autoscaling.keda.sh/paused-replicas';
const HPA = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' };
const KEDA = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' };

interface Kept {
  mode: HoldMode;
  spec: Record<string, unknown>;
  annotations: Record<string, string | null>;
}

/** Those whose scaleTargetRef is this workload; KEDA's own HPA is KEDA's business. */
export async function findAutoscalers(
  api: KubeApi,
  namespace: string,
  workload: { kind: string; name: string },
): Promise<Autoscaler[]> {
  const aims = ({ spec }: KubeObject): boolean => {
    const { scaleTargetRef: target } = (spec ?? {}) as { scaleTargetRef?: { kind?: string; name?: string } };
    return target?.name === workload.name && (target.kind ?? 'Deployment') === workload.kind;
  };
  const hpas = (await api.list(HPA, { namespace })).filter(
    (each) => aims(each) && !each.metadata.ownerReferences?.some(({ kind }) => kind === KEDA.kind),
  );
  const scaled = (await api.list(KEDA, { namespace })).filter(aims);
  return [...hpas, ...scaled].map(readAutoscaler);
}

export function readAutoscaler(object: KubeObject): Autoscaler {
  const spec = specOf(object);
  const keda = object.kind === KEDA.kind;
  const { name, namespace } = object.metadata;
  const number = (value: unknown, otherwise: number): number =>
    typeof value === 'number' ? value : otherwise;
  return {
    ref: { ...(keda ? KEDA : HPA), name, ...(namespace === undefined ? {} : { namespace }) },
    kind: keda ? 'keda' : 'hpa',
    // Their defaults, where they differ: KEDA scales to 0 and up to 100.
    min: number(spec[keda ? 'minReplicaCount' : 'minReplicas'], keda ? 0 : 1),
    max: number(spec[keda ? 'maxReplicaCount' : 'maxReplicas'], 100),
    held: kept(object)?.mode ?? null,
  };
}

/** From one mode to another too; what was before us stays what is given back. */
export async function holdAutoscalers(
  api: KubeApi,
  found: readonly Autoscaler[],
  mode: HoldMode,
  signal: AbortSignal,
): Promise<void> {
  for (const { ref } of found) await changeObject(api, ref, (object) => heldChange(object, mode), signal);
}

/** Done twice, or where nothing was held, it does nothing. */
export async function releaseAutoscalers(
  api: KubeApi,
  found: readonly Autoscaler[],
  signal: AbortSignal,
): Promise<void> {
  for (const { ref } of found) await changeObject(api, ref, releasedChange, signal);
}

/** Pure. undefined: it is so already, or its owner has paused it. */
export function heldChange(object: KubeObject, mode: HoldMode): Change | undefined {
  const before = kept(object);
  if (before?.mode === mode) return undefined;
  const now = object.metadata.annotations ?? {};
  if (before === undefined && (PAUSED in now || PAUSED_AT in now)) return undefined;
  const spec = { ...specOf(object), ...before?.spec };
  const wanted = object.kind === KEDA.kind ? heldKeda(spec, mode) : heldHpa(spec, mode);
  const was: Kept = {
    mode,
    spec: Object.fromEntries(Object.keys(wanted.spec).map((key) => [key, spec[key] ?? null])),
    annotations: Object.fromEntries(Object.keys(wanted.annotations).map((key) => [key, null])),
  };
  const { fields, annotations } = returned(before);
  return {
    // What the mode before changed goes back, unless this one changes it as well.
    fields: { ...fields, ...pointers(wanted.spec) },
    annotations: { ...annotations, ...wanted.annotations, [HELD]: JSON.stringify(was) },
  };
}

/** Pure. undefined where nothing is held. */
export function releasedChange(object: KubeObject): Change | undefined {
  const before = kept(object);
  if (before === undefined) return undefined;
  const { fields, annotations } = returned(before);
  return { fields, annotations: { ...annotations, [HELD]: null } };
}

function returned(before: Kept | undefined): { fields: Change['fields']; annotations: Kept['annotations'] } {
  return { fields: pointers(before?.spec ?? {}), annotations: before?.annotations ?? {} };
}

function pointers(spec: Record<string, unknown>): Change['fields'] {
  return Object.fromEntries(Object.entries(spec).map(([key, value]) => [`/spec/${key}`, value ?? undefined]));
}

type Wanted = Omit<Kept, 'mode'>;

function heldHpa(spec: Record<string, unknown>, mode: HoldMode): Wanted {
  const behavior = heldBehavior(spec['behavior'], mode);
  return { spec: mode === 'pause' ? { behavior, minReplicas: 1 } : { behavior }, annotations: {} };
}

function heldKeda(spec: Record<string, unknown>, mode: HoldMode): Wanted {
  if (mode === 'pause') return { spec: {}, annotations: { [PAUSED]: 'true' } };
  const advanced = (spec['advanced'] ?? {}) as Record<string, unknown>;
  const config = (advanced['horizontalPodAutoscalerConfig'] ?? {}) as Record<string, unknown>;
  const behavior = heldBehavior(config['behavior'], mode);
  return {
    spec: { advanced: { ...advanced, horizontalPodAutoscalerConfig: { ...config, behavior } } },
    annotations: {},
  };
}

function heldBehavior(value: unknown, mode: HoldMode): Record<string, unknown> {
  const behavior = (value ?? {}) as Record<string, object>;
  const off = (side: string): object => ({ ...behavior[side], selectPolicy: 'Disabled' });
  return {
    ...behavior,
    scaleDown: off('scaleDown'),
    ...(mode === 'pause' ? { scaleUp: off('scaleUp') } : {}),
  };
}

function specOf(object: KubeObject): Record<string, unknown> {
  return (object['spec'] ?? {}) as Record<string, unknown>;
}

function kept(object: KubeObject): Kept | undefined {
  const text = object.metadata.annotations?.[HELD];
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Kept>;
    return { mode: value.mode ?? 'hold', spec: value.spec ?? {}, annotations: value.annotations ?? {} };
  } catch {
    return { mode: 'hold', spec: {}, annotations: {} };
  }
}
