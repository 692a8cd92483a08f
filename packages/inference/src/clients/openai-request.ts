/** From a case to the address and the body of its request. */
import type { TestOptions } from '../suites/types.ts';
import { readOpenAiPiece } from './openai-chunk.ts';
import type { Dialect } from './piece.ts';
import type { PlainHttp } from './plain-http.ts';

export interface Target {
  /** Without a path such as /v1, without a slash at its end. */
  origin: string;
  modelName: string;
  token?: string | undefined;
  /** How a plain server is asked; `origin` is then its whole address. */
  http?: PlainHttp;
}

export type OpenAiProtocol = 'openai-completions' | 'openai-chat';

export const OPENAI: Dialect = { readPart: readOpenAiPiece, readWhole: readOpenAiPiece, end: 'done' };

const PATHS: Readonly<Record<OpenAiProtocol, string>> = {
  'openai-completions': '/v1/completions',
  'openai-chat': '/v1/chat/completions',
};

/** The base of a server's addresses: `http://host:8000/v1` and `http://host:8000/` mean the same server. */
export function serverBase(endpoint: string): string {
  return endpoint.replace(/\/+$/, '').replace(/\/v1$/, '');
}

export interface BuiltRequest {
  url: string;
  body: Record<string, unknown>;
  /** Sent as it is instead of the body. */
  text?: string;
  dialect: Dialect;
}

export function buildOpenAi(
  protocol: OpenAiProtocol,
  target: Target,
  prompt: string,
  options: TestOptions,
  seed: number | undefined,
): BuiltRequest {
  const { max_tokens, temperature, top_p, stop, system } = options;
  // Chat takes a flag, completions a number of alternatives.
  const logprobs = options.logprobs === true ? (protocol === 'openai-chat' ? true : 1) : undefined;
  const chosen = { max_tokens, temperature, top_p, stop, logprobs, seed: options.seed ?? seed };
  const question = protocol === 'openai-chat' ? { messages: readMessages(prompt, system) } : { prompt };
  return {
    url: `${target.origin}${PATHS[protocol]}`,
    body: {
      model: target.modelName,
      ...question,
      ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)),
      stream: true,
      stream_options: { include_usage: true },
    },
    dialect: OPENAI,
  };
}

/** As promptfoo: a prompt that is a JSON array of messages is the conversation itself. */
export function readMessages(prompt: string, system: string | undefined): unknown[] {
  const head = system === undefined ? [] : [{ role: 'system', content: system }];
  if (/^\s*\[\s*\{/.test(prompt)) {
    try {
      const value: unknown = JSON.parse(prompt);
      if (Array.isArray(value) && value.every(hasRole)) return [...head, ...(value as unknown[])];
    } catch {
      // A prompt that merely begins like one.
    }
  }
  return [...head, { role: 'user', content: prompt }];
}

function hasRole(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'role' in value && 'content' in value;
}
