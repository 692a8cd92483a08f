/** Who asks S3 and where: by the variables and files that AWS's own tools read, each answer with what it came from. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import type { AwsCredentials } from './aws-signature.ts';
import { parseIni } from './ini-file.ts';
import { checkEndpoint } from './remote-http.ts';

export interface S3Access {
  /** Undefined: as a stranger, unsigned. */
  credentials: AwsCredentials | undefined;
  /** What the credentials came from, for messages. */
  from: string;
  region: string;
  /** Without a trailing slash; undefined: AWS's own, by region. */
  endpoint: string | undefined;
}

/** What is said elsewhere than in the environment: inputs, or a DVC remote's own settings. */
export interface S3Settings {
  endpoint?: string | undefined;
  region?: string | undefined;
  profile?: string | undefined;
  credentials?: AwsCredentials | undefined;
  anonymous?: boolean;
}

export async function chooseS3Access(settings: S3Settings, env: NodeJS.ProcessEnv): Promise<S3Access> {
  const profile = settings.profile ?? value(env, 'AWS_PROFILE') ?? 'default';
  const asked = settings.profile ?? value(env, 'AWS_PROFILE');
  const files = await readAwsFiles(env, profile);
  if (asked !== undefined && !files.found && settings.credentials === undefined)
    throw new ConfigError(
      `the AWS profile ${JSON.stringify(asked)} is in neither credentials nor config file`,
    );
  const own = (name: string): string | undefined => files.values.get(name);
  const candidates: { credentials: AwsCredentials | undefined; from: string }[] = [
    { credentials: settings.credentials, from: 'the remote’s settings' },
    // A profile that is named is meant, whatever else is there.
    ...(settings.profile === undefined
      ? [
          {
            credentials: keys(
              value(env, 'AWS_ACCESS_KEY_ID'),
              value(env, 'AWS_SECRET_ACCESS_KEY'),
              value(env, 'AWS_SESSION_TOKEN'),
            ),
            from: '`AWS_ACCESS_KEY_ID`',
          },
        ]
      : []),
    {
      credentials: keys(own('aws_access_key_id'), own('aws_secret_access_key'), own('aws_session_token')),
      from: `the AWS profile ${JSON.stringify(profile)}`,
    },
  ];
  const chosen = settings.anonymous === true ? undefined : candidates.find((each) => each.credentials);
  const endpoint =
    settings.endpoint ??
    value(env, 'AWS_ENDPOINT_URL_S3') ??
    value(env, 'AWS_ENDPOINT_URL') ??
    own('endpoint_url');
  return {
    credentials: chosen?.credentials,
    from: chosen?.from ?? 'no credentials',
    region:
      settings.region ??
      value(env, 'AWS_REGION') ??
      value(env, 'AWS_DEFAULT_REGION') ??
      own('region') ??
      'us-east-1',
    endpoint: endpoint === undefined ? undefined : checkEndpoint(endpoint, 'S3'),
  };
}

function value(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

function keys(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
): AwsCredentials | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

async function readAwsFiles(
  env: NodeJS.ProcessEnv,
  profile: string,
): Promise<{ found: boolean; values: Map<string, string> }> {
  const home = value(env, 'HOME') ?? homedir();
  const read = async (variable: string, name: string) =>
    parseIni(await readFile(value(env, variable) ?? join(home, '.aws', name), 'utf8').catch(() => ''));
  const config = await read('AWS_CONFIG_FILE', 'config');
  const credentials = await read('AWS_SHARED_CREDENTIALS_FILE', 'credentials');
  const parts = [config.get(`profile ${profile}`) ?? config.get(profile), credentials.get(profile)];
  const values = new Map(parts.flatMap((part) => [...(part ?? [])]));
  return { found: parts.some((part) => part !== undefined), values };
}
