/**
 * One secret of a key-value engine, version 1 or 2. As Vault's own command line does it (`kv get`), the engine's mount and
 * version are asked first (`sys/internal/ui/mounts/<path>`); an API path (`secret/data/hub`) is taken too.
 */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { VaultAnswer, VaultClient } from './vault-client.ts';
import { recordOf } from './vault-client.ts';

export interface Reader {
  client: VaultClient;
  token: string;
  /** How we logged in, for messages. */
  who: string;
}

/**
 * The fields of the secret at `path`.
 *
 * @throws ConfigError that names path, who asked, and the mend; never a value
 */
export async function readSecret(path: string, reader: Reader): Promise<Record<string, unknown>> {
  const { mount, version } = await findEngine(path, reader);
  const below = path.slice(mount.length);
  // vault-action and Vault's HTTP API write the `data/` that the command line leaves out.
  const place = version === 2 && !below.startsWith('data/') ? `${mount}data/${below}` : path;
  const answer = await reader.client.get(place, reader.token);
  if (answer.status !== 200) throw refusal(path, place, answer, reader);
  const outer = recordOf(answer.body['data']);
  const fields = version === 2 ? recordOf(outer['data']) : outer;
  if (Object.keys(fields).length === 0)
    throw new ConfigError(`the secret ${path} in Vault at ${reader.client.address} holds no keys`);
  return fields;
}

/** The text at `key`; a number or a truth value as it is written. */
export function pickKey(fields: Record<string, unknown>, key: string, path: string, address: string): string {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (value === undefined) {
    const keys = Object.keys(fields)
      .sort()
      .map((each) => JSON.stringify(each))
      .join(', ');
    throw new ConfigError(
      `the secret ${path} in Vault at ${address} has no key ${JSON.stringify(key)}; it has ${keys}`,
    );
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string' || value.trim() === '')
    throw new ConfigError(
      `the key ${JSON.stringify(key)} of the secret ${path} in Vault at ${address} holds no text; a token was expected`,
    );
  return value.trim();
}

async function findEngine(path: string, reader: Reader): Promise<{ mount: string; version: 1 | 2 }> {
  const answer = await reader.client.get(`sys/internal/ui/mounts/${path}`, reader.token);
  if (answer.status === 404) {
    // Vault before 0.10.2, or an agent that hides it: version 1, as its own command line takes it to be.
    return { mount: `${path.split('/')[0] ?? ''}/`, version: 1 };
  }
  if (answer.status !== 200) throw refusal(path, path, answer, reader);
  const data = recordOf(answer.body['data']);
  const mount = data['path'];
  if (typeof mount !== 'string' || !`${path}/`.startsWith(mount))
    throw new InfraError(`Vault at ${reader.client.address} names no engine for ${path}`);
  return { mount, version: recordOf(data['options'])['version'] === '2' ? 2 : 1 };
}

function refusal(path: string, place: string, answer: VaultAnswer, reader: Reader): ConfigError | InfraError {
  const { client, who } = reader;
  const said = `HTTP ${answer.status}${answer.said === '' ? '' : `: ${JSON.stringify(answer.said)}`}`;
  if (answer.status === 403) {
    return new ConfigError(
      `Vault at ${client.address} does not let us read ${path} ${who} (${said}); is the path right, and does a ` +
        `policy of ours grant \`read\` on ${JSON.stringify(place)}?`,
    );
  }
  if (answer.status === 404) {
    const metadata = recordOf(recordOf(answer.body['data'])['metadata']);
    const deleted = metadata['destroyed'] === true ? 'destroyed' : metadata['deletion_time'] ? 'deleted' : '';
    return new ConfigError(
      deleted === ''
        ? `there is no secret ${path} in Vault at ${client.address} (asked ${who} at ${JSON.stringify(place)})`
        : `the newest version of the secret ${path} in Vault at ${client.address} is ${deleted}; write it anew or undelete it`,
    );
  }
  return new InfraError(`Vault at ${client.address}: reading ${path} ${who} failed (${said})`);
}
