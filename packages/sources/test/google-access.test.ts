/** Who asks: credential files as Google's tools write them, against token servers that check what they are sent. */
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ConfigError } from '@sluice/runtime/errors';
import { chooseGoogleAccess } from '@sluice/sources/google-access';
import { serve, testContext } from './support/serve.ts';
import type { Seen, TestServer } from './support/serve.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'sluice-google-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

async function credentials(fields: Record<string, unknown>): Promise<{ env: NodeJS.ProcessEnv }> {
  const path = join(folder, 'key.json');
  await writeFile(path, JSON.stringify(fields));
  return { env: { HOME: folder, GOOGLE_APPLICATION_CREDENTIALS: path } };
}

/** Answers by path; anything else is 404. */
const tokens = (answers: Record<string, (request: Seen) => unknown>): Promise<TestServer> =>
  serve((request, response) => {
    const answer = answers[request.url.pathname]?.(request);
    response.writeHead(answer === undefined ? 400 : 200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(answer ?? { error: 'invalid_grant', error_description: 'no ::error:: here' }),
    );
  });
const form = (request: Seen): Record<string, string> => Object.fromEntries(new URLSearchParams(request.body));

test('a service-account key: a signed JWT is exchanged once, renewed when it ends, and masked', async () => {
  let given = 0;
  await using server = await tokens({
    '/token': (request) => {
      const { grant_type: grant, assertion = '' } = form(request);
      const [head = '', body = '', signature = ''] = assertion.split('.');
      const good = createVerify('RSA-SHA256')
        .update(`${head}.${body}`)
        .verify(publicKey, signature, 'base64url');
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
      if (!good || grant !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return undefined;
      if (claims['iss'] !== 'ci@p.iam' || claims['aud'] !== `${server.url}/token`) return undefined;
      if (claims['scope'] !== 'https://www.googleapis.com/auth/devstorage.read_only') return undefined;
      given += 1;
      return { access_token: `ya29.${given}`, expires_in: given === 1 ? 3600 : 60 };
    },
  });
  const file = await credentials({
    type: 'service_account',
    client_email: 'ci@p.iam',
    private_key: privateKey,
    private_key_id: 'k1',
    token_uri: `${server.url}/token`,
  });
  const context = testContext(file);
  const access = await chooseGoogleAccess({}, context);
  expect(access.endpoint).toBe('https://storage.googleapis.com');
  expect(await Promise.all([access.token?.(), access.token?.()])).toEqual(['ya29.1', 'ya29.1']);
  expect(given).toBe(1);
  expect(context.secrets).toEqual([privateKey, 'ya29.1']);
  // One that ends within minutes is not used for the next request.
  const short = await chooseGoogleAccess({}, testContext(file));
  expect(await short.token?.()).toBe('ya29.2');
  expect(await short.token?.()).toBe('ya29.3');
});

test('workload identity as google-github-actions/auth writes it: OIDC, STS, impersonation', async () => {
  const posted: Record<string, unknown>[] = [];
  await using server = await tokens({
    '/oidc': ({ headers, url }) =>
      headers.authorization === 'Bearer runner' && url.searchParams.get('audience') === 'aud'
        ? { value: 'the.oidc.token' }
        : undefined,
    '/sts': (request) => {
      posted.push(form(request));
      return { access_token: 'federated', expires_in: 3600 };
    },
    '/impersonate': ({ headers, body }) => {
      posted.push(JSON.parse(body) as Record<string, unknown>);
      return headers.authorization === 'Bearer federated'
        ? { accessToken: 'ya29.sa', expireTime: '2099-01-01T00:00:00Z' }
        : undefined;
    },
  });
  const fields = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/x',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${server.url}/sts`,
    service_account_impersonation_url: `${server.url}/impersonate`,
    credential_source: {
      url: `${server.url}/oidc?audience=aud`,
      headers: { Authorization: 'Bearer runner' },
      format: { type: 'json', subject_token_field_name: 'value' },
    },
  };
  const access = await chooseGoogleAccess({}, testContext(await credentials(fields)));
  expect(await access.token?.()).toBe('ya29.sa');
  expect(posted).toEqual([
    expect.objectContaining({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'the.oidc.token',
      audience: '//iam.googleapis.com/projects/1/x',
    }),
    { scope: ['https://www.googleapis.com/auth/devstorage.read_only'], lifetime: '3600s' },
  ]);
  // From a file, and without an account in between.
  const file = join(folder, 'subject');
  await writeFile(file, 'from.a.file\n');
  const direct = { ...fields, service_account_impersonation_url: undefined, credential_source: { file } };
  const other = await chooseGoogleAccess({}, testContext(await credentials(direct)));
  expect(await other.token?.()).toBe('federated');
  expect(posted.at(-1)).toMatchObject({
    subject_token: 'from.a.file',
    scope: expect.stringContaining('read_only'),
  });
});

