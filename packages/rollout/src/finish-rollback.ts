/** Finishes a rollback whose driver is dead; any later step or run may do it. */
import type { Logger } from '@sluice/runtime/logger';
import { takeOver, type TakenOver } from './begin.ts';
import type { DrivingSite } from './driving-site.ts';
import { rolloutData } from './target.ts';
import { warmUp } from './warm.ts';

/** @param drainMs how long open answers of the bad version may go on */
export async function finishRollback(
  { target, owner, exclusive, signal }: DrivingSite,
  drainMs: number,
  log: Logger,
): Promise<TakenOver> {
  return takeOver('deploy', null, {
    target,
    rules: [],
    judging: { confidence: 0.95, minSamples: 1 },
    policy: { maxDurationMs: Infinity, onInconclusive: 'hold', intervalMs: 1_000, requireVerdict: false },
    owner,
    log,
    signal,
    exclusive,
    warm: async (ask, cancelled, modelName) => {
      await warmUp(ask, { requests: 1, durationMs: null, modelName, timeoutMs: 60_000 }, cancelled);
    },
    ending: (state) => Promise.resolve({ drainMs, record: rolloutData(state).record }),
  });
}
