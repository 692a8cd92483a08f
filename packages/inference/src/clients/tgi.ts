/** Text Generation Inference's own API: /generate and /generate_stream (its OpenAPI, `docs/openapi.json`). */
import type { TestOptions } from '../suites/types.ts';
import { readErrorMessage } from './openai-chunk.ts';
import { asCount, asText, EMPTY_PIECE, isMap, type Dialect, type Piece } from './piece.ts';

/** Greedy where the temperature is 0, which TGI itself refuses. */
export function tgiBody(prompt: string, options: TestOptions, seed: number | undefined): object {
  const { max_tokens, temperature, top_p, stop } = options;
  const isGreedy = temperature === undefined || temperature === 0;
  const parameters = {
    max_new_tokens: max_tokens,
    ...(isGreedy ? { do_sample: false } : { do_sample: true, temperature }),
    ...(top_p === undefined || top_p >= 1 ? {} : { top_p }),
    stop,
    seed: options.seed ?? seed,
    details: true,
  };
  return { inputs: prompt, parameters };
}

function read(text: string): Piece {
  const value: unknown = JSON.parse(text);
  // /generate of older versions, and /, answer with a list of one.
  const body: unknown = Array.isArray(value) ? value[0] : value;
  if (!isMap(body)) throw new Error('no JSON object');
  const details = isMap(body['details']) ? body['details'] : {};
  const token = isMap(body['token']) ? body['token'] : undefined;
  const ended = typeof body['generated_text'] === 'string';
  const tokens = Array.isArray(details['tokens']) ? (details['tokens'] as unknown[]) : [];
  return {
    ...EMPTY_PIECE,
    content:
      token === undefined
        ? asText(body['generated_text'])
        : token['special'] === true
          ? ''
          : asText(token['text']),
    logprobs: logprobsOf(token === undefined ? tokens : [token]),
    finishReason: endOf(details['finish_reason']),
    hasChoice: ended || token !== undefined,
    usage:
      asCount(details['generated_tokens']) === null
        ? null
        : {
            promptTokens: asCount(details['input_length']),
            completionTokens: asCount(details['generated_tokens']),
          },
    error: errorOf(body),
    isLast: ended,
  };
}

/** With its kind: of `/generate_stream`, which answers 200 before it looks, only that tells a refusal from a failure. */
function errorOf(body: Record<string, unknown>): string | null {
  const message = readErrorMessage(body);
  const kind = body['error_type'];
  return message !== null && typeof kind === 'string' ? `${message} (${kind})` : message;
}

function logprobsOf(tokens: readonly unknown[]): number[] | null {
  const known = tokens.flatMap((token) =>
    isMap(token) && typeof token['logprob'] === 'number' ? [token['logprob']] : [],
  );
  return known.length === 0 ? null : known;
}

function endOf(reason: unknown): string | null {
  if (reason === 'eos_token' || reason === 'stop_sequence') return 'stop';
  return typeof reason === 'string' ? reason : null;
}

export const TGI: Dialect = { readPart: read, readWhole: read, end: 'last' };
