/** A workload in a cluster, driven from outside with nothing but a kubeconfig. */
import type { ObjectRef } from '@sluice/kubernetes/types';
import { KubeTarget } from '@sluice/rollout/kubernetes/kube-target';
import type { GpuSurge } from '@sluice/rollout/kubernetes/capacity';
import { arrangeFaults } from '@sluice/rollout/kubernetes/arrange-route';
import { openCluster, type Cluster, type ClusterInputs } from '@sluice/rollout/kubernetes/cluster';
import type { GitWriting } from '@sluice/rollout/kubernetes/cluster';
import { withoutTokens, withTokens } from '@sluice/gitops/saved-inputs';
import type { KubeSpec } from '@sluice/rollout/kubernetes/kube-spec';
import { parseWorkload } from '@sluice/rollout/kubernetes/names';
import { kubeSite, openSite, type OpenSite, type SiteOptions } from '@sluice/rollout/kubernetes/open-site';
import type { KubeSite } from '@sluice/rollout/kubernetes/site';
import { nameOf } from '@sluice/rollout/kubernetes/workload';
import { evidenceOf } from '@sluice/rollout/evidence-input';
import type { Step } from '@sluice/rollout/steps';
import type { TargetStatus } from '@sluice/rollout/target';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import type { CheckedInputs } from '../checks.ts';
import type { Inputs } from '../inputs.gen.ts';
import type { Place, Site } from '../place.ts';
import type { Release } from '../release.ts';
import { readGiven, type Given } from './given.ts';
import { readKubeRelease } from './release.ts';
import { wantedOf } from './wanted.ts';

export class KubePlace implements Place {
  readonly kind = 'kubernetes';
  readonly name: string;
  readonly #inputs: Inputs;
  readonly #checked: CheckedInputs;
  readonly #context: ActionContext;
  readonly #cluster: Cluster;
  readonly #given: Given | undefined;
  #surge: GpuSurge = 'surge';

  private constructor(
    inputs: Inputs,
    checked: CheckedInputs,
    context: ActionContext,
    cluster: Cluster,
    given: Given | undefined,
  ) {
    this.name = nameOf(cluster.workload);
    this.#inputs = inputs;
    this.#checked = checked;
    this.#context = context;
    this.#cluster = cluster;
    this.#given = given;
  }

  static async open(inputs: Inputs, checked: CheckedInputs, context: ActionContext): Promise<KubePlace> {
    const given = await readGiven(inputs, null);
    const { kind = '', metadata } = given?.workload ?? {};
    const workload = parseWorkload(inputs.workload ?? `${kind}/${metadata?.name ?? ''}`);
    const git = gitWriting(inputs, checked);
    const cluster = await openCluster({ ...inputs, git }, workload, context);
    return new KubePlace(inputs, checked, context, cluster, given);
  }

  #options(): SiteOptions {
    const { traffic, route, startupTimeout } = this.#inputs;
    return {
      surge: this.#surge,
      traffic: traffic ?? 'auto',
      route,
      startupTimeoutMs: startupTimeout,
      evidence: evidenceOf(this.#inputs, this.#checked, this.#context),
      port: 80,
    };
  }

  #open(takes?: 'any'): Promise<OpenSite> {
    return openSite(this.#cluster, this.#options(), this.#context, takes);
  }

