/** What a test has of the lab: ours, or with SLUICE_LAB=external any cluster that KUBECONFIG names. */
import { randomBytes } from 'node:crypto';
import { ConfigError } from '@sluice/runtime/errors';
import { readState, type LabState } from './cluster.ts';
import { Kubectl } from './kubectl.ts';
import { GATEWAY, imageOf, LAB_NAMESPACE, REPOSITORY, type Version } from './layout.ts';
import { setGpus } from './node.ts';
import { endPart, restartPart } from './parts.ts';
import { startTraffic, type Traffic, type TrafficOptions } from './traffic.ts';

export interface Lab {
  /** True for a cluster that isn't ours: its parts can't be killed and its GPUs can't be set. */
  external: boolean;
  /** Path; its user may do everything. */
  kubeconfig: string;
  /** Path of a kubeconfig whose user `releaser` has no rights but those that a test binds to it; undefined outside. */
  releaser: string | undefined;
  kubectl: Kubectl;
  /** `http://host:port`; a route is chosen by the Host header. */
  gateway: string;
  /** What an HTTPRoute names as its parent. */
  gatewayRef: { name: string; namespace: string };
  /** Traefik's own metrics, `http://…/metrics`; undefined outside. */
  gatewayMetrics: string | undefined;
  /** `http://host:port`. */
  prometheus: string;
  image(version: Version): string;
  /** The same by digest; undefined outside. */
  pinned(version: Version): string | undefined;
  /** Runs `work` in a new namespace, which is removed afterwards, whatever happens. */
  inNamespace<T>(name: string, work: (namespace: string) => Promise<T>): Promise<T>;
  /** Requests through the gateway until they are stopped. */
  traffic(options: Omit<TrafficOptions, 'url'>): Traffic;
  /** An instant query: the value of each series by its labels. */
  query(promql: string): Promise<Sample[]>;
  setGpus(gpus: number): Promise<void>;
  /** A part of the lab by the name of its log, as `kube-apiserver`. */
  kill(part: string, signal?: NodeJS.Signals): Promise<void>;
  restart(part: string): Promise<void>;
}

export interface Sample {
  metric: Record<string, string>;
  value: number;
}

/** @throws ConfigError when there is no lab, or a variable of an external one is missing. */
export async function openLab(env: NodeJS.ProcessEnv = process.env): Promise<Lab> {
  if (env['SLUICE_LAB'] === 'external') return external(env);
  const state = await readState();
  if (state === undefined) throw new ConfigError('no lab is up: node e2e/lab/up.ts');
  return ours(state);
}

type Common = 'inNamespace' | 'traffic' | 'query';

function ours(state: LabState): Lab {
  const lab: Omit<Lab, Common> = {
    external: false,
    kubeconfig: state.kubeconfig,
    releaser: state.releaser,
    kubectl: new Kubectl(state.kubectl, state.kubeconfig),
    gateway: state.gateway.url,
    gatewayRef: { name: GATEWAY, namespace: LAB_NAMESPACE },
    gatewayMetrics: state.gateway.metrics,
    prometheus: state.prometheus,
    image: imageOf,
    pinned: (version) => `${REPOSITORY}@${state.digests[version]}`,
    setGpus: (gpus) => setGpus(lab.kubectl, gpus),
    kill: (part, signal = 'SIGKILL') => endPart(part, signal),
    restart: restartPart,
  };
  return withCommon(lab);
}

function external(env: NodeJS.ProcessEnv): Lab {
  const given = (name: string): string => {
    const value = env[name] ?? '';
    if (value === '')
      throw new ConfigError(`with SLUICE_LAB=external, ${name} has to be set (e2e/lab/README.md)`);
    return value;
  };
  const [namespace = '', name = ''] = given('SLUICE_LAB_GATEWAY_REF').split('/');
  const refuse = (): Promise<never> => Promise.reject(new Error('this cluster is not ours'));
  return withCommon({
    external: true,
    kubeconfig: given('KUBECONFIG'),
    releaser: undefined,
    kubectl: new Kubectl('kubectl', given('KUBECONFIG')),
    gateway: given('SLUICE_LAB_GATEWAY'),
    gatewayRef: { name, namespace },
    gatewayMetrics: undefined,
    prometheus: given('SLUICE_LAB_PROMETHEUS'),
    image: (version) => given('SLUICE_LAB_IMAGE').replace('{version}', version),
    pinned: () => undefined,
    setGpus: refuse,
    kill: refuse,
    restart: refuse,
  });
}

function withCommon(lab: Omit<Lab, Common>): Lab {
  return {
    ...lab,
    inNamespace: async (name, work) => {
      const namespace = `${name}-${randomBytes(3).toString('hex')}`;
      await lab.kubectl.run(['create', 'namespace', namespace]);
      try {
        return await work(namespace);
      } finally {
        await lab.kubectl.run(['delete', 'namespace', namespace, '--wait=false']);
      }
    },
    traffic: (options) => startTraffic({ ...options, url: lab.gateway }),
    query: async (promql) => {
      const answer = await fetch(`${lab.prometheus}/api/v1/query?query=${encodeURIComponent(promql)}`);
      const body = (await answer.json()) as {
        data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
        error?: string;
      };
      if (body.data === undefined) throw new Error(`Prometheus refuses ${promql}: ${body.error}`);
      return body.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
  };
}
