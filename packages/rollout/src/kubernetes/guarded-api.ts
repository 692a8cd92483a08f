/** Nothing is written by a run whose rollout was taken away: it is asked before every write. */
import type { KubeApi } from '@sluice/kubernetes/types';
import { InfraError } from '@sluice/runtime/errors';
import { sameOwner, type Owner } from '../owner.ts';
import type { Memory } from './memory.ts';

/**
 * `guard` stands between what was read and what is written: a write that is conditional on what was read can't overtake
 * one of whoever took the rollout over, because that one is on record before it writes.
 */
export function guardedApi(api: KubeApi, guard: () => Promise<void>): KubeApi {
  return {
    namespace: api.namespace,
    cluster: api.cluster,
    get: (ref) => api.get(ref),
    list: (kind, options) => api.list(kind, options),
    serves: (kind) => api.serves(kind),
    proxy: (target, path, init) => api.proxy(target, path, init),
    log: (pod, options) => api.log(pod, options),
    close: () => api.close(),
    async create(object) {
      await guard();
      return api.create(object);
    },
    async replace(object, options) {
      await guard();
      return api.replace(object, options);
    },
    async apply(object, options) {
      await guard();
      return api.apply(object, options);
    },
    async patch(ref, patch, options) {
      await guard();
      return api.patch(ref, patch, options);
    },
    async delete(ref, options) {
      await guard();
      return api.delete(ref, options);
    },
  };
}

/** @throws InfraError where the rollout on record is another run's */
export function guardOf(memory: Memory, owner: Owner): () => Promise<void> {
  return async () => {
    const { rollout } = await memory.read();
    if (rollout === null || sameOwner(rollout.owner, owner)) return;
    throw new InfraError(
      `the rollout of ${rollout.to} was taken over by another run meanwhile (${rollout.owner?.run ?? ''})`,
    );
  };
}
