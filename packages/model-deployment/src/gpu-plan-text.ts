/** The nodes of a GPU plan in words: who holds what. Pure. */
import type { NodeRoom } from './gpu-plan.ts';
import type { Resources } from './quantities.ts';
import { resourcesOf } from './quantities.ts';
import { requestsOf } from './scheduling.ts';

const MOST_NODES = 6;
const MOST_PODS = 4;

/** One text a node that matters, then one for each reason that leaves others out. */
export function nodeTexts(
  rooms: readonly NodeRoom[],
  needs: Resources,
  device: string | undefined,
): string[] {
  const name = device ?? 'cpu';
  const all = (room: NodeRoom): number => allocatable(room)[name] ?? 0;
  const having = rooms.filter((room) => device === undefined || all(room) > 0);
  const without = rooms.length - having.length;
  const shown = having.slice(0, MOST_NODES).map((room) => textOf(room, needs, name, device));
  return [
    ...shown,
    ...(having.length > MOST_NODES ? [`${having.length - MOST_NODES} more such nodes`] : []),
    ...(without > 0 ? [`${without} node${without === 1 ? ' has' : 's have'} no ${name}`] : []),
    ...(rooms.length === 0 ? ['the cluster has no nodes'] : []),
  ];
}

function textOf(room: NodeRoom, needs: Resources, name: string, device: string | undefined): string {
  const { node, fault, free, pods } = room;
  const total = allocatable(room)[name] ?? 0;
  const used = total - (free[name] ?? 0);
  const holders = pods.filter((pod) => (requestsOf(pod['spec'] as Record<string, unknown>)[name] ?? 0) > 0);
  const names = holders
    .slice(0, MOST_PODS)
    .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
  const more = holders.length > MOST_PODS ? ` and ${holders.length - MOST_PODS} more` : '';
  const by = names.length === 0 || device === undefined ? '' : ` by ${names.join(', ')}${more}`;
  const count = `${rounded(used)} of ${rounded(total)} ${name} taken${by}`;
  const short = Object.entries(needs)
    .filter(([other, value]) => other !== name && (free[other] ?? 0) < value)
    .map(
      ([other, value]) =>
        `${other}: ${amount(other, free[other] ?? 0)} free of the ${amount(other, value)} needed`,
    );
  return `node ${node.metadata.name}: ${[count, ...short, ...(fault === undefined ? [] : [`it ${fault}`])].join(', ')}`;
}

function allocatable({ node }: NodeRoom): Resources {
  return resourcesOf(((node['status'] ?? {}) as { allocatable?: unknown }).allocatable);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function amount(name: string, value: number): string {
  return name === 'memory' ? `${Math.round(value / 2 ** 20)} MiB` : String(rounded(value));
}
