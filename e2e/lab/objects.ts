/** The objects that tests start from: a model server's Deployment as a user writes it, its Service, its route. */
import type { Lab } from './lab.ts';
import type { Version } from './layout.ts';

export const PORT = 8000;

export interface Workload {
  namespace: string;
  name: string;
  version: Version;
  replicas: number;
  gpus?: number;
  /** By digest and not by tag. */
  pinned?: boolean;
  /** Knobs of the image (e2e/lab/image/front.ts): ERROR_RATE, EXTRA_TTFT_MS, CHUNK_MS, CRASH_AFTER, START_MS. */
  env?: Record<string, string>;
}

export function deployment(
  lab: Lab,
  { namespace, name, version, replicas, gpus, pinned, env = {} }: Workload,
): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels: { ...labels, 'sluice/version': version },
          annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(PORT) },
        },
        spec: {
          automountServiceAccountToken: false,
          dnsPolicy: 'Default',
          terminationGracePeriodSeconds: 60,
          containers: [
            {
              name: 'server',
              image: (pinned === true ? lab.pinned(version) : undefined) ?? lab.image(version),
              imagePullPolicy: lab.external ? 'IfNotPresent' : 'Never',
              ports: [{ name: 'http', containerPort: PORT }],
              env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
              readinessProbe: { httpGet: { path: '/health', port: PORT }, periodSeconds: 1 },
              // Routers learn of the end before the server stops taking requests.
              lifecycle: { preStop: { sleep: { seconds: 5 } } },
              ...(gpus === undefined ? {} : { resources: { limits: { 'nvidia.com/gpu': gpus } } }),
            },
          ],
        },
      },
    },
  };
}

export function service({ namespace, name }: Pick<Workload, 'namespace' | 'name'>): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { app: name } },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: PORT }] },
  };
}

/** The host name by which the gateway tells the routes of namespaces apart. */
export const hostOf = (namespace: string): string => `${namespace}.lab.test`;

/** An HTTPRoute with a weight for each Service. */
export function httpRoute(
  lab: Lab,
  namespace: string,
  name: string,
  weights: Record<string, number>,
): object {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace },
    spec: {
      parentRefs: [lab.gatewayRef],
      hostnames: [hostOf(namespace)],
      rules: [
        {
          backendRefs: Object.entries(weights).map(([service, weight]) => ({
            name: service,
            port: 80,
            weight,
          })),
        },
      ],
    },
  };
}

/** What a route by Traefik's own kinds weighs; rollouts of other controllers change it too. */
export const TRAEFIK_SERVICE = { apiVersion: 'traefik.io/v1alpha1', kind: 'TraefikService', name: 'llm' };

/** @param services their weights are 1 each where they have none */
export function traefikService(namespace: string, services: object[]): object {
  const { apiVersion, kind, name } = TRAEFIK_SERVICE;
  return { apiVersion, kind, metadata: { name, namespace }, spec: { weighted: { services } } };
}

/** Requests to the namespace's host name go by its TraefikService. */
export function ingressRoute(namespace: string): object {
  return {
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'IngressRoute',
    metadata: { name: 'llm', namespace },
    spec: {
      entryPoints: ['web'],
      routes: [
        {
          kind: 'Rule',
          match: `Host(\`${hostOf(namespace)}\`)`,
          services: [{ name: TRAEFIK_SERVICE.name, kind: TRAEFIK_SERVICE.kind }],
        },
      ],
    },
  };
}

export async function rolledOut(
  lab: Lab,
  namespace: string,
  name: string,
  timeoutMs = 90_000,
): Promise<void> {
  const wait = `--timeout=${Math.round(timeoutMs / 1_000)}s`;
  await lab.kubectl.run(
    ['rollout', 'status', `deployment/${name}`, '-n', namespace, wait],
    undefined,
    timeoutMs + 5_000,
  );
}
