/**
 * TensorRT engines: code for one kind of GPU and one version of TensorRT, in a format that isn't published. Known of its
 * header are the first four bytes, and the version in bytes 24 to 27 (NVIDIA's answer in TensorRT issue 3073).
 */

export const TENSORRT_MAGIC = 'ftrt';
const VERSION_AT = 24;

/** `10.8.0`, or null where the header says nothing sensible. */
export function tensorrtVersion(head: Buffer): string | null {
  const [major = 0, minor = 0, patch = 0] = head.subarray(VERSION_AT, VERSION_AT + 3);
  return major >= 5 && major <= 30 ? `${major}.${minor}.${patch}` : null;
}

/** What TensorRT-LLM writes beside its engines (`config.json`). */
export interface EngineConfig {
  /** TensorRT-LLM's. */
  version: string | null;
  /** GPUs that the engine needs at once. */
  worldSize: number;
  quantization: string | null;
}

/** Null when the text is no such config. */
export function readEngineConfig(text: string): EngineConfig | null {
  const config = parse(text);
  const pretrained = fields(config['pretrained_config']);
  if (config['build_config'] === undefined || Object.keys(pretrained).length === 0) return null;
  const worldSize = fields(pretrained['mapping'])['world_size'];
  const version = config['version'];
  const algorithm = fields(pretrained['quantization'])['quant_algo'];
  return {
    version: typeof version === 'string' ? version : null,
    worldSize:
      typeof worldSize === 'number' && Number.isSafeInteger(worldSize) && worldSize > 0 ? worldSize : 1,
    quantization: typeof algorithm === 'string' ? algorithm : null,
  };
}

/** The least compute capability for a way of quantizing (TensorRT-LLM, support matrix). */
const LEAST_CAPABILITY: readonly (readonly [RegExp, number])[] = [
  [/NVFP4|MXFP4/i, 10],
  [/FP8/i, 8.9],
];

export interface Gpu {
  name: string;
  /** Such as 8.9. */
  capability: number;
}

export interface EngineFit {
  problems: string[];
  notices: string[];
}

/** Whether engines that `config` describes can run here; no GPUs means that nothing is claimed. Each is half a sentence. */
export function fitEngine(config: EngineConfig, engines: readonly string[], gpus: readonly Gpu[]): EngineFit {
  const problems: string[] = [];
  const notices: string[] = [];
  const wanted = Array.from({ length: config.worldSize }, (_, rank) => `rank${rank}.engine`);
  const missing = wanted.filter((name) => !engines.includes(name));
  if (engines.length > 0 && missing.length > 0) {
    problems.push(`is for ${config.worldSize} GPUs, but ${missing.slice(0, 3).join(', ')} is missing`);
  }
  if (config.version !== null)
    notices.push(`was built by TensorRT-LLM ${config.version}, and runs with no other`);
  if (gpus.length === 0) {
    notices.push('could not be held against a GPU: nvidia-smi finds none here');
    return { problems, notices };
  }
  if (gpus.length < config.worldSize)
    problems.push(`needs ${config.worldSize} GPUs, this machine has ${gpus.length}`);
  const [, least] = LEAST_CAPABILITY.find(([name]) => name.test(config.quantization ?? '')) ?? [];
  const weak = least === undefined ? undefined : gpus.find(({ capability }) => capability < least);
  if (weak !== undefined && least !== undefined) {
    problems.push(
      `is quantized as ${JSON.stringify(config.quantization)}, which needs compute capability ${least.toFixed(1)}; ${weak.name} has ${weak.capability.toFixed(1)}`,
    );
  }
  return { problems, notices };
}

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function parse(text: string): Fields {
  try {
    return fields(JSON.parse(text));
  } catch {
    return {};
  }
}
