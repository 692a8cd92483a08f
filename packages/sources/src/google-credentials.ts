/**
 * Access tokens from Google's credential files: service-account keys (JWT bearer grant, RFC 7523), `authorized_user` (refresh
 * token), `external_account` (workload identity federation, RFC 8693, as google-github-actions/auth writes it) and
 * `impersonated_service_account`.
 */
import { sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConfigError } from '@sluice/runtime/errors';
import { requestToken, requestTokenFields } from './oauth-token.ts';
import type { AccessToken } from './oauth-token.ts';
import type { RequestContext } from './remote-http.ts';

/** What this reads, and nothing more. */
const STORAGE_SCOPE = 'https://www.googleapis.com/auth/devstorage.read_only';
/** A token that is only good for getting another. */
const CLOUD_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const LIFE_SECONDS = 3600;

export interface GoogleCredentials {
  /** What they are, for messages. */
  from: string;
  /** The project that pays, where the file names one. */
  quotaProject: string | undefined;
  secrets: string[];
  fetchToken(context: RequestContext): Promise<AccessToken>;
}

type Fields = Record<string, unknown>;

/** Reads a credential file; `named` says who named it. */
export async function readGoogleCredentials(path: string, named: string): Promise<GoogleCredentials> {
  const where = `${named} (${path})`;
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) throw new ConfigError(`${where}: there is no such file, or it can't be read`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(`${where} is no JSON; name a credential file of Google Cloud`);
  }
  const fields = asFields(value);
  const quotaProject = fields['quota_project_id'];
  const secrets = ['private_key', 'client_secret', 'refresh_token'].map((name) => fields[name]);
  return {
    from: where,
    quotaProject: typeof quotaProject === 'string' ? quotaProject : undefined,
    secrets: secrets.filter((secret): secret is string => typeof secret === 'string' && secret !== ''),
    fetchToken: chooseGrant(fields, where, STORAGE_SCOPE),
  };
}

function chooseGrant(
  fields: Fields,
  from: string,
  scope: string,
): (context: RequestContext) => Promise<AccessToken> {
  switch (fields['type']) {
    case 'service_account':
      return (context) => serviceAccount(fields, from, scope, context);
    case 'authorized_user':
      return (context) => authorizedUser(fields, from, context);
    case 'external_account':
      return (context) => externalAccount(fields, from, scope, context);
    case 'impersonated_service_account': {
      const source = chooseGrant(asFields(fields['source_credentials']), from, CLOUD_SCOPE);
      const url = need(fields, 'service_account_impersonation_url', from);
      return async (context) => impersonate(url, (await source(context)).value, from, scope, context);
    }
    default:
      throw new ConfigError(
        `${from} has the type ${JSON.stringify(fields['type'] ?? null)}; service_account, authorized_user, ` +
          'external_account and impersonated_service_account are known',
      );
  }
}

async function serviceAccount(
  fields: Fields,
  from: string,
  scope: string,
  context: RequestContext,
): Promise<AccessToken> {
  const [email, key, url] = ['client_email', 'private_key', 'token_uri'].map((name) =>
    need(fields, name, from),
  ) as [string, string, string];
  const issued = Math.floor(Date.now() / 1000);
  const id = fields['private_key_id'];
  const header = { alg: 'RS256', typ: 'JWT', ...(typeof id === 'string' && { kid: id }) };
  const claims = { iss: email, scope, aud: url, iat: issued, exp: issued + LIFE_SECONDS };
  const unsigned = `${base64url(header)}.${base64url(claims)}`;
  let signature: Buffer;
  try {
    signature = sign('RSA-SHA256', Buffer.from(unsigned), key);
  } catch {
    throw new ConfigError(`${from}: its private_key can't be used; download the key file anew`);
  }
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${unsigned}.${signature.toString('base64url')}`,
  };
  return requestToken({ url, form, from }, context);
}

async function authorizedUser(fields: Fields, from: string, context: RequestContext): Promise<AccessToken> {
  const form = {
    grant_type: 'refresh_token',
    refresh_token: need(fields, 'refresh_token', from),
    client_id: need(fields, 'client_id', from),
    client_secret: need(fields, 'client_secret', from),
  };
  const own = fields['token_uri'];
  const url = typeof own === 'string' ? own : 'https://oauth2.googleapis.com/token';
  return requestToken({ url, form, from }, context);
}

async function externalAccount(
  fields: Fields,
  from: string,
  scope: string,
  context: RequestContext,
): Promise<AccessToken> {
  const next = fields['service_account_impersonation_url'];
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: need(fields, 'audience', from),
    subject_token_type: need(fields, 'subject_token_type', from),
    subject_token: await subjectToken(asFields(fields['credential_source']), from, context),
    scope: typeof next === 'string' ? CLOUD_SCOPE : scope,
  };
  const token = await requestToken({ url: need(fields, 'token_url', from), form, from }, context);
  return typeof next === 'string' ? impersonate(next, token.value, from, scope, context) : token;
}

/** The identity token that is exchanged: from a file, or from an address such as the job's own OIDC provider. */
async function subjectToken(source: Fields, from: string, context: RequestContext): Promise<string> {
  const format = asFields(source['format']);
  const json = format['type'] === 'json';
  const name = String(format['subject_token_field_name']);
  const { file, url } = source;
  if (typeof file === 'string') {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) throw new ConfigError(`${from}: its identity token ${file} can't be read`);
    if (!json) return text.trim();
    try {
      return need(asFields(JSON.parse(text)), name, `${from}: ${file}`);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      throw new ConfigError(`${from}: its identity token ${file} is no JSON`);
    }
  }
  if (typeof url === 'string' && json) {
    const headers = Object.fromEntries(
      Object.entries(asFields(source['headers'])).map(([key, value]) => [key.toLowerCase(), String(value)]),
    );
    return need(
      await requestTokenFields({ url, headers, from }, context),
      name,
      `${from}: its OIDC provider`,
    );
  }
  throw new ConfigError(
    `${from}: its credential_source is neither a file nor an address that answers JSON; other kinds are not known`,
  );
}

async function impersonate(
  url: string,
  token: string,
  from: string,
  scope: string,
  context: RequestContext,
): Promise<AccessToken> {
  const json = { scope: [scope], lifetime: `${LIFE_SECONDS}s` };
  return requestToken({ url, json, headers: { authorization: `Bearer ${token}` }, from }, context);
}

function need(fields: Fields, name: string, from: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new ConfigError(`${from} has no \`${name}\``);
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
