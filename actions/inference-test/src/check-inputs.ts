/** What the inputs say together, decided before anything is opened. */
import { findEngineFaults } from '@sluice/inference/engines/engine';
import { readLoad } from '@sluice/inference/load/profile';
import { findPlainHttpFault } from '@sluice/inference/clients/plain-http';
import type { Inputs } from './inputs.gen.ts';

/** Every fault, each naming the input, its value and the mend. */
export function findInputFaults(inputs: Inputs): string[] {
  return [
    ...serverFaults(inputs),
    ...suiteFaults(inputs),
    ...judgeFaults(inputs),
    ...protocolFaults(inputs),
    ...readLoad(inputs.load).faults,
    ...baselineFaults(inputs),
  ];
}

function serverFaults(inputs: Inputs): string[] {
  const { endpoint, engine, modelPath } = inputs;
  const faults: string[] = [];
  if (endpoint === undefined && engine === undefined) {
    faults.push(
      'give input `endpoint` (a server that runs) or input `engine` (a server to start); neither was given',
    );
  }
  if (endpoint !== undefined && engine !== undefined) {
    faults.push(
      `inputs \`endpoint\` = "${endpoint}" and \`engine\` = "${engine}" exclude each other: remove one`,
    );
  }
  if (endpoint !== undefined)
    faults.push(...endpointFaults(endpoint, 'endpoint', inputs.protocol === 'http'));
  if (engine !== undefined) faults.push(...findEngineFaults({ ...inputs, engine }));
  if (engine === 'embedded' && modelPath === undefined) {
    faults.push(
      'input `model-path` is required with `engine: embedded`: a GGUF file or a folder that holds one',
    );
  }
  if (engine === undefined) {
    for (const [input, value] of [
      ['adapter-path', inputs.adapterPath],
      ['context-length', inputs.contextLength],
      ['tensor-parallel', inputs.tensorParallel],
    ] as const) {
      if (value !== undefined) faults.push(`input \`${input}\` needs \`engine\`: nothing is started here`);
    }
    if (inputs.engineArgs.length > 0)
      faults.push('input `engine-args` needs `engine`: nothing is started here');
    if (inputs.engineCommand.length > 0) faults.push('input `engine-command` needs `engine: command`');
    if (inputs.keepRunning) faults.push('input `keep-running` needs `engine`: nothing is started here');
    if (inputs.port !== undefined) faults.push('input `port` needs `engine`: write the port into `endpoint`');
  }
  if (engine !== undefined && inputs.endpointToken !== undefined) {
    faults.push(
      'input `endpoint-token` is for `endpoint`: a server that is started here is asked without a token',
    );
  }
  return faults;
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

function endpointFaults(endpoint: string, input = 'endpoint', isPage = false): string[] {
  if (!URL.canParse(endpoint)) {
    return [`input \`${input}\` = "${endpoint}" is no address; write it as http://host:8000`];
  }
  const url = new URL(endpoint);
  if (url.username !== '' || url.password !== '') {
    // Not shown: it would stand in the log.
    return [
      `input \`${input}\` holds a user or password; remove them and give \`${input.replace('endpoint', '')}${input === 'endpoint' ? 'endpoint-' : ''}token\``,
    ];
  }
  if (url.search !== '' || url.hash !== '') {
    return [`input \`${input}\` = "${endpoint}": remove what begins with '${url.search === '' ? '#' : '?'}'`];
  }
  const call = /\/(?:chat\/completions|completions|models|health)\/*$/.exec(url.pathname);
  return call === null || isPage
    ? []
    : [
        `input \`${input}\` = "${endpoint}" is one of the server's calls; remove '${call[0]}', paths are added here`,
      ];
}

function suiteFaults(inputs: Inputs): string[] {
  const { suite, repeats, repeatMinPass, thresholds } = inputs;
  const faults: string[] = [];
  if (new Set([inputs.results, inputs.junit, inputs.releaseRecord]).size < 3) {
    faults.push('inputs `results`, `junit` and `release-record` have to be three files; two are the same');
  }
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
