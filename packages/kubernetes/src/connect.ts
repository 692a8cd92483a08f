/** Opens a connection to one cluster, and says at once when it can't be used. */
import { ConfigError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { ClusterAccess, type AccessOptions } from './access.ts';
import { HttpKubeApi } from './api.ts';
import { Connection, textOf } from './connection.ts';
import { refusal } from './refusals.ts';
import type { KubeApi } from './types.ts';

export interface ConnectOptions extends AccessOptions {
  log: Logger;
  signal: AbortSignal;
  /** How long a server that can't be reached is asked again, milliseconds; default a minute. */
  patienceMs?: number;
}

const PATIENCE_MS = 60_000;

/**
 * @throws ConfigError for a kubeconfig, context, namespace or credentials that don't hold; InfraError when the server can't
 * be reached within `patienceMs`
 */
export async function connect(options: ConnectOptions): Promise<KubeApi> {
  const access = await ClusterAccess.open(options);
  const connection = new Connection(access, { ...options, patienceMs: options.patienceMs ?? PATIENCE_MS });
  try {
    await checkNamespace(connection);
  } catch (error) {
    access.close();
    throw error;
  }
  return new HttpKubeApi(connection);
}

/** The first request: reachable, let in, and there. Who may not read namespaces (403) is told by the first real verb. */
async function checkNamespace(connection: Connection): Promise<void> {
  const { access } = connection;
  const { namespace, cluster } = access;
  const path = `api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const answer = await connection.send({ method: 'GET', path, repeatable: true });
  const text = await textOf(answer.body);
  if (answer.status === 200 || answer.status === 403) return;
  if (answer.status !== 404) {
    throw refusal(answer.status, text, {
      verb: 'get',
      group: '',
      resource: 'namespaces',
      name: namespace,
      cluster,
      user: access.user,
      credentialFault: access.credentialFault(),
    });
  }
  const there = await namesOf(connection);
  throw new ConfigError(
    `namespace: there is no "${namespace}" in cluster ${cluster} (context ${access.context})${there === '' ? '' : `; it has ${there}`}`,
  );
}

async function namesOf(connection: Connection): Promise<string> {
  const answer = await connection.send({ method: 'GET', path: 'api/v1/namespaces', repeatable: true });
  const text = await textOf(answer.body);
  if (answer.status !== 200) return '';
  const { items } = JSON.parse(text) as { items?: { metadata: { name: string } }[] };
  return (items ?? [])
    .slice(0, 20)
    .map(({ metadata }) => metadata.name)
    .join(', ');
}
