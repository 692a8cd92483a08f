/** Objects in memory with the API server's bookkeeping: versions, generations, owners of fields, deletion. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, OwnerReference } from '@sluice/kubernetes/types';
import { without } from '@sluice/kubernetes/without';
import { alreadyExists, changed, invalid, notFound, qualified } from './answers.ts';
import { copy } from './copy.ts';
import { withDefaults } from './defaults.ts';
import type { KindEntry } from './kinds.ts';
import { afterUpdate, applied, leavesOf, type Managed } from './managed-fields.ts';
import type { Fields } from './patches.ts';
import { validate } from './validate.ts';

export interface Write {
  manager: string;
  subresource?: 'status' | undefined;
  dryRun?: boolean;
}

export type Propagation = 'Foreground' | 'Background' | 'Orphan';

export class Store {
  readonly #objects = new Map<string, { entry: KindEntry; object: KubeObject }>();
  readonly #listeners = new Set<() => void>();
  #version = 1;
  #services = 10;

  /** Told after each change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  find(entry: KindEntry, namespace: string, name: string): KubeObject | undefined {
    const found = this.#objects.get(keyOf(entry, namespace, name))?.object;
    return found === undefined ? undefined : copy(found);
  }

  read(entry: KindEntry, namespace: string, name: string): KubeObject {
    const found = this.find(entry, namespace, name);
    if (found === undefined) throw notFound(qualified(entry.plural, entry.group), name);
    return found;
  }

  /** All of a kind, in one namespace or in all, by namespace and name. */
  list(entry: KindEntry, namespace?: string): KubeObject[] {
    const found = [...this.#objects.values()].filter(
      (kept) =>
        kept.entry === entry && (namespace === undefined || kept.object.metadata.namespace === namespace),
    );
    const order = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
    return found.map(({ object }) => copy(object)).sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  get version(): string {
    return String(this.#version);
  }

  create(entry: KindEntry, given: KubeObject, write: Write, managed?: Managed[]): KubeObject {
    const { metadata } = given;
    const key = keyOf(entry, metadata.namespace ?? '', metadata.name);
    if (this.#objects.has(key)) throw alreadyExists(qualified(entry.plural, entry.group), metadata.name);
    const object = withDefaults(entry, copy(given), this.#services);
    if (entry.status === true) delete object['status'];
    validate(entry, object);
    if (entry.kind === 'Service' && write.dryRun !== true) this.#services += 1;
    const leaves = leavesOf(copy(given), entry.custom === true);
    object.metadata = {
      ...object.metadata,
      uid: randomUUID(),
      generation: 1,
      creationTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
      managedFields: (managed ?? afterUpdate([], write, new Map(), leaves)) as never,
    };
    return this.#keep(key, entry, object, write.dryRun === true);
  }

  /** `given` is the whole object; what a subresource or the server owns is left as it is. */
  update(entry: KindEntry, given: KubeObject, write: Write, managed?: Managed[]): KubeObject {
    const { namespace = '', name, resourceVersion } = given.metadata;
    const before = this.read(entry, namespace, name);
    if (resourceVersion === undefined || resourceVersion === '') {
      if (entry.custom === true && managed === undefined) {
        const message = 'Invalid value: 0x0: must be specified for an update';
        throw invalid(qualified(entry.plural, entry.group), name, [
          { field: 'metadata.resourceVersion', message },
        ]);
      }
    } else if (resourceVersion !== before.metadata.resourceVersion) {
      throw changed(qualified(entry.plural, entry.group), name);
    }
    const object = this.#merged(entry, before, copy(given), write);
    validate(entry, object, before);
    const { managedFields: kept = [], ...unmanaged } = object.metadata;
    const custom = entry.custom === true;
    const now = leavesOf({ ...object, metadata: unmanaged }, custom);
    const owners =
      managed ?? afterUpdate(kept as unknown as Managed[], write, leavesOf({ ...before }, custom), now);
    object.metadata.managedFields = owners as never;
    if (isDeepStrictEqual(withoutOwners(object), withoutOwners(before))) {
      if (managed === undefined) return before;
    }
    const kept2 = this.#keep(keyOf(entry, namespace, name), entry, object, write.dryRun === true);
    if (object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0) {
      this.#drop(entry, object, 'Background');
    }
    return kept2;
  }

  apply(
    entry: KindEntry,
    config: KubeObject,
    options: Write & { force: boolean },
  ): { object: KubeObject; made: boolean } {
    const { namespace = '', name } = config.metadata;
    const live = this.find(entry, namespace, name);
    const owned = (live?.metadata.managedFields ?? []) as unknown as Managed[];
    const custom = entry.custom === true;
    const { object, managed } = applied(live, owned, config, {
      manager: options.manager,
      force: options.force,
      custom,
      name,
    });
    const whole = object as unknown as KubeObject;
    whole.metadata = { ...whole.metadata, name, ...(namespace === '' ? {} : { namespace }) };
    whole.apiVersion = config.apiVersion;
    whole.kind = config.kind;
    if (live === undefined) return { object: this.create(entry, whole, options, managed), made: true };
    if (config.metadata.resourceVersion !== undefined) {
      whole.metadata.resourceVersion = config.metadata.resourceVersion;
    }
    return { object: this.update(entry, whole, options, managed), made: false };
  }

  remove(entry: KindEntry, namespace: string, name: string, propagation: Propagation): KubeObject {
    const object = this.read(entry, namespace, name);
    if ((object.metadata.finalizers ?? []).length > 0) {
      object.metadata.deletionTimestamp ??= new Date().toISOString().replace(/\.\d+/, '');
      return this.#keep(keyOf(entry, namespace, name), entry, object, false);
    }
    this.#drop(entry, object, propagation);
    return object;
  }

  /** Dependents go with their last owner. */
  #drop(entry: KindEntry, object: KubeObject, propagation: Propagation): void {
    const { namespace = '', name, uid } = object.metadata;
    this.#objects.delete(keyOf(entry, namespace, name));
    this.#changed();
    for (const { entry: kind, object: dependent } of [...this.#objects.values()]) {
      const owners: OwnerReference[] = dependent.metadata.ownerReferences ?? [];
      if (!owners.some((owner) => owner.uid === uid)) continue;
      const rest = owners.filter((owner) => owner.uid !== uid);
      if (rest.length === 0 && propagation !== 'Orphan') {
        this.remove(kind, dependent.metadata.namespace ?? '', dependent.metadata.name, propagation);
      } else {
        dependent.metadata.ownerReferences = rest;
      }
    }
  }

  #merged(entry: KindEntry, before: KubeObject, given: KubeObject, write: Write): KubeObject {
    const { uid, creationTimestamp, generation, managedFields, resourceVersion, deletionTimestamp } =
      before.metadata;
    const server = { uid, creationTimestamp, generation, managedFields, resourceVersion, deletionTimestamp };
    const kept = Object.fromEntries(Object.entries(server).filter(([, value]) => value !== undefined));
    if (write.subresource === 'status') {
      return { ...before, ...(given['status'] === undefined ? {} : { status: given['status'] }) };
    }
    const object = withDefaults(
      entry,
      { ...given, apiVersion: given.apiVersion, kind: entry.kind },
      0,
      before,
    );
    object.metadata = { ...given.metadata, ...kept };
    if (deletionTimestamp === undefined) delete object.metadata.deletionTimestamp;
    if (entry.status === true) {
      delete object['status'];
      if (before['status'] !== undefined) object['status'] = before['status'];
    }
    if (!isDeepStrictEqual(specOf(object), specOf(before)))
      object.metadata.generation = (generation ?? 1) + 1;
    return object;
  }

  #keep(key: string, entry: KindEntry, object: KubeObject, dryRun: boolean): KubeObject {
    if (dryRun) return copy(object);
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
    this.#objects.set(key, { entry, object: copy(object) });
    this.#changed();
    return copy(object);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** All but metadata and status: what a generation counts. */
function specOf(object: KubeObject): Fields {
  return without(object, 'metadata', 'status', 'apiVersion');
}

function withoutOwners(object: KubeObject): unknown {
  return { ...without(object, 'apiVersion'), metadata: without(object.metadata, 'managedFields') };
}

function keyOf(entry: KindEntry, namespace: string, name: string): string {
  return [entry.group, entry.plural, namespace, name].join('/');
}
