/** After the job: a main that was killed or cancelled in the middle of a rollout is undone here. */
import type { ActionContext } from '@sluice/runtime/action';
import type { SavedForPost } from './driving.ts';

export async function post(state: Readonly<Record<string, unknown>>, context: ActionContext): Promise<void> {
  const saved = state['rollout'] as SavedForPost | undefined;
  if (saved === undefined || state['finished'] === true) return;
  const { findHost } = await import('@sluice/host/client');
  const { stateDir, service } = saved;
  const { log, signal, bundle } = context;
  const client = await findHost({ stateDir, service, log, signal, bundle });
  const rollout = (await client?.status())?.rollout ?? null;
  if (client === undefined || rollout === null || rollout.phase === 'done' || rollout.phase === 'aborted')
    return;
  const { sameOwner } = await import('@sluice/rollout/owner');
  // Held for a later run, or taken over by one: not ours to end.
  if (!sameOwner(rollout.owner, saved.owner)) return;
  context.log.warning(
    `the deploy of ${rollout.to} ended in phase '${rollout.phase}' without a verdict: undoing it`,
  );
  const { undoLeftover } = await import('./undo.ts');
  await undoLeftover(client, saved, context);
}
