/** `context-length` and `tensor-parallel` as each engine's own flags, and the arguments that are a part of the release. */
import type { EngineName, EngineSettings } from './types.ts';

interface SettingFlags {
  /** How the flag for a number of tokens is written; a string says why there is none. */
  context: ((tokens: number) => string[]) | string;
  parallel: ((gpus: number) => string[]) | string;
}

const flag =
  (name: string) =>
  (value: number): string[] => [name, String(value)];
const BY_ITSELF = 'it spreads a model over the GPUs that it sees by itself';

const FLAGS: Readonly<Record<EngineName, SettingFlags>> = {
  vllm: { context: flag('--max-model-len'), parallel: flag('--tensor-parallel-size') },
  sglang: { context: flag('--context-length'), parallel: flag('--tp-size') },
  tgi: { context: flag('--max-total-tokens'), parallel: flag('--num-shard') },
  'llama-server': { context: flag('--ctx-size'), parallel: BY_ITSELF },
  ollama: { context: (tokens) => [`num_ctx=${tokens}`], parallel: BY_ITSELF },
  triton: {
    context: 'it stands in the model repository',
    parallel: 'it stands in the model repository (`instance_group`, or the engine that was built)',
  },
  embedded: { context: flag('--ctx'), parallel: 'it runs on the CPU' },
  command: {
    context: 'write its own flag into `engine-command`',
    parallel: 'write its own flag into `engine-command`',
  },
};

/** The settings as flags and then `engineArgs`: what the unit's `engineArgs` is the digest of. */
export function releaseArgs(
  engine: EngineName,
  { contextLength, tensorParallel }: EngineSettings,
  engineArgs: readonly string[],
): string[] {
  const { context, parallel } = FLAGS[engine];
  return [
    ...(contextLength === undefined || typeof context === 'string' ? [] : context(contextLength)),
    ...(tensorParallel === undefined || typeof parallel === 'string' ? [] : parallel(tensorParallel)),
    ...engineArgs,
  ];
}

/** Settings that the engine has no flag for, or that `engineArgs` says a second time. */
export function findSettingFaults(
  engine: EngineName,
  { contextLength, tensorParallel }: EngineSettings,
  engineArgs: readonly string[],
): string[] {
  const { context, parallel } = FLAGS[engine];
  const check = (input: string, value: number | undefined, how: SettingFlags['context']): string[] => {
    if (value === undefined) return [];
    if (typeof how === 'string')
      return [`input \`${input}\` = "${value}" can't be given to \`engine: ${engine}\`: ${how}`];
    const [own = ''] = how(value);
    const name = own.split('=')[0] ?? own;
    return namesFlag(engineArgs, name)
      ? [`input \`engine-args\`: '${name}' is what \`${input}\` = "${value}" says; remove one of them`]
      : [];
  };
  return [
    ...check('context-length', contextLength, context),
    ...check('tensor-parallel', tensorParallel, parallel),
  ];
}

/** Whether a flag stands among the arguments, as `--flag value` or `--flag=value`. */
export function namesFlag(args: readonly string[], name: string): boolean {
  return args.some((word) => word === name || word.startsWith(`${name}=`));
}
