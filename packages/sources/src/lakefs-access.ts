/** Which lakeFS server, and who asks it: by inputs, lakectl's variables, and its file `~/.lakectl.yaml`. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { basicAuth } from './json-api.ts';
import { readServerAddress, variable, warnOfPlainHttp } from './server-address.ts';
import type { SourceContext } from './source.ts';

export interface LakefsServer {
  /** With `/api/v1`, without a trailing slash. */
  url: string;
  authorization: string | undefined;
  /** How we are known there, for messages. */
  from: string;
}

export async function chooseLakefsServer(
  context: Pick<SourceContext, 'env' | 'endpoint' | 'token' | 'addSecret' | 'log'>,
): Promise<LakefsServer> {
  const { env } = context;
  const file = await readLakectlFile(env);
  const candidates: [string | undefined, string][] = [
    [context.endpoint, 'input `endpoint`'],
    [variable(env, 'LAKECTL_SERVER_ENDPOINT_URL'), '`LAKECTL_SERVER_ENDPOINT_URL`'],
    [file.endpoint, `\`server.endpoint_url\` in ${file.path}`],
  ];
  const [given, from] = candidates.find(([text]) => text !== undefined) ?? [];
  if (given === undefined || from === undefined)
    throw new ConfigError(
      'a lakefs:// address needs the server’s address: set input `endpoint` or `LAKECTL_SERVER_ENDPOINT_URL`',
    );
  const url = apiAddress(readServerAddress(given, from));
  const sameAsFile =
    file.endpoint !== undefined && apiAddress(readServerAddress(file.endpoint, file.path)) === url;
  const who = chooseCredentials(context, sameAsFile ? file : {});
  if (who.authorization !== undefined) warnOfPlainHttp(url, 'lakeFS’s', context);
  return { url, ...who };
}

/** lakectl takes the address with and without the API's path. */
function apiAddress(address: string): string {
  return address.endsWith('/api/v1') ? address : `${address}/api/v1`;
}

function chooseCredentials(
  { env, token, addSecret }: Pick<SourceContext, 'env' | 'token' | 'addSecret'>,
  file: { key?: string; secret?: string },
): Omit<LakefsServer, 'url'> {
  if (token !== undefined) {
    addSecret?.(token);
    const [key, secret] = splitPair(token);
    if (secret !== undefined) addSecret?.(secret);
    const authorization = secret === undefined ? `Bearer ${token}` : basicAuth(key, secret);
    return { authorization, from: 'with input `token`' };
  }
  const pairs: [string | undefined, string | undefined, string][] = [
    [
      variable(env, 'LAKECTL_CREDENTIALS_ACCESS_KEY_ID'),
      variable(env, 'LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY'),
      'with `LAKECTL_CREDENTIALS_ACCESS_KEY_ID`',
    ],
    // A file's credentials are meant for the file's own server.
    [file.key, file.secret, 'with lakectl’s own file'],
  ];
  for (const [key, secret, from] of pairs) {
    if (key === undefined || secret === undefined) continue;
    addSecret?.(secret);
    return { authorization: basicAuth(key, secret), from };
  }
  return { authorization: undefined, from: 'without credentials' };
}

/** `key:secret`; a JWT, which has no colon, stands alone. */
function splitPair(token: string): [string, string | undefined] {
  const at = token.indexOf(':');
  return at < 0 ? [token, undefined] : [token.slice(0, at), token.slice(at + 1)];
}

interface LakectlFile {
  path: string;
  endpoint?: string;
  key?: string;
  secret?: string;
}

async function readLakectlFile(env: NodeJS.ProcessEnv): Promise<LakectlFile> {
  const path =
    variable(env, 'LAKECTL_CONFIG_FILE') ?? join(variable(env, 'HOME') ?? homedir(), '.lakectl.yaml');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { path };
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  const read = (...keys: string[]): string | undefined => {
    const value: unknown = document.errors.length === 0 ? document.getIn(keys) : undefined;
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  const endpoint = read('server', 'endpoint_url');
  const key = read('credentials', 'access_key_id');
  const secret = read('credentials', 'secret_access_key');
  return { path, ...(endpoint && { endpoint }), ...(key && { key }), ...(secret && { secret }) };
}
