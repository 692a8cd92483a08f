/** Kubernetes manifests as users have them: several documents, lists; what may not be deployed is refused. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';
import type { YamlText } from './yaml-text.ts';

export interface ManifestOptions {
  /** `apply: gitops`: the objects would stand in Git. */
  gitops: boolean;
}

/** Kinds that hold pods and can be rolled out. */
const WORKLOADS = ['Deployment', 'StatefulSet'];
const MOST_DOCUMENTS = 200;

/** @throws ConfigError with every fault, each with file and line */
export async function parseManifest(
  { path, text }: YamlText,
  { gitops }: ManifestOptions,
): Promise<KubeObject[]> {
  const { LineCounter, parseAllDocuments } = await import('yaml');
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const faults: string[] = [];
  const objects: KubeObject[] = [];
  const seen = new Set<string>();
  if (documents.length > MOST_DOCUMENTS)
    throw new ConfigError(`${path} holds ${documents.length} documents; ${MOST_DOCUMENTS} are the most`);
  for (const document of documents) {
    const line = lines.linePos(document.contents?.range[0] ?? 0).line;
    if (document.errors.length > 0) {
      for (const { pos, message } of document.errors)
        faults.push(`${path}:${lines.linePos(pos[0]).line}: ${message}`);
      continue;
    }
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch {
      faults.push(`${path}:${line}: its aliases unfold without end`);
      continue;
    }
    if (value === null || value === undefined) continue;
    for (const object of unlisted(value)) {
      const fault = objectFault(object, gitops);
      if (fault !== undefined) {
        faults.push(`${path}:${line}: ${fault}`);
        continue;
      }
      const { apiVersion, kind, metadata } = object as KubeObject;
      const name = `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
      if (seen.has(name)) faults.push(`${path}:${line}: ${kind} ${metadata.name} stands here twice`);
      seen.add(name);
      objects.push(object as KubeObject);
    }
  }
  if (faults.length === 0 && objects.length === 0) faults.push(`${path} holds no Kubernetes object`);
  if (faults.length > 0) throw new ConfigError(faults);
  return objects;
}

function unlisted(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  const { kind, items } = value as { kind?: unknown; items?: unknown };
  return kind === 'List' && Array.isArray(items) ? items : [value];
}

function objectFault(value: unknown, gitops: boolean): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no Kubernetes object';
  const { apiVersion, kind, metadata } = value as Record<string, unknown>;
  if (typeof apiVersion !== 'string' || apiVersion === '') return 'apiVersion is missing';
  if (typeof kind !== 'string' || kind === '') return 'kind is missing';
  const { name, generateName } = (metadata ?? {}) as { name?: unknown; generateName?: unknown };
  if (typeof name !== 'string' || name === '')
    return `${kind}: metadata.name is missing${generateName === undefined ? '' : '; generateName makes another object each time'}`;
  if (gitops && kind === 'Secret' && apiVersion === 'v1')
    return `Secret ${name} would stand readable in Git; commit a SealedSecret or an ExternalSecret in its place`;
  return undefined;
}

/**
 * The one object that is rolled out.
 *
 * @param asked input `workload`, where it names one
 * @throws ConfigError where there is none, or it isn't clear which
 */
export function workloadIn(
  objects: readonly KubeObject[],
  asked: { kind: string; name: string } | undefined,
  path: string,
): KubeObject {
  const found = objects.filter(
    ({ kind, metadata }) =>
      WORKLOADS.includes(kind) &&
      (asked === undefined || (kind === asked.kind && metadata.name === asked.name)),
  );
  const [one] = found;
  const there = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ');
  if (one === undefined)
    throw new ConfigError(
      `${path} holds ${asked === undefined ? 'no Deployment or StatefulSet' : `no ${asked.kind} ${asked.name}, which input \`workload\` names`} (it holds ${there})`,
    );
  if (found.length > 1)
    throw new ConfigError(
      `${path} holds several workloads (${there}); name the one that serves by input \`workload\``,
    );
  return one;
}
