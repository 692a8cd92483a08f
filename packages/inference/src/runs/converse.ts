/** A case's questions in their order: its prompt with its images, then what is said next. */
import type { Answer } from '../clients/answer.ts';
import { readMessages } from '../clients/openai-request.ts';
import type { Assertion, Case } from '../suites/types.ts';

/** One question with its answer, and what that must be. */
export interface Exchange {
  /** As it was sent: a list of messages in JSON where there is more than one text. */
  prompt: string;
  /** What this turn says. */
  said: string;
  answer: Answer;
  assert: readonly Assertion[];
}

/** Every exchange of `converse`. */
export async function askAll(
  test: Case,
  ask: (prompt: string) => Promise<Answer>,
): Promise<[Exchange, ...Exchange[]]> {
  const exchanges: Exchange[] = [];
  for await (const exchange of converse(test, ask)) exchanges.push(exchange);
  const [first, ...rest] = exchanges;
  if (first === undefined) throw new Error('a case without a question');
  return [first, ...rest];
}

/** Asks turn by turn, each as it is taken; what follows an answer that isn't complete isn't asked. */
export async function* converse(
  test: Case,
  ask: (prompt: string) => Promise<Answer>,
): AsyncGenerator<Exchange, void> {
  const { images, turns = [] } = test;
  if (images === undefined && turns.length === 0) {
    const { prompt, assert } = test;
    yield { prompt, said: prompt, answer: await ask(prompt), assert };
    return;
  }
  const messages = withImages(readMessages(test.prompt, undefined), images ?? []);
  const say = async (said: string, assert: readonly Assertion[]): Promise<Exchange> => {
    const prompt = JSON.stringify(messages);
    return { prompt, said, answer: await ask(prompt), assert };
  };
  let last = await say(test.prompt, test.assert);
  yield last;
  for (const turn of turns) {
    if (!last.answer.complete) return;
    messages.push({ role: 'assistant', content: last.answer.text }, { role: 'user', content: turn.prompt });
    last = await say(turn.prompt, turn.assert);
    yield last;
  }
}

/** The last message of the user gets the images, as OpenAI's content parts. */
function withImages(messages: readonly unknown[], images: readonly string[]): unknown[] {
  if (images.length === 0) return [...messages];
  const at = messages.findLastIndex((message) => roleOf(message) === 'user');
  return messages.map((message, index) => {
    if (index !== at || typeof message !== 'object' || message === null || !('content' in message))
      return message;
    const text = { type: 'text', text: String(message.content) };
    const parts = images.map((url) => ({ type: 'image_url', image_url: { url } }));
    return { ...message, content: [text, ...parts] };
  });
}

function roleOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'role' in message ? message.role : undefined;
}
