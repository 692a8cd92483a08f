/**
 * Helm values: which of them an object's field comes from. An image by its repository and tag or digest, the number of
 * pods by its usual names; anything else by a comment behind the value: `weight: 90 # sluice: HTTPRoute/llm /spec/…`.
 */
import type { Scalar } from 'yaml';
import type { ObjectRef } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';
import { isFields, pathText, type FieldEdit, type Step } from './delta.ts';
import { isYaml, readDocuments, valueOf, type Yaml } from './documents.ts';
import { editYaml } from './edit-yaml.ts';
import { imageEdit, imageParts, sameImage } from './image-names.ts';

const SETTER = /\bsluice:\s*(\w+)\/([\w.-]+)\s+(\/\S+)/;
const REPLICAS = ['replicaCount', 'replicas'];

interface Found {
  file: string;
  index: number;
  path: (string | number)[];
}

/** The edit as the comment of a value says it, where one does. */
export function bySetter(
  yaml: Yaml,
  files: Map<string, string>,
  ref: ObjectRef,
  edit: FieldEdit,
  pointer: string,
): boolean {
  const place = settersIn(yaml, files).find(
    (each) =>
      each.kind === ref.kind &&
      each.name === ref.name &&
      each.pointer === leafOf(edit, pointer, each.pointer),
  );
  if (place === undefined) return false;
  const to =
    place.pointer === pointer
      ? edit.op === 'remove'
        ? 0
        : edit.to
      : leafValue(edit, pointer, place.pointer);
  change(yaml, files, place, to);
  return true;
}

/** A backend that comes or goes is a weight of it where a chart always writes it. */
function leafOf({ op }: FieldEdit, pointer: string, setter: string): string {
  return op !== 'set' && setter.startsWith(`${pointer}/`) ? setter : pointer;
}

function leafValue({ op, to }: FieldEdit, pointer: string, setter: string): unknown {
  const key = setter.slice(pointer.length + 1);
  return op === 'remove' ? 0 : isFields(to) ? to[key] : undefined;
}

function settersIn(
  yaml: Yaml,
  files: Map<string, string>,
): (Found & { kind: string; name: string; pointer: string })[] {
  const found: (Found & { kind: string; name: string; pointer: string })[] = [];
  for (const [file, text] of files) {
    if (!isYaml(file) || !SETTER.test(text)) continue;
    readDocuments(yaml, file, text).forEach((document, index) => {
      yaml.visit(document, {
        Scalar(key, node, parents) {
          const [, kind, name, pointer] = SETTER.exec(node.comment ?? '') ?? [];
          if (kind === undefined || name === undefined || pointer === undefined) return;
          found.push({ file, index, kind, name, pointer, path: keysTo(yaml, [...parents, node]) });
        },
      });
    });
  }
  return found;
}

function keysTo(yaml: Yaml, nodes: readonly unknown[]): (string | number)[] {
  return nodes.flatMap((node, at): (string | number)[] => {
    const parent = nodes[at - 1];
    if (yaml.isPair(node)) return [String((node.key as Scalar).value)];
    return yaml.isSeq(parent) ? [parent.items.indexOf(node)] : [];
  });
}

/** Image and number of pods by what the values are. @throws ConfigError where two could be meant */
export function byValue(
  yaml: Yaml,
  files: Map<string, string>,
  edit: FieldEdit,
  within: readonly Step[] = [],
): boolean {
  const image = imageEdit(edit);
  const replicas = edit.path.join('.') === 'spec.replicas' && edit.op === 'set';
  if (image === undefined && !replicas) return false;
  const found: { place: Found; change: () => void }[] = [];
  for (const [file, text] of files) {
    if (!isYaml(file)) continue;
    readDocuments(yaml, file, text).forEach((document, index) => {
      const value = valueOf(document, file);
      if (isFields(value) && typeof value['kind'] === 'string' && within.length === 0) return;
      walk(value, [], (map, path) => {
        if (within.length > 0 && !within.every((step, at) => path[at] === step)) return;
        for (const key of replicas ? REPLICAS : [])
          if (map[key] === edit.from && edit.from !== undefined) {
            const place = { file, index, path: [...path, key] };
            found.push({ place, change: () => change(yaml, files, place, edit.to) });
          }
        const edits = image === undefined ? [] : imageFields(map, image);
        const place = { file, index, path };
        if (edits.length > 0)
          found.push({
            place,
            change: () =>
              edits.forEach(([key, to]) => change(yaml, files, { ...place, path: [...path, key] }, to)),
          });
      });
    });
  }
  if (found.length > 1)
    throw new ConfigError(
      `${pathText(edit.path)} could be ${found.map(({ place }) => `${pathText(place.path)} of ${place.file}`).join(' or ')}; say which by a comment behind it: # sluice: <Kind>/<name> <JSON pointer>`,
    );
  found[0]?.change();
  return found.length === 1;
}

/** `image: repo:tag`, or a map of repository, tag and digest; empty where it is another image. */
function imageFields(
  map: Record<string, unknown>,
  { from, to }: { from: string; to: string },
): [string, unknown][] {
  if (typeof map['image'] === 'string' && sameImage(map['image'], from)) return [['image', to]];
  const { repository, tag, digest, registry } = map;
  if (typeof repository !== 'string') return [];
  const prefix = typeof registry === 'string' && registry !== '' ? `${registry}/` : '';
  const was = imageParts(from);
  if (was.name !== `${prefix}${repository}`) return [];
  const now = imageParts(to);
  if (prefix !== '' && !now.name.startsWith(prefix)) return [];
  const name = now.name.slice(prefix.length);
  const changed: [string, unknown][] = name === repository ? [] : [['repository', name]];
  if (digest !== undefined && now.digest !== undefined) return [...changed, ['digest', now.digest]];
  if (tag === undefined && digest === undefined) return [];
  // Charts write repository:tag; what follows an @ in it is taken as the digest, and the name before it counts for nothing.
  const label = now.tag ?? was.tag ?? 'pinned';
  return [...changed, ['tag', now.digest === undefined ? label : `${label}@${now.digest}`]];
}

function walk(
  value: unknown,
  path: (string | number)[],
  see: (map: Record<string, unknown>, path: (string | number)[]) => void,
): void {
  if (Array.isArray(value)) value.forEach((item, index) => walk(item, [...path, index], see));
  if (!isFields(value)) return;
  see(value, path);
  for (const [key, each] of Object.entries(value)) walk(each, [...path, key], see);
}

function change(yaml: Yaml, files: Map<string, string>, { file, index, path }: Found, to: unknown): void {
  const text = files.get(file) ?? '';
  files.set(file, editYaml(yaml, text, { file, index }, [{ path, op: 'set', to }]));
}
