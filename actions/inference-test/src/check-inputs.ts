/** What the inputs say together, decided before anything is opened. */
import { findPatternFaults } from '@sluice/report/redact';
import { endpointFaults } from '@sluice/inference/clients/endpoint-faults';
import { readLoad } from '@sluice/inference/load/profile';
import { findPlainHttpFault } from '@sluice/inference/clients/plain-http';
import type { Inputs } from './inputs.gen.ts';
import { findServerFaults } from './server-faults.ts';

/** Every fault, each naming the input, its value and the mend. */
export function findInputFaults(inputs: Inputs): string[] {
  const { endpoint } = inputs;
  return [
    ...findServerFaults(inputs),
    ...(endpoint === undefined ? [] : endpointFaults(endpoint, 'endpoint', inputs.protocol === 'http')),
    ...suiteFaults(inputs),
    ...judgeFaults(inputs),
    ...protocolFaults(inputs),
    ...readLoad(inputs.load).faults,
    ...baselineFaults(inputs),
  ];
}

function protocolFaults({ protocol, request, response }: Inputs): string[] {
  if (protocol === 'http') {
    if (request === undefined)
      return [
        'input `protocol` is \'http\', but `request` is empty: give the body, such as {"prompt": {{prompt}}}',
      ];
    const fault = findPlainHttpFault({ request, response });
    return fault === undefined ? [] : [fault];
  }
  return Object.entries({ request, response }).flatMap(([input, value]) =>
    value === undefined
      ? []
      : [`input \`${input}\` is for \`protocol: http\`: remove it, or change \`protocol\``],
  );
}

function judgeFaults({ judgeEndpoint, judgeModel, judgeToken }: Inputs): string[] {
  if (judgeEndpoint !== undefined) return endpointFaults(judgeEndpoint, 'judge-endpoint');
  const needs = (input: string): string => `input \`${input}\` needs \`judge-endpoint\``;
  return [
    ...(judgeModel === undefined ? [] : [needs('judge-model')]),
    ...(judgeToken === undefined ? [] : [needs('judge-token')]),
  ];
}

function baselineFaults({ baselineEndpoint, baselineModel, baselineToken, load }: Inputs): string[] {
  const needs = (input: string): string => `input \`${input}\` needs \`baseline-endpoint\``;
  if (baselineEndpoint !== undefined) {
    return load.length === 0
      ? ['input `baseline-endpoint` needs `load`: under it the two servers are compared']
      : endpointFaults(baselineEndpoint, 'baseline-endpoint');
  }
  return [
    ...(baselineModel === undefined ? [] : [needs('baseline-model')]),
    ...(baselineToken === undefined ? [] : [needs('baseline-token')]),
    ...(load.some((line) => /^\s*runs\s*:/.test(line))
      ? ['input `load`: `runs` needs `baseline-endpoint`: it says how often the two servers take turns']
      : []),
  ];
}

function suiteFaults(inputs: Inputs): string[] {
  const { suite, repeats, repeatMinPass, thresholds } = inputs;
  const faults: string[] = [];
  if (new Set([inputs.results, inputs.junit, inputs.htmlReport, inputs.releaseRecord]).size < 4) {
    faults.push(
      'inputs `results`, `junit`, `html-report` and `release-record` have to be four files; two are the same',
    );
  }
  faults.push(...findPatternFaults(inputs.redact, 'redact'));
  if (suite.includes('none') && suite.length > 1) {
    faults.push(`input \`suite\` = "${suite.join(', ')}": \`none\` stands alone`);
  }
  if (isStartOnly({ suite }) && thresholds !== undefined) {
    faults.push('input `thresholds` needs a suite: `suite: none` measures nothing');
  }
  if (isStartOnly({ suite }) && inputs.load.length > 0) {
    faults.push('input `load` needs a suite: its questions are what is asked');
  }
  if (repeatMinPass !== undefined && repeatMinPass > repeats) {
    faults.push(`input \`repeat-min-pass\` = "${repeatMinPass}" is more than \`repeats\` = "${repeats}"`);
  }
  return faults;
}

/** `suite: none`: only that the server starts. */
export function isStartOnly({ suite }: Pick<Inputs, 'suite'>): boolean {
  return suite.length === 1 && suite[0] === 'none';
}
