/**
 * Token inputs written as `vault:path#key`, read: one login, each path once. What comes back is put in place of the
 * inputs, which are then read as if the tokens had been written there.
 */
import type { CommonInputs } from '@sluice/runtime/inputs';
import { environmentName } from '@sluice/runtime/inputs';
import { ConfigError } from '@sluice/runtime/errors';
import { isVaultReference } from '@sluice/runtime/vault-reference';
import { logIn } from './login.ts';
import { pickKey, readSecret } from './read-secret.ts';
import { VaultClient } from './vault-client.ts';
import type { VaultContext } from './vault-client.ts';

/**
 * Environment variables (`INPUT_TOKEN`) and their secrets, each masked before anything else is done with it.
 *
 * @throws ConfigError with every fault of a reference, once we are logged in
 */
export async function readVaultTokens(
  inputs: Pick<CommonInputs, 'vaultReferences' | 'vaultAddress' | 'vaultRole'>,
  context: VaultContext,
): Promise<Record<string, string>> {
  const client = new VaultClient(inputs.vaultAddress, context);
  const session = await logIn(client, inputs.vaultRole, context);
  const reader = { client, token: session.token, who: session.who };
  const secrets = new Map<string, Promise<Record<string, unknown>>>();
  const tokens: Record<string, string> = {};
  const faults: string[] = [];
  try {
    for (const { input, path, key } of inputs.vaultReferences) {
      const secret = secrets.get(path) ?? readSecret(path, reader);
      secrets.set(path, secret);
      try {
        const token = pickKey(await secret, key, path, client.address);
        context.addSecret(token);
        if (isVaultReference(token))
          throw new ConfigError(`the secret ${path} in Vault names another secret; write that in the input`);
        tokens[environmentName(input)] = token;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        faults.push(...error.faults.map((fault) => `input \`${input}\`: ${fault}`));
      }
    }
  } finally {
    await session.end();
  }
  if (faults.length > 0) throw new ConfigError(faults);
  const names = inputs.vaultReferences.map(({ input, path }) => `\`${input}\` from ${path}`);
  context.log.info(`Vault at ${client.address}, ${session.who}: ${names.join(', ')}`);
  return tokens;
}
