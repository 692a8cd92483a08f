/** After the job: an undo whose main step was killed is finished here. */
import type { HistoryEntry } from '@sluice/host/types';
import { isUnderWay } from '@sluice/rollout/begin';
import type { ActionContext } from '@sluice/runtime/action';
import { placeAgain, type Place } from './place.ts';

export interface Saved {
  kind: Place['kind'];
  /** The place's own. */
  place: Record<string, unknown>;
  drainMs: number;
  registry: string[];
  /** What was to be undone, and why. */
  version: string;
  reason: string;
}

export async function post(state: Readonly<Record<string, unknown>>, context: ActionContext): Promise<void> {
  const saved = state['rollback'] as Saved | undefined;
  if (saved === undefined || state['finished'] === true) return;
  const place = await placeAgain(saved.kind, saved.place, context);
  if (place === undefined) return;
  const { rollout } = await place.target.status();
  if (rollout !== null && isUnderWay(rollout) && rollout.strategy === 'rollback') {
    // Main is dead, though its lease may not have run out yet.
    const { owner } = rollout;
    const mains = owner?.holder !== undefined && owner.holder === saved.place['holder'];
    if (owner !== null && !mains && (await place.target.isDriving(owner))) return;
    context.log.warning(`the rollback to ${rollout.to} was left in phase '${rollout.phase}': finishing it`);
    const { finishRollback } = await import('@sluice/rollout/finish-rollback');
    const site = await place.begin(false);
    try {
      await finishRollback(site, saved.drainMs, context.log);
    } finally {
      await site.close();
    }
  }
  if (saved.registry.length > 0) await finishRegistry(saved, (await place.target.status()).history, context);
}

/** Main may have died between the traffic and the registry: the history says what was undone, and by what. */
async function finishRegistry(
  { registry, version, reason }: Saved,
  history: readonly HistoryEntry[],
  context: ActionContext,
): Promise<void> {
  const undone = history.findLastIndex((entry) => entry.event === 'rolled-back' && entry.version === version);
  const restored = history.slice(undone).find(({ event }) => event === 'restored');
  if (undone < 0 || restored === undefined) return;
  const { parseRegistry, putBack } = await import('./registry.ts');
  const records = { bad: history[undone]?.record ?? null, good: restored.record };
  const done = await putBack(parseRegistry(registry).targets, records, reason, context);
  for (const { target, to, changed } of done)
    if (changed) context.log.warning(`${target} points at ${to ?? 'nothing'} again`);
}
