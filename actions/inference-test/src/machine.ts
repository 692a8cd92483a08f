/** The GPUs of this machine around a server: leased, looked at before and after, and given back. */
import type { ActionContext } from '@sluice/runtime/action';
import type { Lease } from '@sluice/inference/gpus/lease';
import type { GpuState } from '@sluice/inference/gpus/hygiene';
import type { Inputs } from './inputs.gen.ts';

export interface Machine {
  /** Ours, with the leased GPUs as the only ones to be seen. */
  env: NodeJS.ProcessEnv;
  /** The leased GPUs as `docker --gpus` takes them. */
  dockerGpus: string | undefined;
  /** The lease holds on as long as this process lives too. */
  adopt(pid: number): Promise<void>;
  /** After the server ended: the memory has to be back, the lease is given back. */
  leave(): Promise<void>;
}

const LEAVE_ALONE: Omit<Machine, 'env'> = {
  dockerGpus: undefined,
  adopt: () => Promise.resolve(),
  leave: () => Promise.resolve(),
};

/** ConfigError: a lease where there is no GPU, or of too many. InfraError: none was free in time. */
export async function prepareMachine(inputs: Inputs, context: ActionContext): Promise<Machine> {
  const { env, log } = context;
  const { findProgram } = await import('@sluice/inference/engines/program');
  const hasGpus = (await findProgram('nvidia-smi', env)) !== undefined;
  // llama.cpp on the CPU has no business with them.
  if (inputs.gpuLease === undefined && (!hasGpus || inputs.engine === 'embedded'))
    return { env, ...LEAVE_ALONE };
  const lease = inputs.gpuLease === undefined ? undefined : await lend(inputs.gpuLease, context);
  const seen = { ...env, ...lease?.env };
  const hygiene = await import('@sluice/inference/gpus/hygiene');
  const before = await hygiene.lookAtGpus(seen, context.signal);
  if (before !== undefined) {
    for (const line of hygiene.describeGpus(before)) log.info(line);
    for (const line of await hygiene.describeLeftovers(before)) log.warning(line);
  }
  return {
    env: seen,
    dockerGpus:
      lease &&
      `device=${lease.gpus.map(({ index, uuid }) => (index.includes(':') ? uuid : index)).join(',')}`,
    adopt: (pid) => lease?.adopt(pid) ?? Promise.resolve(),
    leave: () => leave(lease, before, { ...context, env: seen }),
  };
}

async function lend(text: string, context: ActionContext): Promise<Lease> {
  const { parseLease } = await import('@sluice/inference/gpus/lease-request');
  const { gpusToLease, takeLease } = await import('@sluice/inference/gpus/lease');
  const { ConfigError } = await import('@sluice/runtime/errors');
  const asked = parseLease(text);
  if (typeof asked === 'string') throw new ConfigError(asked);
  const gpus = await gpusToLease(asked.gpus, context.env, context.signal);
  const lease = await takeLease(asked, gpus, {
    ...context,
    run: context.run.url,
    onAsk: (saved) => context.saveState('lease', saved),
  });
  context.log.info(`leased: ${lease.gpus.map(({ name }) => name).join(', ')}`);
  return lease;
}

async function leave(
  lease: Lease | undefined,
  before: GpuState | undefined,
  { env, log, signal }: ActionContext,
): Promise<void> {
  try {
    if (before === undefined) return;
    const { findHeldMemory } = await import('@sluice/inference/gpus/hygiene');
    // A cancelled step has a few seconds for everything.
    const held = await findHeldMemory(before, env, signal.aborted ? 0 : undefined);
    for (const line of held) log.warning(`${line}: the server is gone, its memory is not`);
  } finally {
    await lease?.release();
  }
}
