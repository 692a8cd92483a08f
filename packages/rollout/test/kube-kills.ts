/** A driver that is killed between two writes, another one that comes after it, and users who are watched all the while. */
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import type { GpuSurge } from '../src/kubernetes/capacity.ts';
import { courseOf, type Strategy, type StrategyInputs } from '../src/strategies.ts';
import { deploymentRef, KubeScene, routeRef, scalerRef } from './kube-scene.ts';

export type Second = 'same' | 'other' | 'abort';

export interface Kill {
  surge: GpuSurge;
  /** Its rollout is taken back by evidence. */
  bad: boolean;
  /** Dies when so many writes have been carried out; 0: before the first. */
  after: number;
  second: Second;
  /** Default: a canary of three steps. */
  strategy?: Exclude<Strategy, 'canary' | 'rolling'>;
}

/** Without holds: what dies between two writes needs no time between. */
const COURSES: Readonly<Record<NonNullable<Kill['strategy']>, StrategyInputs>> = {
  'blue-green': { strategy: 'blue-green', steps: 'preview, 100%' },
  ab: { strategy: 'ab', header: 'x-beta', duration: 0 },
  shadow: { strategy: 'shadow', steps: '20%, 50%' },
};

const WRITES = new Set<PropertyKey>(['create', 'replace', 'apply', 'patch', 'delete']);

/** The same api until it has written `after` times; from then on nothing works any more. */
export function mortal(api: KubeApi, after: number): { api: KubeApi; writes: string[] } {
  const writes: string[] = [];
  let dead = after === 0;
  const handler: ProxyHandler<KubeApi> = {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]): Promise<unknown> => {
        if (dead) throw new Error('Killed');
        const answer: unknown = await Reflect.apply(member, target, given);
        if (!WRITES.has(key)) return answer;
        const [{ kind, name, metadata }] = given as [Partial<KubeObject> & { name?: string }];
        writes.push(`${String(key)} ${kind} ${name ?? metadata?.name ?? ''}`);
        if (writes.length < after) return answer;
        dead = true;
        throw new Error('Killed');
      };
    },
  };
  return { api: new Proxy(api, handler), writes };
}

/** What is wrong with how it ended, and with what users had meanwhile; empty when nothing is. */
export async function killed({
  surge,
  bad,
  after,
  second,
  strategy,
}: Kill): Promise<{ faults: string[]; writes: string[] }> {
  const scene = await KubeScene.open();
  try {
    const none = surge === 'none';
    await scene.cluster({
      ...(none ? { capacity: { 'nvidia.com/gpu': TOTAL }, gpus: 1 } : {}),
      replicas: TOTAL,
    });
    const before = await leftovers(scene);
    // Whom an operator takes back may be bad: users are back at once, on what the stable side has at that moment.
    const least = none ? (second === 'abort' ? 1 : TOTAL - 1) : TOTAL;
    const faults = watch(scene, least);
    const broken = bad ? ['v2'] : [];
    const { api, writes } = mortal(scene.api, after);
    const steps = strategy === undefined ? undefined : courseOf(COURSES[strategy]);
    await scene.rollOut(scene.targetOf(api, surge, 'first', broken), 'v2', steps).catch((error: unknown) => {
      const { message } = error as Error;
      if (!message.includes('Killed')) faults.push(`the first driver: ${message}`);
    });
    // `operation: abort` and `post` don't know what room was found: it is on record.
    const made = scene.targetOf(scene.api, second === 'abort' ? 'surge' : surge, 'second', broken);
    try {
      if (second === 'abort') await scene.abort(made);
      else await scene.rollOut(made, second === 'same' ? 'v2' : 'v3', steps);
    } catch (error) {
      faults.push(`the second driver: ${(error as Error).message}`);
    }
    const wins = second === 'other' ? 'v3' : bad ? 'v1' : 'v2';
    const may = strategy === 'shadow' ? ['v1'] : second === 'abort' ? ['v1', 'v2'] : [wins];
    faults.push(...(await endedWrong(scene, may, made)));
    const now = await leftovers(scene);
    if (now !== before) faults.push(`left: ${now} instead of ${before}`);
    return { faults: [...new Set(faults)], writes };
  } finally {
    await scene.close();
  }
}

