/**
 * The files of the GitOps path as what they say of the cluster's objects: plain manifests, a kustomization, a Flux
 * HelmRelease, a chart or its values. Knows where a change has to stand; changes texts only.
 */
import { posix } from 'node:path';
import type { KubeObject, ObjectRef } from '@sluice/kubernetes/types';
import { nameOf } from '@sluice/kubernetes/change-object';
import { tellingLabel } from '@sluice/kubernetes/tracks';
import { ConfigError } from '@sluice/runtime/errors';
import { delta, isFields, pathText, type FieldEdit } from './delta.ts';
import { isOf, isYaml, manifestOf, objectsIn, readDocuments } from './documents.ts';
import type { Place, Yaml } from './documents.ts';
import { editYaml } from './edit-yaml.ts';
import { Kustomization, kustomizationIn } from './kustomization.ts';
import { patched } from './merge-patch.ts';
import {
  ended,
  fileName,
  isMark,
  isPatch,
  over,
  pointerOf,
  refOf,
  saysNothing,
  selectedBy,
  withoutDocument,
} from './manifest-shapes.ts';
import { releaseIn, editRelease } from './helm-release.ts';
import type { FileChanges, Files } from './repository.ts';
import { bySetter, byValue } from './values.ts';

const HEADER = '# Written by Sluice.\n';

export class Manifests {
  readonly #yaml: Yaml;
  readonly #root: string;
  readonly #before: Files;
  readonly #files: Map<string, string>;
  readonly #kustomization: Kustomization | undefined;
  /** Marks of ours that a chart's values can't carry. */
  readonly dropped: FieldEdit[] = [];

