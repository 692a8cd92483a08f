/** Which protocol a server speaks, by asking it. */
import { request } from '@sluice/http/client';
import type { Protocol } from '../suites/types.ts';
import type { Target } from './openai-request.ts';
import { detectOpenAi } from './openai-server.ts';
import { isMap } from './piece.ts';

const PROBE_TIMEOUT_MS = 10_000;

interface Probe {
  protocol: Protocol;
  path: (target: Target) => string;
  says: (body: Record<string, unknown>) => boolean;
}

/** What only such a server says of itself, in the order of their being told apart. */
const PROBES: readonly Probe[] = [
  { protocol: 'tgi', path: () => '/info', says: (body) => 'model_id' in body && 'max_input_tokens' in body },
  {
    protocol: 'open-inference-v2',
    path: () => '/v2',
    says: (body) => Array.isArray(body['extensions']) && 'name' in body,
  },
  { protocol: 'ollama', path: () => '/api/version', says: (body) => typeof body['version'] === 'string' },
  {
    protocol: 'torchserve',
    path: () => '/ping',
    says: (body) => /^(?:Healthy|Partial Healthy)$/.test(String(body['status'])),
  },
  {
    protocol: 'tf-serving',
    path: ({ modelName }) => `/v1/models/${encodeURIComponent(modelName)}`,
    says: (body) => Array.isArray(body['model_version_status']),
  },
  {
    protocol: 'kserve-v1',
    path: () => '/v1/models',
    says: (body) => Array.isArray(body['models']) && !('data' in body),
  },
];

/**
 * OpenAI's where the server lists models as OpenAI does, and where nothing else is found: then chat and completions are
 * tried. ConfigError when it refuses the token, InfraError when it speaks none.
 */
export async function detectProtocol(target: Target, signal?: AbortSignal): Promise<Protocol> {
  const models = await probe(target, '/v1/models', signal);
  if (!Array.isArray(models?.['data'])) {
    for (const { protocol, path, says } of PROBES) {
      const body = await probe(target, path(target), signal);
      if (body !== undefined && says(body)) return protocol;
    }
  }
  return detectOpenAi(target, signal);
}

async function probe(
  target: Target,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Record<string, unknown> | undefined> {
  const timeout = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  const token =
    target.token === undefined
      ? {}
      : { token: { value: target.token, origin: new URL(target.origin).origin } };
  try {
    const response = await request(`${target.origin}${path}`, {
      retries: 0,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      ...token,
    });
    const body: unknown = JSON.parse(await response.text());
    return response.status === 200 && isMap(body) ? body : undefined;
  } catch {
    // No such page, or no JSON: not this protocol.
    return undefined;
  }
}