const TOTAL = 3;

async function endedWrong(
  scene: KubeScene,
  may: readonly string[],
  { target }: ReturnType<KubeScene['targetOf']>,
): Promise<string[]> {
  const live = (await scene.api.get({ ...deploymentRef, name: 'llm' })) as unknown as {
    spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
    status: { readyReplicas?: number; updatedReplicas?: number };
  };
  const { spec, status } = live;
  const version = spec.template.spec.containers[0]?.image.replace('llm:', '') ?? '';
  const faults: string[] = [];
  if (!may.includes(version)) faults.push(`ended with ${version}, not ${may.join(' or ')}`);
  const counts = [spec.replicas, status.readyReplicas, status.updatedReplicas];
  if (counts.some((count) => count !== TOTAL)) faults.push(`ended with ${counts.join(', ')} pods`);
  const { stable, rollout } = await target.status();
  if (stable !== version) faults.push(`${stable ?? 'nothing'} is said to be stable, ${version} is`);
  if (rollout !== null && !['done', 'aborted'].includes(rollout.phase)) faults.push(`left ${rollout.phase}`);
  return faults;
}

/** Everything but pods and what is kept on record, as text that must be the same again. */
async function leftovers(scene: KubeScene): Promise<string> {
  const kinds = [
    ['apps/v1', 'Deployment'],
    ['v1', 'Service'],
  ] as const;
  const names: string[] = [];
  for (const [apiVersion, kind] of kinds)
    for (const { metadata } of await scene.api.list({ apiVersion, kind }, { namespace: 'default' }))
      names.push(`${kind} ${metadata.name}`);
  const kept: string[] = [];
  for (const ref of [routeRef, scalerRef]) {
    const object = await scene.api.get(ref);
    kept.push(JSON.stringify([object?.['spec'], object?.metadata.annotations ?? {}]));
  }
  return [...names, ...kept].join('; ');
}

interface Route {
  spec: { rules: Rule[] };
}
interface Rule {
  matches?: { headers?: unknown }[];
  filters?: { requestMirror?: { backendRef: { name: string } } }[];
  backendRefs: { name: string; weight?: number }[];
}
interface Pod extends KubeObject {
  status?: { conditions?: { type: string; status: string }[] };
}

/** After every change in the cluster: who is asked through the route, and are there enough of them. */
function watch({ server }: KubeScene, least: number): string[] {
  const faults: string[] = [];
  const { store } = server;
  const pods = server.kind('v1', 'Pod');
  const services = server.kind('v1', 'Service');
  const routes = server.kind(routeRef.apiVersion, routeRef.kind);
  store.onChange(() => {
    const route = store.read(routes, 'default', 'llm') as unknown as Route;
    const { rules } = route.spec;
    const isMarked = ({ matches }: Rule): boolean =>
      matches?.some(({ headers }) => headers !== undefined) ?? false;
    const asked = (rules.find((rule) => !isMarked(rule))?.backendRefs ?? []).filter(
      ({ weight = 1 }) => weight > 0,
    );
    const beside = rules.flatMap((rule) => [
      ...(isMarked(rule) ? rule.backendRefs : []),
      ...(rule.filters ?? []).flatMap(({ requestMirror }) => requestMirror?.backendRef ?? []),
    ]);
    const ready = (store.list(pods, 'default') as Pod[]).filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status?.conditions?.some(({ type, status: now }) => type === 'Ready' && now === 'True'),
    );
    let reachable = 0;
    for (const ref of [...asked, ...beside]) {
      const { name } = ref;
      const service = store.find(services, 'default', name);
      const { selector = {} } = (service?.['spec'] ?? {}) as { selector?: Record<string, string> };
      const chosen = ready.filter(({ metadata }) =>
        Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value),
      );
      if (service === undefined || chosen.length === 0)
        faults.push(`users are sent to ${name}, where nobody is`);
      if (asked.includes(ref)) reachable += chosen.length;
    }
    if (reachable < least) faults.push(`only ${reachable} of ${least} pods have users`);
  });
  return faults;
}
