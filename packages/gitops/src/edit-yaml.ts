/** Changes fields of one document of a YAML file: bytes that belong to no changed value stay as they are, where that can be done. */
import type { Document, Node, Scalar } from 'yaml';
import { sameJson } from '@sluice/kubernetes/same-json';
import { ConfigError } from '@sluice/runtime/errors';
import { carries } from './carries.ts';
import { pathText, type FieldEdit, type Step } from './delta.ts';
import { joined, partsOf, readDocuments, type Yaml } from './documents.ts';

export interface EditPlace {
  file: string;
  index: number;
}

/** A scalar of the manifest is neither what the field was nor what it shall be: somebody else changed it meanwhile. */
export class EditConflict extends Error {
  override readonly name = 'EditConflict';
}

/**
 * @param path in front of every edit's own: where the object stands within the document
 * @throws EditConflict; ConfigError where the manifest has another shape than the object
 */
export function editYaml(
  yaml: Yaml,
  text: string,
  { file, index }: EditPlace,
  edits: readonly FieldEdit[],
  path: readonly Step[] = [],
): string {
  let now = text;
  for (const edit of edits)
    now = editOnce(yaml, now, { file, index }, { ...edit, path: [...path, ...edit.path] });
  return now;
}

function editOnce(yaml: Yaml, text: string, { file, index }: EditPlace, edit: FieldEdit): string {
  const documents = readDocuments(yaml, file, text);
  const document = documents[index];
  if (document === undefined) throw new ConfigError(`${file} has no document ${index + 1} any more`);
  const steps = keysOf(yaml, document, edit, file);
  unshare(yaml, document, steps);
  const there = document.getIn(steps, true) as Node | undefined;
  if (yaml.isAlias(there))
    throw new ConfigError(`${file}: ${pathText(edit.path)} is an alias; write its value there`);
  if (edit.op !== 'insert' && there !== undefined && isPlain(edit.to ?? edit.from))
    refuseStranger(yaml, there, edit, file);
  if (edit.op === 'set' && yaml.isScalar(there)) {
    if (sameJson(there.value, edit.to)) return text;
    const spliced = splice(yaml, text, there, edit.to);
    if (spliced !== undefined) return spliced;
  }
  if (edit.op === 'remove') {
    if (there === undefined && !document.hasIn(steps)) return text;
    document.deleteIn(steps);
    dropEmpty(yaml, document, steps);
  } else if (edit.op === 'insert') insert(yaml, document, steps, edit);
  else document.setIn(steps, document.createNode(edit.to));
  return written(text, documents, index);
}

/** What stands at several places by an anchor is written out before one of them changes. */
function unshare(yaml: Yaml, document: Document, steps: readonly (string | number)[]): void {
  for (let depth = 1; depth <= steps.length; depth += 1) {
    const path = steps.slice(0, depth);
    const node: unknown = document.getIn(path, true);
    if (yaml.isAlias(node)) document.setIn(path, document.createNode(node.toJS(document)));
    else if (yaml.isNode(node)) {
      const held = node as { anchor?: string };
      const { anchor } = held;
      if (anchor === undefined) continue;
      const value: unknown = node.toJS(document);
      yaml.visit(document, {
        Alias: (_, alias) => (alias.source === anchor ? document.createNode(value) : undefined),
      });
      delete held.anchor;
    }
  }
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function refuseStranger(yaml: Yaml, there: Node, { path, from, to, op }: FieldEdit, file: string): void {
  if (!yaml.isScalar(there)) return;
  const { value } = there;
  // A quantity or an image may be written otherwise than the cluster shows it.
  if (from === undefined || carries(value, from) || (op === 'set' && carries(value, to))) return;
  throw new EditConflict(
    `${file}: ${pathText(path)} is ${JSON.stringify(value)} there, and ${JSON.stringify(from)} in the cluster: somebody changed it meanwhile`,
  );
}

/** Names become positions. @throws ConfigError where the manifest has another shape than the object */
function keysOf(yaml: Yaml, document: Document, { path, op }: FieldEdit, file: string): (string | number)[] {
  const keys: (string | number)[] = [];
  path.forEach((step, depth) => {
    if (typeof step !== 'object') {
      keys.push(step);
      return;
    }
    const list: unknown = document.getIn(keys, true);
    const items = yaml.isSeq(list) ? list.items : [];
    const at = items.findIndex((item) => yaml.isMap(item) && item.get('name') === step.name);
    if (at === -1 && (op === 'set' || depth < path.length - 1))
      throw new ConfigError(
        `${file}: there is no ${pathText(path.slice(0, depth + 1))}, though the cluster's object has it; write it there`,
      );
    keys.push(at === -1 ? items.length : at);
  });
  return keys;
}

function insert(yaml: Yaml, document: Document, steps: (string | number)[], { to, path }: FieldEdit): void {
  const at = steps.at(-1);
  const parent = steps.slice(0, -1);
  const list: unknown = document.getIn(parent, true);
  const node = document.createNode(to);
  if (!yaml.isSeq(list)) {
    document.setIn(parent, document.createNode([to]));
    return;
  }
  const { items } = list;
  // Done twice it is done once.
  const last = path.at(-1);
  if (typeof last === 'object' && typeof at === 'number' && at < items.length) {
    items[at] = node;
    return;
  }
  if (typeof at === 'number' && items[at] !== undefined && sameJson((items[at] as Node).toJS(document), to))
    return;
  items.splice(typeof at === 'number' ? at : items.length, 0, node);
}

/** Annotations that were the only ones leave no empty map behind. */
function dropEmpty(yaml: Yaml, document: Document, steps: readonly (string | number)[]): void {
  const parent = steps.slice(0, -1);
  if (!['annotations', 'labels'].includes(String(parent.at(-1)))) return;
  const map: unknown = document.getIn(parent, true);
  if (yaml.isMap(map) && map.items.length === 0) document.deleteIn(parent);
}

/** The scalar's own bytes, changed; undefined where it is written over several lines or has an anchor. */
function splice(yaml: Yaml, text: string, node: Scalar, to: unknown): string | undefined {
  if (!isPlain(to) || node.range === null || node.range === undefined || node.anchor !== undefined)
    return undefined;
  const [start, end] = node.range;
  const old = text.slice(start, end);
  if (old === '' || old.includes('\n')) return undefined;
  const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
  const scalar = new yaml.Scalar(to);
  if (quoted && typeof to === 'string') scalar.type = node.type as 'QUOTE_DOUBLE';
  const fresh = yaml.stringify(scalar, { lineWidth: 0 }).trimEnd();
  if (fresh.includes('\n')) return undefined;
  const changed = text.slice(0, start) + fresh + text.slice(end);
  return changed;
}

/** The document as the library writes it, in the indentation that it has; the others as they stood. */
function written(text: string, documents: readonly Document[], index: number): string {
  const parts = partsOf(documents, text);
  return joined(
    documents.map((document, at) =>
      at === index ? stringified(document, parts[at] ?? '') : (parts[at] ?? ''),
    ),
  );
}

function stringified(document: Document, raw: string): string {
  return document.toString({
    lineWidth: 0,
    indentSeq: indentsLists(raw),
    flowCollectionPadding: !/\{\S/u.test(raw),
  });
}

/** `- ` stands deeper than the key above it. */
function indentsLists(text: string): boolean {
  const match = /^( *)(?:- )?[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n(?:\s*#[^\n]*\n)*( *)- /m.exec(text);
  return match === null || (match[2] ?? '').length > (match[1] ?? '').length;
}
