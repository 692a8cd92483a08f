/** One run of auto-rollback: watch or check what serves, and undo it when it is proven bad; or undo it now. */
import { isUnderWay } from '@sluice/rollout/begin';
import { brokenReason, openRules } from '@sluice/rollout/facts';
import { flappingGuard } from '@sluice/rollout/rollback';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { checkInputs, type CheckedInputs } from './checks.ts';
import type { Inputs } from './inputs.gen.ts';
import { openPlace } from './place.ts';
import { tryRegistry } from './registry.ts';
import { found, quiet, undecided } from './results.ts';
import { undo, type Breach, type Session } from './undo.ts';
import { watch, type Watched } from './watch.ts';

export async function run(inputs: Inputs, context: ActionContext): Promise<ActionResult> {
  const checked = checkInputs(inputs, context.env);
  if (inputs.validate) {
    return {
      verdict: 'pass',
      reasons: ['validate: inputs and rules are fine; nothing was run'],
      outputs: {},
    };
  }
  const session = await openSession(inputs, checked, context);
  context.setOutput('rolled-back', 'false');
  if (inputs.mode === 'rollback') {
    const by = context.run.actor === '' ? '' : ` by ${context.run.actor}`;
    const { stable, rollout } = await session.place.target.status();
    // A half-done undo is of the release that it undoes: finishing it is all that is asked.
    const half =
      rollout !== null && isUnderWay(rollout) && rollout.strategy === 'rollback' ? rollout.from : null;
    const breach: Breach = {
      version: half ?? stable ?? '',
      reason: `rolled back on request${by}`,
      verdict: null,
      firstAt: null,
      decidedAt: Date.now(),
    };
    return found(session, breach, await undo(session, breach));
  }
  const faults = await session.place.check();
  if (faults.length > 0) throw new ConfigError(faults);
  await tryRegistry(session.checked.registry, context);
  const watched = await watch(session);
  if (watched.verdict.overall === 'fail' || mustUndo(inputs, watched))
    return undoUnlessFlapping(session, watched);
  return watched.verdict.overall === 'pass' ? quiet(session, watched) : undecided(session, watched);
}

function mustUndo(inputs: Inputs, { verdict }: Watched): boolean {
  return inputs.onInconclusive === 'rollback' && verdict.overall !== 'pass';
}

async function undoUnlessFlapping(session: Session, watched: Watched): Promise<ActionResult> {
  const { inputs, place } = session;
  const reason =
    watched.verdict.overall === 'fail'
      ? brokenReason(watched.verdict)
      : `undecided at the end of the window: ${openRules(watched.verdict).join('; ')}`;
  const breach: Breach = {
    version: watched.version,
    reason,
    verdict: watched.verdict,
    firstAt: watched.arm.firstAt,
    decidedAt: watched.decidedAt,
  };
  const { history } = await place.target.status();
  const limits = { cooldownMs: inputs.cooldown, maxRollbacks: inputs.maxRollbacks };
  const guard = flappingGuard(history, limits, Date.now());
  if (guard !== undefined)
    return found(session, breach, { kind: 'guarded', version: watched.version, why: guard });
  return found(session, breach, await undo(session, breach));
}

async function openSession(inputs: Inputs, checked: CheckedInputs, context: ActionContext): Promise<Session> {
  const place = await openPlace(inputs, checked, context);
  if ((await place.target.status()).stable === null) {
    throw new ConfigError(`${place.name} has no stable version yet, so there is nothing to watch or undo`);
  }
  return { inputs, checked, context, place };
}
