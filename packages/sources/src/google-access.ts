/**
 * Who asks Google Cloud Storage and where, in the order of Application Default Credentials: `GOOGLE_APPLICATION_CREDENTIALS`,
 * gcloud's own file, the machine's metadata server; then as a stranger. A token or file that is handed in comes first.
 */
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { readGoogleCredentials } from './google-credentials.ts';
import { askMetadataServer, keepToken } from './oauth-token.ts';
import type { TokenSource } from './oauth-token.ts';
import { checkEndpoint, mayCarrySecrets } from './remote-http.ts';
import type { SourceContext } from './source.ts';

export interface GoogleAccess {
  /** Undefined: as a stranger. */
  token: TokenSource | undefined;
  /** What the token came from, for messages. */
  from: string;
  /** Of the JSON API, without a trailing slash. */
  endpoint: string;
  /** Who pays for requests, where that isn't the bucket's owner. */
  quotaProject: string | undefined;
}

/** What is said elsewhere than in the environment: inputs, or a DVC remote's own settings. */
export interface GoogleSettings {
  endpoint?: string | undefined;
  token?: string | undefined;
  credentialPath?: string | undefined;
  anonymous?: boolean;
}

type AccessContext = Pick<SourceContext, 'env' | 'log' | 'signal' | 'stallTimeoutMs' | 'addSecret'>;

export async function chooseGoogleAccess(
  settings: GoogleSettings,
  context: AccessContext,
): Promise<GoogleAccess> {
  const { env } = context;
  const emulator = settings.endpoint === undefined ? value(env, 'STORAGE_EMULATOR_HOST') : undefined;
  const endpoint = checkEndpoint(
    settings.endpoint ?? withScheme(emulator) ?? 'https://storage.googleapis.com',
    'Google Cloud Storage',
  );
  const found = await findToken(settings, emulator !== undefined, context);
  if (found.token && !mayCarrySecrets(new URL(endpoint)))
    throw new ConfigError(
      `the token of ${found.from} would travel over plain http to ${endpoint}; use https`,
    );
  const quotaProject = value(env, 'GOOGLE_CLOUD_QUOTA_PROJECT') ?? found.quotaProject;
  return { token: found.token, from: found.from, endpoint, quotaProject };
}

interface Found {
  token: TokenSource | undefined;
  from: string;
  quotaProject?: string | undefined;
}

async function findToken(
  settings: GoogleSettings,
  emulator: boolean,
  context: AccessContext,
): Promise<Found> {
  const given = settings.token;
  if (given !== undefined) return { token: () => Promise.resolve(given), from: 'input `token`' };
  if (settings.anonymous === true) return { token: undefined, from: 'no credentials' };
  const file = await findFile(settings, emulator, context.env);
  if (file) {
    const credentials = await readGoogleCredentials(file.path, file.named);
    for (const secret of credentials.secrets) context.addSecret?.(secret);
    const { from, quotaProject } = credentials;
    return { token: keepToken(() => credentials.fetchToken(context), context.addSecret), from, quotaProject };
  }
  // An emulator is nobody's cloud: the machine's own identity is none of its business.
  const machine = emulator ? undefined : await askMetadata(context);
  return machine
    ? { token: machine, from: 'the machine’s service account' }
    : { token: undefined, from: 'no credentials' };
}

async function findFile(
  settings: GoogleSettings,
  emulator: boolean,
  env: NodeJS.ProcessEnv,
): Promise<{ path: string; named: string } | undefined> {
  if (settings.credentialPath !== undefined)
    return { path: settings.credentialPath, named: '`credentialpath`' };
  if (emulator) return undefined;
  const named = value(env, 'GOOGLE_APPLICATION_CREDENTIALS');
  if (named !== undefined) return { path: named, named: '`GOOGLE_APPLICATION_CREDENTIALS`' };
  const home = value(env, 'HOME') ?? homedir();
  const own =
    value(env, 'CLOUDSDK_CONFIG') ??
    (process.platform === 'win32'
      ? join(value(env, 'APPDATA') ?? home, 'gcloud')
      : join(home, '.config', 'gcloud'));
  const path = join(own, 'application_default_credentials.json');
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ? { path, named: 'gcloud’s credentials' } : undefined;
}

/** The service account of a machine of Google's; undefined elsewhere. */
async function askMetadata(context: AccessContext): Promise<TokenSource | undefined> {
  const { env } = context;
  if (value(env, 'NO_GCE_CHECK') === 'true') return undefined;
  const host = value(env, 'GCE_METADATA_HOST') ?? '169.254.169.254';
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
  const asked = { url, headers: { 'metadata-flavor': 'Google' }, from: 'the metadata server' };
  return askMetadataServer(asked, context);
}

function withScheme(host: string | undefined): string | undefined {
  return host === undefined || /^https?:\/\//i.test(host) ? host : `http://${host}`;
}

function value(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}
