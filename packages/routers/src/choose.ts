/** Which router moves the traffic: as input `traffic` says, or by what in the cluster sends requests to the stable Service. */
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { tellingLabel } from '@sluice/kubernetes/tracks';
import { ConfigError } from '@sluice/runtime/errors';
import { GATEWAY_KINDS, GATEWAY_VERSION, gatewayDialect } from './gateway-api.ts';
import { IngressRouter } from './ingress-nginx.ts';
import { istioDialect } from './istio.ts';
import { listAt, SURFACES } from './references.ts';
import { ReplicasRouter } from './replicas.ts';
import type { Router, RouterContext } from './router.ts';
import { traefikDialect } from './traefik.ts';
import { WeightedRouter } from './weighted-router.ts';

export interface Choice {
  /** A value of input `traffic`, never `auto`. */
  traffic: string;
  /** For the log and the plan: what decided. */
  why: string;
  /** The stable's InferencePool, where routes send requests to it. */
  pool?: string;
}

type Place = Pick<RouterContext, 'api' | 'namespace' | 'workload' | 'stableService'>;

/** Objects that name a Deployment which another controller rolls out. */
const DRIVERS = [
  { traffic: 'flagger', apiVersion: 'flagger.app/v1beta1', kind: 'Canary', field: ['targetRef'] },
  { traffic: 'argo-rollouts', apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', field: ['workloadRef'] },
  {
    traffic: 'openkruise',
    apiVersion: 'rollouts.kruise.io/v1beta1',
    kind: 'Rollout',
    field: ['workloadRef'],
  },
] as const;

/**
 * @param asked input `traffic`
 * @throws ConfigError where requests come by several routers: moving one of them would move only a part
 */
export async function chooseRouter(place: Place, asked: string): Promise<Choice> {
  if (asked !== 'auto') {
    const pool = asked === 'gateway-api' ? await poolOf(place) : undefined;
    return { traffic: asked, why: `input \`traffic\` says so`, ...(pool === undefined ? {} : { pool }) };
  }
  const driver = await driverOf(place);
  if (driver !== undefined) return driver;
  const found: Choice[] = [];
  let passed = '';
  for (const { traffic, kinds, refers } of SURFACES) {
    const objects: KubeObject[] = [];
    for (const kind of kinds) objects.push(...(await place.api.list(kind, { namespace: place.namespace })));
    // A canary Ingress of ours names the canary's Service, a clone of someone else's is caught by the router's check.
    let referring = objects.filter((object) => refers(object, place.stableService, place.namespace));
    if (traffic === 'ingress-nginx') {
      const weighed: KubeObject[] = [];
      for (const object of referring) if (await obeysNginx(place.api, object)) weighed.push(object);
      if (weighed.length < referring.length)
        passed = '; an Ingress sends requests to it, of a class whose controller knows no canary annotations';
      referring = weighed;
    }
    if (referring.length > 0) {
      const names = referring.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ');
      found.push({ traffic, why: `${names} sends requests to Service ${place.stableService}` });
    }
  }
  const pool = await poolOf(place);
  if (pool !== undefined)
    found.push({ traffic: 'gateway-api', why: `a route sends requests to InferencePool ${pool}`, pool });
  if (found.length > 1)
    throw new ConfigError(
      `input \`traffic\` = auto: requests reach ${place.workload} by several ways (${found.map(({ traffic, why }) => `${traffic}: ${why}`).join('; ')}); moving one would move only a part of them: name one by \`traffic\` and take the others away`,
    );
  return (
    found[0] ?? {
      traffic: 'replicas',
      why: `no route that can weigh sends requests to Service ${place.stableService}${passed}`,
    }
  );
}

async function driverOf({ api, namespace, workload }: Place): Promise<Choice | undefined> {
  for (const { traffic, apiVersion, kind, field } of DRIVERS) {
    for (const object of await api.list({ apiVersion, kind }, { namespace })) {
      if (listAt(object['spec'], ...field).some(({ name }) => name === workload))
        return { traffic, why: `${kind} ${object.metadata.name} (${apiVersion}) rolls out ${workload}` };
    }
  }
  return undefined;
}

/** The InferencePool of the stable's pods that a route names, told by the label that tells them. */
async function poolOf({ api, namespace, stableService: name }: Place): Promise<string | undefined> {
  const service = await api.get({ apiVersion: 'v1', kind: 'Service', name, namespace });
  const [selector] = listAt(service?.['spec'], 'selector') as Record<string, string>[];
  const key = tellingLabel(selector ?? {});
  if (selector === undefined || key === undefined) return undefined;
  const named = new Set<unknown>();
  for (const kind of GATEWAY_KINDS)
    for (const route of await api.list({ apiVersion: GATEWAY_VERSION, kind }, { namespace }))
      for (const ref of listAt(route['spec'], 'rules', 'backendRefs'))
        if (ref['kind'] === 'InferencePool') named.add(ref['name']);
  if (named.size === 0) return undefined;
  const pools = await api.list(
    { apiVersion: 'inference.networking.k8s.io/v1', kind: 'InferencePool' },
    { namespace },
  );
  return pools.find(
    ({ metadata, spec }) =>
      named.has(metadata.name) &&
      listAt(spec, 'selector', 'matchLabels').some((labels) => labels[key] === selector[key]),
  )?.metadata.name;
}

/** ingress-nginx itself, and Traefik's provider of that name, serve classes of this controller. */
async function obeysNginx(api: KubeApi, ingress: KubeObject): Promise<boolean> {
  const { ingressClassName } = (ingress['spec'] ?? {}) as { ingressClassName?: string };
  const named = ingressClassName ?? ingress.metadata.annotations?.['kubernetes.io/ingress.class'];
  const classes = await api.list({ apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass' });
  const own = classes.find(({ metadata }) =>
    named === undefined
      ? metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true'
      : metadata.name === named,
  );
  // Before IngressClass objects the name alone said it.
  if (own === undefined) return named === 'nginx';
  return (own['spec'] as { controller?: string } | undefined)?.controller === 'k8s.io/ingress-nginx';
}

/** @throws ConfigError for a router that isn't built yet */
export function makeRouter(choice: Choice, context: RouterContext): Router {
  switch (choice.traffic) {
    case 'gateway-api':
      return new WeightedRouter(context, gatewayDialect(context, choice.pool));
    case 'traefik':
      return new WeightedRouter(context, traefikDialect(context));
    case 'istio':
      return new WeightedRouter(context, istioDialect(context));
    case 'ingress-nginx':
      return new IngressRouter(context);
    case 'replicas':
      return new ReplicasRouter(context);
    case 'openkruise':
      throw new ConfigError(
        `input \`traffic\` = openkruise, but no Rollout of rollouts.kruise.io names ${context.workload} in its workloadRef`,
      );
    case 'argo-rollouts':
    case 'flagger':
      throw new ConfigError(
        `input \`traffic\` = ${choice.traffic} (${choice.why}): name what the controller knows in \`workload\`, as ${choice.traffic === 'flagger' ? 'canary' : 'rollout'}/${context.workload}`,
      );
    default:
      throw new ConfigError(
        `input \`traffic\` = ${choice.traffic} (${choice.why}) is not built yet; use gateway-api, traefik, istio, ingress-nginx or replicas`,
      );
  }
}
