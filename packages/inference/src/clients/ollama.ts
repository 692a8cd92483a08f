/** Ollama's /api/chat: JSON lines (its `docs/api.md`). */
import type { TestOptions } from '../suites/types.ts';
import { readErrorMessage } from './openai-chunk.ts';
import { readMessages } from './openai-request.ts';
import { asCount, asText, EMPTY_PIECE, isMap, readMap, type Dialect, type Piece } from './piece.ts';

export function ollamaBody(
  model: string,
  prompt: string,
  options: TestOptions,
  seed: number | undefined,
): object {
  const { max_tokens, temperature, top_p, stop, system } = options;
  const chosen = { num_predict: max_tokens, temperature, top_p, stop, seed: options.seed ?? seed };
  return { model, messages: readMessages(prompt, system).map(withoutParts), stream: true, options: chosen };
}

/** OpenAI's content parts as Ollama has them: a text, and images in base64 beside it. */
function withoutParts(message: unknown): unknown {
  if (!isMap(message) || !Array.isArray(message['content'])) return message;
  const parts = (message['content'] as unknown[]).filter(isMap);
  const images = parts.flatMap(({ image_url: image }) => {
    const url = isMap(image) ? asText(image['url']) : '';
    return url.startsWith('data:') ? [url.slice(url.indexOf(',') + 1)] : [];
  });
  const content = parts.map(({ text }) => asText(text)).join('');
  return { ...message, content, ...(images.length === 0 ? {} : { images }) };
}

function read(text: string): Piece {
  const body = readMap(text);
  const message = isMap(body['message']) ? body['message'] : {};
  const isLast = body['done'] === true;
  const calls = Array.isArray(message['tool_calls']) ? (message['tool_calls'] as unknown[]) : [];
  const toolCalls = calls.flatMap((call, index) => {
    const called = isMap(call) && isMap(call['function']) ? call['function'] : undefined;
    // Whole calls, not pieces: the arguments are an object.
    return called === undefined
      ? []
      : [{ index, name: asText(called['name']), arguments: JSON.stringify(called['arguments'] ?? {}) }];
  });
  return {
    ...EMPTY_PIECE,
    content: asText(message['content']) + asText(body['response']),
    other: asText(message['thinking']) + toolCalls.map((call) => call.arguments).join(''),
    toolCalls,
    finishReason: isLast ? asText(body['done_reason']) || 'stop' : null,
    hasChoice: isMap(body['message']) || typeof body['response'] === 'string',
    usage: isLast
      ? { promptTokens: asCount(body['prompt_eval_count']), completionTokens: asCount(body['eval_count']) }
      : null,
    error: readErrorMessage(body),
    isLast,
  };
}

export const OLLAMA: Dialect = { readPart: read, readWhole: read, end: 'last' };
