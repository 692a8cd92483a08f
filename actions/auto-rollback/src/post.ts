/** After the job: an undo whose main step was killed is finished here. */
import type { ActionContext } from '@sluice/runtime/action';

interface Saved {
  stateDir: string;
  service: string;
  drainMs: number;
}

export async function post(state: Readonly<Record<string, unknown>>, context: ActionContext): Promise<void> {
  const saved = state['rollback'] as Saved | undefined;
  if (saved === undefined || state['finished'] === true) return;
  const { findHost } = await import('@sluice/host/client');
  const { stateDir, service } = saved;
  const { log, signal, bundle } = context;
  const client = await findHost({ stateDir, service, log, signal, bundle });
  const rollout = (await client?.status())?.rollout ?? null;
  if (client === undefined || rollout?.strategy !== 'rollback') return;
  if (rollout.phase === 'done' || rollout.phase === 'aborted') return;
  const { isAlive } = await import('@sluice/rollout/owner');
  if (await isAlive(rollout.owner)) return;
  context.log.warning(`the rollback to ${rollout.to} was left in phase '${rollout.phase}': finishing it`);
  const { finishRollback } = await import('@sluice/rollout/finish-rollback');
  await finishRollback(client, saved, context);
}
