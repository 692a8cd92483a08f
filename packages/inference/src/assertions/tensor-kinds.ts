/** Assertions over a tensor of the answer: its shape, type, values, and which entries are the highest. */
import type { Tensor } from '../clients/answer.ts';
import type { Assertion } from '../suites/types.ts';
import { show, valueFault, type Decision, type Kinds } from './kinds.ts';

/** What `value` may say; every part that is there has to hold. */
interface TensorDemand {
  /** Name of the output; needed when there is more than one. */
  output?: string;
  /** -1 stands for any size. */
  shape?: number[];
  dtype?: string;
  /** Numbers in row-major order, or file:// of a .npy or .png. */
  close?: string | number[];
  /** |a - b| <= atol + rtol * |b|, as numpy.allclose. */
  rtol?: number;
  atol?: number;
  /** Each row's wanted index (its last axis) is among its k highest. */
  'top-k'?: { k: number; index: number | number[] };
}

const RTOL = 1e-5;
const ATOL = 1e-8;

export const TENSOR_KINDS: Kinds = {
  tensor: {
    check: ({ value }) => {
      const fault = findDemandFault(value);
      return fault === undefined ? undefined : valueFault(`'tensor' ${fault}`);
    },
    async decide(assertion, { answer }) {
      const demand = assertion.value as TensorDemand;
      const tensor = pick(answer.tensors ?? [], demand.output);
      const misfit =
        shapeMisfit(tensor, demand) ??
        (await closeMisfit(tensor, demand, assertion)) ??
        topMisfit(tensor, demand);
      const why = misfit === undefined ? '' : ` (${misfit})`;
      return {
        passed: misfit === undefined,
        reason: `the tensor '${tensor.name}' is ${show(demand)}${why}`,
      } satisfies Decision;
    },
  },
};

function findDemandFault(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'needs a map as its value: shape, dtype, close or top-k';
  const demand = value as Record<string, unknown>;
  const known = ['output', 'shape', 'dtype', 'close', 'rtol', 'atol', 'top-k'];
  const strange = Object.keys(demand).find((key) => !known.includes(key));
  if (strange !== undefined) return `knows no '${strange}', only ${known.join(', ')}`;
  if (!['shape', 'dtype', 'close', 'top-k'].some((key) => key in demand))
    return 'demands nothing: give shape, dtype, close or top-k';
  const isList = (list: unknown): boolean =>
    Array.isArray(list) && list.length > 0 && list.every((entry) => Number.isFinite(entry));
  if ('shape' in demand && !isList(demand['shape']) && JSON.stringify(demand['shape']) !== '[]')
    return 'needs whole numbers as its shape';
  if ('close' in demand && !isList(demand['close']) && typeof demand['close'] !== 'string')
    return 'needs a list of numbers or file://…npy as `close`';
  const top = demand['top-k'] as { k?: unknown; index?: unknown } | undefined;
  if ('top-k' in demand && !(Number.isInteger(top?.k) && Number(top?.k) >= 1))
    return 'needs {k, index} as its top-k, k at least 1';
  if ('top-k' in demand && !Number.isInteger(top?.index) && !isList(top?.index))
    return 'needs an index, or one a row, in its top-k';
  return undefined;
}

function pick(tensors: readonly Tensor[], name: string | undefined): Tensor {
  const found = name === undefined ? tensors : tensors.filter((tensor) => tensor.name === name);
  const [tensor] = found;
  if (tensor !== undefined && found.length === 1) return tensor;
  const names = tensors.map((entry) => entry.name).join(', ');
  throw new Error(tensors.length === 0 ? 'the answer holds no tensor' : `name one of its outputs: ${names}`);
}

function shapeMisfit(tensor: Tensor, { shape, dtype }: TensorDemand): string | undefined {
  if (dtype !== undefined && tensor.datatype.toUpperCase() !== dtype.toUpperCase())
    return `its dtype is ${tensor.datatype}`;
  const fits =
    shape?.length === tensor.shape.length &&
    shape.every((size, at) => size === -1 || size === tensor.shape[at]);
  return shape === undefined || fits ? undefined : `its shape is [${tensor.shape.join(', ')}]`;
}

async function closeMisfit(
  tensor: Tensor,
  demand: TensorDemand,
  assertion: Assertion,
): Promise<string | undefined> {
  const { close, rtol = RTOL, atol = ATOL } = demand;
  if (close === undefined) return undefined;
  let wanted: readonly (number | string | boolean)[] = [];
  if (typeof close === 'string') {
    const { loadTensor } = await import('../tensors/load.ts');
    const loaded = await loadTensor(assertion.file ?? close);
    wanted = loaded.data;
    if (demand.shape === undefined && loaded.shape.join() !== tensor.shape.join())
      return `its shape is [${tensor.shape.join(', ')}], that of the file [${loaded.shape.join(', ')}]`;
  } else wanted = close;
  if (wanted.length !== tensor.data.length)
    return `it has ${tensor.data.length} values, not ${wanted.length}`;
  const far = tensor.data.findIndex((value, at) => {
    const [a, b] = [Number(value), Number(wanted[at])];
    // Equal infinities are close; what is no number is close to nothing.
    return !(a === b || Math.abs(a - b) <= atol + rtol * Math.abs(b));
  });
  return far < 0 ? undefined : `value ${far} is ${String(tensor.data[far])}, not ${String(wanted[far])}`;
}

function topMisfit(tensor: Tensor, { 'top-k': top }: TensorDemand): string | undefined {
  if (top === undefined) return undefined;
  const width = tensor.shape.at(-1) ?? 0;
  const rows = width === 0 ? 0 : tensor.data.length / width;
  const wanted = Array.isArray(top.index) ? top.index : Array<number>(rows).fill(top.index);
  if (rows === 0 || wanted.length !== rows) return `it has ${rows} rows, and ${wanted.length} are judged`;
  for (const [row, index] of wanted.entries()) {
    const values = tensor.data.slice(row * width, (row + 1) * width).map(Number);
    const mine = values[index];
    if (mine === undefined || Number.isNaN(mine)) return `row ${row} has no entry ${index}`;
    const rank = values.filter((value) => value > mine).length;
    if (rank >= top.k) return `in row ${row} entry ${index} has rank ${rank + 1}`;
  }
  return undefined;
}
