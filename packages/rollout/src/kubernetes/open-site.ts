/** A cluster that is open for a rollout: the lock is held, the router is chosen, the memory is found. */
import { randomBytes } from 'node:crypto';
import { EventWriter } from '@sluice/kubernetes/events';
import { Lease, LeaseHeldError } from '@sluice/kubernetes/lease';
import { StoredState } from '@sluice/kubernetes/stored-state';
import type { KubeObject, ObjectRef } from '@sluice/kubernetes/types';
import { canaryName, canaryOf } from '@sluice/model-deployment/canary-objects';
import type { Controller } from './controllers/controller.ts';
import { KubeTarget } from './kube-target.ts';
import type { GpuSurge } from './capacity.ts';
import { guardedApi, guardOf } from './guarded-api.ts';
import type { KubeSite } from './site.ts';
import { StoredMemory } from './stored-memory.ts';
import { stableTemplate } from './template.ts';
import { nameOf, Workload } from './workload.ts';
import { thisOwner, type Owner } from '../owner.ts';
import type { EvidenceSource } from '../evidence-source.ts';
import { chooseRouter, makeRouter } from '@sluice/routers/choose';
import { noRouter } from '@sluice/routers/no-router';
import type { Router } from '@sluice/routers/router';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { DrivingSite } from '../driving-site.ts';
import type { Cluster } from './cluster.ts';
import { ownName } from './names.ts';

export interface SiteOptions {
  surge: GpuSurge;
  traffic: string;
  route: string | undefined;
  startupTimeoutMs: number;
  evidence: EvidenceSource | null;
  /** Of the container that answers, for the router. */
  port: number;
}

/** Of an object that is made beside the workload, so that it goes with it. */
export function labelsOf(workload: ObjectRef): Record<string, string> {
  return { 'app.kubernetes.io/managed-by': 'sluice', 'app.kubernetes.io/part-of': workload.name };
}

export function memoryOf({ api, workload }: Pick<Cluster, 'api' | 'workload'>): StoredMemory {
  return new StoredMemory(new StoredState(api, { name: ownName(workload), labels: labelsOf(workload) }));
}

/** What a look at the cluster needs; nothing is locked and nothing is touched. With a lease: what a rollout needs. */
export async function kubeSite(
  cluster: Cluster,
  options: SiteOptions,
  { log, signal }: Pick<ActionContext, 'log' | 'signal'>,
  driver?: { owner: Owner; signal: AbortSignal },
): Promise<KubeSite> {
  const { workload, namespace, service } = cluster;
  const memory = memoryOf(cluster);
  const driving = driver?.signal ?? NEVER;
  const api = driver === undefined ? cluster.api : guardedApi(cluster.api, guardOf(memory, driver.owner));
  const canary = { ...workload, name: canaryName(workload.name) };
  const { startupTimeoutMs } = options;
  const controller = cluster.controllerOver?.({ api, log, signal: driving, startupTimeoutMs }) ?? null;
  const ownServices =
    service === undefined
      ? null
      : { stable: service.metadata.name, canary: canaryName(service.metadata.name) };
  return {
    api,
    stable: controller?.stable ?? new Workload(api, workload),
    canary: controller?.canary ?? new Workload(api, canary),
    services: controller?.services ?? ownServices,
    router:
      controller === null
        ? await routerOf(cluster, options, { log, signal: driving })
        : itself(controller, options),
    controller,
    memory,
    evidence: options.evidence,
    surge: options.surge,
    // Git's history tells it.
    events:
      driver === undefined || cluster.gitops !== undefined
        ? null
        : new EventWriter(cluster.api, {
            instance: driver.owner.holder ?? '',
            labels: labelsOf(workload),
            log,
          }),
    canaryOf: (stable, spec, replicas) => {
      if (service === undefined) throw new InfraError(`no Service selects the pods of ${nameOf(workload)}`);
      const { version, unit } = spec;
      const made = canaryOf({
        stable,
        service,
        template: stableTemplate(spec),
        version,
        weights: unit.weights,
        replicas,
      });
      return [made.workload, ...(made.service === undefined ? [] : [made.service])];
    },
    isDriving: (owner) => isDriving(cluster, owner),
    log,
    signal,
    driving,
    now: Date.now,
    startupTimeoutMs,
  };

  async function routerOf(
    { live }: Cluster,
    { traffic, route, port }: SiteOptions,
    ends: { log: typeof log; signal: AbortSignal },
  ): Promise<Router> {
    if (live === undefined) return noRouter;
    if (service === undefined)
      throw new ConfigError(
        `no Service selects the pods of ${nameOf(workload)} in namespace ${namespace}: users reach them by none, so there is no traffic to move; make one`,
      );
    const place = { api, namespace, workload: workload.name, stableService: service.metadata.name };
    const choice = await chooseRouter(place, traffic);
    log.info(`traffic: ${choice.traffic}, because ${choice.why}`);
    return makeRouter(choice, {
      ...place,
      canaryService: canaryName(service.metadata.name),
      port: servicePort(service) ?? port,
      ...(route === undefined ? {} : { route }),
      ...(cluster.gitops === undefined ? {} : { byGit: true }),
      ...ends,
    });
  }
}

