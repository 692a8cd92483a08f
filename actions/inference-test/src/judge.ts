/** The judge, and what else helps to decide assertions. */
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import type { Aides } from '@sluice/inference/assertions/kinds';
import { kindOf } from '@sluice/inference/assertions/registry';
import type { Target } from '@sluice/inference/clients/openai-request';
import type { Assertion, Case } from '@sluice/inference/suites/types';
import type { Inputs } from './inputs.gen.ts';

/** ConfigError before anything is asked when cases need what no input gives. */
export function checkAides(cases: readonly Case[], inputs: Inputs): void {
  const needs = (holds: (type: string) => boolean): Case | undefined =>
    cases.find(({ assert, rivals, turns = [] }) =>
      flatten([...assert, ...(rivals?.compare ?? []), ...turns.flatMap((turn) => turn.assert)]).some(
        ({ type }) => holds(type),
      ),
    );
  const judged = needs((type) => kindOf(type).kind?.judged === true);
  const priced = needs((type) => /^(?:not-)?cost$/.test(type));
  const faults = [
    ...(judged !== undefined && inputs.judgeEndpoint === undefined
      ? [`input \`judge-endpoint\` is empty, but '${judged.description}' (${judged.suite}) needs a judge`]
      : []),
    ...(priced !== undefined && inputs.pricePerHour === undefined
      ? [`input \`price-per-hour\` is empty, but '${priced.description}' (${priced.suite}) asks for the cost`]
      : []),
  ];
  if (faults.length > 0) throw new ConfigError(faults);
}

function flatten(assertions: readonly Assertion[]): Assertion[] {
  return assertions.flatMap((assertion) => [assertion, ...flatten(assertion.assert ?? [])]);
}

/** Finds the judge's model where it isn't named, and says it when the judge is the model under test. */
export async function prepareAides(inputs: Inputs, context: ActionContext, target: Target): Promise<Aides> {
  const { makeAides } = await import('@sluice/inference/assertions/aides');
  const judge = await findJudge(inputs, context);
  if (judge?.origin === target.origin && judge.modelName === target.modelName)
    context.log.warning('the judge is the model under test: models prefer their own answers');
  const { requestTimeout: timeoutMs, pricePerHour } = inputs;
  return makeAides({ target, judge, timeoutMs, pricePerHour, signal: context.signal });
}

async function findJudge(inputs: Inputs, context: ActionContext): Promise<Target | undefined> {
  if (inputs.judgeEndpoint === undefined) return undefined;
  const { serverBase } = await import('@sluice/inference/clients/openai-request');
  const address = { origin: serverBase(inputs.judgeEndpoint), token: inputs.judgeToken };
  if (inputs.judgeModel !== undefined) return { ...address, modelName: inputs.judgeModel };
  const { findModelName } = await import('@sluice/inference/clients/openai-server');
  return { ...address, modelName: await findModelName(address, context.signal, 'judge-model') };
}
