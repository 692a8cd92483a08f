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

export interface GpuProcess {
  pid: number;
  /** As the driver tells it; hostile text. */
  name: string;
  /** Of the GPU, or of the slice that it runs on. */
  gpuUuid: string;
  /** null where the driver doesn't say. */
  usedBytes: number | null;
}

/** UnreckonedError when there is no GPU to be seen, with the mend. */
export async function listGpus(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Gpu[]> {
  return (await readGpus(env, signal)).gpus;
}

/** The GPUs that this job may use and the processes on them. UnreckonedError as `listGpus`. */
export async function readGpus(
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<{ gpus: Gpu[]; processes: GpuProcess[] }> {
  const mend = 'run the step where the model will be served, or say the memory of its GPUs by `gpu-memory`';
  const { stdout } = await run('nvidia-smi', ['-q', '-x'], { env, signal, timeoutMs: TIMEOUT_MS }).catch(
    (error: unknown) => {
      throw new UnreckonedError(`nvidia-smi told no GPU (${describeError(error)}); ${mend}`);
    },
  );
  const gpus = chooseVisible(parseGpus(stdout), env['CUDA_VISIBLE_DEVICES']);
  if (gpus.length === 0) throw new UnreckonedError(`nvidia-smi names no GPU that this job may use; ${mend}`);
  const uuids = new Set(gpus.map(({ uuid }) => uuid));
  return { gpus, processes: parseProcesses(stdout).filter(({ gpuUuid }) => uuids.has(gpuUuid)) };
}

/** What each GPU can compute, such as 8.9; none where there is no nvidia-smi, or it can't answer. */
export async function listCapabilities(): Promise<{ name: string; capability: number }[]> {
  const query = ['--query-gpu=compute_cap,name', '--format=csv,noheader'];
  const answer = await run('nvidia-smi', query, { timeoutMs: TIMEOUT_MS }).catch(() => undefined);
  return answer === undefined ? [] : parseCapabilities(answer.stdout);
}

/** One line a GPU, as `nvidia-smi --query-gpu=compute_cap,name --format=csv,noheader` prints them. */
export function parseCapabilities(text: string): { name: string; capability: number }[] {
  return text.split('\n').flatMap((line) => {
    const [, capability, name] = /^(\d+\.\d+), *(.+)$/.exec(line.trim()) ?? [];
    return capability === undefined || name === undefined ? [] : [{ name, capability: Number(capability) }];
  });
}

/** @param xml output of `nvidia-smi -q -x`; with MIG on, a process stands at its GPU and names its slice */
export function parseProcesses(xml: string): GpuProcess[] {
  return [...xml.matchAll(/<gpu id="[^"]*">(.*?)<\/gpu>/gs)].flatMap(([, gpu = '']) => {
    const slices = new Map(
      [...gpu.matchAll(/<mig_device>(.*?)<\/mig_device>/gs)].map(([, slice = '']) => [
        text(slice, 'gpu_instance_id') ?? '',
        text(slice, 'uuid') ?? '',
      ]),
    );
    const whole = text(gpu.replace(/<mig_devices>.*?<\/mig_devices>/s, ''), 'uuid') ?? '';
    return [...gpu.matchAll(/<process_info>(.*?)<\/process_info>/gs)].flatMap(([, info = '']) => {
      const pid = Number(text(info, 'pid'));
      if (!Number.isSafeInteger(pid) || pid <= 0) return [];
      return [
        {
          pid,
          name: unescapeXml(text(info, 'process_name') ?? ''),
          gpuUuid: slices.get(text(info, 'gpu_instance_id') ?? '') ?? whole,
          usedBytes: mebibytes(text(info, 'used_memory')) ?? null,
        },
      ];
    });
  });
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(value: string): string {
  return value.replace(/&(amp|lt|gt|quot|apos);/g, (all, name: string) => ENTITIES[name] ?? all);
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
