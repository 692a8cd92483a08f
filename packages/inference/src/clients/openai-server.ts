/** What a server says about itself: whether it lives, what it serves, which protocol it answers. */
import { request } from '@sluice/http/client';
import { ConfigError, describeError, InfraError } from '@sluice/runtime/errors';
import type { Answer } from './answer.ts';
import { ask, type AskRequest } from './ask.ts';
import type { Target } from './openai-request.ts';
import { isMap } from './piece.ts';
import { buildRequest } from './protocols.ts';
import type { Protocol } from '../suites/types.ts';

const CHECK_TIMEOUT_MS = 10_000;
const DETECT_TIMEOUT_MS = 120_000;

/** Whether the server still answers: its health page, or its list of models where it has no such page. */
export async function isAlive(target: Target, healthPath: string, signal?: AbortSignal): Promise<boolean> {
  return (await whyUnwell(target, healthPath, signal)) === undefined;
}

/** Whether this one page answers 200: for a server whose health page is known. */
export async function isPageWell(origin: string, path: string, signal?: AbortSignal): Promise<boolean> {
  return (await get({ origin, modelName: '' }, path, signal)).status === 200;
}

/** Why the server isn't well, for a person; undefined when it is. Holds the server's own words. */
export async function whyUnwell(
  target: Target,
  healthPath: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  let seen = '';
  // A plain server's address is one page; any answer from it that isn't its own failure is life.
  if (target.http !== undefined) {
    const page = new URL(healthPath, target.origin).pathname;
    const got = await get({ ...target, origin: new URL(target.origin).origin }, page, signal);
    return got.status !== null && got.status < 500 ? undefined : got.why;
  }
  const ownPage = target.modelName === '' ? [] : [`/v1/models/${encodeURIComponent(target.modelName)}`];
  for (const path of [healthPath, '/v1/models', '/v2/health/ready', '/ping', '/api/version', ...ownPage]) {
    const got = await get(target, path, signal);
    if (got.status === 200) return undefined;
    // Pages of other kinds of servers explain nothing.
    if (path === healthPath || path === '/v1/models') seen += `${seen === '' ? '' : ', '}${path}: ${got.why}`;
    if (got.status !== 404 && got.status !== 405) return seen;
  }
  return seen;
}

/** One GET without a second try; no status when nothing answered. */
async function get(
  target: Target,
  path: string,
  signal?: AbortSignal,
): Promise<{ status: number | null; why: string }> {
  const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  try {
    const response = await request(`${target.origin}${path}`, {
      retries: 0,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      ...tokenFor(target),
    });
    await response.text();
    const { status } = response;
    const refused = status === 401 || status === 403;
    const mend = target.token === undefined ? 'give `endpoint-token`' : 'is `endpoint-token` right?';
    return { status, why: `HTTP ${status}${refused ? ` (${mend})` : ''}` };
  } catch (error) {
    if (timeout.aborted) return { status: null, why: `no answer within ${CHECK_TIMEOUT_MS / 1000} s` };
    return { status: null, why: describeFailure(error) };
  }
}

const UNKNOWN_CA = /self[- ]signed certificate|unable to (?:verify the first|get local issuer) certificate/i;

function describeFailure(error: unknown): string {
  const text = describeError(error)
    .replace(/^GET \S+: /, '')
    .replace(/^the certificate is not trusted \((.*?)\).*$/s, '$1');
  return UNKNOWN_CA.test(text)
    ? `${text.replace(/; if the root CA is installed locally.*/s, '')}; name the file of its CA in the environment variable NODE_EXTRA_CA_CERTS`
    : text;
}

/** The one model that the server lists; ConfigError when there are more or none, for `model-name` must say. */
export async function findModelName(
  target: Omit<Target, 'modelName'>,
  signal?: AbortSignal,
  input = 'model-name',
): Promise<string> {
  let names: string[] = [];
  let status = 0;
  for (const path of ['/v1/models', '/info', '/api/tags']) {
    const response = await request(`${target.origin}${path}`, {
      retries: 2,
      ...(signal === undefined ? {} : { signal }),
      ...tokenFor(target),
    });
    const value: unknown = response.status === 200 ? await response.json().catch(() => undefined) : undefined;
    if (status === 0) ({ status } = response);
    names = readModelNames(value);
    if (names.length > 0 || response.status !== 404) break;
  }
  if (names.length === 1 && names[0] !== undefined) return names[0];
  const seen = names.length === 0 ? `lists no model (${status})` : `serves ${names.slice(0, 20).join(', ')}`;
  throw new ConfigError(`input \`${input}\` is empty and ${target.origin} ${seen}: name the model`);
}

/** OpenAI's `{data: [{id}]}`, KServe's and Ollama's `{models: ["…" or {name}]}`, TGI's `{model_id}`. */
function readModelNames(value: unknown): string[] {
  if (!isMap(value)) return [];
  if (typeof value['model_id'] === 'string') return [value['model_id']];
  const list: unknown = value['data'] ?? value['models'];
  return (Array.isArray(list) ? (list as unknown[]) : []).flatMap((entry) => {
    const name = isMap(entry) ? (entry['id'] ?? entry['name']) : entry;
    return typeof name === 'string' ? [name] : [];
  });
}

/** What a server answers that has no chat, or whose model has no chat template. */
const NO_CHAT = new Set([400, 404, 405, 422, 501]);

/**
 * Asks for one token, chat first: the protocol that the server answers. Only a refusal of chat leads to completions; a
 * server that is busy or broken would be tested without its chat template otherwise, and nobody would know.
 * ConfigError when it refuses the token, InfraError when it answers neither.
 */
export async function detectOpenAi(
  target: Target,
  signal?: AbortSignal,
  send: (request: AskRequest) => Promise<Answer> = ask,
): Promise<Protocol> {
  const reasons: string[] = [];
  for (const protocol of ['openai-chat', 'openai-completions'] as const) {
    const built = buildRequest(target, protocol, 'Hello', { max_tokens: 1, temperature: 0 }, undefined);
    const answer = await send({ ...built, token: target.token, timeoutMs: DETECT_TIMEOUT_MS, signal });
    if (answer.complete) return protocol;
    const why = answer.error ?? 'no complete answer';
    reasons.push(`${protocol}: ${why}`);
    if (answer.status === 401 || answer.status === 403) {
      const mend = target.token === undefined ? 'is empty: give one' : 'is refused: is it the right one?';
      throw new ConfigError(`input \`endpoint-token\` ${mend} (${why})`);
    }
    const lacksChat = answer.status !== null && (NO_CHAT.has(answer.status) || /template/i.test(why));
    if (!lacksChat) break;
  }
  throw new InfraError(
    `input \`protocol\` is 'auto', but ${target.origin} answers no OpenAI protocol: ${reasons.join('; ')}`,
  );
}

function tokenFor(target: Omit<Target, 'modelName'>): { token?: { value: string; origin: string } } {
  if (target.token === undefined) return {};
  return { token: { value: target.token, origin: new URL(target.origin).origin } };
}
