/** Takes GPUs of a shared machine for this job, in the order of asking, and gives them back. */
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listGpus, type Gpu } from '@sluice/fit/gpus';
import { ConfigError, describeError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { formatDuration } from '@sluice/runtime/units';
import { describeHolder, type Holder } from './holder.ts';
import { LeaseBook, type Held } from './lease-book.ts';
import type { LeaseRequest } from './lease-request.ts';

export interface SavedLease {
  folder: string;
  id: string;
}

export interface Lease {
  gpus: Gpu[];
  saved: SavedLease;
  /** CUDA counts only these then. */
  env: Record<string, string>;
  /** Holds on as long as this process lives too. */
  adopt(pid: number): Promise<void>;
  release(): Promise<void>;
}

export interface LeaseContext {
  env: NodeJS.ProcessEnv;
  log: Pick<Logger, 'info' | 'warning'>;
  signal: AbortSignal;
  /** Address of this run. */
  run: string;
  /** Called before anything is taken or queued for. */
  onAsk: (saved: SavedLease) => void;
}

const POLL_MS = 500;
const TELL_EVERY_MS = 30_000;

/**
 * Waits for its turn. ConfigError: more GPUs than there are. InfraError: the wait is over.
 * @param gpus those that this job may use at all
 */
export async function takeLease(
  { gpus: wanted, limitMs, waitMs }: LeaseRequest,
  gpus: readonly Gpu[],
  context: LeaseContext,
): Promise<Lease> {
  const count = countOf(wanted, gpus);
  const book = await openBook(context.env);
  const { folder } = book;
  const id = randomBytes(8).toString('hex');
  context.onAsk({ folder, id });
  const startedAt = Date.now();
  const deadline = startedAt + waitMs;
  // Some grace: whoever looks at the queue at the last moment shall still find us in it.
  const ticket = await describeHolder([process.pid], context.run, deadline + TELL_EVERY_MS);
  await book.locked(() => book.queue(id, ticket));
  let toldAt = -Infinity;
  try {
    for (;;) {
      context.signal.throwIfAborted();
      const until = limitMs === null ? null : Date.now() + limitMs;
      const holder = await describeHolder([process.pid], context.run, until);
      const tried = await book.locked(() => tryTake(book, { id, count, gpus, holder }, context.log));
      if ('gpus' in tried) return makeLease(book, id, tried.gpus, holder);
      if (Date.now() > deadline) {
        throw new InfraError(
          `no GPU was free within ${formatDuration(waitMs)} (\`gpu-lease\`): ${tried.why}`,
        );
      }
      if (Date.now() - toldAt > TELL_EVERY_MS) {
        toldAt = Date.now();
        context.log.info(`waiting for ${count} of ${gpus.length} GPUs: ${tried.why}`);
      }
      await sleep(POLL_MS, undefined, { signal: context.signal });
    }
  } catch (error) {
    await releaseLease({ folder, id });
    throw error;
  }
}

/** The GPUs that may be leased here. ConfigError: there are none, or fewer than that. */
export async function gpusToLease(
  wanted: LeaseRequest['gpus'],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Gpu[]> {
  const gpus = await listGpus(env, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new ConfigError(
      `input \`gpu-lease\` = "${wanted}", and no GPU is seen here: ${describeError(error).split(';')[0]}; remove it, or run on a machine with one`,
    );
  });
  countOf(wanted, gpus);
  return gpus;
}

function countOf(wanted: LeaseRequest['gpus'], gpus: readonly Gpu[]): number {
  const count = wanted === 'all' ? gpus.length : wanted;
  if (count <= gpus.length) return count;
  throw new ConfigError(
    `input \`gpu-lease\` = "${count}", and this machine has ${gpus.length} for this job; ask for fewer, or use another runner`,
  );
}

/** Leaves the queue and gives back all that is held under this id; for post too, of a main that was killed. */
export async function releaseLease({ folder, id }: SavedLease): Promise<void> {
  const book = new LeaseBook(folder);
  await book.open();
  await book.locked(async () => {
    for (const ticket of await book.waiting()) if (ticket.id === id) await book.leaveQueue(ticket);
    for (const lease of await book.held()) if (lease.id === id) await book.letGo(lease);
  });
}

/**
 * Takes over what a living process leases, for a new watcher of it in this process's place; undefined when it leases nothing.
 */
export async function reclaimLease(
  pid: number,
  gpus: readonly Gpu[],
  env: NodeJS.ProcessEnv,
): Promise<Lease | undefined> {
  const book = await openBook(env);
  const watcher = await describeHolder([process.pid, pid], '', null);
  const served = watcher.processes.at(-1);
  return book.locked(async () => {
    const held = (await book.held()).filter(({ holder }) =>
      holder.processes.some((one) => one.pid === pid && one.startTime === served?.startTime),
    );
    const own = gpus.filter((gpu) => held.some((lease) => lease.gpu === keyOf(gpu)));
    const [first] = held;
    if (first === undefined) return undefined;
    const { run, until } = first.holder;
    for (const gpu of own) await book.hold(keyOf(gpu), first.id, { ...watcher, run, until });
    return makeLease(book, first.id, own, await describeHolder([process.pid], run, until));
  });
}

async function openBook(env: NodeJS.ProcessEnv): Promise<LeaseBook> {
  const book = new LeaseBook(env['SLUICE_GPU_LEASES'] ?? join(tmpdir(), 'sluice-gpu-leases'));
  await book.open();
  return book;
}

interface Attempt {
  id: string;
  count: number;
  gpus: readonly Gpu[];
  holder: Holder;
}

async function tryTake(
  book: LeaseBook,
  { id, count, gpus, holder }: Attempt,
  log: LeaseContext['log'],
): Promise<{ gpus: Gpu[] } | { why: string }> {
  for (const lease of await book.sweep(Date.now())) {
    log.warning(`${describeLease(lease, gpus)} let it lie (ended, or over its time): it is free again`);
  }
  const queue = await book.waiting();
  const place = queue.findIndex((ticket) => ticket.id === id);
  const held = await book.held();
  const free = gpus
    .filter((gpu) => !held.some((lease) => lease.gpu === keyOf(gpu)))
    .sort((a, b) => b.freeBytes - a.freeBytes);
  if (place > 0 || free.length < count) {
    const before = place > 0 ? `${place} before us in the queue; ` : '';
    return {
      why: `${before}${held.map((lease) => describeLease(lease, gpus)).join(', ') || 'none is held'}`,
    };
  }
  const taken = free.slice(0, count);
  for (const gpu of taken) await book.hold(keyOf(gpu), id, holder);
  const ticket = queue[place];
  if (ticket !== undefined) await book.leaveQueue(ticket);
  return { gpus: taken };
}

function makeLease(book: LeaseBook, id: string, gpus: Gpu[], holder: Holder): Lease {
  // A slice has no number; whole GPUs are counted as nvidia-smi does.
  const isSliced = gpus.some(({ index }) => index.includes(':'));
  const names = gpus.map(({ index, uuid }) => (isSliced ? uuid : index)).join(',');
  const saved = { folder: book.folder, id };
  return {
    gpus,
    saved,
    env: { CUDA_VISIBLE_DEVICES: names, CUDA_DEVICE_ORDER: 'PCI_BUS_ID' },
    adopt: async (pid) => {
      const pids = [...holder.processes.map((one) => one.pid), pid];
      const both = await describeHolder(pids, holder.run, holder.until);
      await book.locked(async () => {
        for (const gpu of gpus) await book.hold(keyOf(gpu), id, both);
      });
    },
    release: () => releaseLease(saved),
  };
}

function keyOf({ uuid, index }: Gpu): string {
  return (uuid === '' ? `index-${index}` : uuid).replaceAll(/[^\w-]/g, '_');
}

function describeLease({ gpu, holder }: Held, gpus: readonly Gpu[]): string {
  const name = gpus.find((one) => keyOf(one) === gpu)?.name ?? gpu;
  const pid = holder.processes.map((one) => one.pid).join(', ');
  const who = holder.run === '' ? `process ${pid}` : `${holder.run} (process ${pid})`;
  const end =
    holder.until === null ? 'as long as it serves' : `until ${new Date(holder.until).toISOString()}`;
  return `${name} is held by ${who} ${end}`;
}
