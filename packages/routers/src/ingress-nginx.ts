/**
 * `traffic: ingress-nginx`: an Ingress beside the stable's, named `<name>-canary`, whose annotations give the canary's
 * Service its share (kubernetes.github.io/ingress-nginx, "Canary"). One canary per rule is all that the controller takes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { changeObject } from '@sluice/kubernetes/change-object';
import { KubeConflictError } from '@sluice/kubernetes/errors';
import { canaryLabel, TRACK_LABEL, WORKLOAD_LABEL } from '@sluice/kubernetes/tracks';
import type { KubeObject } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';
import { INGRESS, SURFACES } from './references.ts';
import type { RequestMark, Router, RouterContext } from './router.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';
/** Finer than a percent, where a share asks for it. */
const TOTAL = 10_000;
/** It reloads within seconds, and tells nobody. */
const SETTLE_MS = 3_000;

interface Path {
  backend?: { service?: { name: string } };
}

interface Rule {
  http?: { paths?: Path[] };
}

interface Spec {
  rules?: Rule[];
  defaultBackend?: { service?: { name: string } };
  tls?: unknown;
}

export class IngressRouter implements Router {
  readonly name = 'ingress-nginx';
  readonly #context: RouterContext;

  constructor(context: RouterContext) {
    this.#context = context;
  }

  async check(): Promise<string[]> {
    const { namespace, stableService } = this.#context;
    const { stable, all } = await this.#ingresses();
    if (stable.length === 0)
      return [
        `no Ingress in namespace ${namespace} sends requests to Service ${stableService}; make one, or choose another \`traffic\``,
      ];
    return stable.flatMap((ingress) => {
      const hosts = hostsOf(ingress);
      const own = canaryLabel(ingress.metadata.name);
      const { defaultBackend } = ingress['spec'] as Spec;
      return [
        ...all
          .filter((each) => each.metadata.annotations?.[`${PREFIX}canary`] === 'true')
          .filter((each) => each.metadata.name !== own || !isOurs(each))
          .filter((each) => hostsOf(each).some((host) => hosts.includes(host)))
          .map(
            (each) =>
              `Ingress ${each.metadata.name} is a canary of the same host already, and ingress-nginx takes one; delete it first`,
          ),
        ...(defaultBackend?.service?.name === stableService && hosts.length === 0
          ? [
              `Ingress ${ingress.metadata.name} has no rules, and a default backend can have no canary; give it a rule`,
            ]
          : []),
      ];
    });
  }