/** @throws ConfigError where another router is asked for than the one that moves this workload */
function itself(controller: Controller, { traffic }: SiteOptions): Router {
  // It goes through good and bad releases in the lab, and still cuts streams there.
  if (controller.name === 'openkruise' && traffic === 'auto')
    throw new ConfigError(
      'a Rollout of OpenKruise (rollouts.kruise.io) rolls this workload out, which is not driven yet; disable it (`spec.disabled`), or use its own tools',
    );
  if (traffic !== 'auto' && traffic !== controller.name)
    throw new ConfigError(
      `input \`traffic\` = ${traffic}: this workload is rolled out by ${controller.name}, which moves its own traffic; leave \`traffic\` out`,
    );
  return controller;
}

const NEVER = new AbortController().signal;
const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
/** Clocks of two machines may differ so much. */
const SKEW_MS = 10_000;

/** The lease of a living holder is taken, or only that of a holder who is known to be dead. */
export type Takes = 'any' | { deadHolder: string };

export interface OpenSite extends DrivingSite {
  target: KubeTarget;
  site: KubeSite;
  /** Of the Lease. */
  holder: string;
}

/** Opens it for a rollout: only one run at a time holds the workload's Lease. */
export async function openSite(
  cluster: Cluster,
  options: SiteOptions,
  context: Pick<ActionContext, 'log' | 'signal' | 'run'>,
  takes: Takes | undefined,
): Promise<OpenSite> {
  const { log, signal, run } = context;
  const own = await thisOwner(run.url);
  const holder = `${run.url === '' ? 'a local run' : run.url} attempt ${run.attempt} ${randomBytes(4).toString('hex')}`;
  const owner: Owner = { ...own, holder };
  const name = ownName(cluster.workload);
  if (takes !== undefined) await freeLease(cluster, takes);
  // What ends a rollout goes on for a while after a cancel, and the lease with it.
  const lease = await Lease.acquire(cluster.api, {
    name,
    holder,
    labels: labelsOf(cluster.workload),
    log,
    signal: NEVER,
    ...(cluster.gitops === undefined ? {} : { durationMs: cluster.gitops.leaseMs }),
  }).catch((error: unknown) => {
    if (!(error instanceof LeaseHeldError)) throw error;
    throw new InfraError(
      `${nameOf(cluster.workload)} is driven by ${error.holder}, which is alive; let it end, cancel it, take its rollout back with \`operation: abort\`, or put both jobs into one \`concurrency\` group`,
    );
  });
  await cluster.gitops?.settle();
  const site = await kubeSite(cluster, options, context, { owner, signal: lease.signal });
  return {
    target: new KubeTarget(site),
    site,
    owner,
    holder,
    exclusive: (work) => {
      lease.assertHeld();
      return work();
    },
    signal: AbortSignal.any([signal, lease.signal]),
    close: () => lease.release(),
  };
}

/** Takes it from its holder, who sees that at its next renewal and stops. */
async function freeLease({ api, workload }: Cluster, takes: Takes): Promise<void> {
  const lease = await api.get({ ...LEASE, name: ownName(workload) });
  if (lease === undefined) return;
  const fields = lease['spec'] as LeaseFields;
  if (takes !== 'any' && fields.holderIdentity !== takes.deadHolder) return;
  await api.replace({ ...lease, spec: { ...fields, holderIdentity: '' } });
}

/** Its lease says so: a driver that died stops renewing it. */
async function isDriving({ api, workload }: Cluster, { holder }: Owner): Promise<boolean> {
  const lease = await api.get({ ...LEASE, name: ownName(workload) });
  const spec = (lease?.['spec'] ?? {}) as LeaseFields;
  if (holder === undefined || spec.holderIdentity !== holder) return false;
  const age = Date.now() - Date.parse(spec.renewTime ?? '');
  return age < (spec.leaseDurationSeconds ?? 0) * 1000 + SKEW_MS;
}

interface LeaseFields {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  renewTime?: string;
}

function servicePort(service: KubeObject): number | undefined {
  const { ports = [] } = service['spec'] as { ports?: { name?: string; port: number }[] };
  return (ports.find(({ name }) => name === 'http') ?? ports[0])?.port;
}
