/** A kustomization file: its resources, patches, images and replicas, changed as text with its comments. */
import { posix } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { isFields, type FieldEdit } from './delta.ts';
import { groupOf, readDocuments, valueOf, type Yaml } from './documents.ts';
import { editYaml } from './edit-yaml.ts';
import { imageEdit, imageParts } from './image-names.ts';

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** A name that stands in no registry: `images` of the user's own can't mean it. */
const PLACEHOLDER = 'image.sluice.invalid';

export function kustomizationIn(files: ReadonlyMap<string, string>, folder: string): string | undefined {
  return NAMES.map((name) => posix.join(folder, name)).find((path) => files.has(path));
}

export class Kustomization {
  readonly file: string;
  readonly #yaml: Yaml;
  readonly #files: Map<string, string>;

  constructor(yaml: Yaml, files: Map<string, string>, file: string) {
    this.#yaml = yaml;
    this.#files = files;
    this.file = file;
  }

  get folder(): string {
    const folder = posix.dirname(this.file);
    return folder === '.' ? '' : folder;
  }

  /** As the manifests here have it, for an object's name in the cluster. */
  nameIn(live: string): string {
    const { namePrefix = '', nameSuffix = '' } = this.#value();
    const [prefix, suffix] = [String(namePrefix), String(nameSuffix)];
    const fits =
      live.startsWith(prefix) && live.endsWith(suffix) && live.length > prefix.length + suffix.length;
    return fits ? live.slice(prefix.length, live.length - suffix.length) : live;
  }

  /** Files that are listed as they are; what lies in a base of its own may serve others too. */
  get resources(): string[] {
    return this.#list('resources').map((entry) => posix.normalize(posix.join(this.folder, String(entry))));
  }

