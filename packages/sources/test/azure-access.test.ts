/** Who asks: variables, connection strings and identities as Azure's own tools have them, against servers that check. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigError } from '@sluice/runtime/errors';
import { chooseAzureAccess } from '@sluice/sources/azure-access';
import type { AzureAccess } from '@sluice/sources/azure-access';
import { parseConnectionString, readSas } from '@sluice/sources/azure-secrets';
import { serve, testContext } from './support/serve.ts';
import type { Seen } from './support/serve.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'sluice-azure-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const KEY = Buffer.alloc(64, 7).toString('base64');
const NOWHERE = { AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:9' };
const choose = (env: NodeJS.ProcessEnv, settings = {}): Promise<AzureAccess> =>
  chooseAzureAccess(
    { account: 'acct', ...settings },
    testContext({ env: { HOME: folder, PATH: folder, ...NOWHERE, ...env } }),
  );
const tokenOf = async ({ login }: AzureAccess): Promise<string | undefined> =>
  login.kind === 'bearer' ? login.token() : undefined;

describe('the order', () => {
  const connection = `DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=${KEY};EndpointSuffix=core.chinacloudapi.cn`;
  const sas = 'sv=2021-12-02&sig=x%3D';
  const all = {
    AZURE_STORAGE_CONNECTION_STRING: connection,
    AZURE_STORAGE_KEY: KEY,
    AZURE_STORAGE_SAS_TOKEN: `?${sas}`,
  };
  test.each<[string, NodeJS.ProcessEnv, object, Partial<AzureAccess>]>([
    ['input token', all, { token: sas }, { from: 'input `token`', login: { kind: 'sas', query: sas } }],
    [
      'a connection string',
      all,
      {},
      { from: 'the connection string', endpoint: 'https://acct.blob.core.chinacloudapi.cn' },
    ],
    ['a key', { ...all, AZURE_STORAGE_CONNECTION_STRING: '' }, {}, { login: { kind: 'key', key: KEY } }],
    ['a SAS token', { AZURE_STORAGE_SAS_TOKEN: `?${sas}` }, {}, { login: { kind: 'sas', query: sas } }],
    ['nothing', {}, {}, { login: { kind: 'stranger' }, endpoint: 'https://acct.blob.core.windows.net' }],
    [
      'a key of another account',
      { AZURE_STORAGE_ACCOUNT: 'b4', AZURE_STORAGE_KEY: KEY },
      {},
      { login: { kind: 'stranger' } },
    ],
    [
      'a connection string of another',
      { AZURE_STORAGE_CONNECTION_STRING: connection },
      { account: 'other' },
      { login: { kind: 'stranger' } },
    ],
    ['what says to be a stranger', all, { anonymous: true }, { login: { kind: 'stranger' } }],
    ['an account key as token', {}, { token: KEY }, { login: { kind: 'key', key: KEY } }],
  ])('%s', async (_, env, settings, expected) => {
    expect(await choose(env, settings)).toMatchObject(expected);
  });

  test('the Azure CLI’s configuration counts after the variables', async () => {
    await mkdir(join(folder, '.azure'));
    await writeFile(join(folder, '.azure/config'), `[storage]\naccount = acct\nkey = ${KEY}\n`);
    expect((await choose({}, { account: undefined })).login).toEqual({ kind: 'key', key: KEY });
    const other = Buffer.alloc(64, 8).toString('base64');
    expect((await choose({ AZURE_STORAGE_KEY: other })).login).toEqual({ kind: 'key', key: other });
  });

  test.each<[object, string]>([
    [{ token: 'hf_abc' }, 'neither a SAS token'],
    [{ connectionString: 'AccountName=acct' }, 'lacks AccountName with'],
    [{ account: 'No-Name' }, 'is no name of an Azure storage account'],
    [{ account: undefined }, 'no Azure storage account is named'],
    [{ token: 'sv=1&se=2020-01-01T00:00:00Z&sig=x' }, 'ended at 2020-01-01T00:00:00.000Z'],
    [{ token: 'sv=1&sig=x', endpoint: 'http://blobs.example/acct' }, 'over plain http'],
  ])('%j is the user’s to mend', async (settings, part) => {
    await expect(choose({}, settings)).rejects.toThrow(ConfigError);
    await expect(choose({}, settings)).rejects.toThrow(part);
  });
});

describe('Entra ID', () => {
  const answer = (request: Seen): { status: number; token?: string } => {
    const form = new URLSearchParams(request.body);
    const right =
      request.url.pathname === '/tenant/oauth2/v2.0/token' &&
      form.get('client_id') === 'client' &&
      form.get('scope') === 'https://storage.azure.com/.default';
    if (right && form.get('client_secret') === 'hush') return { status: 200, token: 'by.secret.x' };
    if (right && form.get('client_assertion') === 'from.a.file') return { status: 200, token: 'by.file.x' };
    if (right && form.get('client_assertion') === 'of.the.job') return { status: 200, token: 'by.job.x' };
    if (request.url.pathname === '/oidc' && request.headers.authorization === 'Bearer runner')
      return request.url.searchParams.get('audience') === 'api://AzureADTokenExchange'
        ? { status: 200, token: 'of.the.job' }
        : { status: 400 };
    if (request.url.pathname === '/metadata/identity/oauth2/token' && request.headers['metadata'] === 'true')
      return request.url.searchParams.get('resource') === 'https://storage.azure.com/'
        ? { status: 200, token: 'by.machine.x' }
        : { status: 400 };
    return { status: 401 };
  };
  const tokens = () =>
    serve((request, response) => {
      const { status, token } = answer(request);
      const error = { error: 'invalid_client', error_description: 'no ::error::' };
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(
          token === undefined ? error : { access_token: token, value: token, expires_in: '3599' },
        ),
      );
    });

  test('a client secret, a federated token, the job’s own, the machine’s: in this order', async () => {
    await using server = await tokens();
    const file = join(folder, 'token');
    await writeFile(file, 'from.a.file\n');
    const ids = { AZURE_AUTHORITY_HOST: server.url, AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client' };
    const job = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/oidc?v=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner',
    };
    const federated = { ...ids, ...job, AZURE_FEDERATED_TOKEN_FILE: file };
    const machine = { AZURE_POD_IDENTITY_AUTHORITY_HOST: server.url };
    expect(await tokenOf(await choose({ ...federated, AZURE_CLIENT_SECRET: 'hush' }))).toBe('by.secret.x');
    expect(await tokenOf(await choose(federated))).toBe('by.file.x');
    expect(await tokenOf(await choose({ ...ids, ...job }))).toBe('by.job.x');
    expect(await tokenOf(await choose(machine))).toBe('by.machine.x');
    // Keys come first, as in Azure's own tools.
    expect((await choose({ ...machine, AZURE_STORAGE_KEY: KEY })).login.kind).toBe('key');
  });

  test('a refused secret says the code and no more', async () => {
    await using server = await tokens();
    const ids = { AZURE_AUTHORITY_HOST: server.url, AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client' };
    const access = await choose({ ...ids, AZURE_CLIENT_SECRET: 'wrong-secret' });
    await expect(tokenOf(access)).rejects.toThrow('gives no token for it (401 invalid_client)');
    await expect(tokenOf(access)).rejects.not.toThrow(/wrong-secret|::error/);
  });

  test('the Azure CLI’s log-in, as azure/login leaves it; one that is logged out counts as none', async () => {
    const cli = join(folder, 'az');
    const answered = JSON.stringify({ accessToken: 'by.cli.x', expires_on: 4_000_000_000 });
    await writeFile(cli, `#!/bin/sh\n[ "$2" = get-access-token ] && echo '${answered}'\n`);
    await chmod(cli, 0o755);
    const access = await choose({ PATH: `${folder}:/bin:/usr/bin` });
    expect([await tokenOf(access), access.from]).toEqual(['by.cli.x', 'the Azure CLI’s log-in']);
    await writeFile(cli, '#!/bin/sh\nexit 1\n');
    expect((await choose({ PATH: `${folder}:/bin:/usr/bin` })).login.kind).toBe('stranger');
  });
});

test('connection strings: the emulator’s, one of a SAS and an endpoint', () => {
  expect(parseConnectionString('UseDevelopmentStorage=true;')).toMatchObject({
    account: 'devstoreaccount1',
    endpoint: 'http://127.0.0.1:10000/devstoreaccount1',
  });
  const shared = 'BlobEndpoint=https://acct.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x%3D';
  expect(parseConnectionString(shared)).toEqual({
    account: 'acct',
    key: undefined,
    sas: 'sv=1&sig=x%3D',
    endpoint: 'https://acct.blob.core.windows.net/',
  });
});

test('a SAS token that begins later, or is none, is refused without its words', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');
  expect(readSas('?se=2026-11-20T13:00Z&sig=a', 'x', now)).toBe('se=2026-11-20T13:00Z&sig=a');
  expect(() => readSas('st=2026-11-20T13:00Z&sig=hush', 'x', now)).toThrow(
    /begins only at 2026-11-20T13:00:00/,
  );
  expect(() => readSas('st=2026-11-20T12:10Z&sig=a', 'x', now)).not.toThrow();
  expect(() => readSas('hush', 'x', now)).toThrow(/^x is no SAS token; one looks like/);
});
