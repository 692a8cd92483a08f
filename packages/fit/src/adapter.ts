/**
 * Whether a PEFT adapter belongs to a base model: by the name in its adapter_config.json, and by the shapes of its
 * tensors against the base's (peft, tuners/lora/layer.py: lora_A is [rank, in], lora_B [out, rank], the base's weight
 * [out, in]; embeddings have lora_embedding_A [rank, entries] and lora_embedding_B [width, rank]).
 */
import type { TensorInfo } from './weights-size.ts';

export interface AdapterConfig {
  /** `LORA` */
  type: string;
  rank: number | null;
  /** As it was trained: `org/name`, or a path on somebody's machine. */
  base: string | null;
  revision: string | null;
  /** Weights of the base are stored [in, out] (GPT-2's Conv1D). */
  transposed: boolean;
}

export interface ShapeCheck {
  /** One sentence each; empty: everything that could be compared fits. */
  faults: string[];
  /** Tensors whose shapes were compared. */
  compared: number;
  /** Modules of the base that are packed, whose shapes say nothing. */
  packed: number;
}

const MAX_TOLD = 3;
/** PEFT's tensors below a module, and what stands behind its name. */
const PART =
  /^(?:base_model\.model\.)?(.*?)\.(lora_A|lora_B|lora_embedding_A|lora_embedding_B|lora_magnitude_vector)(?:\.[^.]+)?(?:\.weight)?$/;
const PACKED = ['.qweight', '.weight_packed', '.weight.absmax'];

/** Undefined when it is no PEFT config. */
export function readAdapterConfig(value: unknown): AdapterConfig | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const text = (name: string): string | null => {
    const found = fields[name];
    return typeof found === 'string' && found.trim() !== '' ? found.trim().slice(0, 500) : null;
  };
  const type = text('peft_type');
  if (type === null) return undefined;
  const { r: rank, fan_in_fan_out: transposed } = fields;
  return {
    type,
    rank: typeof rank === 'number' ? rank : null,
    base: text('base_model_name_or_path'),
    revision: text('revision'),
    transposed: transposed === true,
  };
}

/** @param base of all models among the base's files */
export function checkShapes(
  { transposed }: Pick<AdapterConfig, 'transposed'>,
  adapter: readonly TensorInfo[],
  base: readonly TensorInfo[],
): ShapeCheck {
  const index = new Map<string, TensorInfo[]>();
  for (const tensor of base) {
    for (const key of namesOf(tensor.name)) index.set(key, [...(index.get(key) ?? []), tensor]);
  }
  const find = (module: string, ending: string): TensorInfo[] =>
    namesOf(`${module}${ending}`).flatMap((key) => index.get(key) ?? []);
  const faults: string[] = [];
  let compared = 0;
  let packed = 0;
  const ranks = new Map<string, number>();
  for (const tensor of adapter) {
    const [, module, part] = PART.exec(tensor.name) ?? [];
    // What is saved whole has the base's own name and shape.
    const whole = tensor.name
      .replace(/^base_model\.model\./, '')
      .replace(/\.modules_to_save(\.default)?/, '');
    const found = module === undefined ? find(whole, '') : find(module, '.weight');
    const asPacked = module !== undefined && PACKED.some((ending) => find(module, ending).length > 0);
    if (asPacked) packed += 1;
    else if (found.length === 0) faults.push(`${module ?? whole} is not in the base`);
    else {
      compared += 1;
      const shapes = found.map(({ shape }) => shape);
      if (!shapes.some((shape) => fits(part, tensor.shape, shape, transposed))) {
        faults.push(
          `${tensor.name} is [${tensor.shape.join(', ')}], the base has [${shapes[0]?.join(', ') ?? ''}]`,
        );
      }
    }
    const rank = part === 'lora_A' ? tensor.shape[0] : part === 'lora_B' ? tensor.shape[1] : undefined;
    if (rank === undefined || module === undefined) continue;
    const other = ranks.get(module) ?? rank;
    if (other !== rank) faults.push(`${module} has the rank ${other} in one half and ${rank} in the other`);
    ranks.set(module, rank);
  }
  const told = faults.slice(0, MAX_TOLD);
  if (faults.length > told.length) told.push(`and ${faults.length - told.length} more`);
  return { faults: told, compared, packed };
}

function fits(
  part: string | undefined,
  own: readonly number[],
  base: readonly number[],
  transposed: boolean,
): boolean {
  const [out, into] = transposed ? [base[1], base[0]] : [base[0], base[1]];
  switch (part) {
    case undefined:
      return own.length === base.length && own.every((size, axis) => size === base[axis]);
    case 'lora_A':
      return own[1] === into;
    case 'lora_B':
      return own[0] === out;
    case 'lora_embedding_A':
      return own[1] === base[0];
    case 'lora_embedding_B':
      return own[0] === base[1];
    default:
      return own[0] === out;
  }
}

/** The whole name, and from its first numbered layer on: what stands before changes with the version of transformers. */
function namesOf(name: string): string[] {
  const inner = /(?:^|\.)((?:layers|layer|h|blocks|block)\.\d+\..*)$/.exec(name)?.[1];
  return inner === undefined || inner === name ? [name] : [name, inner];
}
