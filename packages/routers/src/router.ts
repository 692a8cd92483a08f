/** What a rollout needs of whatever splits requests between the stable pods and the canary's. One file a router. */
import type { KubeApi } from '@sluice/kubernetes/types';
import type { Logger } from '@sluice/runtime/logger';

/** Every verb may be repeated: done twice it leaves what it left done once. */
export interface Router {
  /** As the input `traffic` names it: `gateway-api`, `replicas`. */
  readonly name: string;
  /**
   * Faults in what is there, before anything is touched (no such route, weight of a foreign owner, two canaries), each with
   * its mend; empty when fine.
   */
  check(): Promise<string[]>;
  /** Makes what is needed beside the stable (a backend of weight 0, a canary Ingress). The canary's Service must exist. */
  prepare(): Promise<void>;
  /** The canary's share (0 to 1) as the route says it at this moment; the highest, where routes differ; undefined when it is in none. */
  read(): Promise<number | undefined>;
  /**
   * Sets the canary's share (0 to 1) and waits until the router has observed it. Conditional on what was read: a lost
   * race is read again and tried again.
   *
   * @throws InfraError when the router didn't take it in time, with the router's own words
   */
  set(share: number): Promise<void>;
  /** The route is as it was before `prepare`. */
  remove(): Promise<void>;
  /** One line for the plan. */
  describe(): Promise<string>;
  /** Where the same route is asked from outside, when the cluster tells it. */
  address?(): Promise<RouteAddress | undefined>;
  /** Requests that carry this mark go to the canary, whatever its share; undefined takes the rule away. */
  preview?(mark: RequestMark | undefined): Promise<void>;
  /** A copy of this share (0 to 1) of the stable's requests goes to the canary, whose answers nobody sees; 0 ends it. */
  mirror?(share: number): Promise<void>;
  /** Why `mirror` would do harm here, each with its mend; empty when it wouldn't. */
  mirrorFaults?(share: number): Promise<string[]>;
}

export interface RouteAddress {
  /** `http://172.18.0.2:8080`, without a path. */
  url: string;
  /** What the route asks the Host header to be. */
  host: string | undefined;
}

/** What tells a request apart: a header of this value, or a cookie. */
export type RequestMark = { header: string; value: string } | { cookie: string; value: string };

export interface RouterContext {
  api: KubeApi;
  namespace: string;
  /** Name of the stable workload. */
  workload: string;
  stableService: string;
  canaryService: string;
  /** Of the Service, where requests go. */
  port: number;
  /** Input `route`: which route objects, where those that refer to the stable Service aren't meant. */
  route?: string;
  /** What is written goes to Git, and a GitOps controller carries it out. */
  byGit?: boolean;
  log: Logger;
  signal: AbortSignal;
  /** How long a router may take to observe a change; default 60 s. */
  observeMs?: number;
  /** How long is waited for a router that doesn't tell what it has taken; default 3 s. */
  settleMs?: number;
}
