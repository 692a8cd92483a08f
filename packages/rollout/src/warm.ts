/** Warm-up: real requests to the new server's own address, before its first user. */
import { InfraError } from '@sluice/runtime/errors';
import type { Ask } from './target.ts';

export interface WarmUp {
  /** Stop after this many answers, or when the time is over, whichever is given. */
  requests: number | null;
  durationMs: number | null;
  /** Empty: the first that the server says it has. */
  modelName: string;
  /** Longest wait for one answer. */
  timeoutMs: number;
}

/** `3` is a number of requests, `30s` a time; null means the text is neither. */
export function parseWarmUp(
  text: string,
  duration: number | undefined,
): Pick<WarmUp, 'requests' | 'durationMs'> | null {
  if (/^\d+$/.test(text.trim())) return { requests: Number(text), durationMs: null };
  return duration === undefined ? null : { requests: null, durationMs: duration };
}

const ROUTES = [
  { path: '/v1/completions', body: (model: string) => ({ model, prompt: 'Hello', max_tokens: 8 }) },
  {
    path: '/v1/chat/completions',
    body: (model: string) => ({ model, messages: [{ role: 'user', content: 'Hello' }], max_tokens: 8 }),
  },
] as const;

/**
 * Sends warm-up requests one after another. A server that knows neither OpenAI route is taken as warm, and the
 * answer says so.
 *
 * @returns how many were answered, and the time of the first and the last one.
 * @throws InfraError when the server answers with an error, or not at all.
 */
export async function warmUp(
  ask: Ask,
  options: WarmUp,
  signal: AbortSignal,
): Promise<{ answered: number; firstMs: number; lastMs: number; known: boolean }> {
  const end = options.durationMs === null ? Infinity : Date.now() + options.durationMs;
  const most = options.requests ?? Infinity;
  const times: number[] = [];
  let route: (typeof ROUTES)[number] | undefined = ROUTES[0];
  const model =
    options.modelName === '' ? await firstModel(ask, options.timeoutMs, signal) : options.modelName;
  while (times.length < most && Date.now() < end && !signal.aborted) {
    const started = performance.now();
    const status: number = await post(ask, route.path, route.body(model), options.timeoutMs, signal);
    if (status === 404 || status === 405 || status === 501) {
      route = route === ROUTES[0] ? ROUTES[1] : undefined;
      if (route === undefined) return { answered: 0, firstMs: 0, lastMs: 0, known: false };
      continue;
    }
    if (status >= 400)
      throw new InfraError(`warm-up request ${times.length + 1} was answered with status ${status}`);
    times.push(performance.now() - started);
  }
  return { answered: times.length, firstMs: times[0] ?? 0, lastMs: times.at(-1) ?? 0, known: true };
}

/** By the OpenAI route that lists them; '' where the server has none such, and every name will do. */
export async function firstModel(ask: Ask, timeoutMs: number, signal: AbortSignal): Promise<string> {
  try {
    const answer = await ask('/v1/models', {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const { data } = (await answer.json()) as { data?: { id?: unknown }[] };
    const id = data?.[0]?.id;
    return typeof id === 'string' ? id : '';
  } catch {
    return '';
  }
}

/** Asked once: a warm-up must not be retried; its first answer is slow by nature. */
async function post(
  ask: Ask,
  path: string,
  body: unknown,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<number> {
  try {
    const response = await ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    throw new InfraError(`warm-up got no answer to ${path}`, { cause: error });
  }
}
