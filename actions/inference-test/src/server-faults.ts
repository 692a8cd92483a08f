/** What the inputs say about the server under test: one that runs, one to start, or a container. */
import { findEnvFaults, findGpuFaults } from '@sluice/inference/containers/settings';
import { findEngineFaults } from '@sluice/inference/engines/engine';
import { parseLease } from '@sluice/inference/gpus/lease-request';
import type { Inputs } from './inputs.gen.ts';

/** Every fault of the inputs around `engine`, `image` and `endpoint`; the address itself is checked elsewhere. */
export function findServerFaults(inputs: Inputs): string[] {
  const { endpoint, engine, image } = inputs;
  const given = Object.entries({ endpoint, engine, image }).filter(([, value]) => value !== undefined);
  if (given.length === 0) {
    return [
      'give input `endpoint` (a server that runs), input `engine` (a server to start) or input `image` (a container); none was given',
    ];
  }
  const said = given.map(([input, value]) => `\`${input}\` = "${String(value)}"`);
  const faults = given.length > 1 ? [`inputs ${said.join(' and ')} exclude each other: leave one`] : [];
  return [...faults, ...engineFaults(inputs), ...containerFaults(inputs), ...startFaults(inputs)];
}

function engineFaults(inputs: Inputs): string[] {
  const { engine, image } = inputs;
  if (engine !== undefined) {
    return [
      ...findEngineFaults({ ...inputs, engine }),
      ...(engine === 'embedded' && inputs.modelPath === undefined
        ? ['input `model-path` is required with `engine: embedded`: a GGUF file or a folder that holds one']
        : []),
    ];
  }
  const { adapterPath, contextLength, tensorParallel } = inputs;
  const inImage = 'write its own flag into `engine-args`';
  const why = image === undefined ? 'nothing is started here' : inImage;
  const faults = Object.entries({
    'adapter-path': adapterPath,
    'context-length': contextLength,
    'tensor-parallel': tensorParallel,
  }).flatMap(([input, value]) =>
    value === undefined ? [] : [`input \`${input}\` needs \`engine\`: ${why}`],
  );
  if (inputs.engineCommand.length > 0) faults.push('input `engine-command` needs `engine: command`');
  return faults;
}

function containerFaults({ image, env, gpus, gpuLease }: Inputs): string[] {
  if (image !== undefined) {
    return [
      ...findEnvFaults(env),
      ...findGpuFaults(gpus),
      ...(gpus !== undefined && gpuLease !== undefined
        ? [
            `inputs \`gpus\` = "${gpus}" and \`gpu-lease\` = "${gpuLease}" exclude each other: the lease says which`,
          ]
        : []),
    ];
  }
  return [
    ...(env.length > 0
      ? ['input `env` needs `image`; a server that is started without one has the environment of the job']
      : []),
    ...(gpus === undefined
      ? []
      : ['input `gpus` needs `image`; elsewhere CUDA_VISIBLE_DEVICES says it, or `gpu-lease`']),
  ];
}

function startFaults(inputs: Inputs): string[] {
  const { gpuLease } = inputs;
  const faults: string[] = [];
  if (inputs.engine === undefined && inputs.image === undefined) {
    const needs = (input: string): string =>
      `input \`${input}\` needs \`engine\` or \`image\`: nothing is started here`;
    if (inputs.engineArgs.length > 0) faults.push(needs('engine-args'));
    if (inputs.keepRunning) faults.push(needs('keep-running'));
    if (gpuLease !== undefined) faults.push(needs('gpu-lease'));
    if (inputs.port !== undefined)
      faults.push('input `port` needs `engine` or `image`: write the port into `endpoint`');
    return faults;
  }
  if (gpuLease !== undefined) {
    const lease = parseLease(gpuLease);
    if (typeof lease === 'string') faults.push(lease);
    if (inputs.engine === 'embedded')
      faults.push('input `gpu-lease` is not for `engine: embedded`, which runs on the CPU');
  }
  if (inputs.endpointToken !== undefined) {
    faults.push(
      'input `endpoint-token` is for `endpoint`: a server that is started here is asked without a token',
    );
  }
  return faults;
}
