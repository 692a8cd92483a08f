/**
 * Servers that predict: KServe V1 (kserve/website, data_plane/v1_protocol.md), TensorFlow Serving (its g3doc/api_rest.md),
 * TorchServe (inference_open_api.json). None of them streams. TensorFlow Serving writes NaN and Infinity as they are, which
 * is no JSON.
 */
import { parseTolerant } from '@sluice/evaluation/readers/tolerant-json';
import type { TestOptions } from '../suites/types.ts';
import type { Tensor } from './answer.ts';
import { readErrorMessage } from './openai-chunk.ts';
import { EMPTY_PIECE, isMap, type Dialect, type Piece } from './piece.ts';

/** Rows: the question, or the one tensor; several tensors go as columns, by their names. */
export function predictBody(prompt: string, { tensors }: TestOptions): object {
  if (tensors === undefined) return { instances: [prompt] };
  const [only] = tensors;
  return tensors.length === 1 && only !== undefined
    ? { instances: nest(only) }
    : { inputs: Object.fromEntries(tensors.map((tensor) => [tensor.name, nest(tensor)])) };
}

function nest({ data, shape }: Tensor): unknown {
  return shape
    .slice(1)
    .reduceRight<unknown[]>(
      (values, size) =>
        Array.from({ length: Math.ceil(values.length / size) }, (_, row) =>
          values.slice(row * size, (row + 1) * size),
        ),
      data,
    );
}

function readPredictions(text: string): Piece {
  const value: unknown = parseTolerant(text);
  const body = isMap(value) ? value : {};
  const told = body['predictions'] ?? body['outputs'];
  return { ...pieceOf(told), error: readErrorMessage(value), hasChoice: told !== undefined };
}

/** TorchServe gives back what the model's handler made: a text, or any JSON. */
function readAnything(text: string): Piece {
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    // A plain text.
  }
  return { ...pieceOf(value), error: null, hasChoice: text !== '' };
}

function pieceOf(value: unknown): Piece {
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  const tensors = toTensors(value);
  const content = typeof only === 'string' ? only : value === undefined ? '' : JSON.stringify(value);
  return { ...EMPTY_PIECE, content, ...(tensors.length === 0 ? {} : { tensors }) };
}

/** Nested lists of one depth and type as a tensor; columns as one each. */
function toTensors(value: unknown): Tensor[] {
  if (isMap(value)) return Object.entries(value).flatMap(([name, column]) => toTensor(name, column));
  return toTensor('predictions', value);
}

function toTensor(name: string, value: unknown): Tensor[] {
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  if (shape.length === 0) return [];
  const data = (value as unknown[]).flat(Infinity) as Tensor['data'];
  const count = shape.reduce((product, size) => product * size, 1);
  const type = typeof data[0];
  // A ragged list, or one of mixed types, is no tensor.
  if (data.length !== count || data.some((entry) => typeof entry !== type) || type === 'object') return [];
  return [
    { name, datatype: type === 'number' ? 'FP64' : type === 'boolean' ? 'BOOL' : 'BYTES', shape, data },
  ];
}

const NO_STREAM = (): never => {
  throw new Error('this protocol has no streams');
};

export const PREDICT: Dialect = { readPart: NO_STREAM, readWhole: readPredictions, end: 'close' };
export const TORCHSERVE: Dialect = { readPart: NO_STREAM, readWhole: readAnything, end: 'close' };
