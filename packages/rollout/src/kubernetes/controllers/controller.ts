/**
 * A controller of the cluster that brings pods up and moves requests by itself: Argo Rollouts, Flagger. We give it the
 * template, open each of its steps when our evidence allows it, and tell it the end; how pods and routes change is its own work.
 */
import type { KubeApi, PodTemplate } from '@sluice/kubernetes/types';
import type { Router } from '@sluice/routers/router';
import type { Logger } from '@sluice/runtime/logger';
import type { Workload } from '../workload.ts';

export interface ControllerContext {
  api: KubeApi;
  namespace: string;
  /** Of the object that the controller knows. */
  name: string;
  log: Logger;
  signal: AbortSignal;
  /** How long pods may take to get ready. */
  startupTimeoutMs: number;
}

/** Every verb may be repeated: done twice it leaves what it left done once. `set` never goes down: that is `abort`. */
export interface Controller extends Router {
  /** Services that tell the two sides apart. */
  readonly services: { stable: string; canary: string };
  /** `object()` is what the users' side was made from, though the controller has got a new template meanwhile. */
  readonly stable: Workload;
  /** Absent when nothing is being rolled out. */
  readonly canary: Workload;
  /**
   * Gives it the new template, held before the first user. What of the user's settings would move users without our word is
   * put aside in an annotation until `settle`.
   *
   * @param shares of all steps, 0 to 1
   */
  begin(template: PodTemplate, shares: readonly number[], replicas: number): Promise<void>;
  /** The new version has all users and is stable; fulfilled when the controller says so. */
  promote(): Promise<void>;
  /** The new version has no users any more; its pods may still be there. */
  abort(): Promise<void>;
  /** The user's settings are as they were; after an abort the template is too. */
  settle(end: 'promoted' | 'aborted'): Promise<void>;
}
