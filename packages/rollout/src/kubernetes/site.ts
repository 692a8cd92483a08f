/** What the steps of a rollout on Kubernetes work with. */
import type { EventWriter } from '@sluice/kubernetes/events';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import type { Router } from '@sluice/routers/router';
import type { Logger } from '@sluice/runtime/logger';
import type { EvidenceSource } from '../evidence-source.ts';
import type { Controller } from './controllers/controller.ts';
import type { Owner } from '../owner.ts';
import type { GpuSurge } from './capacity.ts';
import type { KubeSpec } from './kube-spec.ts';
import type { Memory } from './memory.ts';
import type { Workload } from './workload.ts';

export interface KubeSite {
  /** Of a run that drives: `guardedApi`, and so in everything below that writes. */
  api: KubeApi;
  /** The workload that users name, and the one that stands beside it while a rollout is under way. */
  stable: Workload;
  canary: Workload;
  /** Names of the Services that the router tells apart; null where no router needs them. */
  services: { stable: string; canary: string } | null;
  /** The controller itself where one moves the traffic. */
  router: Router;
  /** Moves pods and traffic in its own way; null: we do. */
  controller: Controller | null;
  memory: Memory;
  evidence: EvidenceSource | null;
  /** Of a rollout that begins now; one on record keeps its own. */
  surge: GpuSurge;
  /** Where people read on the workload what became of it; null: nobody is told. */
  events: EventWriter | null;
  /** The canary's workload and, with a router, its Service. */
  canaryOf(stable: KubeObject, spec: KubeSpec, replicas: number): KubeObject[];
  isDriving(owner: Owner): Promise<boolean>;
  log: Logger;
  /** Aborted when the job is cancelled: nothing new is begun. */
  signal: AbortSignal;
  /** Aborted when this run must not drive any more; what ends a rollout goes on after a cancel. */
  driving: AbortSignal;
  now(): number;
  /** How long pods may take to get ready. */
  startupTimeoutMs: number;
  /** Between two looks at what is waited for; default 1 s. */
  pollMs?: number;
}
