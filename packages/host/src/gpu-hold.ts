/** The GPUs of a shared machine that one model server leases: from before its first start until it is stopped. */
import type { Lease } from '@sluice/inference/gpus/lease';
import { describeError } from '@sluice/runtime/errors';
import type { ServerSpec } from './types.ts';

export class GpuHold {
  /** Whom it waits for, in a sentence; null when it doesn't wait. */
  waitingFor: string | null = null;
  readonly #spec: ServerSpec;
  readonly #env: NodeJS.ProcessEnv;
  readonly #note: (text: string) => void;
  #lease: Lease | undefined;

  constructor(spec: ServerSpec, env: NodeJS.ProcessEnv, note: (text: string) => void) {
    this.#spec = spec;
    this.#env = env;
    this.#note = note;
  }

  /**
   * Waits for GPUs unless it holds some; gives the environment that shows the server these only.
   *
   * @throws InfraError when none is free in time
   */
  async take(signal: AbortSignal): Promise<Record<string, string>> {
    const { gpuLease, version } = this.#spec;
    if (gpuLease === undefined) return {};
    const { gpusToLease, takeLease } = await import('@sluice/inference/gpus/lease');
    const tell = (text: string): void => {
      this.waitingFor = text;
      this.#note(`${version}: ${text}`);
    };
    try {
      this.#lease ??= await takeLease(
        { ...gpuLease, limitMs: null },
        await gpusToLease(gpuLease.gpus, this.#env, signal),
        {
          env: this.#env,
          log: { info: tell, warning: tell },
          signal,
          run: gpuLease.holder,
          onAsk: () => {},
        },
      );
    } finally {
      this.waitingFor = null;
    }
    return this.#lease.env;
  }

  /** Holds on over the death of this process, as long as that one lives. */
  async adopt(pid: number): Promise<void> {
    try {
      await this.#lease?.adopt(pid);
    } catch (error) {
      // It is held for this process too.
      this.#note(`${this.#spec.version}: ${describeError(error)}`);
    }
  }

  /** Of a server that an earlier supervisor started, and that lives. */
  async reclaim(pid: number): Promise<void> {
    if (this.#spec.gpuLease === undefined) return;
    const { gpusToLease, reclaimLease } = await import('@sluice/inference/gpus/lease');
    try {
      const gpus = await gpusToLease('all', this.#env, AbortSignal.timeout(60_000));
      this.#lease = await reclaimLease(pid, gpus, this.#env);
    } catch (error) {
      // It serves; its lease holds as long as it lives.
      this.#note(`${this.#spec.version}: ${describeError(error)}`);
    }
  }

  async release(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.release();
  }
}
