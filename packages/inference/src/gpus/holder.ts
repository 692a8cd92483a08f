/** Who holds a lease or waits for one: processes, told apart over reboots, recycled numbers and containers. */
import { readlink } from 'node:fs/promises';
import { processStartTime, readFileIfThere } from '@sluice/runtime/files';

export interface Holder {
  processes: { pid: number; startTime: string }[];
  /** Start times count from the boot. */
  boot: string;
  /** Numbers of processes count in their namespace: a container has its own. */
  namespace: string;
  /** Address of the run. */
  run: string;
  /** Milliseconds since 1970; after it others may take what it holds. null: never, as long as one of its processes lives. */
  until: number | null;
}

export async function describeHolder(
  pids: readonly number[],
  run: string,
  until: number | null,
): Promise<Holder> {
  const processes = await Promise.all(
    pids.map(async (pid) => ({ pid, startTime: (await processStartTime(pid)) ?? '' })),
  );
  return { processes, ...(await surroundings()), run, until };
}

/** Gone when all its processes are; of another container only its time limit tells. */
export async function isGone(holder: Holder, now: number): Promise<boolean> {
  if (holder.until !== null && now > holder.until) return true;
  const { boot, namespace } = await surroundings();
  if (holder.boot !== boot) return true;
  if (holder.namespace !== namespace) return false;
  const living = await Promise.all(
    holder.processes.map(async ({ pid, startTime }) => (await processStartTime(pid)) === startTime),
  );
  return !living.includes(true);
}

async function surroundings(): Promise<{ boot: string; namespace: string }> {
  const boot = (await readFileIfThere('/proc/sys/kernel/random/boot_id')) ?? '';
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return { boot: boot.trim(), namespace };
}

/** Undefined when the text is none, as after a crash in the middle of a write. */
export function readHolder(text: string): Holder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { processes, boot, namespace, run, until } = value as Record<string, unknown>;
  if (!Array.isArray(processes) || (typeof until !== 'number' && until !== null)) return undefined;
  return {
    processes: processes.flatMap((entry: unknown) => {
      const { pid, startTime } = (entry ?? {}) as Record<string, unknown>;
      return typeof pid === 'number' && typeof startTime === 'string' ? [{ pid, startTime }] : [];
    }),
    boot: String(boot),
    namespace: String(namespace),
    run: typeof run === 'string' ? run : '',
    until,
  };
}
