/** After the job: an undo whose main step was killed is finished here. */
import type { HistoryEntry } from '@sluice/host/types';
import type { ActionContext } from '@sluice/runtime/action';

export interface Saved {
  stateDir: string;
  service: string;
  drainMs: number;
  registry: string[];
  /** What was to be undone, and why. */
  version: string;
  reason: string;
}

export async function post(state: Readonly<Record<string, unknown>>, context: ActionContext): Promise<void> {
  const saved = state['rollback'] as Saved | undefined;
  if (saved === undefined || state['finished'] === true) return;
  const { findHost } = await import('@sluice/host/client');
  const { stateDir, service } = saved;
  const { log, signal, bundle } = context;
  const client = await findHost({ stateDir, service, log, signal, bundle });
  if (client === undefined) return;
  const { rollout } = await client.status();
  if (rollout?.strategy === 'rollback' && rollout.phase !== 'done' && rollout.phase !== 'aborted') {
    const { isAlive } = await import('@sluice/rollout/owner');
    if (await isAlive(rollout.owner)) return;
    context.log.warning(`the rollback to ${rollout.to} was left in phase '${rollout.phase}': finishing it`);
    const { finishRollback } = await import('@sluice/rollout/finish-rollback');
    await finishRollback(client, saved, context);
  }
  if (saved.registry.length > 0) await finishRegistry(saved, (await client.status()).history, context);
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
