/**
 * Tiny controllers for the emulator, switched on by a test: Deployments and StatefulSets get ReplicaSets and pods, pods get a
 * fate, routes get their status. Only as much of the real ones as a rollout looks at.
 */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@sluice/kubernetes/types';
import type { KubeApiServer } from '../server.ts';
import { reconcileDeployments } from './deployments.ts';
import { reconcileEndpointSlices } from './endpoint-slices.ts';
import { reconcilePods } from './pods.ts';
import { reconcileRoutes } from './routes.ts';
import { reconcileStatefulSets } from './stateful-sets.ts';
import { type ControllerOptions, statusOf, type World } from './world.ts';

export interface Controllers {
  stop(): void;
}

const MANAGER = 'kube-controller-manager';

export function startControllers(server: KubeApiServer, options: ControllerOptions = {}): Controllers {
  let stopped = false;
  const timers = new Set<NodeJS.Timeout>();
  const began = new Map<string, number>();
  const again = (ms: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopped) reconcile();
    }, ms);
    timers.add(timer.unref());
  };
  const entryOf = ({ apiVersion, kind }: KubeObject) => server.kind(apiVersion, kind);
  const world: World = {
    server,
    options,
    again,
    passed(key, ms) {
      const at = began.get(key) ?? Date.now();
      began.set(key, at);
      const left = at + ms - Date.now();
      if (left > 0) again(left + 1);
      return left <= 0;
    },
    list: (apiVersion, kind) =>
      server.hasKind(apiVersion, kind) ? server.store.list(server.kind(apiVersion, kind)) : [],
    save: (object) => void server.store.update(entryOf(object), object, { manager: MANAGER }),
    setStatus(object, status) {
      if (isDeepStrictEqual(statusOf(object), status)) return;
      const { name, namespace = '' } = object.metadata;
      const now = server.store.find(entryOf(object), namespace, name);
      if (now === undefined) return;
      server.store.update(entryOf(object), { ...now, status }, { manager: MANAGER, subresource: 'status' });
    },
    create: (object) => void server.store.create(entryOf(object), object, { manager: MANAGER }),
    remove: (object) =>
      void server.store.remove(
        entryOf(object),
        object.metadata.namespace ?? '',
        object.metadata.name,
        'Background',
      ),
  };
  let due = false;
  server.store.onChange(() => {
    if (due || stopped) return;
    due = true;
    setImmediate(() => {
      due = false;
      if (!stopped) reconcile();
    });
  });
  function reconcile(): void {
    reconcileDeployments(world);
    reconcileStatefulSets(world);
    reconcilePods(world);
    reconcileEndpointSlices(world);
    reconcileRoutes(world);
  }
  again(0);
  return {
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
