/** What `nvidia-smi` tells of all GPUs again and again: memory, use, power. What they are stands in gpus.ts. */
import { run } from '@sluice/process/run';

export interface GpuReading {
  at: number;
  uuid: string;
  memoryBytes: number | null;
  utilization: number | null;
  watts: number | null;
}

const FIELDS = 'uuid,memory.used,utilization.gpu,power.draw';

/** One `nvidia-smi` for the whole time, until the signal ends it. A machine without it tells nothing, which is no error. */
export async function followGpus(
  intervalMs: number,
  onReading: (reading: GpuReading) => void,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  const options = [`--query-gpu=${FIELDS}`, '--format=csv,noheader,nounits', `--loop-ms=${intervalMs}`];
  const onLine = (line: string): void => {
    const reading = parseReading(line, performance.now());
    if (reading !== undefined) onReading(reading);
  };
  // It goes on until it is ended, which is an error to `run`.
  await run('nvidia-smi', options, { env, signal, onLine }).catch(() => undefined);
}

/** One line of `--query-gpu=uuid,memory.used,utilization.gpu,power.draw --format=csv,noheader,nounits` (MiB, %, W). */
export function parseReading(line: string, at: number): GpuReading | undefined {
  const [uuid = '', memory = '', use = '', power = ''] = line.split(',').map((part) => part.trim());
  if (!/^(?:GPU|MIG)-/.test(uuid)) return undefined;
  const number = (text: string): number | null => (/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null);
  const [mebibytes, percent] = [number(memory), number(use)];
  return {
    at,
    uuid,
    memoryBytes: mebibytes === null ? null : mebibytes * 2 ** 20,
    utilization: percent === null ? null : percent / 100,
    watts: number(power),
  };
}
