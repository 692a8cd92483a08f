/** Access tokens of OAuth 2 token endpoints (RFC 6749 section 5) and of clouds' metadata servers, kept while they last. */
import { shownUrl } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { headersAt } from './own-origin.ts';
import { fetchRemote, mayCarrySecrets } from './remote-http.ts';
import type { RequestContext } from './remote-http.ts';
import type { SourceContext } from './source.ts';

export interface AccessToken {
  value: string;
  /** Milliseconds since 1970; null when the server doesn't say. */
  endsAt: number | null;
}

/** Gives a token that is good for some minutes more. */
export type TokenSource = () => Promise<string>;

export interface TokenRequest {
  url: string;
  /** Posted as a form; without form and JSON it is a GET. */
  form?: Record<string, string>;
  json?: unknown;
  /** Sent to the address's own origin only. */
  headers?: Record<string, string>;
  /** Whose credentials these are, for messages. */
  from: string;
  /** A server of the machine itself, spoken to by plain http. */
  metadata?: boolean;
  retries?: number;
}

/** A token is renewed when less than this is left of it. */
const MARGIN_MS = 5 * 60_000;
/** Off the cloud's machines nothing answers; a public bucket shouldn't wait longer for that. */
const PROBE_MS = 1000;

/** One fetch for many who ask at once; each token is told to `addSecret` before anybody has it. */
export function keepToken(
  fetchToken: () => Promise<AccessToken>,
  addSecret: ((value: string) => void) | undefined,
): TokenSource {
  let kept: AccessToken | undefined;
  let pending: Promise<AccessToken> | undefined;
  const renew = async (): Promise<AccessToken> => {
    try {
      kept = await fetchToken();
      addSecret?.(kept.value);
      return kept;
    } finally {
      pending = undefined;
    }
  };
  return async () => {
    if (kept && (kept.endsAt === null || kept.endsAt - Date.now() > MARGIN_MS)) return kept.value;
    return (await (pending ??= renew())).value;
  };
}

/** Whether a machine has an identity shows only by asking it: undefined when `probe` fails, else its token is the first. */
export async function probeToken(
  probe: () => Promise<AccessToken>,
  again: () => Promise<AccessToken>,
  context: Pick<SourceContext, 'signal' | 'addSecret'>,
): Promise<TokenSource | undefined> {
  let first: AccessToken | undefined;
  try {
    first = await probe();
  } catch {
    context.signal.throwIfAborted();
    return undefined;
  }
  const source = keepToken(async () => {
    const token = first ?? (await again());
    first = undefined;
    return token;
  }, context.addSecret);
  await source();
  return source;
}

/** One short try at a metadata server, which says nothing when there is none. */
export async function askMetadataServer(
  asked: Omit<TokenRequest, 'metadata' | 'retries'>,
  context: RequestContext & Pick<SourceContext, 'addSecret'>,
): Promise<TokenSource | undefined> {
  const quiet = {
    log: { ...context.log, untrusted: () => undefined },
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(PROBE_MS)]),
  };
  const own = { ...asked, metadata: true };
  return probeToken(
    () => requestToken({ ...own, retries: 0 }, quiet),
    () => requestToken(own, context),
    context,
  );
}

/**
 * Asks a token endpoint. Answers of all our clouds are read: `access_token` with `expires_in`, IAM's `accessToken` with
 * `expireTime`.
 *
 * @throws ConfigError when the server refuses the credentials; its own text is not repeated, only its error code
 */
export async function requestToken(asked: TokenRequest, context: RequestContext): Promise<AccessToken> {
  const fields = await requestTokenFields(asked, context);
  const value = fields['access_token'] ?? fields['accessToken'];
  if (typeof value !== 'string' || value === '' || /[^\x21-\x7e]/.test(value))
    throw new InfraError(`${shownUrl(asked.url)} answers without an access token`);
  return { value, endsAt: readEnd(fields) };
}

/** The answer's fields, for endpoints that answer something else than an access token. */
export async function requestTokenFields(
  asked: TokenRequest,
  context: RequestContext,
): Promise<Record<string, unknown>> {
  const url = URL.parse(asked.url);
  if (!url || (asked.metadata !== true && !mayCarrySecrets(url)))
    throw new ConfigError(`${asked.from}: its token address must be https`);
  const body = asked.form ? new URLSearchParams(asked.form).toString() : jsonBody(asked.json);
  const response = await fetchRemote(
    {
      url: asked.url,
      method: body === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', ...contentType(asked) },
      ...(body !== undefined && { body }),
      ...(asked.retries !== undefined && { retries: asked.retries }),
      authorize: headersAt(url, asked.headers ?? {}),
    },
    context,
  );
  const fields = parseFields(await response.text());
  if (response.status === 200 && fields) return fields;
  if (response.status === 200) throw new InfraError(`${shownUrl(url)} answers no JSON`);
  const code = errorCode(fields);
  const said = `${response.status}${code === undefined ? '' : ` ${code}`}`;
  throw new ConfigError(`${asked.from}: ${shownUrl(url)} gives no token for it (${said})`);
}

function jsonBody(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function contentType(asked: TokenRequest): Record<string, string> {
  if (asked.form) return { 'content-type': 'application/x-www-form-urlencoded' };
  return asked.json === undefined ? {} : { 'content-type': 'application/json' };
}

/** `expires_in` in seconds from now, or `expireTime` as a date. */
function readEnd(fields: Record<string, unknown>): number | null {
  const seconds = Number(fields['expires_in'] ?? Number.NaN);
  if (Number.isFinite(seconds)) return Date.now() + seconds * 1000;
  const date = Date.parse(String(fields['expireTime']));
  return Number.isNaN(date) ? null : date;
}

function parseFields(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** `error` is a word (RFC 6749), or Google's object with a `status`. */
function errorCode(fields: Record<string, unknown> | undefined): string | undefined {
  const error = fields?.['error'];
  const code =
    typeof error === 'object' && error !== null ? (error as Record<string, unknown>)['status'] : error;
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : undefined;
}
