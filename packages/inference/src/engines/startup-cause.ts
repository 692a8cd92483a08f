/** Why a model server didn't start, guessed from the end of its log and its exit. */
import type { Exit } from '@sluice/process/start';

const CAUSES: readonly { pattern: RegExp; says: string }[] = [
  {
    pattern: /EADDRINUSE|address already in use|bind.*failed/i,
    says: 'its port is taken: choose another with `port`',
  },
  {
    pattern:
      /CUDA out of memory|out of memory|cudaErrorMemoryAllocation|failed to allocate|bad_alloc|InsufficientMemory/i,
    says: 'the memory is not enough for this model: a smaller context (`engine-args`), a smaller model, or another machine',
  },
  {
    pattern:
      /(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?|Cannot find (?:module|package) '([^']+)'/,
    says: 'a module is missing: {}',
  },
  {
    pattern: /unknown model architecture:? '?([\w-]*)'?/i,
    says: 'the engine does not know the architecture {}: a newer engine',
  },
  {
    pattern: /invalid magic|not a (?:valid )?GGUF|failed to (?:read|load) .*(?:gguf|model)|corrupt/i,
    says: 'the model file cannot be read',
  },
  {
    pattern:
      /CUDA driver version is insufficient|no CUDA-capable device|Found no NVIDIA driver|NVIDIA driver .*too old/i,
    says: 'there is no usable GPU, or its driver is too old for this engine',
  },
  { pattern: /exec format error/i, says: 'the program is built for another kind of machine' },
  { pattern: /Permission denied|EACCES/, says: 'a permission is missing' },
  { pattern: /No such file or directory|ENOENT/, says: 'a file is missing' },
  {
    pattern: /unrecognized arguments?: (.+)|unknown (?:option|argument):? (.+)|no flag of/i,
    says: 'it does not know an argument: {}',
  },
];

/** A likely cause, or undefined. Captured text is hostile and cut. */
export function likelyCause(log: string, exit: Exit | undefined): string | undefined {
  for (const { pattern, says } of CAUSES) {
    const match = pattern.exec(log);
    if (match === null) continue;
    const seen = match.slice(1).find((group: string | undefined) => group !== undefined) ?? '';
    return says.replace('{}', seen.slice(0, 80) || 'see the log').trim();
  }
  if (exit?.signal === 'SIGKILL' || exit?.code === 137)
    return 'it was killed, most likely because the memory ran out';
  if (exit?.code === 127) return 'the command was not found';
  return undefined;
}
