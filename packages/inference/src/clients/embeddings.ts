/** OpenAI's embeddings: asked for many texts, some at a time. */
import { request } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { Target } from './openai-request.ts';

/** Texts in one request: servers refuse more than their batch. */
const BATCH = 32;
const CONCURRENCY = 4;
const REFUSED_TEXT = new Set([400, 413, 422]);

export interface EmbedOptions {
  signal: AbortSignal;
  /** Longest silence, milliseconds. */
  timeoutMs: number;
  /** What the inputs that name the server begin with, for messages: `embeddings`. */
  input: string;
}

/**
 * A vector for each text, all of one length.
 *
 * @throws ConfigError for a token, address or text that the server refuses; InfraError when it fails or gives no vectors
 */
export async function embedTexts(
  server: Target,
  texts: readonly string[],
  options: EmbedOptions,
): Promise<Float64Array[]> {
  const vectors: Float64Array[] = [];
  const starts = Array.from({ length: Math.ceil(texts.length / BATCH) }, (_, i) => i * BATCH);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const work = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      const found = await embedBatch(server, texts.slice(start, start + BATCH), { ...options, signal });
      found.forEach((vector, i) => (vectors[start + i] = Float64Array.from(vector)));
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
  } finally {
    stop.abort();
  }
  const length = vectors[0]?.length ?? 0;
  if (
    vectors.some(
      (vector) => vector.length !== length || vector.length === 0 || !vector.every(Number.isFinite),
    )
  )
    throw new InfraError(`${server.origin} gave vectors of different lengths, or with numbers that are none`);
  return vectors;
}

async function embedBatch(
  server: Target,
  texts: readonly string[],
  { signal, timeoutMs, input }: EmbedOptions,
): Promise<number[][]> {
  const url = `${server.origin}/v1/embeddings`;
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: server.modelName, input: texts }),
    retries: 4,
    // An address that moves is the user's to know: the texts go nowhere else.
    redirects: 'manual',
    stallTimeoutMs: timeoutMs,
    signal,
    ...(server.token === undefined
      ? {}
      : { token: { value: server.token, origin: new URL(server.origin).origin } }),
  });
  if (response.status === 200) {
    const body = await response.json();
    try {
      return readVectors(body, texts.length);
    } catch (error) {
      throw new InfraError(`${url}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  const why = `${url} answered ${response.status}: ${(await response.text()).trim().slice(0, 200)}`;
  if (response.status === 401 || response.status === 403)
    throw new ConfigError(
      `input \`${input}-token\` is ${server.token === undefined ? 'empty: give one' : 'refused: is it the right one?'} (${why})`,
    );
  if (response.status === 404)
    throw new ConfigError(
      `input \`${input}-endpoint\` or \`${input}-model\` names what is not there: ${why}`,
    );
  if (REFUSED_TEXT.has(response.status))
    throw new ConfigError(
      `input \`${input}-endpoint\`: the server refuses a text; does it take ones this long? (${why})`,
    );
  throw new InfraError(`the server gave no vectors: ${why}`);
}

/** OpenAI's embeddings: `{data: [{index, embedding}]}`. Throws unless there is one vector a text. */
export function readVectors(value: unknown, count: number): number[][] {
  const data = typeof value === 'object' && value !== null && 'data' in value ? value.data : undefined;
  const vectors: number[][] = [];
  for (const [at, entry] of (Array.isArray(data) ? (data as unknown[]) : []).entries()) {
    if (typeof entry !== 'object' || entry === null || !('embedding' in entry)) continue;
    const { embedding } = entry;
    const place = 'index' in entry && typeof entry.index === 'number' ? entry.index : at;
    if (Array.isArray(embedding) && embedding.every((number) => typeof number === 'number'))
      vectors[place] = embedding;
  }
  const isWhole = vectors.length === count && Object.keys(vectors).length === count;
  if (!isWhole)
    throw new Error(`the server gave ${Object.keys(vectors).length} vectors of numbers for ${count} texts`);
  return vectors;
}
