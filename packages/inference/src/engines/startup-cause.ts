/** Why a model server didn't start, guessed from the end of its log and its exit. */
import type { Exit } from '@sluice/process/start';

export interface Cause {
  pattern: RegExp;
  /** For a person; `{}` stands for what the pattern caught. */
  says: string;
}

/** What several engines say alike; Python's, CUDA's and the Hub's own words. */
const SHARED: readonly Cause[] = [
  {
    pattern: /EADDRINUSE|address already in use|bind.*failed|couldn't bind|Socket '[^']*' already in use/i,
    says: 'its port is taken: choose another with `port`',
  },
  {
    pattern:
      /CUDA driver version is insufficient|no CUDA-capable device|Found no NVIDIA driver|NVIDIA driver .*too old|CUDA_ERROR_SYSTEM_DRIVER_MISMATCH|CUDA initialization: .*driver|unsatisfied condition: cuda>=/i,
    says: 'there is no usable GPU, or its driver is too old for this engine',
  },
  {
    pattern:
      /CUDA out of memory|out of memory|cudaErrorMemoryAllocation|failed to allocate|bad_alloc|InsufficientMemory|Not enough memory/i,
    says: 'the memory is not enough for this model: a smaller context (`context-length`), a smaller model, or another machine',
  },
  {
    pattern: /Cannot access gated repo|GatedRepoError|gated repo|Access to model (\S+) is restricted/i,
    says: 'the repository is gated: accept its terms on the Hub and give a token, or pull it with model-pull and give `model-path`',
  },
  {
    pattern: /401 Client Error|Repository Not Found|RepositoryNotFoundError|LocalEntryNotFoundError/i,
    says: 'it wants files from a hub that it may not or cannot read: pull the model with model-pull and give its `path` as `model-path`',
  },
  {
    pattern:
      /Can't load tokenizer for '?([^'\n]+?)'?\.|Couldn't instantiate the backend tokenizer|cannot find tokenizer|tokenizer\.(?:json|model)'? (?:not found|does not exist)|missing tokenizer/i,
    says: 'the tokenizer is missing: `model-path` has to hold its files too (model-pull without a narrow `include`)',
  },
  {
    pattern:
      /(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?|Cannot find (?:module|package) '([^']+)'/,
    says: 'a module is missing: {}',
  },
  {
    pattern:
      /unknown model architecture:? '?([\w-]*)'?|Model architectures \['([^']+)'\] are not supported|(?:unsupported|Unsupported) (?:model )?(?:type|architecture):? ["']?([\w-]+)|does not recognize this architecture/,
    says: 'the engine does not know the architecture {}: a newer engine',
  },
  {
    pattern: /invalid magic|not a (?:valid )?GGUF|failed to (?:read|load) .*(?:gguf|model)|corrupt/i,
    says: 'the model file cannot be read',
  },
  { pattern: /exec format error/i, says: 'the program is built for another kind of machine' },
  { pattern: /Permission denied|EACCES/, says: 'a permission is missing' },
  {
    pattern:
      /unrecognized arguments?: (.+)|unexpected argument '([^']+)'|(?:unknown|unrecognized) (?:option|argument):? '?([^'\n]+)|invalid argument: (.+)|no flag of/i,
    says: 'it does not know an argument: {}',
  },
  { pattern: /No such file or directory|ENOENT/, says: 'a file is missing' },
];

export interface Guess {
  cause: string;
  /** The line of the log that says so; hostile text. */
  line: string | undefined;
}

const LONGEST_CATCH = 80;

/** A likely cause, or undefined. Captured text is hostile and cut. @param own the engine's, tried first */
export function likelyCause(
  log: string,
  exit: Exit | undefined,
  own: readonly Cause[] = [],
): Guess | undefined {
  for (const { pattern, says } of [...own, ...SHARED]) {
    const match = pattern.exec(log);
    if (match === null) continue;
    const seen = match.slice(1).find((group: string | undefined) => group !== undefined) ?? '';
    return {
      cause: says.replace('{}', seen.slice(0, LONGEST_CATCH) || 'see the log').trim(),
      line: lineAt(log, match.index),
    };
  }
  if (exit?.signal === 'SIGKILL' || exit?.code === 137)
    return { cause: 'it was killed, most likely because the memory ran out', line: undefined };
  if (exit?.code === 127) return { cause: 'the command was not found', line: undefined };
  return undefined;
}

function lineAt(text: string, index: number): string {
  const end = text.indexOf('\n', index);
  return text.slice(text.lastIndexOf('\n', index) + 1, end === -1 ? undefined : end);
}
