/** Who we are to Vault: the job's OIDC token exchanged at the jwt auth method, or a `VAULT_TOKEN` that is there. */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { askJobToken, jobTokenAddress } from './job-token.ts';
import type { VaultAnswer, VaultClient, VaultContext } from './vault-client.ts';
import { recordOf } from './vault-client.ts';

export interface VaultSession {
  token: string;
  /** For messages. */
  who: string;
  /** A token that was got here ends with the step; one that was given does not. */
  end(): Promise<void>;
}

const DEFAULT_MOUNT = 'jwt';

/**
 * `role` (input `vault-role`, perhaps `mount/role`) asks for OIDC. Without it `VAULT_TOKEN` is taken where it is set,
 * else OIDC with the method's default role.
 */
export async function logIn(
  client: VaultClient,
  role: string | undefined,
  context: VaultContext,
): Promise<VaultSession> {
  const given = context.env['VAULT_TOKEN']?.trim() ?? '';
  if (given !== '' && role === undefined) {
    context.addSecret(given);
    return { token: given, who: 'with `VAULT_TOKEN`', end: () => Promise.resolve() };
  }
  if (role === undefined && !jobTokenAddress(context.env)) {
    throw new ConfigError(
      `nothing to log in to Vault at ${client.address} with; set \`vault-role\` and give the job ` +
        '`permissions: id-token: write`, or set `VAULT_TOKEN`',
    );
  }
  const at = role?.lastIndexOf('/') ?? -1;
  const mount = role === undefined || at < 0 ? DEFAULT_MOUNT : role.slice(0, at);
  const name = role?.slice(at + 1);
  const answer = await exchange(client, mount, name, context);
  const token = recordOf(answer.body['auth'])['client_token'];
  if (typeof token !== 'string' || token === '')
    throw new InfraError(`Vault at ${client.address} let us in at auth/${mount} without a token`);
  context.addSecret(token);
  return {
    token,
    who:
      name === undefined
        ? `by OIDC at auth/${mount}`
        : `by OIDC as role ${JSON.stringify(name)} at auth/${mount}`,
    end: async () => {
      await client.post('auth/token/revoke-self', {}, token).catch(() => undefined);
    },
  };
}

/**
 * First with Vault's address as audience, which no other service takes; then, when the role is bound to another, with
 * GitHub's default, which most roles in use are bound to.
 */
async function exchange(
  client: VaultClient,
  mount: string,
  role: string | undefined,
  context: VaultContext,
): Promise<VaultAnswer> {
  let answer: VaultAnswer | undefined;
  for (const audience of [client.address, undefined]) {
    const jwt = await askJobToken(audience, context);
    answer = await client.post(`auth/${mount}/login`, { jwt, ...(role !== undefined && { role }) });
    if (answer.status === 200) return answer;
    if (!/audience|\baud\b/i.test(answer.said)) break;
  }
  throw refusal(client, mount, role, answer);
}

function refusal(
  client: VaultClient,
  mount: string,
  role: string | undefined,
  answer: VaultAnswer | undefined,
): ConfigError {
  const named =
    role === undefined ? 'its default role' : `role ${JSON.stringify(role)} (input \`vault-role\`)`;
  const said = `HTTP ${answer?.status ?? 0}${answer?.said ? `: ${JSON.stringify(answer.said)}` : ''}`;
  const mend =
    answer?.status === 404 || answer?.status === 403
      ? `is the jwt auth method enabled at auth/${mount}? Another mount is written \`vault-role: mount/role\``
      : /audience/i.test(answer?.said ?? '')
        ? `bind the role's \`bound_audiences\` to ${client.address} or to GitHub's default, the owner's address`
        : 'does the role exist there, and do its `bound_claims` and `bound_subject` fit this repository, branch and environment?';
  return new ConfigError(
    `Vault at ${client.address} refuses the job's OIDC token at auth/${mount} for ${named}: ${said}; ${mend}`,
  );
}
