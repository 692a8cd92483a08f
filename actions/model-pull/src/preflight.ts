/** What is decided from headers alone, before the first shard: whether the model fits, and what the adapter wants. */
import type { ListedFile } from '@sluice/fit/candidates';
import type { FitAnswer } from '@sluice/fit/fit-gpu';
import type { Gpu } from '@sluice/fit/gpus';
import type { ReadPart } from '@sluice/fit/read-headers';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError, GateError } from '@sluice/runtime/errors';
import type { Inputs } from './inputs.gen.ts';

/** Is shown the files that will be pulled, and reads parts of them; throws when they shall not be. */
export type Look = (
  files: readonly { path: string; bytes: number | null }[],
  read: ReadPart,
  revision: string,
) => Promise<void>;

/** One after the other, as one. */
export function allLooks(looks: readonly (Look | undefined)[]): { look?: Look } {
  const given = looks.filter((look) => look !== undefined);
  if (given.length === 0) return {};
  return {
    look: async (files, read, revision) => {
      const once = remember(read);
      for (const look of given) await look(files, once, revision);
    },
  };
}

/** What two looks read is fetched once; headers are small enough to be kept. */
function remember(read: ReadPart): ReadPart {
  const known = new Map<string, Promise<Buffer>>();
  return (path, start, length) => {
    const key = `${start} ${length} ${path}`;
    const part = known.get(key) ?? read(path, start, length);
    known.set(key, part);
    return part;
  };
}

/** The model doesn't fit, or nobody can tell. */
export class FitRefusal extends GateError {
  readonly verdict: 'fail' | 'inconclusive';

  constructor(message: string, verdict: 'fail' | 'inconclusive') {
    super(message);
    this.verdict = verdict;
  }
}

/** Inputs that only `fit: gpu` reads, and what they are when nobody gives them. */
const GPU_INPUTS = [
  ['context-length', 'contextLength', undefined],
  ['sequences', 'sequences', 1],
  ['gpus', 'gpus', 1],
  ['gpu-memory', 'gpuMemory', undefined],
  ['gpu-memory-utilization', 'gpuMemoryUtilization', 0.9],
  ['kv-cache-dtype', 'kvCacheDtype', 'auto'],
] as const;

/** What was found, for log, summary and record. */
export interface FitFacts {
  answer?: FitAnswer;
}

/** ConfigError when an input is given that nothing would read. */
export function checkFitInputs(inputs: Inputs): void {
  if (inputs.fit === 'gpu') return;
  const idle = GPU_INPUTS.filter(([, key, unset]) => inputs[key] !== unset);
  if (idle.length === 0) return;
  throw new ConfigError(
    idle.map(
      ([name, key]) =>
        `input \`${name}\` = ${JSON.stringify(inputs[key])} is only read with \`fit: gpu\`; set that, or remove it`,
    ),
  );
}

/** The look that input `fit` asks for, or undefined. GPUs are asked at once: a runner without any is told before the hub. */
export async function fitLook(
  inputs: Inputs,
  { env, log, signal }: Pick<ActionContext, 'env' | 'log' | 'signal'>,
  adapterBytes: number,
  facts: FitFacts,
): Promise<Look | undefined> {
  if (inputs.fit === 'off') return undefined;
  const { requireDest } = await import('./fit-disk.ts');
  if (inputs.fit === 'disk') return (files) => requireDest(inputs, withSizes(files), env);
  const gpus = await judged(() => chooseGpus(inputs, env, signal));
  return async (files, read) => {
    await requireDest(inputs, withSizes(files), env);
    const { fitGpu } = await import('@sluice/fit/fit-gpu');
    const answer = await judged(() =>
      fitGpu(withSizes(files), read, {
        contextLength: inputs.contextLength,
        sequences: inputs.sequences,
        cacheDtype: inputs.kvCacheDtype,
        wanted: inputs.gpus,
        utilization: inputs.gpuMemoryUtilization,
        gpus,
        adapterBytes,
      }),
    );
    facts.answer = answer;
    if (!answer.fits) throw new FitRefusal(`\`fit: gpu\`: ${answer.text}`, 'fail');
    log.untrusted(`fit: ${answer.text}`);
  };
}

async function chooseGpus(inputs: Inputs, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Gpu[]> {
  const { gpuMemory: said } = inputs;
  if (said === undefined) return (await import('@sluice/fit/gpus')).listGpus(env, signal);
  return Array.from({ length: inputs.gpus }, (_, index) => ({
    name: 'a GPU as `gpu-memory` says it',
    index: String(index),
    uuid: '',
    totalBytes: said,
    freeBytes: said,
  }));
}

/** What can't be reckoned is no pass. */
async function judged<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'UnreckonedError') throw error;
    throw new FitRefusal(`\`fit: gpu\` can't be judged: ${error.message}`, 'inconclusive');
  }
}

function withSizes(files: readonly { path: string; bytes: number | null }[]): ListedFile[] {
  return files.map(({ path, bytes }) => {
    if (bytes !== null) return { path, bytes };
    throw new FitRefusal(
      `\`fit\` can't be judged: the source doesn't say how large ${path} is`,
      'inconclusive',
    );
  });
}
