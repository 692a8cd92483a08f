/** Reads OpenAI's answer objects: a chunk of a stream or a whole answer, as servers really send them. */

export interface OpenAiPiece {
  /** What the user sees. */
  content: string;
  /** Thinking, or the arguments of a tool call: counts as output for the time to the first token. */
  other: string;
  /** Pieces of tool calls; the same index belongs together. */
  toolCalls: { index: number; name: string; arguments: string }[];
  /** Of this piece's tokens; null where the server tells none. */
  logprobs: number[] | null;
  finishReason: string | null;
  /** There is a choice at all: an answer without any is none, not an empty one. */
  hasChoice: boolean;
  usage: { promptTokens: number | null; completionTokens: number | null } | null;
  /** An error object, possibly in the middle of a stream that began with HTTP 200. */
  error: string | null;
}

/** Throws when the text is no JSON object. Missing, null and empty `choices` are all fine. */
export function readOpenAiPiece(text: string): OpenAiPiece {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error('no JSON object');
  const choices = Array.isArray(value['choices']) ? (value['choices'] as unknown[]) : [];
  const choice = isObject(choices[0]) ? choices[0] : {};
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
    hasChoice: isObject(choices[0]),
    usage: readUsage(value['usage']),
    error: readErrorMessage(value),
  };
}

/** The message of an error body (`{error: {message}}`, `{error: "…"}`, `{message}`, `{detail}`), or null. */
export function readErrorMessage(value: unknown): string | null {
  if (!isObject(value)) return null;
  const error = value['error'] ?? null;
  if (typeof error === 'string' && error !== '') return error;
  if (error === true || typeof error === 'number') return JSON.stringify(value).slice(0, 500);
  if (isObject(error)) return typeof error['message'] === 'string' ? error['message'] : JSON.stringify(error);
  if (value['object'] === 'error' && typeof value['message'] === 'string') return value['message'];
  return null;
}

function readUsage(value: unknown): OpenAiPiece['usage'] {
  if (!isObject(value)) return null;
  return {
    promptTokens: asCount(value['prompt_tokens']),
    completionTokens: asCount(value['completion_tokens']),
  };
}

function toolText(value: unknown): string {
  if (!Array.isArray(value)) return '';
  return value
    .map((call: unknown) =>
      isObject(call) && isObject(call['function']) ? JSON.stringify(call['function']) : '',
    )
    .join('');
}

/** The older `function_call` as the one tool call that it is. */
function wrapCall(delta: Record<string, unknown>): unknown {
  return isObject(delta['function_call']) ? [{ index: 0, function: delta['function_call'] }] : undefined;
}

function readCalls(value: unknown): OpenAiPiece['toolCalls'] {
  return (Array.isArray(value) ? (value as unknown[]) : []).flatMap((call, at) => {
    if (!isObject(call) || !isObject(call['function'])) return [];
    const { name, arguments: given } = call['function'];
    const text = isObject(given) ? JSON.stringify(given) : asText(given);
    return [{ index: asCount(call['index']) ?? at, name: asText(name), arguments: text }];
  });
}

/** Chat: `{content: [{logprob}]}`; completions: `{token_logprobs: []}`, whose first may be null with `echo`. */
function readLogprobs(value: unknown): number[] | null {
  if (!isObject(value)) return null;
  const list: unknown = Array.isArray(value['content'])
    ? value['content'].map((entry: unknown) => (isObject(entry) ? entry['logprob'] : null))
    : value['token_logprobs'];
  if (!Array.isArray(list)) return null;
  return list.filter((entry): entry is number => typeof entry === 'number');
}

function firstObject(...values: unknown[]): Record<string, unknown> {
  return values.find(isObject) ?? {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function asCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}
