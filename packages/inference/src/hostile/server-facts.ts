/**
 * How long a request may be, as the server tells it: vLLM's and our list of models, TGI's /info, llama.cpp's /props; and of
 * a model of tensors what they are.
 */
import { request } from '@sluice/http/client';
import type { Target } from '../clients/openai-request.ts';
import type { Tensor } from '../clients/answer.ts';
import { asText, isMap } from '../clients/piece.ts';
import type { Protocol } from '../suites/types.ts';
import type { ServerFacts } from './cases.ts';

const TIMEOUT_MS = 10_000;

const PAGES: readonly { path: string; read: (body: Record<string, unknown>) => unknown }[] = [
  {
    path: '/v1/models',
    read: ({ data }) =>
      (Array.isArray(data) ? (data as unknown[]) : [])
        .filter(isMap)
        .find((entry) => 'max_model_len' in entry)?.['max_model_len'],
  },
  { path: '/info', read: (body) => body['max_input_tokens'] ?? body['max_total_tokens'] },
  {
    path: '/props',
    read: ({ default_generation_settings: settings }) => (isMap(settings) ? settings['n_ctx'] : undefined),
  },
];

/** A server that tells nothing is no error: nothing is sure about it then. */
export async function readServerFacts(
  target: Target,
  protocol: Protocol,
  signal: AbortSignal,
): Promise<ServerFacts> {
  const tensors = protocol === 'open-inference-v2' ? await readTensors(target, signal) : undefined;
  if (tensors !== undefined) return { contextTokens: null, tensors };
  for (const { path, read } of PAGES) {
    const told = read(await readPage(target, path, signal));
    if (typeof told === 'number' && Number.isInteger(told) && told > 0) return { contextTokens: told };
  }
  return { contextTokens: null };
}

/** More values than a small question has. */
const MOST_VALUES = 1_000_000;

/**
 * The smallest question that the model's own metadata (`GET /v2/models/{model}`) allows: every input, with 1 in place of
 * -1. Undefined for models that the generate extension asks (their input is `text_input`), and where nothing is told.
 */
async function readTensors(target: Target, signal: AbortSignal): Promise<Tensor[] | undefined> {
  const { inputs } = await readPage(target, `/v2/models/${encodeURIComponent(target.modelName)}`, signal);
  const tensors = (Array.isArray(inputs) ? (inputs as unknown[]) : []).flatMap((input): Tensor[] => {
    if (!isMap(input) || !Array.isArray(input['shape'])) return [];
    const shape = input['shape'].map((size) => Math.abs(Number(size)));
    const count = shape.reduce((product, size) => product * size, 1);
    if (!(count >= 1 && count <= MOST_VALUES)) return [];
    const datatype = asText(input['datatype']);
    const value = datatype === 'BYTES' ? '' : datatype === 'BOOL' ? false : 0;
    return [
      { name: asText(input['name']), datatype, shape, data: Array.from({ length: count }, () => value) },
    ];
  });
  const isWhole = Array.isArray(inputs) && inputs.length > 0 && tensors.length === inputs.length;
  return isWhole && !tensors.some(({ name }) => name === 'text_input') ? tensors : undefined;
}

async function readPage(target: Target, path: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const { origin } = new URL(target.origin);
  try {
    const response = await request(`${target.origin}${path}`, {
      retries: 0,
      redirects: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      ...(target.token === undefined ? {} : { token: { value: target.token, origin } }),
    });
    const body: unknown = JSON.parse(await response.text());
    return response.status === 200 && isMap(body) ? body : {};
  } catch {
    signal.throwIfAborted();
    return {};
  }
}
