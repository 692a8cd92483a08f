/**
 * The job's OIDC token: GitHub's runner hands a job with `permissions: id-token: write` an address and a bearer for it
 * (ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN). Asked here without @actions/core, whose client is heavy.
 */
import { request } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { VaultContext } from './vault-client.ts';

/** The address at which a token can be had; undefined where the job was given none. */
export function jobTokenAddress(env: NodeJS.ProcessEnv): { url: string; bearer: string } | undefined {
  const url = env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
  const bearer = env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
  return url === '' || bearer === '' ? undefined : { url, bearer };
}

/**
 * A JWT that names this job, masked. Without `audience` its `aud` is GitHub's default, the owner's address.
 *
 * @throws ConfigError when the job has no permission to ask
 */
export async function askJobToken(audience: string | undefined, context: VaultContext): Promise<string> {
  const asked = jobTokenAddress(context.env);
  if (!asked) {
    throw new ConfigError(
      'the job has no OIDC token to log in to Vault with; give it `permissions: id-token: write` ' +
        '(a pull request from a fork never gets one), or set `VAULT_TOKEN`',
    );
  }
  context.addSecret(asked.bearer);
  const url = URL.parse(asked.url);
  if (!url) throw new InfraError('ACTIONS_ID_TOKEN_REQUEST_URL, which the runner sets, is no address');
  if (audience !== undefined) url.searchParams.set('audience', audience);
  const response = await request(url, {
    token: { value: asked.bearer, origin: url.origin },
    headers: { accept: 'application/json' },
    redirects: 'manual',
    signal: context.signal,
    log: context.log,
  });
  if (response.status !== 200) {
    response.body.resume();
    throw new InfraError(`the runner's OIDC service at ${url.host} answered HTTP ${response.status}`);
  }
  const answer = await response.json();
  const value: unknown =
    typeof answer === 'object' && answer !== null && 'value' in answer ? answer.value : '';
  if (typeof value !== 'string' || value === '')
    throw new InfraError(`the runner's OIDC service at ${url.host} answered without a token`);
  context.addSecret(value);
  return value;
}
