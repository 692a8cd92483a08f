/** Answers one request: waits for a slot, runs the model, and hands its text to the sink as it comes. */
import type { AnswerSink, FinishReason } from './answer.ts';
import type { LlamaEngine } from './llama.ts';
import { BadRequest, type CompletionRequest } from './request.ts';
import type { Slots } from './slots.ts';
import { AnswerText } from './text.ts';

/** The tokens of the prompt; BadRequest when the model can't read it. */
export function tokenizeRequest(engine: LlamaEngine, request: CompletionRequest): number[] {
  const tokens = engine.tokenizePrompt(
    request.kind === 'chat' ? chatPrompt(engine, request) : request.prompt,
  );
  if (tokens.length >= engine.contextSize) {
    throw new BadRequest(
      `the request has ${tokens.length} tokens, which leaves no room in the context of ${engine.contextSize} tokens`,
      request.kind === 'chat' ? 'messages' : 'prompt',
      'context_length_exceeded',
    );
  }
  return tokens;
}

function chatPrompt(engine: LlamaEngine, request: CompletionRequest): string {
  if (!engine.hasChatTemplate) {
    throw new BadRequest(
      'the model has no chat template: use /v1/completions',
      'messages',
      'no_chat_template',
    );
  }
  try {
    return engine.renderChat(request.messages);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BadRequest(`the chat template refuses these messages: ${reason}`, 'messages');
  }
}

/** Returns the number of answer tokens, also of an answer that was broken off because its reader went away. */
export async function generateAnswer(
  engine: LlamaEngine,
  slots: Slots,
  request: CompletionRequest,
  tokens: number[],
  sink: AnswerSink,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  let slot: number;
  try {
    slot = await slots.take(signal);
  } catch {
    return count;
  }
  try {
    const room = engine.contextSize - tokens.length;
    const limit = Math.min(request.maxTokens ?? room, room);
    const text = new AnswerText((now, before) => engine.textOf(now, before), request.stops);
    let finish: FinishReason = 'stop';
    for await (const token of engine.generate(slot, tokens, request.sampling)) {
      if (signal.aborted) return count;
      count += 1;
      const piece = text.push(token);
      if (piece !== '') await sink.text(piece);
      if (text.stopped) break;
      if (count >= limit) {
        finish = 'length';
        break;
      }
    }
    const rest = text.flush();
    if (rest !== '') await sink.text(rest);
    if (text.stopped) finish = 'stop';
    sink.end(finish, {
      prompt_tokens: tokens.length,
      completion_tokens: count,
      total_tokens: tokens.length + count,
    });
  } catch (error) {
    if (!signal.aborted) sink.fail(error instanceof Error ? error.message : String(error));
  } finally {
    slots.give(slot);
  }
  return count;
}
