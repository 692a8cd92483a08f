/** Weights against the memory of a node's GPUs, as labels of GPU feature discovery tell it. Pure. */
import { judgeFit } from '@sluice/fit/judge';
import type { KubeObject } from '@sluice/kubernetes/types';

/** As vLLM's `gpu_memory_utilization`: what an engine takes of a GPU. */
const UTILIZATION = 0.9;

/**
 * NVIDIA's feature discovery labels nodes with the MiB of each GPU, and of each kind of MIG slice; AMD's with `<n>G`.
 *
 * @returns undefined where it isn't told
 */
export function gpuMemoryBytes({ metadata }: KubeObject, device: string): number | undefined {
  const { labels = {} } = metadata;
  const mib = labels[device === 'nvidia.com/gpu' ? 'nvidia.com/gpu.memory' : `${device}.memory`];
  if (mib !== undefined && /^\d+$/.test(mib)) return Number(mib) * 2 ** 20;
  const amd = device === 'amd.com/gpu' ? labels['amd.com/gpu.vram'] : undefined;
  const gib = /^(\d+)G$/.exec(amd ?? '')?.[1];
  return gib === undefined ? undefined : Number(gib) * 2 ** 30;
}

/** Why the weights alone don't fit the node's GPUs; undefined where they do, or nothing tells it. */
export function memoryFault(
  node: KubeObject,
  device: string,
  gpus: number,
  weightsBytes: number | undefined,
): string | undefined {
  const bytes = gpuMemoryBytes(node, device);
  if (bytes === undefined || weightsBytes === undefined || gpus < 1) return undefined;
  const each = { name: device, index: '0', uuid: '', totalBytes: bytes, freeBytes: bytes };
  const { fits, text } = judgeFit([{ what: 'weights', bytes: Math.ceil(weightsBytes / gpus) }], {
    gpus: Array.from({ length: gpus }, () => each),
    wanted: gpus,
    utilization: UTILIZATION,
  });
  return fits ? undefined : `can't hold the model: ${text}`;
}
