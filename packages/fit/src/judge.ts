/** Whether a need fits a budget, with the arithmetic in words. */
import { formatBytes } from '@sluice/runtime/units';
import type { Gpu } from './gpus.ts';

export interface Need {
  /** `16.1 GB weights (BF16)`. */
  what: string;
  /** On each GPU. */
  bytes: number;
}

export interface Fit {
  fits: boolean;
  /** One sentence. */
  text: string;
}

export interface Budget {
  gpus: readonly Gpu[];
  /** GPUs that share the model. */
  wanted: number;
  /** Share of a GPU's memory that an engine takes, as vLLM's `gpu_memory_utilization`. */
  utilization: number;
}

/** On each of the first `wanted` GPUs, which is what engines take: the least free one decides. */
export function judgeFit(needs: readonly Need[], { gpus, wanted, utilization }: Budget): Fit {
  const bytes = needs.reduce((sum, need) => sum + need.bytes, 0);
  const each = wanted > 1 ? ` on each of ${wanted} GPUs` : '';
  const terms = needs
    .filter((need) => need.bytes > 0)
    .map((need) => `${formatBytes(need.bytes)} ${need.what}`);
  const sum = `needs ${terms.join(' + ')}${terms.length > 1 ? ` = ${formatBytes(bytes)}` : ''}${each}`;
  if (gpus.length < wanted) {
    return { fits: false, text: `${sum}; \`gpus\` wants ${wanted} GPUs, this machine shows ${gpus.length}` };
  }
  const budget = (gpu: Gpu) => Math.floor(Math.min(gpu.freeBytes, gpu.totalBytes * utilization));
  const [least] = gpus.slice(0, wanted).sort((a, b) => budget(a) - budget(b));
  if (!least) return { fits: false, text: `${sum}; there is no GPU` };
  const room = budget(least);
  const share =
    room < least.freeBytes
      ? `, of which engines take ${formatBytes(room)} (\`gpu-memory-utilization\` ${utilization})`
      : '';
  const has = `${least.name} has ${formatBytes(least.freeBytes)} free of ${formatBytes(least.totalBytes)}${share}`;
  if (bytes <= room) return { fits: true, text: `${sum}; ${has}: ${formatBytes(room - bytes)} to spare` };
  return { fits: false, text: `${sum}; ${has}: ${formatBytes(bytes - room)} short` };
}
