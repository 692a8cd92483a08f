/**
 * The GPUs of this machine, as `nvidia-smi -q -x` tells them. With MIG on, a GPU's slices stand for it: no job gets
 * more than one. CUDA_VISIBLE_DEVICES chooses and orders, as it does for engines.
 */
import { run } from '@sluice/process/run';
import { describeError } from '@sluice/runtime/errors';
import { UnreckonedError } from './attention-shape.ts';

export interface Gpu {
  /** `GPU 0 (NVIDIA L4)`, `GPU 0 MIG 1 (…)`. */
  name: string;
  index: string;
  uuid: string;
  totalBytes: number;
  freeBytes: number;
}

const TIMEOUT_MS = 60_000;

/** UnreckonedError when there is no GPU to be seen, with the mend. */
export async function listGpus(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Gpu[]> {
  const mend = 'run the step where the model will be served, or say the memory of its GPUs by `gpu-memory`';
  const { stdout } = await run('nvidia-smi', ['-q', '-x'], { signal, timeoutMs: TIMEOUT_MS }).catch(
    (error: unknown) => {
      throw new UnreckonedError(`nvidia-smi told no GPU (${describeError(error)}); ${mend}`);
    },
  );
  const seen = chooseVisible(parseGpus(stdout), env['CUDA_VISIBLE_DEVICES']);
  if (seen.length === 0) throw new UnreckonedError(`nvidia-smi names no GPU that this job may use; ${mend}`);
  return seen;
}

/** @param xml output of `nvidia-smi -q -x` */
export function parseGpus(xml: string): Gpu[] {
  return [...xml.matchAll(/<gpu id="[^"]*">(.*?)<\/gpu>/gs)].flatMap(([, gpu = ''], index) => {
    const model = text(gpu, 'product_name') ?? 'unknown';
    const slices = [...gpu.matchAll(/<mig_device>(.*?)<\/mig_device>/gs)];
    // The memory of the whole GPU is the first that stands outside its slices.
    const whole = gpu.replace(/<mig_devices>.*?<\/mig_devices>/s, '');
    if (text(text(whole, 'mig_mode') ?? '', 'current_mig') !== 'Enabled') {
      return [
        {
          name: `GPU ${index} (${model})`,
          index: String(index),
          uuid: text(whole, 'uuid') ?? '',
          ...memory(whole, index),
        },
      ];
    }
    return slices.map(([, slice = '']) => {
      const own = text(slice, 'index') ?? '?';
      const uuid = text(slice, 'uuid') ?? '';
      return {
        name: `GPU ${index} MIG ${own} (${model})`,
        index: `${index}:${own}`,
        uuid,
        ...memory(slice, index),
      };
    });
  });
}

/** By number or by (the beginning of) the UUID; a name that is unknown ends the list, as CUDA has it. */
export function chooseVisible(gpus: readonly Gpu[], visible: string | undefined): Gpu[] {
  if (visible === undefined) return [...gpus];
  const chosen: Gpu[] = [];
  for (const name of visible.split(',').map((part) => part.trim())) {
    const gpu = gpus.find(
      ({ index, uuid }) => name !== '' && (index === name || (/\D/.test(name) && uuid.startsWith(name))),
    );
    if (!gpu) break;
    chosen.push(gpu);
  }
  return chosen;
}

function memory(part: string, index: number): Pick<Gpu, 'totalBytes' | 'freeBytes'> {
  const usage = text(part, 'fb_memory_usage') ?? '';
  const total = mebibytes(text(usage, 'total'));
  const free = mebibytes(text(usage, 'free'));
  if (total === undefined || free === undefined) {
    throw new UnreckonedError(`nvidia-smi doesn't say the memory of GPU ${index}; say it by \`gpu-memory\``);
  }
  return { totalBytes: total, freeBytes: free };
}

function mebibytes(value: string | undefined): number | undefined {
  const match = /^(\d+) MiB$/.exec(value ?? '');
  return match ? Number(match[1]) * 2 ** 20 : undefined;
}

function text(xml: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(xml)?.[1]?.trim();
}
