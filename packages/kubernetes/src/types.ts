/** What of the Kubernetes API is used here: objects as they come over the wire, and the verbs over them. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: { manager?: string; operation?: string; subresource?: string; fieldsV1?: Json }[];
}

/** Any object; what lies beside `metadata` is read by typed readers of the kind (`read-deployment.ts` and the like). */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** `spec.template` of a workload, as the API server has it. */
export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: Record<string, unknown>;
}

/** Names a kind; the resource's plural and scope come from the cluster's own discovery. */
export interface KindRef {
  apiVersion: string;
  kind: string;
}

export interface ObjectRef extends KindRef {
  name: string;
  /** Default: the namespace of the connection. */
  namespace?: string;
}

/** RFC 6902; `test` before what is changed makes a patch conditional. */
export interface JsonPatchOperation {
  op: 'add' | 'remove' | 'replace' | 'test';
  path: string;
  value?: unknown;
}

export type Patch =
  | { type: 'json'; operations: JsonPatchOperation[] }
  /** RFC 7386. */
  | { type: 'merge'; body: Record<string, unknown> }
  | { type: 'strategic'; body: Record<string, unknown> };

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface LogOptions {
  container?: string;
  /** Of the run before the last restart. */
  previous?: boolean;
  /** Default 20. */
  tailLines?: number;
  limitBytes?: number;
}

/** An answer through the API server's proxy: the model server inside the cluster, asked from outside with nothing but the kubeconfig. */
export interface ProxyTarget {
  kind: 'pods' | 'services';
  namespace: string;
  name: string;
  port: number | string;
}

/**
 * The verbs. Every one is retried where the API server can't be reached or says to wait (429, 5xx), for up to a minute; what was
 * conditional (resourceVersion, `test`) is never repeated blindly.
 *
 * Errors: KubeConflictError (409, and a failed `test`), ConfigError for 401 and 403 (names verb, resource, namespace and the RBAC
 * rule that is missing) and 422 (the API server's own words), InfraError for all else.
 */
export interface KubeApi {
  /** Where the kubeconfig's context, or `namespace`, points. */
  readonly namespace: string;
  /** Name of the cluster, for people; never its credentials. */
  readonly cluster: string;
  /** undefined: no such object, or no such kind in this cluster. */
  get(ref: ObjectRef): Promise<KubeObject | undefined>;
  /** Empty where the kind doesn't exist. */
  list(kind: KindRef, options?: ListOptions): Promise<KubeObject[]>;
  /** @throws KubeConflictError when it exists. */
  create(object: KubeObject): Promise<KubeObject>;
  /** Whole object with its `metadata.resourceVersion`. @throws KubeConflictError when it has changed since. */
  replace(object: KubeObject, options?: { subresource?: 'status' }): Promise<KubeObject>;
  /** Server-side apply by our field manager; a foreign owner of a field is a KubeConflictError that names it, unless forced. */
  apply(object: KubeObject, options?: { force?: boolean; dryRun?: boolean }): Promise<KubeObject>;
  patch(
    ref: ObjectRef,
    patch: Patch,
    options?: { subresource?: 'status' | 'scale'; dryRun?: boolean },
  ): Promise<KubeObject>;
  /** Fulfilled when the API server has taken it, or there was none; not when it is gone. */
  delete(ref: ObjectRef, options?: { propagation?: 'Foreground' | 'Background' | 'Orphan' }): Promise<void>;
  /** Whether the cluster serves this kind. */
  serves(kind: KindRef): Promise<boolean>;
  /** An HTTP exchange through the API server's proxy; `path` with its leading slash. The body streams. */
  proxy(target: ProxyTarget, path: string, init?: RequestInit): Promise<Response>;
  /** The last lines of a container; undefined when it hasn't started, or had no earlier run. */
  log(pod: { name: string; namespace?: string }, options?: LogOptions): Promise<string | undefined>;
  /** Ends open connections. */
  close(): Promise<void>;
}
