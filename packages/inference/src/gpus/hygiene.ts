/** What lies on the GPUs before a server comes and after it went: free memory, and whose processes hold the rest. */
import { readGpus, type Gpu, type GpuProcess } from '@sluice/fit/gpus';
import { readFileIfThere } from '@sluice/runtime/files';
import { disarm } from '@sluice/runtime/logger';
import { formatBytes } from '@sluice/runtime/units';
import { setTimeout as sleep } from 'node:timers/promises';

export interface GpuState {
  gpus: Gpu[];
  processes: GpuProcess[];
}

/** Two readings of an idle GPU differ by less. */
const NOISE_BYTES = 256 * 2 ** 20;
/** The driver frees a dead process's memory a moment later. */
const SETTLE_MS = 10_000;
const POLL_MS = 500;
const LONGEST_COMMAND = 120;

/** undefined where there is no GPU that this job may use. */
export async function lookAtGpus(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<GpuState | undefined> {
  return readGpus(env, signal).catch(() => undefined);
}

/** A line for each GPU: free of total. */
export function describeGpus({ gpus }: GpuState): string[] {
  return gpus.map(
    ({ name, freeBytes, totalBytes }) =>
      `${name}: ${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free`,
  );
}

/** A sentence for each process that holds a GPU before ours starts. The commands are hostile text, disarmed. */
export async function describeLeftovers({ gpus, processes }: GpuState): Promise<string[]> {
  return Promise.all(
    processes.map(async ({ pid, name, gpuUuid, usedBytes }) => {
      const gpu = gpus.find(({ uuid }) => uuid === gpuUuid)?.name ?? 'a GPU';
      const command = (await commandLine(pid)) ?? name;
      const much =
        usedBytes === null ? 'memory (how much is not told)' : `${Math.round(usedBytes / 2 ** 20)} MiB`;
      return `${gpu}: process ${pid} (${disarm(command).replaceAll(/\s+/g, ' ').slice(0, LONGEST_COMMAND)}) holds ${much}; left by an earlier job? End it, or share the machine by \`gpu-lease\``;
    }),
  );
}

/** Waits for the memory to come back; a sentence for each GPU that has less than before. */
export async function findHeldMemory(
  before: GpuState,
  env: NodeJS.ProcessEnv,
  settleMs = SETTLE_MS,
): Promise<string[]> {
  const deadline = Date.now() + settleMs;
  for (;;) {
    const after = await lookAtGpus(env, AbortSignal.timeout(60_000));
    if (after === undefined) return [];
    const held = compareMemory(before, after);
    if (held.length === 0 || Date.now() > deadline) return held;
    await sleep(POLL_MS);
  }
}

export function compareMemory(before: GpuState, after: GpuState): string[] {
  return before.gpus.flatMap((gpu) => {
    const now = after.gpus.find(({ uuid, index }) => uuid === gpu.uuid && index === gpu.index);
    if (now === undefined || gpu.freeBytes - now.freeBytes < NOISE_BYTES) return [];
    const known = new Set(before.processes.map(({ pid }) => pid));
    const newcomers = after.processes.filter(({ pid, gpuUuid }) => gpuUuid === gpu.uuid && !known.has(pid));
    const who = newcomers.map(({ pid, name }) => `process ${pid}, ${disarm(name).slice(0, LONGEST_COMMAND)}`);
    return [
      `${gpu.name}: ${formatBytes(gpu.freeBytes - now.freeBytes)} less free than before the server started${who.length === 0 ? '' : ` (${who.join('; ')})`}`,
    ];
  });
}

async function commandLine(pid: number): Promise<string | undefined> {
  const text = await readFileIfThere(`/proc/${pid}/cmdline`).catch(() => undefined);
  const line = text?.replaceAll('\0', ' ').trim();
  return line === undefined || line === '' ? undefined : line;
}
