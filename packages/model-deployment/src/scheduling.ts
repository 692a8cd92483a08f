/** What the scheduler asks of a node, as far as it decides about a model server: room, taints, selectors, affinity. Pure. */
import type { KubeObject, PodTemplate } from '@sluice/kubernetes/types';
import type { Resources } from './quantities.ts';
import { add, most, resourcesOf } from './quantities.ts';

interface Container {
  resources?: { requests?: unknown; limits?: unknown };
  restartPolicy?: string;
}

interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
}

interface Expression {
  key: string;
  operator: string;
  values?: string[];
}

interface PodSpec {
  nodeName?: string;
  containers?: Container[];
  initContainers?: Container[];
  overhead?: unknown;
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
  affinity?: {
    nodeAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: {
        nodeSelectorTerms?: { matchExpressions?: Expression[] }[];
      };
    };
  };
}

/** Of a pod: its containers and sidecars together, or the largest init container; a limit without a request is one. */
export function requestsOf(spec: Record<string, unknown>): Resources {
  const { containers = [], initContainers = [], overhead } = spec as PodSpec;
  const asked = ({ resources }: Container): Resources => ({
    ...resourcesOf(resources?.limits),
    ...resourcesOf(resources?.requests),
  });
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const first = initContainers.filter(({ restartPolicy }) => restartPolicy !== 'Always');
  const running = [...containers, ...sidecars].reduce<Resources>((sum, each) => add(sum, asked(each)), {});
  const starting = first.reduce<Resources>((peak, each) => most(peak, asked(each)), {});
  return add(add(most(running, starting), resourcesOf(overhead)), { pods: 1 });
}

/** Of a pod that the scheduler has placed; undefined while it waits. */
export function nodeOf(pod: KubeObject): string | undefined {
  return (pod['spec'] as PodSpec | undefined)?.nodeName;
}

/** A pod that is over holds nothing any more. */
export function holdsRoom(pod: KubeObject): boolean {
  const { phase } = (pod['status'] ?? {}) as { phase?: string };
  return phase !== 'Succeeded' && phase !== 'Failed';
}

/** Why a pod of this template can't go to the node, whatever room there is; undefined where it can. */
export function nodeFault(node: KubeObject, template: PodTemplate): string | undefined {
  const spec = template.spec as PodSpec;
  const { unschedulable, taints = [] } = (node['spec'] ?? {}) as {
    unschedulable?: boolean;
    taints?: { key: string; value?: string; effect: string }[];
  };
  const { conditions = [] } = (node['status'] ?? {}) as { conditions?: { type: string; status: string }[] };
  const labels = node.metadata.labels ?? {};
  if (unschedulable === true) return 'is cordoned';
  if (conditions.some(({ type, status }) => type === 'Ready' && status !== 'True')) return 'is not ready';
  const taint = taints.find(
    (each) =>
      each.effect !== 'PreferNoSchedule' && !(spec.tolerations ?? []).some((one) => tolerates(one, each)),
  );
  if (taint !== undefined)
    return `has the taint ${taint.key}${taint.value === undefined || taint.value === '' ? '' : `=${taint.value}`}:${taint.effect}`;
  const label = Object.entries(spec.nodeSelector ?? {}).find(([key, value]) => labels[key] !== value);
  if (label !== undefined) return `is not ${label[0]}=${label[1]}`;
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  // One of the terms, and of that all expressions.
  if (
    terms.length > 0 &&
    !terms.some(({ matchExpressions = [] }) => matchExpressions.every((one) => holds(one, labels)))
  )
    return 'does not match the node affinity';
  return undefined;
}

function tolerates(
  { key, operator = 'Equal', value = '', effect }: Toleration,
  taint: { key: string; value?: string; effect: string },
): boolean {
  if (effect !== undefined && effect !== '' && effect !== taint.effect) return false;
  if (key === undefined || key === '') return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''));
}

function holds({ key, operator, values = [] }: Expression, labels: Record<string, string>): boolean {
  const has = labels[key];
  switch (operator) {
    case 'In':
      return has !== undefined && values.includes(has);
    case 'NotIn':
      return has === undefined || !values.includes(has);
    case 'Exists':
      return has !== undefined;
    case 'DoesNotExist':
      return has === undefined;
    case 'Gt':
      return Number(has) > Number(values[0]);
    case 'Lt':
      return Number(has) < Number(values[0]);
    default:
      return false;
  }
}
