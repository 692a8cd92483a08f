/** State that outlives every runner: JSON in a ConfigMap, changed only as it was read, and the last ten records beside it. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { InfraError } from '@sluice/runtime/errors';
import { KubeConflictError } from './errors.ts';
import type { KubeApi, KubeObject, ObjectRef, OwnerReference } from './types.ts';

export interface StoredStateOptions {
  /** By `stateName`. */
  name: string;
  /** Default: the connection's. */
  namespace?: string;
  labels?: Record<string, string>;
  owners?: OwnerReference[];
}

const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap' };
/** Longest JSON kept as text; the API server takes a MiB an object, its managedFields included. */
const MAX_BYTES = 900 * 1024;
const RECORDS = 10;
const TRIES = 20;
const SERIAL = 'sluice/record-serial';
const RECORD_OF = 'sluice/record-of';
const MAX_NAME = 253;
/** `-` and the number of a record. */
const SUFFIX = 2;

/** `sluice-<kind>-<workload>`, a DNS subdomain with room for a record's number; a name that had to be changed ends in a hash of it. */
export function stateName(kind: string, workload: string): string {
  const whole = `sluice-${kind}-${workload}`;
  const safe = whole
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/-*\.[-.]*/g, '.')
    .replace(/[^a-z0-9]+$/, '');
  if (safe === whole && safe.length <= MAX_NAME - SUFFIX) return safe;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  return `${safe.slice(0, MAX_NAME - SUFFIX - hash.length - 1).replace(/[^a-z0-9]+$/, '')}-${hash}`;
}

export class StoredState<T> {
  readonly #api: KubeApi;
  readonly #options: StoredStateOptions;

  constructor(api: KubeApi, options: StoredStateOptions) {
    this.#api = api;
    this.#options = options;
  }

  async read(): Promise<T | undefined> {
    const found = await this.#api.get(this.#ref(this.#options.name));
    return found === undefined ? undefined : ((await unpack(found)) as T);
  }

  /**
   * `change` is given what is stored (undefined: nothing) and returns what shall be; it is called again when another was
   * faster, so it must do nothing else. Returning what it was given, or undefined, changes nothing.
   */
  async update(change: (now: T | undefined) => T | undefined): Promise<T | undefined> {
    for (let tried = 0; tried < TRIES; tried += 1) {
      const found = await this.#api.get(this.#ref(this.#options.name));
      const before = found === undefined ? undefined : ((await unpack(found)) as T);
      const after = change(before === undefined ? undefined : structuredClone(before));
      if (after === undefined || JSON.stringify(after) === JSON.stringify(before)) return before;
      const written = await this.#write(this.#options.name, found, after, {});
      if (written) return after;
    }
    throw new InfraError(`the state ${this.#options.name} is changed by others all the time`);
  }

  async delete(): Promise<void> {
    await this.#api.delete(this.#ref(this.#options.name));
  }

  /** Keeps a record as the newest of ten, in place of the oldest; returns the name of its ConfigMap. */
  async addRecord(record: unknown): Promise<string> {
    for (let tried = 0; tried < TRIES; tried += 1) {
      const there = await this.#records();
      const serial = Math.max(0, ...there.map(serialOf)) + 1;
      const name = `${this.#options.name}-${serial % RECORDS}`;
      const old = there.find(({ metadata }) => metadata.name === name);
      const labels = { [SERIAL]: String(serial), [RECORD_OF]: this.#label };
      if (await this.#write(name, old, record, labels)) return name;
    }
    throw new InfraError(`the records of ${this.#options.name} are changed by others all the time`);
  }

  /** Newest first. */
  async records(): Promise<unknown[]> {
    const there = await this.#records();
    return Promise.all(there.sort((a, b) => serialOf(b) - serialOf(a)).map(unpack));
  }

  #records(): Promise<KubeObject[]> {
    const { namespace } = this.#options;
    const labelSelector = `${RECORD_OF}=${this.#label}`;
    return this.#api.list(CONFIG, { labelSelector, ...(namespace === undefined ? {} : { namespace }) });
  }

  /** A label's value has 63 characters at most. */
  get #label(): string {
    return createHash('sha256').update(this.#options.name).digest('hex').slice(0, 40);
  }

  #ref(name: string): ObjectRef {
    const { namespace } = this.#options;
    return { ...CONFIG, name, ...(namespace === undefined ? {} : { namespace }) };
  }

  /** False when another was faster. */
  async #write(
    name: string,
    found: KubeObject | undefined,
    value: unknown,
    labels: Record<string, string>,
  ): Promise<boolean> {
    const { namespace, labels: own = {}, owners } = this.#options;
    const content = await pack(name, value);
    try {
      if (found === undefined) {
        const metadata = {
          name,
          ...(namespace === undefined ? {} : { namespace }),
          labels: { ...own, ...labels },
          ...(owners === undefined ? {} : { ownerReferences: owners }),
        };
        await this.#api.create({ ...CONFIG, metadata, ...content });
      } else {
        const metadata = { ...found.metadata, labels: { ...found.metadata.labels, ...own, ...labels } };
        await this.#api.replace({ ...CONFIG, metadata, ...content });
      }
      return true;
    } catch (error) {
      if (error instanceof KubeConflictError) return false;
      throw error;
    }
  }
}

function serialOf({ metadata }: KubeObject): number {
  return Number(metadata.labels?.[SERIAL] ?? 0);
}

async function pack(name: string, value: unknown): Promise<Record<string, unknown>> {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) <= MAX_BYTES) return { data: { json: text } };
  const packed = await promisify(gzip)(text, { level: 9 });
  // Its base64 goes over the wire, the bytes count.
  if (packed.length > MAX_BYTES) {
    throw new InfraError(
      `${name} would have ${packed.length} bytes even when compressed: a ConfigMap takes ${MAX_BYTES}`,
    );
  }
  return { binaryData: { 'json.gz': packed.toString('base64') } };
}

async function unpack(object: KubeObject): Promise<unknown> {
  const data = (object['data'] ?? {}) as Record<string, string>;
  const binary = (object['binaryData'] ?? {}) as Record<string, string>;
  const packed = binary['json.gz'];
  const { name } = object.metadata;
  try {
    const text =
      packed === undefined
        ? (data['json'] ?? '')
        : (await promisify(gunzip)(Buffer.from(packed, 'base64'))).toString('utf8');
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new InfraError(`ConfigMap ${name} holds no state of ours: delete it, or put it right`, {
      cause: error,
    });
  }
}
