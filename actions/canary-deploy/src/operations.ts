/** The operations beside deploy: promote, abort, status, remove. */
import { takeOver } from '@sluice/rollout/begin';
import { drive } from '@sluice/rollout/driver';
import { approve } from '@sluice/rollout/machine';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { stepOf } from '@sluice/rollout/strategies';
import { ConfigError } from '@sluice/runtime/errors';
import type { CheckedInputs } from './checks.ts';
import { driverOptions, saveForPost, type Session } from './driving.ts';
import type { Inputs } from './inputs.gen.ts';
import type { Place } from './place.ts';
import { tellResult } from './results.ts';

export async function operate(
  inputs: Inputs,
  checked: CheckedInputs,
  context: ActionContext,
  place: Place,
): Promise<ActionResult> {
  switch (inputs.operation) {
    case 'status':
      return place.tellStatus();
    case 'remove':
      return place.remove();
    case 'promote':
    case 'abort':
      return end(inputs, checked, context, place, inputs.operation);
    case 'deploy':
      throw new Error('deploy has a file of its own');
  }
}

/** Promotes a rollout that is held, or takes it back. */
async function end(
  inputs: Inputs,
  checked: CheckedInputs,
  context: ActionContext,
  place: Place,
  operation: 'promote' | 'abort',
): Promise<ActionResult> {
  const site = await place.find();
  if (site === undefined) return place.nothingThere();
  try {
    const session: Session = { inputs, checked, context, place, site, record: null, notes: [] };
    const options = await driverOptions(session);
    saveForPost(session);
    const left = await takeOver(operation, null, options);
    if (left.kind === 'ended') return await tellResult(session, left.result);
    if (left.kind === 'none') {
      context.saveState('finished', true);
      const { stable } = await site.target.status();
      const reasons = [`no rollout is under way; ${stable ?? 'nothing'} is stable`];
      return {
        verdict: 'pass',
        reasons,
        outputs: { stable: stable ?? '', canary: '', winner: stable ?? '' },
      };
    }
    const { canary } = await options.target.view(left.state);
    if (canary !== 'ready') {
      throw new ConfigError(
        `input \`operation\` = "promote": ${left.state.to} is not up (${canary}), so it can't get the users; deploy it again, or abort`,
      );
    }
    // At its gate the rules have been asked, and go on to be: only a breach stops it now.
    const gated = stepOf(left.state).ends === 'gate';
    if (!gated) session.notes.push('operation: promote, so the rules were not asked');
    for (const note of session.notes) context.log.warning(note);
    const state = approve(left.state, 'promoted by `operation: promote`', Date.now());
    await options.exclusive(() => options.target.remember(state));
    const unasked = { rules: [], policy: { ...options.policy, requireVerdict: false } };
    return await tellResult(session, await drive(state, gated ? options : { ...options, ...unasked }));
  } finally {
    await site.close();
  }
}