  /** Whether a patch of the user's changes this object. */
  patches(kind: string, name: string): boolean {
    const named = (text: string): boolean => {
      if (!text.includes(name)) return false;
      return readDocuments(this.#yaml, this.file, text).some((document) => {
        const value = valueOf(document, this.file);
        return (
          isFields(value) &&
          value['kind'] === kind &&
          isFields(value['metadata']) &&
          value['metadata']['name'] === name
        );
      });
    };
    return [...this.#list('patches'), ...this.#list('patchesStrategicMerge').map((path) => ({ path }))].some(
      (entry) => {
        if (!isFields(entry)) return false;
        const { target, path, patch } = entry;
        if (isFields(target)) return (target['kind'] ?? kind) === kind && (target['name'] ?? name) === name;
        const text = typeof path === 'string' ? this.#files.get(posix.join(this.folder, path)) : patch;
        return typeof text === 'string' && named(text);
      },
    );
  }

  addResource(file: string): void {
    if (!this.resources.includes(file)) this.#add('resources', posix.relative(this.folder, file));
  }

  removeResource(file: string): void {
    const entry = posix.relative(this.folder, file);
    const at = this.#list('resources').findIndex((each) => posix.normalize(String(each)) === entry);
    if (at !== -1) this.#removeAt('resources', at);
  }

  /** With a target, because a patch without one matches no object that names its namespace. */
  addPatch(
    file: string,
    { apiVersion, kind, name }: { apiVersion: string; kind: string; name: string },
  ): void {
    const path = posix.relative(this.folder, file);
    const known = this.#list('patches').some((each) => isFields(each) && each['path'] === path);
    const group = groupOf(apiVersion);
    if (!known) this.#add('patches', { path, target: { ...(group === '' ? {} : { group }), kind, name } });
  }

  removePatch(file: string): void {
    const path = posix.relative(this.folder, file);
    const at = this.#list('patches').findIndex((each) => isFields(each) && each['path'] === path);
    if (at !== -1) this.#removeAt('patches', at);
  }

  /** Where `images` or `replicas` say a field, no manifest and no patch does: they come last. */
  takes(edit: FieldEdit, name: string): boolean {
    const image = imageEdit(edit);
    if (image !== undefined) return this.#setImage(image);
    if (edit.path.join('.') !== 'spec.replicas' || edit.op !== 'set') return false;
    const at = this.#list('replicas').findIndex((each) => isFields(each) && each['name'] === name);
    if (at === -1) return false;
    this.#edit([{ path: ['replicas', at, 'count'], op: 'set', to: edit.to }]);
    return true;
  }

  #setImage({ from, to }: { from: string; to: string }): boolean {
    const images = this.#list('images');
    const was = imageParts(from).name;
    const at = images.findIndex((each) => isFields(each) && (each['newName'] ?? each['name']) === was);
    if (at === -1) return false;
    const entry = images[at] as Record<string, unknown>;
    const now = imageParts(to);
    const fields: [string, string | undefined][] = [
      ['newName', now.name === entry['name'] ? undefined : now.name],
      ['newTag', now.digest === undefined ? (now.tag ?? 'latest') : undefined],
      ['digest', now.digest],
    ];
    this.#edit(
      fields.flatMap(([key, value]): FieldEdit[] => {
        const path = ['images', at, key];
        if (value !== undefined) return [{ path, op: 'set', to: value }];
        return entry[key] === undefined ? [] : [{ path, op: 'remove', from: entry[key] }];
      }),
    );
    return true;
  }

  /** Images that the user's `images` would change get a name of their own, and an entry that says what it means. */
  shield(manifest: Record<string, unknown>, name: string): Record<string, unknown> {
    const names = this.#list('images').map((each) => (isFields(each) ? each['name'] : undefined));
    const copy = structuredClone(manifest);
    for (const container of containersOf(copy)) {
      const image = String(container['image'] ?? '');
      const parts = imageParts(image);
      if (!names.includes(parts.name)) continue;
      const own = `${PLACEHOLDER}/${name}/${String(container['name'])}`;
      container['image'] = own;
      const { tag, digest } = parts;
      const entry = {
        name: own,
        newName: parts.name,
        ...(digest === undefined ? { newTag: tag ?? 'latest' } : { digest }),
      };
      const at = names.indexOf(own);
      if (at === -1) this.#add('images', entry);
      else this.#edit([{ path: ['images', at], op: 'set', to: entry }]);
    }
    return copy;
  }

  unshield(name: string): void {
    const own = `${PLACEHOLDER}/${name}/`;
    this.#list('images')
      .map((each, index) => ({ index, name: isFields(each) ? String(each['name']) : '' }))
      .filter((each) => each.name.startsWith(own))
      .reverse()
      .forEach(({ index }) => this.#removeAt('images', index));
  }

  /** @throws ConfigError where labels that it writes everywhere would make the canary's pods the stable's */
  refuseLabels(keys: readonly string[]): void {
    const { commonLabels, labels } = this.#value();
    const written = [
      ...Object.keys(isFields(commonLabels) ? commonLabels : {}),
      ...(Array.isArray(labels) ? labels : []).flatMap((each) =>
        isFields(each) && (each['includeSelectors'] === true || each['includeTemplates'] === true)
          ? Object.keys(isFields(each['pairs']) ? each['pairs'] : {})
          : [],
      ),
    ];
    const clash = keys.filter((key) => written.includes(key));
    if (clash.length > 0)
      throw new ConfigError(
        `${this.file} writes the label ${clash.join(', ')} on every pod, so that the Service would select the canary's too; set it in the workload's own manifest`,
      );
  }

  #value(): Record<string, unknown> {
    const [document] = readDocuments(this.#yaml, this.file, this.#files.get(this.file) ?? '');
    const value = document === undefined ? undefined : valueOf(document, this.file);
    return isFields(value) ? value : {};
  }

  #list(key: string): unknown[] {
    const value = this.#value()[key];
    return Array.isArray(value) ? (value as unknown[]) : [];
  }

  #add(key: string, entry: unknown): void {
    const { length } = this.#list(key);
    this.#edit([
      length === 0
        ? { path: [key], op: 'set', to: [entry] }
        : { path: [key, length], op: 'insert', to: entry },
    ]);
  }

  #removeAt(key: string, index: number): void {
    this.#edit([{ path: this.#list(key).length === 1 ? [key] : [key, index], op: 'remove' }]);
  }

  #edit(edits: readonly FieldEdit[]): void {
    const text = this.#files.get(this.file) ?? '';
    this.#files.set(this.file, editYaml(this.#yaml, text, { file: this.file, index: 0 }, edits));
  }
}

/** Of a workload's pod template. */
function containersOf(manifest: Record<string, unknown>): Record<string, unknown>[] {
  const template = isFields(manifest['spec']) ? manifest['spec']['template'] : undefined;
  const spec = isFields(template) ? template['spec'] : undefined;
  if (!isFields(spec)) return [];
  return [spec['containers'], spec['initContainers']].flatMap((list) =>
    Array.isArray(list) ? list.filter(isFields) : [],
  );
}
