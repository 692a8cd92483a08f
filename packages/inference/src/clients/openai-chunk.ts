/** Reads OpenAI's answer objects: a chunk of a stream or a whole answer, as servers really send them. */
import { asCount, asText, isMap, readMap, type Piece } from './piece.ts';

/** Throws when the text is no JSON object. Missing, null and empty `choices` are all fine. */
export function readOpenAiPiece(text: string): Piece {
  const value = readMap(text);
  const choices = Array.isArray(value['choices']) ? (value['choices'] as unknown[]) : [];
  const choice = isMap(choices[0]) ? choices[0] : {};
  const delta = firstObject(choice['delta'], choice['message']);
  return {
    content: asText(choice['text']) + asText(delta['content']),
    other:
      asText(delta['reasoning_content']) +
      asText(delta['reasoning']) +
      toolText(delta['tool_calls'] ?? wrapCall(delta)),
    toolCalls: readCalls(delta['tool_calls'] ?? wrapCall(delta)),
    logprobs: readLogprobs(choice['logprobs']),
    finishReason: typeof choice['finish_reason'] === 'string' ? choice['finish_reason'] : null,
    hasChoice: isMap(choices[0]),
    usage: readUsage(value['usage']),
    error: readErrorMessage(value),
  };
}

/** The message of an error body (`{error: {message}}`, `{error: "…"}`, `{message}`, `{detail}`), or null. */
export function readErrorMessage(value: unknown): string | null {
  if (!isMap(value)) return null;
  const error = value['error'] ?? null;
  if (typeof error === 'string' && error !== '') return error;
  if (error === true || typeof error === 'number') return JSON.stringify(value).slice(0, 500);
  if (isMap(error)) return typeof error['message'] === 'string' ? error['message'] : JSON.stringify(error);
  if (typeof value['message'] !== 'string') return null;
  // vLLM's older form, and TorchServe's {code, type, message}.
  if (value['object'] === 'error' || (typeof value['code'] === 'number' && 'type' in value))
    return value['message'];
  return null;
}

function readUsage(value: unknown): Piece['usage'] {
  if (!isMap(value)) return null;
  return {
    promptTokens: asCount(value['prompt_tokens']),
    completionTokens: asCount(value['completion_tokens']),
  };
}

function toolText(value: unknown): string {
  if (!Array.isArray(value)) return '';
  return value
    .map((call: unknown) => (isMap(call) && isMap(call['function']) ? JSON.stringify(call['function']) : ''))
    .join('');
}

/** The older `function_call` as the one tool call that it is. */
function wrapCall(delta: Record<string, unknown>): unknown {
  return isMap(delta['function_call']) ? [{ index: 0, function: delta['function_call'] }] : undefined;
}

function readCalls(value: unknown): Piece['toolCalls'] {
  return (Array.isArray(value) ? (value as unknown[]) : []).flatMap((call, at) => {
    if (!isMap(call) || !isMap(call['function'])) return [];
    const { name, arguments: given } = call['function'];
    const text = isMap(given) ? JSON.stringify(given) : asText(given);
    return [{ index: asCount(call['index']) ?? at, name: asText(name), arguments: text }];
  });
}

/** Chat: `{content: [{logprob}]}`; completions: `{token_logprobs: []}`, whose first may be null with `echo`. */
function readLogprobs(value: unknown): number[] | null {
  if (!isMap(value)) return null;
  const list: unknown = Array.isArray(value['content'])
    ? value['content'].map((entry: unknown) => (isMap(entry) ? entry['logprob'] : null))
    : value['token_logprobs'];
  if (!Array.isArray(list)) return null;
  return list.filter((entry): entry is number => typeof entry === 'number');
}

function firstObject(...values: unknown[]): Record<string, unknown> {
  return values.find(isMap) ?? {};
}
