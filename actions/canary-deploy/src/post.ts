/** After the job: a main that was killed or cancelled in the middle of a rollout is undone here. */
import { isUnderWay } from '@sluice/rollout/begin';
import { sameOwner } from '@sluice/rollout/owner';
import type { ActionContext } from '@sluice/runtime/action';
import type { SavedForPost } from './driving.ts';
import type { Site } from './place.ts';

export async function post(state: Readonly<Record<string, unknown>>, context: ActionContext): Promise<void> {
  const saved = state['rollout'] as SavedForPost | undefined;
  if (saved === undefined || state['finished'] === true) return;
  const site = await siteAgain(saved, context);
  if (site === undefined) return;
  try {
    const { rollout } = await site.target.status();
    // Held for a later run, or taken over by one: not ours to end.
    if (rollout === null || !isUnderWay(rollout) || !sameOwner(rollout.owner, saved.owner)) return;
    context.log.warning(
      `the deploy of ${rollout.to} ended in phase '${rollout.phase}' without a verdict: undoing it`,
    );
    const { undoLeftover } = await import('./undo.ts');
    await undoLeftover(site, saved, context);
  } finally {
    await site.close();
  }
}

async function siteAgain(saved: SavedForPost, context: ActionContext): Promise<Site | undefined> {
  if (saved.kind === 'kubernetes') {
    const { kubeSiteAgain } = await import('./kubernetes/place.ts');
    return kubeSiteAgain(saved.site, context);
  }
  const { hostSiteAgain } = await import('./host/place.ts');
  return hostSiteAgain(saved.site, context);
}