  #site(open: OpenSite): Site {
    const { kubeconfig, context, namespace, service, traffic, route, workload } = this.#inputs;
    const git = withoutTokens(gitWriting(this.#inputs, this.#checked));
    return siteOf(open, { kubeconfig, context, namespace, service, traffic, route, workload, git });
  }

  async #target(): Promise<KubeTarget> {
    return new KubeTarget(await kubeSite(this.#cluster, this.#options(), this.#context));
  }

  async before(): Promise<TargetStatus> {
    return (await this.#target()).status();
  }

  async readRelease(before: TargetStatus | undefined): Promise<Release> {
    const wanted = await wantedOf(
      this.#inputs,
      this.#cluster,
      this.#given,
      before?.rollout ?? null,
      this.#context,
    );
    return readKubeRelease(this.#inputs, this.#context, before, wanted);
  }

  /** Everything that would stop the rollout half-way is found before anything is touched. */
  async plan(release: Release, before: TargetStatus | undefined, steps: readonly Step[]): Promise<string[]> {
    const { gpuPlanOf } = await import('@sluice/rollout/kubernetes/gpu-plan');
    const room = await gpuPlanOf(
      this.#inputs,
      this.#cluster,
      release.spec as KubeSpec,
      before?.rollout ?? null,
      steps,
    );
    this.#surge = room.surge;
    const site = await kubeSite(this.#cluster, this.#options(), this.#context);
    const { gitops } = this.#cluster;
    const faults = [
      ...((await gitops?.faults()) ?? []),
      ...(await site.router.check()),
      ...(await arrangeFaults(site.router, steps)),
      ...(await this.#evidenceFaults(site, release)),
    ];
    if (faults.length > 0) throw new ConfigError(faults);
    const { lines } = await new KubeTarget(site).plan(release.spec, steps);
    return [...(gitops === undefined ? [] : [gitops.says]), ...room.lines, ...lines];
  }

  /** An address that doesn't answer, or a query that is wrong, is found before anything is touched. */
  async #evidenceFaults({ stable, services }: KubeSite, { version }: Release): Promise<string[]> {
    const evidence = evidenceOf(this.#inputs, this.#checked, this.#context);
    if (evidence === null) return [];
    const { name, namespace = this.#cluster.namespace } = stable.ref;
    const place = { namespace, workload: name, service: services?.stable ?? '', pods: [] };
    return evidence.check({ stable: null, canary: { ...place, version, track: 'canary' } });
  }

  async begin(): Promise<Site> {
    return this.#site(await this.#open());
  }

  async find(): Promise<Site | undefined> {
    if (this.#cluster.live === undefined) return undefined;
    // `abort` takes the rollout away from a driver that lives.
    return this.#site(await this.#open(this.#inputs.operation === 'abort' ? 'any' : undefined));
  }

  nothingThere(): Promise<ActionResult> {
    const { operation } = this.#inputs;
    const where = `${this.name} in namespace ${this.#cluster.namespace} of ${this.#cluster.api.cluster}`;
    if (operation === 'status')
      return Promise.resolve({
        verdict: 'pass',
        reasons: [`there is no ${where}`],
        outputs: { stable: '', canary: '', weight: '0' },
      });
    throw new ConfigError(
      `input \`operation\` = "${operation}": there is no ${where}; check \`workload\` and \`namespace\``,
    );
  }

  async tellStatus(): Promise<ActionResult> {
    if (this.#cluster.live === undefined) return this.nothingThere();
    const { tellStatus } = await import('./status.ts');
    return tellStatus(this.name, await this.#target());
  }

  remove(): Promise<ActionResult> {
    throw new ConfigError(
      `input \`operation\` = "remove" is for \`target: host\`; a workload in a cluster is deleted with kubectl or by its Git repository`,
    );
  }
}

/** For `post`: main is dead, so its lease is free for us. */
export async function kubeSiteAgain(saved: Record<string, unknown>, context: ActionContext): Promise<Site> {
  const inputs = saved as unknown as ClusterInputs & { workload: string; traffic?: string; route?: string };
  const workload: Omit<ObjectRef, 'namespace'> = parseWorkload(inputs.workload);
  const git = withTokens(inputs.git, context);
  const cluster = await openCluster({ ...inputs, git }, workload, context);
  const options: SiteOptions = {
    surge: 'surge',
    traffic: inputs.traffic ?? 'auto',
    route: inputs.route,
    startupTimeoutMs: POST_READY_MS,
    evidence: null,
    port: 80,
  };
  const deadHolder = String(saved['holder']);
  return siteOf(await openSite(cluster, options, context, { deadHolder }), saved);
}

function gitWriting(inputs: Inputs, { maxDurationMs }: CheckedInputs): GitWriting | undefined {
  if (inputs.apply !== 'gitops') return undefined;
  const { gitopsRepository, gitopsBranch, gitopsPath, gitopsMode, gitopsToken, githubToken } = inputs;
  return {
    ...{ gitopsRepository, gitopsBranch, gitopsPath, gitopsMode, gitopsToken, githubToken },
    carryMs: inputs.startupTimeout,
    mergeMs: maxDurationMs,
  };
}

function siteOf(open: OpenSite, saved: Record<string, unknown>): Site {
  const { target, owner, exclusive, signal, holder, site } = open;
  return {
    ...{ target, owner, exclusive, signal },
    install: (spec) => Promise.resolve(spec),
    previewOf: async (mark) => {
      const address = await site.router.address?.();
      const route =
        address === undefined
          ? "users' route"
          : `${address.url}${address.host === undefined ? '' : ` (${address.host})`}`;
      const service = site.services === null ? '' : `; Service ${site.services.canary}`;
      return `${route} with ${mark}${service}`;
    },
    publicRoute: async () => {
      const { publicRoute } = await import('@sluice/rollout/kubernetes/public-route');
      return publicRoute(site);
    },
    ensureServing: async () => {
      await site.stable.until('all pods ready', (now) => now.status.rolledOut, {
        timeoutMs: site.startupTimeoutMs,
        signal: site.signal,
        log: site.log,
      });
    },
    saved: { ...saved, holder },
    close: () => open.close(),
  };
}

const POST_READY_MS = 5 * 60_000;