  /** @param root input `gitops-path`; a file or a folder */
  constructor(yaml: Yaml, root: string, files: Files) {
    this.#yaml = yaml;
    this.#root = root;
    this.#before = files;
    this.#files = new Map(files);
    const kustomization = kustomizationIn(files, this.#folder);
    this.#kustomization =
      kustomization === undefined ? undefined : new Kustomization(yaml, this.#files, kustomization);
  }

  get changes(): FileChanges {
    const changes = new Map<string, string | null>();
    for (const [path, text] of this.#files) if (this.#before.get(path) !== text) changes.set(path, text);
    for (const path of this.#before.keys()) if (!this.#files.has(path)) changes.set(path, null);
    return changes;
  }

  /** The object as a manifest here says it; undefined: none is here. */
  find(ref: ObjectRef): Record<string, unknown> | undefined {
    return this.#place(ref)?.value;
  }

  /** The whole object stands here as it is given. */
  put(object: KubeObject): void {
    if (object.kind === 'Secret' && object.apiVersion === 'v1')
      throw new ConfigError(
        `Secret ${object.metadata.name} would stand readable in Git; commit a SealedSecret or an ExternalSecret in its place`,
      );
    const place = this.#place(object);
    if (place !== undefined && place.file !== this.#fileOf(object)) {
      this.#merge(place, object);
      return;
    }
    const own = this.#kustomization?.nameIn(object.metadata.name) ?? object.metadata.name;
    const plain = manifestOf({ ...object, metadata: { ...object.metadata, name: own } });
    const canary = tellingLabel(selectedBy(object));
    if (canary !== undefined) this.#kustomization?.refuseLabels([canary]);
    this.#write(object, this.#kustomization?.shield(plain, own) ?? plain);
  }

  #write(object: KubeObject, manifest: Record<string, unknown>): void {
    const text = this.#yaml.stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false });
    if (this.#isFile) {
      const old = this.#files.get(this.#root) ?? '';
      const has = objectsIn(this.#yaml, new Map([[this.#root, old]])).length > 0;
      if (!has && old.trim() !== '') throw this.#noPlace(object);
      this.#files.set(this.#root, old.trim() === '' ? HEADER + text : `${ended(old)}---\n${text}`);
      return;
    }
    const file = this.#fileOf(object);
    if (this.#files.has(posix.join(this.#folder, 'Chart.yaml'))) {
      this.#files.set(file, HEADER + text.replaceAll(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`));
      return;
    }
    if (this.#onlyValues) throw this.#noPlace(object);
    this.#files.set(file, HEADER + text);
    this.#kustomization?.addResource(file);
  }

  #noPlace({ kind, metadata: { name } }: KubeObject): ConfigError {
    return new ConfigError(
      `input \`gitops-path\` = ${this.#root || '.'} holds values only, and ${kind} ${name} has to stand beside them: name a folder whose manifests are applied, a chart's folder, or a kustomization`,
    );
  }

  #merge({ file, index, value }: Place, object: KubeObject): void {
    const wanted = manifestOf(object);
    const edits = delta(value, over(value, wanted)).filter(({ path }) => path[0] !== 'apiVersion');
    this.#editFile({ file, index }, edits);
  }

  /**
   * @param live the object as it shall be in the cluster, for what has to be said whole
   * @throws ConfigError where nothing here leads to the object
   */
  edit(live: KubeObject, edits: readonly FieldEdit[]): void {
    const ref = refOf(live);
    const name = this.#kustomization?.nameIn(ref.name) ?? ref.name;
    const left = edits.filter(
      (edit) =>
        !bySetter(this.#yaml, this.#files, ref, edit, pointerOf(edit, live)) &&
        this.#kustomization?.takes(edit, name) !== true,
    );
    if (left.length === 0) return;
    const place = this.#place(ref);
    if (place !== undefined && !this.#patchesOver(place, ref.kind, name)) {
      this.#editFile(place, left);
      return;
    }
    if (this.#kustomization !== undefined) {
      this.#patch(this.#kustomization, live, name, left);
      return;
    }
    const release = releaseIn(this.#yaml, this.#files, live);
    if (release !== undefined) {
      editRelease(this.#yaml, this.#files, release, live, left);
      return;
    }
    this.#editValues(ref, left);
  }

  #editValues(ref: ObjectRef, edits: readonly FieldEdit[]): void {
    const missing = edits.filter((edit) => !byValue(this.#yaml, this.#files, edit));
    const marks = missing.filter(isMark);
    this.dropped.push(...marks);
    const lost = missing.filter((edit) => !marks.includes(edit));
    if (lost.length === 0 && missing.length < edits.length + marks.length) return;
    throw new ConfigError(
      `${nameOf(ref)} stands in no manifest below \`gitops-path\` = ${this.#root || '.'}, and no value there is its ${lost.map(({ path }) => pathText(path)).join(', ') || 'image'}; name the folder of its manifests or its kustomization, or mark the value with # sluice: ${ref.kind}/${ref.name} <JSON pointer>`,
    );
  }

  #patch(kustomization: Kustomization, live: KubeObject, name: string, edits: readonly FieldEdit[]): void {
    const file = posix.join(kustomization.folder, fileName(name, live.kind, '-sluice-patch'));
    const known = this.#files.get(file);
    const [document] = known === undefined ? [] : readDocuments(this.#yaml, file, known);
    const before: unknown = document?.toJS() ?? {
      apiVersion: live.apiVersion,
      kind: live.kind,
      metadata: { name },
    };
    const after = patched(isFields(before) ? before : {}, edits, live);
    if (saysNothing(after)) {
      this.#files.delete(file);
      kustomization.removePatch(file);
      return;
    }
    this.#files.set(
      file,
      HEADER + this.#yaml.stringify(after, { lineWidth: 0, aliasDuplicateObjects: false }),
    );
    kustomization.addPatch(file, { apiVersion: live.apiVersion, kind: live.kind, name });
  }

  /** The user's patch comes after the manifest: what it says there would not count. */
  #patchesOver({ file }: Place, kind: string, name: string): boolean {
    const kustomization = this.#kustomization;
    if (kustomization === undefined) return false;
    return !kustomization.resources.includes(file) || kustomization.patches(kind, name);
  }

  remove(ref: ObjectRef): void {
    const place = this.#place(ref);
    if (place === undefined) {
      // A chart's template with braces of ours is no YAML.
      const file = this.#fileOf({ kind: ref.kind, metadata: { name: ref.name } });
      if (this.#files.get(file)?.startsWith(HEADER) === true) this.#files.delete(file);
      return;
    }
    const text = this.#files.get(place.file) ?? '';
    const documents = readDocuments(this.#yaml, place.file, text);
    const left = documents.filter((document, index) => index !== place.index && document.contents !== null);
    const name = this.#kustomization?.nameIn(ref.name) ?? ref.name;
    if (left.length > 0) this.#files.set(place.file, withoutDocument(documents, place.index, text));
    else {
      this.#files.delete(place.file);
      this.#kustomization?.removeResource(place.file);
    }
    this.#kustomization?.unshield(name);
  }

  #editFile({ file, index }: Pick<Place, 'file' | 'index'>, edits: readonly FieldEdit[]): void {
    this.#files.set(file, editYaml(this.#yaml, this.#files.get(file) ?? '', { file, index }, edits));
  }

  #place(ref: ObjectRef | KubeObject): Place | undefined {
    const of = 'metadata' in ref ? refOf(ref) : ref;
    const name = this.#kustomization?.nameIn(of.name) ?? of.name;
    const patches = new Set([...this.#files.keys()].filter((file) => file.endsWith('-sluice-patch.yaml')));
    const found = objectsIn(this.#yaml, this.#files).filter(
      ({ file, value }) => !patches.has(file) && isOf(value, of, name) && !isPatch(value),
    );
    const listed = this.#kustomization?.resources;
    const places = listed === undefined ? found : found.filter(({ file }) => listed.includes(file));
    if (places.length > 1)
      throw new ConfigError(
        `${nameOf(of)} stands in several files below \`gitops-path\` = ${this.#root || '.'} (${places.map(({ file }) => file).join(', ')}); name the folder of one environment`,
      );
    return places[0];
  }

  get #isFile(): boolean {
    return isYaml(this.#root) && !posix.basename(this.#root).startsWith('kustomization.');
  }

  get #folder(): string {
    const folder = isYaml(this.#root) ? posix.dirname(this.#root) : this.#root;
    return folder === '.' ? '' : folder;
  }

  /** YAML that holds no object, and no object beside it. */
  get #onlyValues(): boolean {
    const texts = [...this.#files].filter(([file]) => isYaml(file));
    return (
      texts.length > 0 &&
      this.#kustomization === undefined &&
      objectsIn(this.#yaml, new Map(texts)).length === 0
    );
  }

  #fileOf({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string {
    const own = this.#kustomization?.nameIn(metadata.name) ?? metadata.name;
    const chart = this.#files.has(posix.join(this.#folder, 'Chart.yaml'));
    return posix.join(this.#folder, chart ? 'templates' : '', fileName(own, kind));
  }
}
