/** How long a request may be, as the server tells it: vLLM's and our list of models, TGI's /info, llama.cpp's /props. */
import { request } from '@sluice/http/client';
import type { Target } from '../clients/openai-request.ts';
import { isMap } from '../clients/piece.ts';
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
export async function readServerFacts(target: Target, signal: AbortSignal): Promise<ServerFacts> {
  for (const { path, read } of PAGES) {
    const told = read(await readPage(target, path, signal));
    if (typeof told === 'number' && Number.isInteger(told) && told > 0) return { contextTokens: told };
  }
  return { contextTokens: null };
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
