/** After the job's last step: what was downloaded and verified goes to GitHub's cache, where the job keeps one. */
import type { ActionContext } from '@sluice/runtime/action';
import type { ToKeep } from './actions-cache.ts';
import type { Pulled } from './pulled.ts';

export const TO_KEEP = 'toKeep';

/** What of these pulls the cache lacks. */
export function toKeep(...pulls: readonly (Pulled | undefined)[]): ToKeep[] {
  return pulls.flatMap((pulled) => pulled?.toKeep ?? []);
}

export async function post(state: Readonly<Record<string, unknown>>, context: ActionContext): Promise<void> {
  // Written by main, which never fails because of it; nor does this.
  const kept = (state[TO_KEEP] ?? []) as readonly ToKeep[];
  if (kept.length === 0) return;
  const { keepInCache } = await import('./actions-cache.ts');
  for (const each of kept) await keepInCache(each, context);
}
