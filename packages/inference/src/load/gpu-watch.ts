/** Memory, use and power of the GPUs that this job may use, by `nvidia-smi`, as long as a load runs. */
import { followGpus, type GpuReading } from '@sluice/fit/gpu-readings';
import { listGpus } from '@sluice/fit/gpus';

export interface GpuUse {
  /** Memory in use on all GPUs together, at the most, bytes. */
  memoryMaxBytes: number | null;
  /** Share of the time in which a kernel ran, 0 to 1, over time and GPUs; null where a GPU doesn't tell (MIG). */
  utilizationMean: number | null;
  /** Energy of all GPUs together; null where a GPU doesn't tell its power. */
  joules: number | null;
}

export interface GpuWatch {
  /** Undefined where there is no GPU. */
  stop(): Promise<GpuUse | undefined>;
}

const INTERVAL_MS = 500;

/** One `nvidia-smi` for the whole time; it is ended by `stop` or the signal. */
export function watchGpus(env: NodeJS.ProcessEnv, signal: AbortSignal): GpuWatch {
  const readings: GpuReading[] = [];
  const startedAt = performance.now();
  const done = new AbortController();
  const ended = followGpus(INTERVAL_MS, (reading) => readings.push(reading), {
    env,
    signal: AbortSignal.any([signal, done.signal]),
  });
  return {
    async stop() {
      done.abort();
      await ended;
      if (readings.length === 0) return undefined;
      const visible = await listGpus(env, AbortSignal.timeout(60_000)).catch(() => []);
      const uuids = new Set(visible.map(({ uuid }) => uuid));
      return summarizeGpus(
        readings.filter(({ uuid }) => uuids.has(uuid)),
        startedAt,
        performance.now(),
      );
    },
  };
}

/** Power between two readings is their mean (trapezoids); before the first and after the last it is theirs. */
export function summarizeGpus(readings: readonly GpuReading[], from: number, to: number): GpuUse | undefined {
  const byGpu = Map.groupBy(readings, ({ uuid }) => uuid);
  if (byGpu.size === 0) return undefined;
  const uses = [...byGpu.values()].map((list) => ({
    memory: all(list.map(({ memoryBytes }) => memoryBytes))?.reduce((most, value) => Math.max(most, value)),
    use: all(list.map(({ utilization }) => utilization)),
    joules: energy(list, from, to),
  }));
  const sum = (values: (number | null | undefined)[]): number | null =>
    all(values)?.reduce((total, value) => total + value, 0) ?? null;
  const utilizations = uses.map(({ use }) => (use === undefined ? null : mean(use)));
  const used = all(utilizations);
  return {
    memoryMaxBytes: sum(uses.map(({ memory }) => memory)),
    utilizationMean: used === undefined ? null : mean(used),
    joules: sum(uses.map(({ joules }) => joules)),
  };
}

function energy(list: readonly GpuReading[], from: number, to: number): number | null {
  const watts = all(list.map(({ watts: value }) => value));
  const [first, last] = [list[0], list.at(-1)];
  if (watts === undefined || first === undefined || last === undefined) return null;
  let joules = ((first.at - from) / 1000) * (watts[0] ?? 0) + ((to - last.at) / 1000) * (watts.at(-1) ?? 0);
  for (let i = 1; i < list.length; i += 1) {
    const seconds = ((list[i]?.at ?? 0) - (list[i - 1]?.at ?? 0)) / 1000;
    joules += (seconds * ((watts[i] ?? 0) + (watts[i - 1] ?? 0))) / 2;
  }
  return joules;
}

/** Undefined when one is missing: a part of a sum is not the sum. */
function all(values: readonly (number | null | undefined)[]): number[] | undefined {
  const known = values.filter((value) => value !== null && value !== undefined);
  return known.length === values.length && known.length > 0 ? known : undefined;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
