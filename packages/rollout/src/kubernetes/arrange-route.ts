/** What a step asks of the route beside the share. */
import type { RolloutState, RolloutStep } from '@sluice/host/types';
import type { Router } from '@sluice/routers/router';
import { hasBeside, stepOf } from '../strategies.ts';

/** Only what some step of this rollout asks is touched: each is a change of the route, waited for. */
export async function arrangeRoute(
  router: Router,
  state: RolloutState,
  step: Pick<RolloutStep, 'mark' | 'mirror'> = stepOf(state),
): Promise<void> {
  if (state.steps.some(({ mark }) => mark !== undefined)) await router.preview?.(step.mark);
  if (state.steps.some(({ mirror }) => mirror !== undefined)) await router.mirror?.(step.mirror ?? 0);
}

/** Before the canary's pods go: nobody is sent to them by a mark, and no copy is. */
export async function arrangeNothing(router: Router, state: RolloutState): Promise<void> {
  if (state.steps.some(hasBeside)) await arrangeRoute(router, state, {});
}

/** Steps that this router can't carry out, each with its mend; before anything is touched. */
export async function arrangeFaults(router: Router, steps: readonly RolloutStep[]): Promise<string[]> {
  const faults: string[] = [];
  if (steps.some(({ mark }) => mark !== undefined) && router.preview === undefined)
    faults.push(
      `traffic: ${router.name} can't send requests with a header or cookie to the new version; use gateway-api or ingress-nginx, or \`split\` with \`strategy: ab\``,
    );
  const copied = steps.flatMap(({ mirror }) => mirror ?? []);
  if (copied.length > 0 && router.mirror === undefined)
    faults.push(`traffic: ${router.name} can't copy requests for \`strategy: shadow\`; use gateway-api`);
  else if (copied.length > 0) faults.push(...((await router.mirrorFaults?.(Math.min(...copied))) ?? []));
  if (steps.some(({ ends, weight }) => ends === 'decision' && weight > 0) && router.name === 'replicas')
    faults.push(
      "`split` with traffic: replicas: all requests of a connection go to one pod, so the shares of requests are nobody's choice; use gateway-api, istio, traefik or ingress-nginx",
    );
  if (steps.some(({ sticky }) => sticky !== undefined))
    faults.push(
      '`sticky` is not built for `target: kubernetes`: routes there give no cookie; use `header` or `cookie` without `split`, so that users are told apart before they come',
    );
  return faults;
}
