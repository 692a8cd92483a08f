/** What a server says about itself: whether it lives, what it serves, which protocol it answers. */
import { request } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { ask } from './openai-client.ts';
import { buildRequest, type Target } from './openai-request.ts';
import type { Protocol } from './suite-types.ts';

const CHECK_TIMEOUT_MS = 10_000;

/** Whether the server still answers: its health page, or its list of models where it has no such page. */
export async function isAlive(target: Target, healthPath: string, signal?: AbortSignal): Promise<boolean> {
  for (const path of [healthPath, '/v1/models']) {
    const status = await getStatus(target, path, signal);
    if (status === 200) return true;
    if (status !== 404 && status !== 405) return false;
  }
  return false;
}

/** The status of one GET, without a second try; null when nothing answered. */
export async function getStatus(target: Target, path: string, signal?: AbortSignal): Promise<number | null> {
  const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  try {
    const response = await request(`${target.origin}${path}`, {
      retries: 0,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      ...tokenFor(target),
    });
    await response.text();
    return response.status;
  } catch {
    return null;
  }
}

/** The one model that the server lists; ConfigError when there are more or none, for `model-name` must say. */
export async function findModelName(
  target: Omit<Target, 'modelName'>,
  signal?: AbortSignal,
): Promise<string> {
  const response = await request(`${target.origin}/v1/models`, {
    retries: 2,
    ...(signal === undefined ? {} : { signal }),
    ...tokenFor(target),
  });
  const value: unknown = response.status === 200 ? await response.json().catch(() => undefined) : undefined;
  const data = typeof value === 'object' && value !== null && 'data' in value ? value.data : undefined;
  const names = (Array.isArray(data) ? data : []).flatMap((entry: unknown) =>
    typeof entry === 'object' && entry !== null && 'id' in entry && typeof entry.id === 'string'
      ? [entry.id]
      : [],
  );
  if (names.length === 1 && names[0] !== undefined) return names[0];
  const seen =
    names.length === 0 ? `lists no model (${response.status})` : `serves ${names.slice(0, 20).join(', ')}`;
  throw new ConfigError(`input \`model-name\` is empty and ${target.origin} ${seen}: name the model to test`);
}

/** Asks for one token, chat first: the protocol that the server answers. InfraError when it answers neither. */
export async function detectProtocol(target: Target, signal?: AbortSignal): Promise<Protocol> {
  const reasons: string[] = [];
  for (const protocol of ['openai-chat', 'openai-completions'] as const) {
    const built = buildRequest(target, protocol, 'Hello', { max_tokens: 1, temperature: 0 }, undefined);
    const answer = await ask({ ...built, token: target.token, timeoutMs: 120_000, signal });
    if (answer.complete) return protocol;
    reasons.push(`${protocol}: ${answer.error ?? 'no complete answer'}`);
  }
  throw new InfraError(
    `input \`protocol\` is 'auto', but ${target.origin} answers neither OpenAI protocol: ${reasons.join('; ')}`,
  );
}

function tokenFor(target: Omit<Target, 'modelName'>): { token?: { value: string; origin: string } } {
  if (target.token === undefined) return {};
  return { token: { value: target.token, origin: new URL(target.origin).origin } };
}
