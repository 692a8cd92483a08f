/** Finishes a rollback whose driver is dead; any later step or run may do it. */
import type { HostClient } from '@sluice/host/client';
import type { Logger } from '@sluice/runtime/logger';
import { takeOver, type TakenOver } from './begin.ts';
import { HostTarget } from './host-target.ts';
import { thisOwner } from './owner.ts';
import { rolloutLock } from './rollout-lock.ts';
import { rolloutData } from './target.ts';
import { warmUp } from './warm.ts';

export async function finishRollback(
  client: HostClient,
  { stateDir, service, drainMs }: { stateDir: string; service: string; drainMs: number },
  context: { log: Logger; signal: AbortSignal; run: { url: string } },
): Promise<TakenOver> {
  return takeOver('deploy', null, {
    target: new HostTarget(client),
    rules: [],
    judging: { confidence: 0.95, minSamples: 1 },
    policy: { maxDurationMs: Infinity, onInconclusive: 'hold', intervalMs: 1_000, requireVerdict: false },
    owner: await thisOwner(context.run.url),
    log: context.log,
    signal: context.signal,
    exclusive: rolloutLock(stateDir, service),
    warm: async (ask, signal, modelName) => {
      await warmUp(ask, { requests: 1, durationMs: null, modelName, timeoutMs: 60_000 }, signal);
    },
    ending: (state) => Promise.resolve({ drainMs, record: rolloutData(state).record }),
  });
}
