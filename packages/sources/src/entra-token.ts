/**
 * Access tokens for Azure Storage, or another resource, from Entra ID, in the order of Azure's DefaultAzureCredential as far as a job can have them:
 * a client secret, a federated token (of Kubernetes, else of the job itself), the machine's managed identity, the
 * Azure CLI's log-in (what azure/login leaves).
 */
import { readFile } from 'node:fs/promises';
import { run } from '@sluice/process/run';
import { ConfigError } from '@sluice/runtime/errors';
import { askJobToken, jobTokenAddress } from '@sluice/vault/job-token';
import { askMetadataServer, keepToken, probeToken, requestToken } from './oauth-token.ts';
import type { AccessToken, TokenSource } from './oauth-token.ts';
import type { SourceContext } from './source.ts';

export type EntraContext = Pick<SourceContext, 'env' | 'log' | 'signal' | 'stallTimeoutMs' | 'addSecret'>;

export interface ServicePrincipal {
  tenant: string;
  client: string;
  secret: string;
}

const STORAGE = 'https://storage.azure.com/';
/** What Entra expects of tokens that GitHub signs for it. */
const GITHUB_AUDIENCE = 'api://AzureADTokenExchange';
const CLI_MS = 20_000;

/**
 * The first that there is; undefined: none.
 *
 * @param resource what the token is for, with a trailing slash
 */
export async function findEntraToken(
  context: EntraContext,
  resource = STORAGE,
): Promise<{ token: TokenSource; from: string } | undefined> {
  const [tenant, client, secret, file] = [
    'AZURE_TENANT_ID',
    'AZURE_CLIENT_ID',
    'AZURE_CLIENT_SECRET',
    'AZURE_FEDERATED_TOKEN_FILE',
  ].map((name) => value(context.env, name));
  if (tenant !== undefined && client !== undefined) {
    if (secret !== undefined)
      return principalToken({ tenant, client, secret }, '`AZURE_CLIENT_SECRET`', context, resource);
    const federated = (assertion: () => Promise<string>, from: string) => {
      const fetchToken = async (): Promise<AccessToken> => {
        const own = {
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: await assertion(),
        };
        return askEntra(tenant, client, own, from, context, resource);
      };
      return { token: keepToken(fetchToken, context.addSecret), from };
    };
    if (file !== undefined) return federated(() => readAssertion(file), '`AZURE_FEDERATED_TOKEN_FILE`');
    const addSecret = context.addSecret ?? (() => undefined);
    if (jobTokenAddress(context.env))
      return federated(
        () => askJobToken(GITHUB_AUDIENCE, { ...context, addSecret }),
        'the job’s OIDC token for `AZURE_CLIENT_ID`',
      );
  }
  return (await findManagedIdentity(client, context, resource)) ?? (await findCliToken(context, resource));
}

export function principalToken(
  { tenant, client, secret }: ServicePrincipal,
  from: string,
  context: EntraContext,
  resource = STORAGE,
): { token: TokenSource; from: string } {
  context.addSecret?.(secret);
  const fetchToken = () => askEntra(tenant, client, { client_secret: secret }, from, context, resource);
  return { token: keepToken(fetchToken, context.addSecret), from };
}

async function askEntra(
  tenant: string,
  client: string,
  proof: Record<string, string>,
  from: string,
  context: EntraContext,
  resource: string,
): Promise<AccessToken> {
  const authority = value(context.env, 'AZURE_AUTHORITY_HOST') ?? 'https://login.microsoftonline.com';
  const base = /^https?:\/\//i.test(authority) ? authority : `https://${authority}`;
  const url = `${base.replace(/\/+$/, '')}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`;
  const form = {
    grant_type: 'client_credentials',
    client_id: client,
    scope: `${resource}.default`,
    ...proof,
  };
  return requestToken({ url, form, from }, context);
}

async function readAssertion(file: string): Promise<string> {
  const text = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (text === '')
    throw new ConfigError(
      `\`AZURE_FEDERATED_TOKEN_FILE\` (${file}): there is no token in it, or it can't be read`,
    );
  return text;
}

/** App Service and Container Apps name their endpoint; a virtual machine has IMDS. */
async function findManagedIdentity(
  client: string | undefined,
  context: EntraContext,
  resource: string,
): Promise<{ token: TokenSource; from: string } | undefined> {
  const [endpoint, header] = ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER'].map((name) => value(context.env, name));
  const service = endpoint !== undefined && header !== undefined;
  const host = value(context.env, 'AZURE_POD_IDENTITY_AUTHORITY_HOST') ?? 'http://169.254.169.254';
  const url = URL.parse(service ? endpoint : `${host.replace(/\/+$/, '')}/metadata/identity/oauth2/token`);
  if (!url) return undefined;
  url.searchParams.set('api-version', service ? '2019-08-01' : '2018-02-01');
  url.searchParams.set('resource', resource);
  if (client !== undefined) url.searchParams.set('client_id', client);
  const from = 'the machine’s managed identity';
  const headers: Record<string, string> = service ? { 'x-identity-header': header } : { metadata: 'true' };
  const token = await askMetadataServer({ url: url.href, headers, from }, context);
  return token && { token, from };
}

async function findCliToken(
  context: EntraContext,
  resource: string,
): Promise<{ token: TokenSource; from: string } | undefined> {
  const args = ['account', 'get-access-token', '--output', 'json', '--resource', resource];
  const from = 'the Azure CLI’s log-in';
  const ask = async (): Promise<AccessToken> => {
    const { env, signal } = context;
    const { stdout } = await run('az', args, { env, signal, timeoutMs: CLI_MS });
    const answer = JSON.parse(stdout) as Record<string, unknown> | null;
    const token = answer?.['accessToken'];
    if (typeof token !== 'string' || token === '') throw new ConfigError(`${from} gives no token`);
    const ends = Number(answer?.['expires_on']);
    return { value: token, endsAt: Number.isFinite(ends) ? ends * 1000 : null };
  };
  const token = await probeToken(ask, ask, context);
  return token && { token, from };
}

function value(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}
