/**
 * Who asks Azure Blob Storage and where, in the order of the Azure CLI and of DVC: connection string, service principal, account
 * key, SAS token, then Entra ID (`entra-token.ts`), then as a stranger. Input `token` comes before all.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { parseConnectionString, readSas, sasSecrets } from './azure-secrets.ts';
import type { ConnectionString } from './azure-secrets.ts';
import { findEntraToken, principalToken } from './entra-token.ts';
import type { EntraContext, ServicePrincipal } from './entra-token.ts';
import { parseIni } from './ini-file.ts';
import type { TokenSource } from './oauth-token.ts';
import { checkEndpoint, mayCarrySecrets } from './remote-http.ts';

export type AzureLogin =
  | { kind: 'key'; key: string }
  | { kind: 'sas'; query: string }
  | { kind: 'bearer'; token: TokenSource }
  | { kind: 'stranger' };

export interface AzureAccess {
  account: string;
  /** Of the account's blobs, without a trailing slash. */
  endpoint: string;
  login: AzureLogin;
  /** What the log-in came from, for messages. */
  from: string;
}

/** What is said elsewhere than in the environment: inputs, or a DVC remote's own settings. */
export interface AzureSettings {
  account?: string | undefined;
  endpoint?: string | undefined;
  /** A SAS token, an account key or an access token. */
  token?: string | undefined;
  connectionString?: string | undefined;
  key?: string | undefined;
  sas?: string | undefined;
  principal?: ServicePrincipal | undefined;
  anonymous?: boolean;
}

interface Found {
  login: AzureLogin;
  from: string;
}

export async function chooseAzureAccess(
  settings: AzureSettings,
  context: EntraContext,
): Promise<AzureAccess> {
  const known = await readEnvironment(context.env, settings.account);
  const connection = readConnection(settings.connectionString ?? known.connectionString);
  const account = settings.account ?? connection?.account ?? known.account;
  if (account === undefined)
    throw new ConfigError('no Azure storage account is named; set account_name, or `AZURE_STORAGE_ACCOUNT`');
  if (!/^[a-z0-9]{3,24}$/.test(account))
    throw new ConfigError(
      `${JSON.stringify(account)} is no name of an Azure storage account (3 to 24 small letters and digits)`,
    );
  const usable = connection !== undefined && connection.account === account ? connection : undefined;
  const found = await findLogin(settings, usable, known, context);
  const endpoint = accountEndpoint(
    settings.endpoint ?? usable?.endpoint ?? `https://${account}.blob.core.windows.net`,
    account,
  );
  if (found.login.kind === 'sas' || found.login.kind === 'bearer') {
    if (!mayCarrySecrets(new URL(endpoint)))
      throw new ConfigError(
        `the token of ${found.from} would travel over plain http to ${endpoint}; use https`,
      );
  }
  return { account, endpoint, ...found };
}

async function findLogin(
  settings: AzureSettings,
  connection: ConnectionString | undefined,
  known: Known,
  context: EntraContext,
): Promise<Found> {
  const secret = (value: string): string => {
    context.addSecret?.(value);
    return value;
  };
  const byKey = (key: string, from: string): Found => ({ login: { kind: 'key', key: secret(key) }, from });
  const bySas = (text: string, from: string): Found => {
    const query = readSas(text, from);
    for (const part of sasSecrets(query)) secret(part);
    return { login: { kind: 'sas', query }, from };
  };
  if (settings.token !== undefined) return byToken(settings.token, byKey, bySas);
  if (settings.anonymous === true) return { login: { kind: 'stranger' }, from: 'no credentials' };
  if (connection?.key !== undefined) return byKey(connection.key, 'the connection string');
  if (connection?.sas !== undefined) return bySas(connection.sas, 'the connection string');
  if (settings.principal) {
    const { token, from } = principalToken(settings.principal, 'the remote’s client_secret', context);
    return { login: { kind: 'bearer', token }, from };
  }
  const key = settings.key ?? known.key;
  if (key !== undefined)
    return byKey(key, settings.key === undefined ? '`AZURE_STORAGE_KEY`' : 'account_key');
  const sas = settings.sas ?? known.sas;
  if (sas !== undefined)
    return bySas(sas, settings.sas === undefined ? '`AZURE_STORAGE_SAS_TOKEN`' : 'sas_token');
  const entra = await findEntraToken(context);
  if (entra) return { login: { kind: 'bearer', token: entra.token }, from: entra.from };
  const other = known.other === undefined ? '' : ` (those of the environment are of ${known.other})`;
  return { login: { kind: 'stranger' }, from: `no credentials${other}` };
}

/** A SAS token is a query with a signature, a key 64 bytes in base64, an access token three parts with dots. */
function byToken(
  text: string,
  byKey: (key: string, from: string) => Found,
  bySas: (sas: string, from: string) => Found,
): Found {
  const from = 'input `token`';
  if (/(?:^|[?&])sig=/.test(text)) return bySas(text, from);
  if (/^[A-Za-z0-9+/]{86}==$/.test(text)) return byKey(text, from);
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(text))
    return { login: { kind: 'bearer', token: () => Promise.resolve(text) }, from };
  throw new ConfigError(
    `${from} is neither a SAS token (sv=…&sig=…) nor an account key nor an access token of Entra ID`,
  );
}

interface Known {
  account?: string | undefined;
  key?: string | undefined;
  sas?: string | undefined;
  connectionString?: string | undefined;
  /** Another account, whose credentials are there. */
  other?: string | undefined;
}

/** The variables of the Azure CLI and its configuration file; a key or SAS of another account is none of this one. */
async function readEnvironment(env: NodeJS.ProcessEnv, wanted: string | undefined): Promise<Known> {
  const folder = value(env, 'AZURE_CONFIG_DIR') ?? join(value(env, 'HOME') ?? homedir(), '.azure');
  const file = parseIni(await readFile(join(folder, 'config'), 'utf8').catch(() => '')).get('storage');
  const first = (names: readonly string[], key: string): string | undefined =>
    names.map((name) => value(env, name)).find((text) => text !== undefined) ?? file?.get(key);
  const account = first(['AZURE_STORAGE_ACCOUNT', 'AZURE_STORAGE_ACCOUNT_NAME'], 'account');
  const connectionString = first(['AZURE_STORAGE_CONNECTION_STRING'], 'connection_string');
  if (wanted !== undefined && account !== undefined && account !== wanted)
    return { connectionString, other: account };
  return {
    account,
    connectionString,
    key: first(['AZURE_STORAGE_KEY', 'AZURE_STORAGE_ACCOUNT_KEY'], 'key'),
    sas: first(['AZURE_STORAGE_SAS_TOKEN'], 'sas_token'),
  };
}

function readConnection(text: string | undefined): ConnectionString | undefined {
  return text === undefined ? undefined : parseConnectionString(text);
}

/** A server named by number, as emulators are, has the account in its path. */
function accountEndpoint(text: string, account: string): string {
  const endpoint = checkEndpoint(text, 'Azure Blob Storage');
  const { hostname, pathname } = new URL(endpoint);
  const byNumber = /^(?:localhost|[\d.]+|\[.*\])$/.test(hostname);
  return byNumber && pathname === '/' ? `${endpoint}/${account}` : endpoint;
}

function value(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}
