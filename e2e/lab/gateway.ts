/** Traefik as a process of the machine, which reaches the pods by their addresses: Gateway API, its own kinds, and ingress-nginx annotations. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@sluice/process/free-port';
import { ensureBuilt, moduleFolder } from './binaries.ts';
import type { Kubectl } from './kubectl.ts';
import { GATEWAY, KUBECONFIG, LAB_NAMESPACE } from './layout.ts';
import { logOf, startPart } from './parts.ts';
import { until } from './until.ts';

const GATEWAY_CLASS = 'traefik';

/** The definitions of the kinds, out of the modules that are built. */
export async function applyDefinitions(kubectl: Kubectl): Promise<void> {
  const gatewayApi = await moduleFolder('traefik', 'sigs.k8s.io/gateway-api');
  const folder = join(gatewayApi, 'config/crd/experimental');
  const files = (await readdir(folder)).filter((file) => file !== 'kustomization.yaml');
  const traefik = await moduleFolder('traefik', 'github.com/traefik/traefik/v3');
  const definitions = 'docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml';
  await kubectl.applyFiles([...files.map((file) => join(folder, file)), join(traefik, definitions)]);
  await kubectl.run(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
}

export interface GatewayAddress {
  /** `http://127.0.0.1:port`: routes are told apart by the Host header. */
  url: string;
  /** Traefik's own metrics. */
  metrics: string;
}

export async function startGateway(kubectl: Kubectl): Promise<GatewayAddress> {
  const port = await freePort();
  const metricsPort = await freePort();
  await kubectl.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: LAB_NAMESPACE } },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'nginx' },
      spec: { controller: 'k8s.io/ingress-nginx' },
    },
  ]);
  await kubectl.apply([
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: GATEWAY_CLASS },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: GATEWAY, namespace: LAB_NAMESPACE },
      spec: {
        gatewayClassName: GATEWAY_CLASS,
        listeners: [{ name: 'web', protocol: 'HTTP', port, allowedRoutes: { namespaces: { from: 'All' } } }],
      },
    },
  ]);
  await startPart({
    name: 'traefik',
    command: join(await ensureBuilt('traefik'), 'traefik'),
    args: [
      `--entrypoints.web.address=127.0.0.1:${port}`,
      `--entrypoints.metrics.address=127.0.0.1:${metricsPort}`,
      '--metrics.prometheus=true',
      '--metrics.prometheus.entrypoint=metrics',
      '--metrics.prometheus.addserviceslabels=true',
      '--ping=true',
      '--ping.entrypoint=metrics',
      '--providers.kubernetesgateway=true',
      '--providers.kubernetesgateway.experimentalchannel=true',
      '--providers.kubernetesgateway.statusaddress.ip=127.0.0.1',
      '--providers.kubernetescrd=true',
      '--providers.kubernetescrd.allowcrossnamespace=true',
      '--providers.kubernetesingressnginx=true',
      // What users lost, with the server that it was sent to: beside the other logs of the lab.
      '--accesslog=true',
      '--accesslog.format=json',
      `--accesslog.filepath=${logOf('traefik-5xx')}`,
      '--accesslog.filters.statuscodes=499-599',
      '--global.checknewversion=false',
      '--global.sendanonymoususage=false',
    ],
    env: { ...process.env, KUBECONFIG },
  });
  const metrics = `http://127.0.0.1:${metricsPort}`;
  await until('Traefik answers', 60_000, async () => (await fetch(`${metrics}/ping`)).ok);
  return { url: `http://127.0.0.1:${port}`, metrics: `${metrics}/metrics` };
}
