/** One run of canary-deploy: checks, then the operation. */
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { checkInputs, type CheckedInputs } from './checks.ts';
import type { Inputs } from './inputs.gen.ts';

export async function run(inputs: Inputs, context: ActionContext): Promise<ActionResult> {
  const faultless = checkInputs(inputs, context.env);
  const { loadCases } = await import('./suites.ts');
  const checked = { ...faultless, suites: await loadCases(inputs, context) };
  if (inputs.validate) {
    const { checkCard } = await import('./card.ts');
    // Nothing is asked of GitHub here: who approved it is seen when it is deployed.
    await checkCard({ ...inputs, environment: undefined }, context);
    return {
      verdict: 'pass',
      reasons: ['validate: inputs, steps, rules, suites and card are fine; nothing was run'],
      outputs: {},
    };
  }
  if (checked.waves.flatMap(({ clusters }) => clusters).length < 2) return runOne(inputs, checked, context);
  const { runWaves } = await import('./waves.ts');
  return runWaves(inputs, checked, context, (own, outputs) => runOne(own, checked, outputs));
}

async function runOne(inputs: Inputs, checked: CheckedInputs, context: ActionContext): Promise<ActionResult> {
  const { openPlace } = await import('./place.ts');
  const place = await openPlace(inputs, checked, context);
  if (inputs.operation === 'deploy') {
    const { deploy } = await import('./deploy.ts');
    return deploy(inputs, checked, context, place);
  }
  const { operate } = await import('./operations.ts');
  return operate(inputs, checked, context, place);
}
