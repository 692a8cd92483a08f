/** A Flux HelmRelease: image and number of pods in its values; what the chart has no value for by a post-renderer's patch. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';
import { isFields, type FieldEdit } from './delta.ts';
import { objectsIn, type Place, type Yaml } from './documents.ts';
import { editYaml } from './edit-yaml.ts';
import { patched } from './merge-patch.ts';
import { byValue } from './values.ts';

type Fields = Record<string, unknown>;

/** The one that renders the object, by the object's own label; undefined: none is among the files. */
export function releaseIn(
  yaml: Yaml,
  files: ReadonlyMap<string, string>,
  live: KubeObject,
): Place | undefined {
  const all = objectsIn(yaml, files).filter(
    ({ value }) =>
      value['kind'] === 'HelmRelease' && String(value['apiVersion']).startsWith('helm.toolkit.fluxcd.io/'),
  );
  const name = live.metadata.labels?.['helm.toolkit.fluxcd.io/name'];
  const named = all.filter(({ value }) => isFields(value['metadata']) && value['metadata']['name'] === name);
  if (named.length > 1)
    throw new ConfigError(
      `HelmRelease ${name ?? ''} stands in several files: ${named.map(({ file }) => file).join(', ')}`,
    );
  return named[0] ?? (all.length === 1 && name === undefined ? all[0] : undefined);
}

export function editRelease(
  yaml: Yaml,
  files: Map<string, string>,
  { file, index }: Place,
  live: KubeObject,
  edits: readonly FieldEdit[],
): void {
  const only = new Map([[file, files.get(file) ?? '']]);
  const left = edits.filter((edit) => !byValue(yaml, only, edit, ['spec', 'values']));
  const text = only.get(file) ?? '';
  files.set(file, text);
  if (left.length === 0) return;
  const release = objectsIn(yaml, only).find((each) => each.index === index)?.value ?? {};
  const spec = isFields(release['spec']) ? release['spec'] : {};
  const renderers = Array.isArray(spec['postRenderers']) ? (spec['postRenderers'] as unknown[]) : [];
  const to = withPatch(yaml, renderers, live, left);
  files.set(
    file,
    editYaml(yaml, text, { file, index }, [{ path: ['spec', 'postRenderers'], op: 'set', to }]),
  );
}

/** Ours is the last, and its patch of this object grows. */
function withPatch(
  yaml: Yaml,
  renderers: readonly unknown[],
  live: KubeObject,
  edits: readonly FieldEdit[],
): unknown[] {
  const target = { kind: live.kind, name: live.metadata.name };
  const last = renderers.at(-1);
  const ours = isFields(last) && isFields(last['kustomize']) ? patchesOf(last['kustomize']) : [];
  const mine = ours.length > 0 && ours.every(({ patch }) => String(patch).startsWith(MARK));
  const patches = mine ? ours : [];
  const at = patches.findIndex(
    (each) =>
      isFields(each['target']) &&
      each['target']['kind'] === target.kind &&
      each['target']['name'] === target.name,
  );
  const known: unknown = at === -1 ? undefined : yaml.parse(String(patches[at]?.['patch']));
  const before = isFields(known)
    ? known
    : { apiVersion: live.apiVersion, kind: live.kind, metadata: { name: target.name } };
  const patch =
    MARK + yaml.stringify(patched(before, edits, live), { lineWidth: 0, aliasDuplicateObjects: false });
  const next =
    at === -1
      ? [...patches, { target, patch }]
      : patches.map((each, index) => (index === at ? { target, patch } : each));
  const kept = mine ? renderers.slice(0, -1) : renderers;
  return [...kept, { kustomize: { patches: next } }];
}

const MARK = '# Written by Sluice.\n';

function patchesOf(kustomize: Fields): Fields[] {
  const { patches } = kustomize;
  return Array.isArray(patches) ? patches.filter(isFields) : [];
}
