/** YAML files with Kubernetes objects in them: where an object stands, and what it says. */
import type { Document } from 'yaml';
import type * as YamlModule from 'yaml';
import type { KubeObject, ObjectRef } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';
import { isFields } from './delta.ts';
import type { Files } from './repository.ts';

export type Yaml = typeof YamlModule;

export interface Place {
  file: string;
  /** Which document of the file. */
  index: number;
  value: Record<string, unknown>;
}

const MOST_DOCUMENTS = 500;

export function isYaml(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}

/** @throws ConfigError for a file that is no YAML; aliases that unfold without end are refused */
export function readDocuments(yaml: Yaml, file: string, text: string): Document[] {
  const documents = yaml.parseAllDocuments(text, { prettyErrors: false, uniqueKeys: true }) as Document[];
  if (documents.length > MOST_DOCUMENTS) throw new ConfigError(`${file} holds ${documents.length} documents`);
  const [error] = documents.flatMap((each) => each.errors);
  if (error !== undefined)
    throw new ConfigError(`${file} of the GitOps repository is no YAML: ${error.message}`);
  return documents;
}

export function valueOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new ConfigError(`${file} of the GitOps repository: its aliases unfold without end`);
  }
}

/** Every object in the files; what is no YAML (a chart's template) holds none. */
export function objectsIn(yaml: Yaml, files: Files): Place[] {
  return [...files].flatMap(([file, text]) => {
    if (!isYaml(file)) return [];
    try {
      return readDocuments(yaml, file, text).flatMap((document, index): Place[] => {
        const value = valueOf(document, file);
        return isFields(value) && typeof value['kind'] === 'string' ? [{ file, index, value }] : [];
      });
    } catch (error) {
      if (error instanceof ConfigError) return [];
      throw error;
    }
  });
}

/** Whether a manifest is of this object; one that names no namespace is of any. */
export function isOf(value: Record<string, unknown>, ref: ObjectRef, name = ref.name): boolean {
  const metadata = isFields(value['metadata']) ? value['metadata'] : {};
  const namespace = metadata['namespace'];
  return (
    value['kind'] === ref.kind &&
    groupOf(String(value['apiVersion'] ?? '')) === groupOf(ref.apiVersion) &&
    metadata['name'] === name &&
    (namespace === undefined || ref.namespace === undefined || namespace === ref.namespace)
  );
}

/** Versions of one group are one object. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** What only a cluster writes, and what would tie the object to one cluster. */
export function manifestOf(object: KubeObject): Record<string, unknown> {
  const { name, namespace, labels, annotations } = object.metadata;
  const fields = Object.entries(object).filter(
    ([key]) => !['metadata', 'status', 'apiVersion', 'kind'].includes(key),
  );
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    ...Object.fromEntries(fields),
  };
}

/** The text of each document, what stands before it included; together they are the whole text. */
export function partsOf(documents: readonly Document[], text: string): string[] {
  const ends = documents.map(({ range }) => (range as unknown as number[])[2] ?? text.length);
  return ends.map((end, at) =>
    text.slice(at === 0 ? 0 : ends[at - 1], at === ends.length - 1 ? text.length : end),
  );
}

/** Documents put one behind the other again; one that had no head of its own gets it. */
export function joined(parts: readonly string[]): string {
  return parts
    .map((part) => (part === '' || part.endsWith('\n') ? part : `${part}\n`))
    .map((part, at) => (at === 0 || part.startsWith('---') || part.trim() === '' ? part : `---\n${part}`))
    .join('');
}
