/**
 * The models in a list of files: a repository may hold several (a GGUF per quantisation, safetensors beside pickles),
 * each in one file or in shards. An engine loads one of them.
 */
import { UnreckonedError } from './attention-shape.ts';

export interface ListedFile {
  path: string;
  bytes: number;
}

export interface Candidate {
  /** Without numbers of shards: `model.safetensors`, `Q4_K_M/llama.gguf`. */
  name: string;
  format: 'safetensors' | 'gguf' | 'torch';
  files: ListedFile[];
}

const FORMATS: readonly [RegExp, Candidate['format']][] = [
  [/\.safetensors$/, 'safetensors'],
  [/\.gguf$/i, 'gguf'],
  [/\.(bin|pt|pth)$/, 'torch'],
];
const SHARD = /^(.*)-(\d{5})-of-(\d{5})(\.\w+)$/;
/** Beside the model: adapters, and the projector of a vision model, which is loaded together with one. */
const LEFT_OUT = /(^|\/)(adapter_model|optimizer|scheduler|training_args|rng_state)[^/]*$/;

/** UnreckonedError when there is none, or one lacks shards. */
export function listCandidates(files: readonly ListedFile[]): Candidate[] {
  const groups = new Map<string, Candidate & { shards: number }>();
  for (const file of files) {
    const format = FORMATS.find(([ending]) => ending.test(file.path))?.[1];
    if (format === undefined || LEFT_OUT.test(file.path)) continue;
    const [, stem, , of, ending] = SHARD.exec(file.path) ?? [];
    const name = stem === undefined ? file.path : `${stem}${ending ?? ''}`;
    const key = `${name} ${of ?? ''}`;
    const group = groups.get(key) ?? { name, format, files: [], shards: Number(of ?? 1) };
    group.files.push(file);
    groups.set(key, group);
  }
  const all = [...groups.values()];
  // Engines take safetensors where there are some, and never read pickles then.
  const safe = all.some(({ format }) => format === 'safetensors');
  const candidates = all.filter(({ format }) => format !== 'torch' || !safe);
  if (candidates.length === 0)
    throw new UnreckonedError('no file of weights is selected (safetensors, GGUF or torch)');
  for (const { name, files: there, shards } of candidates) {
    if (there.length !== shards) {
      throw new UnreckonedError(`${there.length} of the ${shards} shards of ${name} are selected`);
    }
  }
  return candidates.map(({ name, format, files: own }) => ({ name, format, files: own }));
}
