/**
 * The Kubernetes API with its writes turned into commits: what is read comes from the cluster, what is written goes to Git,
 * and a GitOps controller carries it out. Writes that follow each other without a look in between make one commit; the look
 * waits until it is carried out. Only reading is asked of the cluster.
 */
import { jsonPatched, mergePatched } from '@sluice/kubernetes/patched';
import { KubeConflictError } from '@sluice/kubernetes/errors';
import { nameOf } from '@sluice/kubernetes/change-object';
import type { KubeApi, KubeObject, KindRef, ListOptions, ObjectRef, Patch } from '@sluice/kubernetes/types';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import type { Wish } from './carries.ts';
import { delta } from './delta.ts';
import { refOf } from './manifest-shapes.ts';
import type { RefObjects } from './ref-objects.ts';

/** Brings wishes into Git and waits until the cluster has them. */
export type Landing = (wishes: readonly Wish[]) => Promise<void>;

const OURS = /^sluice-/;
const RECORDS = 'sluice/record-of=';

export function gitopsApi(cluster: KubeApi, state: RefObjects, land: Landing, log: Logger): KubeApi {
  let staged: Wish[] = [];
  let told = false;
  let flushing: Promise<void> = Promise.resolve();

  const flush = (): Promise<void> => {
    const mine = flushing
      .catch(() => undefined)
      .then(async () => {
        const wishes = staged;
        staged = [];
        if (wishes.length > 0) await land(wishes);
      });
    flushing = mine;
    return mine;
  };
  const live = async (ref: ObjectRef): Promise<KubeObject | undefined> => {
    await flush();
    return cluster.get(ref);
  };

  return {
    namespace: cluster.namespace,
    cluster: cluster.cluster,
    serves: (kind) => cluster.serves(kind),
    log: (pod, options) => cluster.log(pod, options),
    close: () => cluster.close(),
    get: (ref) => (isOurs(ref.kind, ref.name) ? state.get(ref) : live(ref)),
    async list(kind: KindRef, options: ListOptions = {}) {
      if (kind.kind === 'ConfigMap' && options.labelSelector?.startsWith(RECORDS) === true)
        return state.list(kind.kind, options);
      await flush();
      return cluster.list(kind, options);
    },
    async proxy(target, path, init) {
      await flush();
      try {
        return await cluster.proxy(target, path, init);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        if (!told)
          log.warning(
            `these credentials may not reach pods through the API server, so there is no warm-up, and \`drain\` may be waited for to its end: ${error.message}`,
          );
        told = true;
        // As from a server that knows no such route.
        return new Response(null, { status: 501 });
      }
    },
    async create(object) {
      if (object.kind === 'Event') return object;
      if (isOurs(object.kind, object.metadata.name)) {
        await flush();
        return state.create(object);
      }
      if ((await live(refOf(object))) !== undefined)
        throw new KubeConflictError(`${nameOf(refOf(object))} is there already`);
      staged.push({ object, edits: undefined, gone: false });
      return object;
    },
    async replace(object, options) {
      if (isOurs(object.kind, object.metadata.name)) {
        // The lease is renewed while a commit is waited for.
        if (object.kind !== 'Lease') await flush();
        return state.replace(object);
      }
      if (options?.subresource !== undefined) throw statusOf(refOf(object));
      const before = await live(refOf(object));
      if (before?.metadata.resourceVersion !== object.metadata.resourceVersion)
        throw new KubeConflictError(`${nameOf(refOf(object))} has changed since it was read`);
      return stage(before ?? object, object);
    },
    apply(object, options) {
      if (options?.dryRun !== true) staged.push({ object, edits: undefined, gone: false });
      return Promise.resolve(object);
    },
    async patch(ref, patch, options) {
      if (options?.subresource === 'status') throw statusOf(ref);
      const before = await live(ref);
      if (before === undefined) throw new InfraError(`there is no ${nameOf(ref)}`);
      const after = afterPatch(before, patch, ref);
      return options?.dryRun === true ? after : stage(before, after);
    },
    async delete(ref) {
      if (isOurs(ref.kind, ref.name)) {
        await flush();
        return state.delete(ref);
      }
      // No look that waits for what was written before: both go in one commit.
      const before = await cluster.get(ref);
      const { apiVersion, kind, name, namespace } = ref;
      const object = before ?? {
        apiVersion,
        kind,
        metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      };
      staged.push({ object, edits: undefined, gone: true });
    },
  };

  function stage(before: KubeObject, after: KubeObject): KubeObject {
    const edits = delta(before, after).filter(({ path }) => path[0] !== 'status');
    if (edits.length > 0) staged.push({ object: after, edits, gone: false });
    return after;
  }
}

function isOurs(kind: string, name: string): boolean {
  return (kind === 'ConfigMap' || kind === 'Lease') && OURS.test(name);
}

function afterPatch(before: KubeObject, patch: Patch, ref: ObjectRef): KubeObject {
  if (ref.kind === 'Pod')
    throw new ConfigError(
      `apply: gitops can't move pods in and out of a Service by their labels, for pods stand in no manifest; give the workload a route that weighs (Gateway API, Traefik, Istio or an Ingress)`,
    );
  const failed = (): Error =>
    new KubeConflictError(`${nameOf(ref)} has changed since it was read (a test of the patch doesn't hold)`);
  switch (patch.type) {
    case 'json':
      return jsonPatched(before, patch.operations, failed) as KubeObject;
    case 'merge':
      return mergePatched(before, patch.body) as KubeObject;
    case 'strategic':
      throw new InfraError(`${nameOf(ref)}: a strategic merge patch can't be written to Git`);
  }
}

function statusOf(ref: ObjectRef): ConfigError {
  return new ConfigError(
    `apply: gitops can't write the status of ${nameOf(ref)}: Git says what shall be, not what is`,
  );
}
