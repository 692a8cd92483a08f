/**
 * The Open Inference Protocol V2 (kserve/open-inference-protocol, `inference_rest.md`) and its generate extension
 * (Triton's `extension_generate.md`): Triton, KServe, Seldon, MLServer.
 */
import type { TestOptions } from '../suites/types.ts';
import type { Tensor } from './answer.ts';
import { readErrorMessage } from './openai-chunk.ts';
import { asText, EMPTY_PIECE, isMap, readMap, type Dialect, type Piece } from './piece.ts';

/** Tensors are asked for by infer; a question by the generate extension, unless `options.input` names a tensor for it. */
export function openInferenceRequest(
  model: string,
  prompt: string,
  options: TestOptions,
  seed: number | undefined,
): { path: string; body: object } {
  const inputs = options.tensors ?? textTensor(options.input, prompt);
  const name = encodeURIComponent(model);
  if (inputs !== undefined) return { path: `/v2/models/${name}/infer`, body: { inputs } };
  const { max_tokens, temperature, top_p, stop } = options;
  const parameters = { max_tokens, temperature, top_p, stop, seed: options.seed ?? seed };
  return { path: `/v2/models/${name}/generate_stream`, body: { text_input: prompt, parameters } };
}

function textTensor(name: string | undefined, prompt: string): Tensor[] | undefined {
  return name === undefined ? undefined : [{ name, datatype: 'BYTES', shape: [1], data: [prompt] }];
}

function read(text: string): Piece {
  const body = readMap(text);
  const outputs = Array.isArray(body['outputs']) ? readOutputs(body['outputs']) : undefined;
  const words = (outputs ?? []).filter(({ datatype }) => datatype === 'BYTES').flatMap(({ data }) => data);
  const told: unknown = body['text_output'];
  return {
    ...EMPTY_PIECE,
    content:
      outputs === undefined
        ? Array.isArray(told)
          ? told.map(asText).join('')
          : asText(told)
        : words.join(''),
    // Numbers are an answer too.
    other: outputs !== undefined && words.length === 0 ? 'tensors' : '',
    hasChoice: outputs !== undefined || told !== undefined,
    error: readErrorMessage(body),
    ...(outputs === undefined ? {} : { tensors: outputs }),
  };
}

function readOutputs(outputs: readonly unknown[]): Tensor[] {
  return outputs.map((output): Tensor => {
    if (!isMap(output) || !Array.isArray(output['data']) || !Array.isArray(output['shape']))
      throw new Error('an output without data or shape');
    const data = (output['data'] as unknown[]).flat(Infinity) as Tensor['data'];
    const shape = output['shape'].map(Number);
    const count = shape.reduce((product, size) => product * size, 1);
    if (data.length !== count) throw new Error(`an output of ${data.length} values with a shape of ${count}`);
    return { name: asText(output['name']), datatype: asText(output['datatype']), shape, data };
  });
}

export const OPEN_INFERENCE: Dialect = { readPart: read, readWhole: read, end: 'close' };
