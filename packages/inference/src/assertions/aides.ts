/** The servers that help to judge: vectors, a judge model, classifiers. A token goes to its own origin only. */
import { request } from '@sluice/http/client';
import { askJudge } from '@sluice/judge/ask-judge';
import { readVectors } from '../clients/embeddings.ts';
import type { Target } from '../clients/openai-request.ts';
import type { Aides } from './kinds.ts';

export interface AidePlan {
  /** The server under test: gives vectors where there is no judge. */
  target: Target;
  judge?: Target | undefined;
  timeoutMs: number;
  pricePerHour?: number | undefined;
  signal: AbortSignal;
}

export function makeAides({ target, judge, timeoutMs, pricePerHour, signal }: AidePlan): Aides {
  const helper = judge ?? target;
  const post = async (
    url: string,
    body: object,
    from: Target | undefined,
    limitMs = timeoutMs,
  ): Promise<unknown> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    const token = tokenFor(from, url);
    const response = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      retries: 2,
      redirects: 'manual',
      signal: limit,
      ...token,
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as unknown;
  };
  return {
    signal,
    ...(pricePerHour === undefined ? {} : { pricePerSecond: pricePerHour / 3600 }),
    ...(judge === undefined
      ? {}
      : { judge: async (prompt) => (await askJudge(judge, prompt, { timeoutMs, signal })).text }),
    embed: async (texts, model) =>
      readVectors(
        await post(
          `${helper.origin}/v1/embeddings`,
          { model: model ?? helper.modelName, input: texts },
          helper,
        ),
        texts.length,
      ),
    classify: async (text, { endpoint = '', model }) =>
      readLabels(await post(endpoint, { inputs: text, ...(model === undefined ? {} : { model }) }, judge)),
    moderate: async (text, { endpoint = '', model }) =>
      readFlags(await post(endpoint, { input: text, ...(model === undefined ? {} : { model }) }, judge)),
    post: (url, body, limitMs) => post(url, body, judge, limitMs),
  };
}

function tokenFor(from: Target | undefined, url: string): { token?: { value: string; origin: string } } {
  if (from?.token === undefined || new URL(url).origin !== new URL(from.origin).origin) return {};
  return { token: { value: from.token, origin: new URL(from.origin).origin } };
}

/** Hugging Face's text classification: `[{label, score}]`, also inside of one more list. */
function readLabels(value: unknown): Map<string, number> {
  const list: unknown = Array.isArray(value) && Array.isArray(value[0]) ? value[0] : value;
  const scores = new Map<string, number>();
  for (const entry of Array.isArray(list) ? (list as unknown[]) : []) {
    if (typeof entry !== 'object' || entry === null || !('label' in entry) || !('score' in entry)) continue;
    const { label, score } = entry;
    if (typeof label === 'string' && typeof score === 'number' && score >= 0 && score <= 1)
      scores.set(label, score);
  }
  if (scores.size === 0) throw new Error('the classifier gave no [{label, score}] with scores from 0 to 1');
  return scores;
}

/** OpenAI's moderation: `{results: [{flagged, categories: {name: boolean}}]}`; flagged in one of them is flagged. */
function readFlags(value: unknown): Map<string, boolean> {
  const results =
    typeof value === 'object' && value !== null && 'results' in value ? value.results : undefined;
  const flags = new Map<string, boolean>();
  for (const entry of Array.isArray(results) ? (results as unknown[]) : []) {
    const { flagged, categories } = (entry ?? {}) as Record<string, unknown>;
    const named = Object.entries((categories ?? {}) as Record<string, unknown>);
    if (typeof flagged !== 'boolean' || (flagged && !named.some(([, on]) => on === true)))
      throw new Error('the moderation says neither that a text is flagged nor that it is not, by category');
    for (const [name, on] of named) flags.set(name, on === true || flags.get(name) === true);
  }
  if (flags.size === 0) throw new Error('the moderation gave no {results: [{flagged, categories}]}');
  return flags;
}
