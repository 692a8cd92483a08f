/** Reads the body of a completion request. What isn't supported is refused, never ignored. */
import type { ChatMessage, SamplingOptions } from './llama.ts';

export interface CompletionRequest {
  kind: 'completion' | 'chat';
  model: string;
  prompt: string;
  messages: ChatMessage[];
  /** undefined: as many as fit in the context. */
  maxTokens: number | undefined;
  sampling: SamplingOptions;
  stops: string[];
  stream: boolean;
  includeUsage: boolean;
}

/** A request that is refused with 400 and an OpenAI error body; `param` is the key at fault. */
export class BadRequest extends Error {
  readonly param: string | null;
  readonly code: string | null;

  constructor(message: string, param: string | null = null, code: string | null = null) {
    super(message);
    this.param = param;
    this.code = code;
  }
}

const COMMON = [
  'model', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'top_k', 'min_p', 'seed', 'stop',
  'stream', 'stream_options', 'user',
]; // prettier-ignore
/** Accepted when they ask for what is done anyhow. */
const NEUTRAL: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value === 1,
  best_of: (value) => value === 1,
  echo: (value) => value === false,
  logprobs: (value) => value === false || value === 0,
  presence_penalty: (value) => value === 0,
  frequency_penalty: (value) => value === 0,
  suffix: (value) => value === '',
};

type Body = Record<string, unknown>;

/** Throws BadRequest at the first fault. */
export function readCompletionRequest(body: unknown, kind: 'completion' | 'chat'): CompletionRequest {
  if (!isObject(body)) throw new BadRequest('the body must be a JSON object');
  const own = kind === 'chat' ? 'messages' : 'prompt';
  for (const [key, value] of Object.entries(body)) {
    if (key === own || COMMON.includes(key) || value === null) continue;
    if (NEUTRAL[key]?.(value) === true) continue;
    throw new BadRequest(`'${key}' is not supported by the embedded engine`, key, 'unsupported_parameter');
  }
  if (typeof body['model'] !== 'string') throw new BadRequest("'model' must be a string", 'model');
  const streamOptions = body['stream_options'] ?? null;
  if (streamOptions !== null && !isObject(streamOptions)) {
    throw new BadRequest("'stream_options' must be an object", 'stream_options');
  }
  return {
    kind,
    model: body['model'],
    prompt: kind === 'completion' ? readPrompt(body['prompt']) : '',
    messages: kind === 'chat' ? readMessages(body['messages']) : [],
    maxTokens: readMaxTokens(body, kind),
    sampling: readSampling(body),
    stops: readStops(body['stop']),
    stream: readBoolean(body, 'stream'),
    includeUsage: streamOptions !== null && readBoolean(streamOptions, 'include_usage'),
  };
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readPrompt(value: unknown): string {
  if (typeof value !== 'string') throw new BadRequest("'prompt' must be a string", 'prompt');
  if (value === '') throw new BadRequest("'prompt' must not be empty", 'prompt');
  return value;
}

function readMessages(value: unknown): ChatMessage[] {
  if (!Array.isArray(value)) throw new BadRequest("'messages' must be an array", 'messages');
  if (value.length === 0) throw new BadRequest("'messages' must not be empty", 'messages');
  const messages = value.map((entry: unknown, index): ChatMessage => {
    const at = `messages[${index}]`;
    if (!isObject(entry)) throw new BadRequest(`'${at}' must be an object`, at);
    const { role } = entry;
    if (role !== 'system' && role !== 'developer' && role !== 'user' && role !== 'assistant') {
      throw new BadRequest(`'${at}.role' must be system, developer, user or assistant`, `${at}.role`);
    }
    const content = readContent(entry['content'], at);
    return { role: role === 'developer' ? 'system' : role, content };
  });
  if (messages.every((message) => message.content === '')) {
    throw new BadRequest("'messages' must not be empty: no message has any content", 'messages');
  }
  return messages;
}

function readContent(value: unknown, at: string): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) {
    throw new BadRequest(`'${at}.content' must be a string or an array of text parts`, `${at}.content`);
  }
  return value
    .map((part: unknown) => {
      if (isObject(part) && part['type'] === 'text' && typeof part['text'] === 'string') return part['text'];
      throw new BadRequest(`'${at}.content' may hold parts of type text only`, `${at}.content`);
    })
    .join('');
}

function readMaxTokens(body: Body, kind: 'completion' | 'chat'): number | undefined {
  const names = ['max_tokens', 'max_completion_tokens'].filter((name) => (body[name] ?? null) !== null);
  if (names.length > 1)
    throw new BadRequest("give 'max_tokens' or 'max_completion_tokens', not both", names[1]);
  const name = names[0];
  // As OpenAI's: a completion without a number ends after 16 tokens, a chat when the model has said all.
  if (name === undefined) return kind === 'completion' ? 16 : undefined;
  const value = body[name];
  if (!Number.isInteger(value) || Number(value) < 1)
    throw new BadRequest(`'${name}' must be a whole number above 0`, name);
  return Number(value);
}

function readNumber(body: Body, name: string, min: number, max: number, whole = false): number | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || value < min || value > max || (whole && !Number.isInteger(value))) {
    throw new BadRequest(`'${name}' must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`, name);
  }
  return value;
}

function readSampling(body: Body): SamplingOptions {
  const topP = readNumber(body, 'top_p', 0, 1);
  const topK = readNumber(body, 'top_k', 0, 1_000_000, true);
  const minP = readNumber(body, 'min_p', 0, 1);
  const seed = readNumber(body, 'seed', -2_147_483_648, 4_294_967_295, true);
  return {
    temperature: readNumber(body, 'temperature', 0, 2) ?? 1,
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(minP === undefined ? {} : { minP }),
    ...(seed === undefined ? {} : { seed: seed >>> 0 }),
  };
}

function readStops(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > 4) throw new BadRequest("'stop' may hold at most 4 strings", 'stop');
  return list.map((entry) => {
    if (typeof entry !== 'string' || entry === '')
      throw new BadRequest("'stop' must hold strings that aren't empty", 'stop');
    return entry;
  });
}

function readBoolean(body: Body, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value !== 'boolean') throw new BadRequest(`'${name}' must be true or false`, name);
  return value;
}