test('gcloud’s own file: a refresh token, and the project that pays', async () => {
  await using server = await tokens({
    '/token': (request) =>
      form(request)['refresh_token'] === '1//r' ? { access_token: 'ya29.u' } : undefined,
  });
  await mkdir(join(folder, '.config/gcloud'), { recursive: true });
  const user = {
    client_id: 'c',
    client_secret: 's',
    refresh_token: '1//r',
    token_uri: `${server.url}/token`,
  };
  const fields = { type: 'authorized_user', quota_project_id: 'payer', ...user };
  await writeFile(
    join(folder, '.config/gcloud/application_default_credentials.json'),
    JSON.stringify(fields),
  );
  const access = await chooseGoogleAccess({}, testContext({ env: { HOME: folder } }));
  expect([await access.token?.(), access.quotaProject]).toEqual(['ya29.u', 'payer']);
});

test('a machine of Google’s has an account of its own; others, and emulators, are not asked for one', async () => {
  await using server = await serve((request, response) => {
    if (request.headers['metadata-flavor'] !== 'Google') response.writeHead(403).end();
    else response.end(JSON.stringify({ access_token: 'ya29.gce', expires_in: 3599 }));
  });
  const env = { HOME: folder, GCE_METADATA_HOST: server.url.replace('http://', '') };
  const context = testContext({ env });
  const access = await chooseGoogleAccess({}, context);
  expect([await access.token?.(), access.from]).toEqual(['ya29.gce', 'the machine’s service account']);
  expect(context.secrets).toEqual(['ya29.gce']);
  expect(server.seen).toHaveLength(1);
  const nowhere = testContext({ env: { HOME: folder, GCE_METADATA_HOST: '127.0.0.1:9' } });
  expect((await chooseGoogleAccess({}, nowhere)).token).toBeUndefined();
  const emulator = testContext({ env: { ...env, STORAGE_EMULATOR_HOST: 'localhost:4443' } });
  expect(await chooseGoogleAccess({}, emulator)).toMatchObject({
    token: undefined,
    endpoint: 'http://localhost:4443',
  });
  expect(server.seen).toHaveLength(1);
});

test.each<[string, Record<string, unknown>, string]>([
  ['a type nobody knows', { type: 'magic' }, 'has the type "magic"'],
  [
    'no key',
    { type: 'service_account', client_email: 'a', token_uri: 'https://x/t' },
    'has no `private_key`',
  ],
  [
    'a broken key',
    { type: 'service_account', client_email: 'a', private_key: 'nonsense', token_uri: 'https://x/t' },
    'private_key can',
  ],
  [
    'plain http',
    {
      type: 'authorized_user',
      client_id: 'c',
      client_secret: 's',
      refresh_token: 'r',
      token_uri: 'http://x.example/t',
    },
    'must be https',
  ],
  [
    'a source that is neither',
    {
      type: 'external_account',
      audience: 'a',
      subject_token_type: 't',
      token_url: 'https://x/t',
      credential_source: { environment_id: 'aws1' },
    },
    'neither a file nor an address',
  ],
])('%s is the user’s to mend', async (_, fields, part) => {
  const failure = chooseGoogleAccess({}, testContext(await credentials(fields))).then(({ token }) =>
    token?.(),
  );
  await expect(failure).rejects.toThrow(ConfigError);
  await expect(failure).rejects.toThrow(part);
});

test('a refused grant says the code and no more; a file that is none is named; no token by plain http', async () => {
  await using server = await tokens({});
  const file = await credentials({
    type: 'authorized_user',
    client_id: 'c',
    client_secret: 'hush',
    refresh_token: '1//r',
    token_uri: `${server.url}/token`,
  });
  const refused = chooseGoogleAccess({}, testContext(file)).then(({ token }) => token?.());
  await expect(refused).rejects.toThrow('gives no token for it (400 invalid_grant)');
  await expect(refused).rejects.not.toThrow(/hush|1\/\/r|::error/);
  const env = { HOME: folder, GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'none.json') };
  await expect(chooseGoogleAccess({}, testContext({ env }))).rejects.toThrow('there is no such file');
  const open = { token: 'ya29.x', endpoint: 'http://gcs.example' };
  await expect(chooseGoogleAccess(open, testContext())).rejects.toThrow('over plain http');
});
