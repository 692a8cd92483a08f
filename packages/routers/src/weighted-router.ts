/**
 * Routes that name both backends and weigh them: Gateway API, Traefik, Istio. What differs between them is a dialect; the
 * rules are read and written in the Gateway API's words.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KindRef, KubeObject, ObjectRef } from '@sluice/kubernetes/types';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { Change } from '@sluice/kubernetes/change-object';
import { changeObject, nameOf, operationsFor } from '@sluice/kubernetes/change-object';
import { withMirror, withPreview } from './gateway-marks.ts';
import type { Pair, RouteRule } from './gateway-route.ts';
import { BEFORE, placesOf, shareOf, weightsBefore, withoutCanary, withShare } from './gateway-route.ts';
import type { Observed } from './gateway-status.ts';
import { ownerFindings } from '@sluice/kubernetes/owners';
import type { RequestMark, RouteAddress, Router, RouterContext } from './router.ts';
import { waitUntil } from '@sluice/kubernetes/wait-until';

const OBSERVE_MS = 60_000;

/** Of a router that says nothing of what it has taken, or says it early, how long that may last; Traefik waits 2 s between changes. */
const SETTLE_MS = 3_000;

export interface Dialect {
  /** A value of input `traffic`. */
  name: string;
  kinds: readonly KindRef[];
  pair: Pair;
  /** Where others' field managers would write the weights. */
  owned: readonly string[];
  /** The rules of an object in the Gateway API's words: backends with names and weights. */
  rules(object: KubeObject): RouteRule[];
  /** The fields that hold such rules, by JSON pointer. */
  fields(object: KubeObject, rules: readonly RouteRule[]): Change['fields'];
  /** What the rules need beside those fields; null takes one away. */
  annotations?: (rules: readonly RouteRule[]) => Record<string, string | null>;
  /** undefined: the router doesn't tell. */
  observed?: (object: KubeObject) => Observed;
  address?: (object: KubeObject) => Promise<RouteAddress | undefined>;
  /** Rules for marked requests and copies can be written. */
  marks: boolean;
  /** Why copies of this share of requests can't be made; asked before `mirror`. */
  mirrorFaults?: (object: KubeObject, share: number) => Promise<string[]>;
}

export class WeightedRouter implements Router {
  readonly name: string;
  readonly preview?: (mark: RequestMark | undefined) => Promise<void>;
  readonly mirror?: (share: number) => Promise<void>;
  readonly #context: RouterContext;
  readonly #dialect: Dialect;
  readonly #pair: Pair;

  constructor(context: RouterContext, dialect: Dialect) {
    this.name = dialect.name;
    this.#context = context;
    this.#dialect = dialect;
    this.#pair = dialect.pair;
    if (!dialect.marks) return;
    this.preview = (mark) =>
      this.#change((route) => this.#written(route, withPreview(route, this.#pair, mark)));
    this.mirror = (share) =>
      this.#change((route) => this.#written(route, withMirror(route, this.#pair, share)));
  }

  async check(): Promise<string[]> {
    const { api, namespace, log, stableService } = this.#context;
    const routes = await this.#routes();
    if (routes.length === 0)
      return [
        `no ${this.#dialect.kinds.map(({ kind }) => kind).join(' or ')} in namespace ${namespace} sends requests to ${this.#pair.kind} ${this.#pair.stable}; make one, or choose another \`traffic\``,
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
      const { done, why } = this.#dialect.observed?.(route) ?? { done: true, why: '' };
      if (!done) faults.push(`${what} does not serve as it is: ${why}`);
      const owners = ownerFindings(route, this.#dialect.owned, what, this.#context.byGit);
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
    await this.#change((route) => this.#written(route, withoutCanary(route, this.#pair), { [BEFORE]: null }));
  }

  async mirrorFaults(share: number): Promise<string[]> {
    const faults: string[] = [];
    for (const route of await this.#routes())
      faults.push(...((await this.#dialect.mirrorFaults?.(route, share)) ?? []));
    return [...new Set(faults)];
  }

  async describe(): Promise<string> {
    const routes = (await this.#routes()).map((route) => {
      const rules = placesOf(route, this.#pair).length;
      return `${route.kind} ${route.metadata.name} (${rules} rule${rules === 1 ? '' : 's'})`;
    });
    return `weights of ${routes.join(', ')} between ${this.#pair.kind} ${this.#pair.stable} and ${this.#pair.canary}`;
  }

  async address(): Promise<RouteAddress | undefined> {
    for (const route of await this.#routes()) {
      const found = await this.#dialect.address?.(route);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Those that the input names, else all that send requests to the stable; their rules in the Gateway API's words. */
  async #routes(): Promise<KubeObject[]> {
    const { api, namespace, route } = this.#context;
    const all: KubeObject[] = [];
    for (const kind of this.#dialect.kinds)
      for (const object of await api.list(kind, { namespace })) all.push(this.#translated(object));
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
    return this.#written(route, rules, { [BEFORE]: weightsBefore(route, this.#pair) });
  }

  #translated(object: KubeObject): KubeObject {
    return { ...object, spec: { ...(object['spec'] as object), rules: this.#dialect.rules(object) } };
  }

  #written(
    route: KubeObject,
    rules: readonly RouteRule[],
    annotations: Change['annotations'] = {},
  ): Required<Change> {
    return {
      fields: this.#dialect.fields(route, rules),
      annotations: { ...this.#dialect.annotations?.(rules), ...annotations },
    };
  }

  /** On every route; waits until the routers have taken what it is then. */
  async #change(plan: (route: KubeObject) => Change): Promise<void> {
    const { api, signal, observeMs = OBSERVE_MS, settleMs = SETTLE_MS } = this.#context;
    const { observed } = this.#dialect;
    const refs = (await this.#routes()).map(refOf);
    const written: ObjectRef[] = [];
    for (const ref of refs) {
      const write = (object: KubeObject): Change => {
        const change = plan(this.#translated(object));
        if (operationsFor(object, change).length > 0) written.push(ref);
        return change;
      };
      await changeObject(api, ref, write, signal);
    }
    let early = observed === undefined;
    for (const ref of observed === undefined ? [] : refs) {
      const { done, why } = await waitUntil(
        async () => {
          const route = await api.get(ref);
          const seen = route === undefined ? undefined : observed?.(route);
          early ||= seen?.early === true;
          return seen ?? { done: false, why: 'it is gone' };
        },
        observeMs,
        signal,
      );
      if (!done)
        throw new InfraError(`${nameOf(ref)} was changed, but not taken in ${observeMs / 1000} s: ${why}`);
    }
    if (early && written.length > 0) await sleep(settleMs, undefined, { signal });
  }
}

function refOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): ObjectRef {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
