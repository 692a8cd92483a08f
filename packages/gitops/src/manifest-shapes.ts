/** Readers and small changes of manifests that know nothing of files. Pure. */
import type { Document } from 'yaml';
import type { KubeObject, ObjectRef } from '@sluice/kubernetes/types';
import { sameJson } from '@sluice/kubernetes/same-json';
import { isFields, type FieldEdit } from './delta.ts';
import { joined, partsOf } from './documents.ts';

/** Of an object's own file. What a manifest calls it may be hostile: no name leads out of the folder. */
export function fileName(name: string, kind: string, suffix = ''): string {
  const plain = `${name}-${kind}${suffix}`.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '-');
  return `${plain.replace(/^[.-]+/, '')}.yaml`;
}

/** Marks by which we know our own again; nothing is served by them. */
export function isMark({ path, to }: FieldEdit): boolean {
  if (path.some((step) => typeof step === 'string' && step.startsWith('sluice/'))) return true;
  const last = path.at(-1);
  return (
    (last === 'annotations' || last === 'labels') &&
    isFields(to) &&
    Object.keys(to).every((key) => key.startsWith('sluice/'))
  );
}

/** Only of which object it is. */
export function saysNothing({ metadata, ...patch }: Record<string, unknown>): boolean {
  const more = isFields(metadata) ? Object.keys(metadata).filter((key) => key !== 'name') : [];
  return more.length === 0 && Object.keys(patch).every((key) => key === 'apiVersion' || key === 'kind');
}

/** A patch beside its base has the same head, and no more of the object than it changes. */
export function isPatch(value: Record<string, unknown>): boolean {
  const { kind, spec } = value;
  return (
    ['Deployment', 'StatefulSet'].includes(String(kind)) && isFields(spec) && spec['selector'] === undefined
  );
}

export function selectedBy(object: KubeObject): Record<string, string> {
  const template = isFields(object['spec']) ? object['spec']['template'] : undefined;
  const metadata = isFields(template) ? template['metadata'] : undefined;
  const labels = isFields(metadata) ? metadata['labels'] : undefined;
  if (!isFields(labels)) return {};
  return Object.fromEntries(
    ['app', 'app.kubernetes.io/name'].flatMap((key) =>
      typeof labels[key] === 'string' ? [[key, labels[key]]] : [],
    ),
  );
}

export function refOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): ObjectRef {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** RFC 6901, with names as their position in the object. */
export function pointerOf({ path }: FieldEdit, live: KubeObject): string {
  let now: unknown = live;
  return path
    .map((step) => {
      let key = step;
      if (typeof step === 'object') {
        const items = Array.isArray(now) ? (now as unknown[]) : [];
        const at = items.findIndex((item) => isFields(item) && item['name'] === step.name);
        key = at === -1 ? items.length : at;
      }
      now =
        typeof now === 'object' && now !== null ? (now as Record<string, unknown>)[String(key)] : undefined;
      return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
    })
    .join('');
}

/** What is given over what is there; lists as wholes. */
export function over(there: unknown, given: unknown): unknown {
  if (!isFields(there) || !isFields(given) || sameJson(there, given)) return given;
  return {
    ...there,
    ...Object.fromEntries(Object.entries(given).map(([key, value]) => [key, over(there[key], value)])),
  };
}

export function withoutDocument(documents: readonly Document[], index: number, text: string): string {
  const left = partsOf(documents, text).filter((_, at) => at !== index);
  // The first one needs no head, unless it had one.
  return joined(index === 0 ? left.map((part, at) => (at === 0 ? part.replace(/^---\n/, '') : part)) : left);
}

export function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
