/** After the job's last step: what was downloaded and verified goes to GitHub's cache, where the job keeps one. */
import type { ActionContext } from '@sluice/runtime/action';
import type { ToKeep } from './actions-cache.ts';

export const TO_KEEP = 'toKeep';

export async function post(state: Readonly<Record<string, unknown>>, context: ActionContext): Promise<void> {
  // Written by main, which never fails because of it; nor does this.
  const toKeep = state[TO_KEEP] as ToKeep | undefined;
  if (!toKeep) return;
  const { keepInCache } = await import('./actions-cache.ts');
  await keepInCache(toKeep, context);
}
