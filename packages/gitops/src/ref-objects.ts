/**
 * Objects of ours that live in the repository, for credentials that can only read the cluster: the rollout's state and the
 * lease. They stand on a ref of their own, which no GitOps controller applies and no branch protection guards; a push that
 * isn't forced is the compare-and-set.
 */
import { createHash } from 'node:crypto';
import { KubeConflictError } from '@sluice/kubernetes/errors';
import type { KubeObject, ListOptions, ObjectRef } from '@sluice/kubernetes/types';
import { without } from '@sluice/kubernetes/without';
import type { Edited, Repository } from './repository.ts';

/** Looks that follow each other so fast see one state; what is written is compared with the server's own anyway. */
const FRESH_MS = 1_000;

export class RefObjects {
  readonly #repository: Repository;
  readonly #ref: string;
  #asked = 0;
  /** A commit never changes. */
  #read: { sha: string; objects: Map<string, KubeObject> } | undefined;

  /** @param ref `refs/sluice/…` */
  constructor(repository: Repository, ref: string) {
    this.#repository = repository;
    this.#ref = ref;
  }

  async get(ref: ObjectRef): Promise<KubeObject | undefined> {
    return structuredClone((await this.#now()).get(fileOf(ref.kind, ref.name)));
  }

  async list(kind: string, { labelSelector = '' }: ListOptions): Promise<KubeObject[]> {
    const asked = labelSelector === '' ? [] : labelSelector.split(',').map((each) => each.split('='));
    return [...(await this.#now()).values()]
      .filter((object) => object.kind === kind)
      .filter(({ metadata }) => asked.every(([key = '', value]) => metadata.labels?.[key] === value))
      .map((object) => structuredClone(object));
  }

  /** @throws KubeConflictError when it exists */
  create(object: KubeObject): Promise<KubeObject> {
    return this.#write(object, undefined);
  }

  /** @throws KubeConflictError when it isn't as it was read any more */
  replace(object: KubeObject): Promise<KubeObject> {
    return this.#write(object, object.metadata.resourceVersion ?? '');
  }

  async delete({ kind, name }: ObjectRef): Promise<void> {
    const file = fileOf(kind, name);
    this.#asked = 0;
    await this.#repository.change(this.#ref, async (tip) => {
      if (!(await this.#at(tip)).has(file)) return undefined;
      return { changes: new Map([[file, null]]), message: `${kind} ${name} taken away\n` };
    });
  }

  async #write(object: KubeObject, expected: string | undefined): Promise<KubeObject> {
    const { kind, metadata } = object;
    const file = fileOf(kind, metadata.name);
    const kept = without(metadata, 'resourceVersion');
    const text = `${JSON.stringify({ ...object, metadata: kept }, null, 1)}\n`;
    this.#asked = 0;
    const { sha } = await this.#repository.change(this.#ref, async (tip): Promise<Edited | undefined> => {
      const there = (await this.#at(tip)).get(file);
      // Our own push, whose answer was lost.
      if (there !== undefined && there.metadata.resourceVersion === versionOf(text)) return undefined;
      if (there?.metadata.resourceVersion !== expected)
        throw new KubeConflictError(
          `${kind} ${metadata.name} on ${this.#ref} ${expected === undefined ? 'is there already' : 'has changed since it was read'}`,
        );
      return { changes: new Map([[file, text]]), message: `${kind} ${metadata.name}\n` };
    });
    await this.#at(sha);
    this.#asked = Date.now();
    return parse(text);
  }

  async #now(): Promise<Map<string, KubeObject>> {
    if (this.#read !== undefined && Date.now() - this.#asked < FRESH_MS) return this.#read.objects;
    const now = await this.#at(await this.#repository.fetch(this.#ref));
    this.#asked = Date.now();
    return now;
  }

  async #at(sha: string | undefined): Promise<Map<string, KubeObject>> {
    if (sha === undefined) return new Map();
    if (this.#read?.sha === sha) return this.#read.objects;
    const files = await this.#repository.read(sha, '');
    const objects = new Map([...files].map(([file, text]) => [file, parse(text)]));
    this.#read = { sha, objects };
    return objects;
  }
}

function fileOf(kind: string, name: string): string {
  return `${kind.toLowerCase()}/${name}.json`;
}

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parse(text: string): KubeObject {
  const object = JSON.parse(text) as KubeObject;
  return { ...object, metadata: { ...object.metadata, resourceVersion: versionOf(text) } };
}
