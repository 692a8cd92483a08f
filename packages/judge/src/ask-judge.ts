/** One question to a judge that speaks OpenAI's chat completions; asked again while the server is busy. */
import { request } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';

export interface Judge {
  /** Base of its addresses, without /v1 and without a slash at its end. */
  origin: string;
  modelName: string;
  /** Sent to the origin of that address only. */
  token?: string | undefined;
}

export interface AskOptions {
  /** Longest silence, milliseconds: an answer that isn't streamed comes all at once at its end. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  seed?: number;
  /** Further tries on 429, 5xx and broken connections; Retry-After is obeyed. */
  retries?: number;
  log?: { untrusted(text: string): void };
}

export interface Tokens {
  prompt: number;
  answer: number;
}

export interface Said {
  text: string;
  /** As the server counts them; null when it doesn't. */
  tokens: Tokens | null;
}

/** The judge won't judge this text (too long for it, filtered): no verdict, which is no malfunction. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

const DEFAULT_RETRIES = 4;
/** Refusals of one text; others are of the address, the token or the server. */
const OF_THE_TEXT = new Set([400, 413, 422]);

/**
 * @throws Refused for one text the server doesn't take, ConfigError for a token or address that is wrong,
 * InfraError when the server fails, is away, or answers what isn't a chat completion
 */
export async function askJudge(judge: Judge, prompt: string, options: AskOptions): Promise<Said> {
  const url = `${judge.origin}/v1/chat/completions`;
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: judge.modelName,
      messages: [{ role: 'user', content: prompt }],
      temperature: 0,
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    }),
    retries: options.retries ?? DEFAULT_RETRIES,
    // A judge's address that moves is the user's to know: the texts go nowhere else.
    redirects: 'manual',
    stallTimeoutMs: options.timeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(judge.token === undefined
      ? {}
      : { token: { value: judge.token, origin: new URL(judge.origin).origin } }),
  });
  const { status } = response;
  if (status === 200) return readChat(await response.json(), url);
  const why = `${url} answered ${status}: ${(await response.text()).trim().slice(0, 200)}`;
  if (OF_THE_TEXT.has(status)) throw new Refused(why);
  if (status === 401 || status === 403) {
    const mend = judge.token === undefined ? 'is empty: give one' : 'is refused: is it the right one?';
    throw new ConfigError(`input \`judge-token\` ${mend} (${why})`);
  }
  if (status === 404)
    throw new ConfigError(`input \`judge-endpoint\` or \`judge-model\` names what is not there: ${why}`);
  throw new InfraError(`the judge gave no answer: ${why}`);
}

function readChat(body: unknown, url: string): Said {
  const choices = field(body, 'choices');
  const message = field(Array.isArray(choices) ? (choices as unknown[])[0] : undefined, 'message');
  if (typeof message !== 'object' || message === null)
    throw new InfraError(`the judge gave no answer: ${url} answered 200 without a choice`);
  const content = field(message, 'content');
  return {
    // A message of thinking or of refusal alone has no content: an answer without a verdict.
    text: typeof content === 'string' ? content : '',
    tokens: readTokens(field(body, 'usage')),
  };
}

function readTokens(usage: unknown): Tokens | null {
  const [prompt, answer] = [field(usage, 'prompt_tokens'), field(usage, 'completion_tokens')];
  const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 0;
  return isCount(prompt) && isCount(answer) ? { prompt, answer } : null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
