/** `traffic: gateway-api`: the weights of HTTPRoutes and GRPCRoutes that send requests to the stable Service or InferencePool. */
import type { KubeObject, ObjectRef } from '@sluice/kubernetes/types';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { Change } from '@sluice/kubernetes/change-object';
import { changeObject, nameOf } from '@sluice/kubernetes/change-object';
import { gatewayAddress } from './gateway-address.ts';
import { withMirror, withPreview } from './gateway-marks.ts';
import type { Pair } from './gateway-route.ts';
import { BEFORE, placesOf, shareOf, weightsBefore, withoutCanary, withShare } from './gateway-route.ts';
import { observedRoute } from './gateway-status.ts';
import { ownerFindings } from '@sluice/kubernetes/owners';
import type { Router, RouterContext } from './router.ts';
import { waitUntil } from '@sluice/kubernetes/wait-until';

export const GATEWAY_KINDS = ['HTTPRoute', 'GRPCRoute'] as const;
export const GATEWAY_VERSION = 'gateway.networking.k8s.io/v1';
const OBSERVE_MS = 60_000;

export class GatewayRouter implements Router {
  readonly name = 'gateway-api';
  readonly #context: RouterContext;
  readonly #pair: Pair;

  /** @param pool the stable's InferencePool, when routes send requests to it in place of the Service; the canary's is `<pool>-canary` */
  constructor(context: RouterContext, pool?: string) {
    this.#context = context;
    this.#pair =
      pool === undefined
        ? { kind: 'Service', stable: context.stableService, canary: context.canaryService }
        : { kind: 'InferencePool', stable: pool, canary: `${pool}-canary` };
  }

  async check(): Promise<string[]> {
    const { api, namespace, log, stableService } = this.#context;
    const routes = await this.#routes();
    if (routes.length === 0)
      return [
        `no HTTPRoute or GRPCRoute in namespace ${namespace} sends requests to ${this.#pair.kind} ${this.#pair.stable}; make one, or choose another \`traffic\``,
      ];
    const faults: string[] = [];
    for (const route of routes) {
      const what = nameOf(refOf(route));
      const places = placesOf(route, this.#pair);
      if (places.length === 0)
        faults.push(`input \`route\`: ${what} sends no request to ${this.#pair.kind} ${this.#pair.stable}`);
      for (const { index, stable, canary } of places) {
        if ((stable.weight ?? 1) + (canary?.weight ?? 0) === 0)
          faults.push(
            `${what}: rule ${index} gives ${stableService} the weight 0; give it one, or take it out`,
          );
      }
      if (withShare(route, this.#pair, 0.01) === undefined)
        faults.push(
          `${what}: the weights beside ${this.#pair.stable} are too large to divide its own; make them smaller`,
        );
      const { done, why } = observedRoute(route);
      if (!done) faults.push(`${what} does not serve as it is: ${why}`);
      const owners = ownerFindings(route, ['spec', 'rules'], what);
      faults.push(...owners.faults);
      for (const warning of owners.warnings) log.warning(warning);
    }
    if (this.#pair.kind === 'InferencePool') {
      const ref = { apiVersion: 'inference.networking.k8s.io/v1', kind: 'InferencePool', namespace };
      if ((await api.get({ ...ref, name: this.#pair.canary })) === undefined)
        faults.push(
          `the routes send requests to InferencePool ${this.#pair.stable}, and there is no InferencePool ${this.#pair.canary}; make it, with its own endpoint picker, selecting pods by the label sluice/track: canary`,
        );
    }
    return faults;
  }

  /** The canary stands in every rule of the stable, at 0; a share that it has already stays. */
  async prepare(): Promise<void> {
    await this.#change((route) => this.#divided(route, shareOf(route, this.#pair) ?? 0));
  }

  async read(): Promise<number | undefined> {
    const shares = (await this.#routes()).flatMap((route) => shareOf(route, this.#pair) ?? []);
    return shares.length === 0 ? undefined : Math.max(...shares);
  }

  async set(share: number): Promise<void> {
    await this.#change((route) => this.#divided(route, share));
  }

  async remove(): Promise<void> {
    await this.#change((route) => ({
      fields: { '/spec/rules': withoutCanary(route, this.#pair) },
      annotations: { [BEFORE]: null },
    }));
  }

  async preview(mark: Parameters<NonNullable<Router['preview']>>[0]): Promise<void> {
    await this.#change((route) => ({ fields: { '/spec/rules': withPreview(route, this.#pair, mark) } }));
  }

  async mirror(share: number): Promise<void> {
    await this.#change((route) => ({ fields: { '/spec/rules': withMirror(route, this.#pair, share) } }));
  }

  async describe(): Promise<string> {
    const routes = (await this.#routes()).map((route) => {
      const rules = placesOf(route, this.#pair).length;
      return `${route.kind} ${route.metadata.name} (${rules} rule${rules === 1 ? '' : 's'})`;
    });
    return `weights of ${routes.join(', ')} between ${this.#pair.kind} ${this.#pair.stable} and ${this.#pair.canary}`;
  }

  async address(): ReturnType<NonNullable<Router['address']>> {
    for (const route of await this.#routes()) {
      const found = await gatewayAddress(this.#context.api, route);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Those that the input names, else all that send requests to the stable. */
  async #routes(): Promise<KubeObject[]> {
    const { api, namespace, route } = this.#context;
    const all: KubeObject[] = [];
    for (const kind of GATEWAY_KINDS)
      all.push(...(await api.list({ apiVersion: GATEWAY_VERSION, kind }, { namespace })));
    if (route === undefined) return all.filter((each) => placesOf(each, this.#pair).length > 0);
    return route.split(',').map((text) => {
      const [name = '', kind] = text.trim().split('/').reverse();
      const found = all.find(
        (each) =>
          each.metadata.name === name &&
          (kind === undefined || each.kind.toLowerCase() === kind.toLowerCase()),
      );
      if (found === undefined)
        throw new ConfigError(
          `input \`route\`: there is no ${text.trim()} in namespace ${namespace} (there ${all.length === 0 ? 'is no route' : `are ${all.map((each) => each.metadata.name).join(', ')}`})`,
        );
      return found;
    });
  }

  #divided(route: KubeObject, share: number): Change {
    const rules = withShare(route, this.#pair, share);
    if (rules === undefined)
      throw new ConfigError(
        `${nameOf(refOf(route))}: the weights beside ${this.#pair.stable} are too large to divide its own`,
      );
    return { fields: { '/spec/rules': rules }, annotations: { [BEFORE]: weightsBefore(route, this.#pair) } };
  }

  /** On every route; waits until the gateways have observed what it is then. */
  async #change(plan: (route: KubeObject) => Change | undefined): Promise<void> {
    const { api, signal, observeMs = OBSERVE_MS } = this.#context;
    const refs = (await this.#routes()).map(refOf);
    for (const ref of refs) await changeObject(api, ref, plan, signal);
    for (const ref of refs) {
      const { done, why } = await waitUntil(
        async () => {
          const route = await api.get(ref);
          return route === undefined ? { done: false, why: 'it is gone' } : observedRoute(route);
        },
        observeMs,
        signal,
      );
      if (!done)
        throw new InfraError(`${nameOf(ref)} was changed, but not taken in ${observeMs / 1000} s: ${why}`);
    }
  }
}

function refOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): ObjectRef {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
