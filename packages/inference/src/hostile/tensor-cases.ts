/** What is wrong about tensors: requests of the Open Inference Protocol to a model that is asked by them. */
import type { Tensor } from '../clients/answer.ts';
import type { Profile } from './profiles.ts';
import type { HostileCase, Path } from './types.ts';

/** A request without inputs is refused by the protocol's own schema; the rest is the model's affair, which may not break it. */
export const TENSOR_PROFILE: Profile = {
  input: ['inputs'],
  demands: {
    inputType: 'refused',
    inputMissing: 'refused',
    negativeTokens: 'handled',
    overlong: 'survived',
    unknownModel: 'handled',
    broken: 'refused',
  },
};

const HUGE = 2 ** 40;

/** @param tensors of a good question */
export function tensorCases(tensors: readonly Tensor[]): HostileCase[] {
  const [first] = tensors;
  if (first === undefined) return [];
  const { shape, data } = first;
  const at = (key: keyof Tensor): Path => ['inputs', 0, key];
  const change = (name: string, path: Path, value: unknown): HostileCase => ({
    name,
    tag: 'tensor',
    attack: { kind: 'ask', changes: [[path, value]] },
    demand: 'handled',
  });
  return [
    change('no tensor at all', ['inputs'], []),
    change('a tensor without data', at('data'), undefined),
    change('a tensor with no values', at('data'), []),
    change('a tensor of another type of value', at('data'), [first.datatype === 'BYTES' ? 7 : 'seven']),
    change('a tensor with more values than its shape', at('data'), [...data, ...data]),
    change('a shape of more values than the data', at('shape'), [...shape, 3]),
    change(
      'a shape below 0',
      at('shape'),
      shape.map(() => -3),
    ),
    change('a shape of 2^40', at('shape'), [HUGE]),
    change(
      'a shape of 1000 dimensions',
      at('shape'),
      Array.from({ length: 1000 }, () => 1),
    ),
    change('a shape that is no list', at('shape'), 'many'),
    change('a datatype that nobody knows', at('datatype'), 'FP7'),
    change(
      'a datatype that the data is not of',
      at('datatype'),
      first.datatype === 'BYTES' ? 'FP64' : 'BYTES',
    ),
    change('a tensor by another name', at('name'), 'nobody'),
    change('the same tensor twice', ['inputs'], [...tensors, first]),
    change('an id that is a list', ['id'], [1]),
    change('an output that is not there', ['outputs'], [{ name: 'nobody' }]),
    change('parameters that are a word', ['parameters'], 'hot'),
  ];
}