  async prepare(): Promise<void> {
    const { api } = this.#context;
    for (const ingress of (await this.#ingresses()).stable) {
      try {
        await api.create(canaryIngress(ingress, this.#context));
      } catch (error) {
        // There already: of an earlier try, or a rollout that is taken over.
        if (!(error instanceof KubeConflictError)) throw error;
      }
    }
  }

  async read(): Promise<number | undefined> {
    const { all } = await this.#ingresses();
    const shares = all.filter((each) => this.#isCanary(each)).map(shareOf);
    return shares.length === 0 ? undefined : Math.max(...shares);
  }

  async set(share: number): Promise<void> {
    await this.prepare();
    await this.#annotate(weightAnnotations(share));
  }

  async remove(): Promise<void> {
    const { api, namespace } = this.#context;
    for (const { metadata } of (await this.#ingresses()).all.filter((each) => this.#isCanary(each)))
      await api.delete({ ...INGRESS, name: metadata.name, namespace });
  }

  async describe(): Promise<string> {
    const { stable } = await this.#ingresses();
    const names = stable.map(({ metadata }) => `${canaryLabel(metadata.name)} beside ${metadata.name}`);
    return `annotations of Ingress ${names.join(', ')}, for Service ${this.#context.canaryService}`;
  }

  /** By cookie the controller knows no value but `always`. */
  async preview(mark: RequestMark | undefined): Promise<void> {
    if (mark !== undefined && 'cookie' in mark && mark.value !== 'always')
      throw new ConfigError(
        `ingress-nginx sends cookies of the value always to a canary, not ${JSON.stringify(mark.value)}`,
      );
    const header = mark !== undefined && 'header' in mark ? mark : undefined;
    await this.prepare();
    await this.#annotate({
      [`${PREFIX}canary-by-header`]: header?.header ?? null,
      [`${PREFIX}canary-by-header-value`]: header?.value ?? null,
      [`${PREFIX}canary-by-cookie`]: mark !== undefined && 'cookie' in mark ? mark.cookie : null,
    });
  }

  async #annotate(annotations: Record<string, string | null>): Promise<void> {
    const { api, namespace, signal, settleMs = SETTLE_MS } = this.#context;
    for (const { metadata } of (await this.#ingresses()).all.filter((each) => this.#isCanary(each)))
      await changeObject(
        api,
        { ...INGRESS, name: metadata.name, namespace },
        () => ({ fields: {}, annotations }),
        signal,
      );
    await sleep(settleMs, undefined, { signal });
  }

  #isCanary(ingress: KubeObject): boolean {
    return isOurs(ingress) && ingress.metadata.labels?.[WORKLOAD_LABEL] === this.#context.workload;
  }

  async #ingresses(): Promise<{ stable: KubeObject[]; all: KubeObject[] }> {
    const { api, namespace, stableService, route } = this.#context;
    const all = await api.list(INGRESS, { namespace });
    const refers = SURFACES.find(({ traffic }) => traffic === 'ingress-nginx')?.refers;
    const stable = all.filter(
      (each) =>
        refers?.(each, stableService, namespace) === true &&
        each.metadata.annotations?.[`${PREFIX}canary`] !== 'true' &&
        (route === undefined || each.metadata.name === route.split('/').at(-1)),
    );
    return { stable, all };
  }
}

function isOurs({ metadata }: KubeObject): boolean {
  return (
    metadata.labels?.[TRACK_LABEL] === 'canary' &&
    metadata.labels['app.kubernetes.io/managed-by'] === 'sluice'
  );
}

function hostsOf(ingress: KubeObject): string[] {
  return ((ingress['spec'] as Spec).rules ?? []).map((rule) => (rule as { host?: string }).host ?? '');
}

/** The stable's paths that lead to its Service, led to the canary's; settings of the connection are the same. Pure. */
export function canaryIngress(
  ingress: KubeObject,
  {
    workload,
    stableService,
    canaryService,
  }: Pick<RouterContext, 'workload' | 'stableService' | 'canaryService'>,
): KubeObject {
  const { name, namespace, annotations = {}, uid } = ingress.metadata;
  const spec = ingress['spec'] as Spec & Record<string, unknown>;
  const kept = Object.entries(annotations).filter(
    ([key]) =>
      (key.startsWith(PREFIX) && !key.startsWith(`${PREFIX}canary`)) || key === 'kubernetes.io/ingress.class',
  );
  const rules = (spec.rules ?? []).flatMap((rule) => {
    const paths = (rule.http?.paths ?? []).flatMap((path) =>
      path.backend?.service?.name === stableService
        ? [{ ...path, backend: { service: { ...path.backend.service, name: canaryService } } }]
        : [],
    );
    return paths.length === 0 ? [] : [{ ...rule, http: { ...rule.http, paths } }];
  });
  return {
    apiVersion: ingress.apiVersion,
    kind: ingress.kind,
    metadata: {
      name: canaryLabel(name),
      ...(namespace === undefined ? {} : { namespace }),
      labels: {
        [WORKLOAD_LABEL]: workload,
        [TRACK_LABEL]: 'canary',
        'app.kubernetes.io/managed-by': 'sluice',
      },
      annotations: {
        ...Object.fromEntries(kept),
        [`${PREFIX}canary`]: 'true',
        [`${PREFIX}canary-weight`]: '0',
      },
      ...(uid === undefined
        ? {}
        : { ownerReferences: [{ apiVersion: ingress.apiVersion, kind: ingress.kind, name, uid }] }),
    },
    spec: {
      ...(spec['ingressClassName'] === undefined ? {} : { ingressClassName: spec['ingressClassName'] }),
      ...(spec.tls === undefined ? {} : { tls: spec.tls }),
      rules,
    },
  };
}

/** Whole percents as people write them; a finer share by a larger total. Pure. */
export function weightAnnotations(share: number): Record<string, string | null> {
  const percents = share * 100;
  const whole = Math.abs(percents - Math.round(percents)) < 1e-9;
  const fine = Math.min(Math.max(Math.round(share * TOTAL), 1), TOTAL - 1);
  return {
    [`${PREFIX}canary-weight`]: String(whole ? Math.round(percents) : fine),
    [`${PREFIX}canary-weight-total`]: whole ? null : String(TOTAL),
  };
}

function shareOf({ metadata }: KubeObject): number {
  const { annotations = {} } = metadata;
  const weight = Number(annotations[`${PREFIX}canary-weight`] ?? 0);
  const total = Number(annotations[`${PREFIX}canary-weight-total`] ?? 100);
  return total > 0 && Number.isFinite(weight) ? weight / total : 0;
}
