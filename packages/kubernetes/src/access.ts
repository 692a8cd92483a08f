/** One cluster as a context of the kubeconfig names it: address, and what a request carries to be let in. */
import { createHash, X509Certificate } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { LOOPBACK } from '@sluice/http/agents';
import { ConfigError, describeError } from '@sluice/runtime/errors';
import { addSecret } from '@sluice/runtime/secrets';
import type { KubeConfig } from './client.ts';
import { findKubeconfig } from './kubeconfig.ts';
import { loadKubernetes } from './load.ts';

export interface AccessOptions {
  /** Path of a kubeconfig or its text; default: as kubectl finds it. */
  kubeconfig?: string | undefined;
  context?: string | undefined;
  namespace?: string | undefined;
}

export interface Admission {
  headers: Record<string, string>;
  agent: http.Agent;
}

/** Masked already: each mask is a line on standard output. */
const masked = new Set<string>();

const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export class ClusterAccess {
  readonly server: URL;
  readonly cluster: string;
  readonly context: string;
  readonly namespace: string;
  readonly #options: AccessOptions;
  #config: KubeConfig;
  #kept: { key: string; agent: http.Agent } | undefined;

  private constructor(config: KubeConfig, options: AccessOptions) {
    this.#config = config;
    this.#options = options;
    const context = config.getContextObject(config.getCurrentContext());
    const cluster = config.getCurrentCluster();
    if (context === null || cluster === null) throw new Error('checked by open()');
    this.cluster = cluster.name;
    this.context = context.name;
    this.namespace = options.namespace ?? context.namespace ?? 'default';
    this.server = new URL(cluster.server.endsWith('/') ? cluster.server : `${cluster.server}/`);
  }

  /** @throws ConfigError that names the input, its value and the contexts that exist. */
  static async open(options: AccessOptions): Promise<ClusterAccess> {
    const { namespace } = options;
    if (namespace !== undefined && !NAMESPACE.test(namespace)) {
      throw new ConfigError(
        `namespace: "${namespace}" is no name of a namespace (small letters, digits and -, at most 63)`,
      );
    }
    return new ClusterAccess(await readConfig(options), options);
  }

  /** Runs the kubeconfig's credential program where its last answer has expired. */
  async admit(): Promise<Admission> {
    const user = this.#config.getCurrentUser();
    const options: https.RequestOptions = {};
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (error) {
      throw new ConfigError(`kubeconfig: ${describeCredentialFault(error, user)}`, { cause: error });
    }
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value).trim();
    if (typeof options.auth === 'string') {
      headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
      hide(user?.password);
    }
    hide(headers['Authorization']?.replace(/^\w+ /, ''));
    return { headers, agent: this.#agentFor(options) };
  }

  /** Reads the kubeconfig again and forgets what a credential program said: after a 401. */
  async renew(): Promise<void> {
    this.#config = await readConfig(this.#options);
    // Not destroyed: streams that were let in before go on over it.
    this.#kept = undefined;
  }

  /** What is known to be wrong with the credentials, for the message of a 401; undefined when nothing is. */
  credentialFault(): string | undefined {
    const user = this.#config.getCurrentUser();
    const data = user?.certData;
    if (!data) return undefined;
    try {
      const { validTo } = new X509Certificate(Buffer.from(data, 'base64'));
      return Date.parse(validTo) < Date.now() ? `its client certificate expired on ${validTo}` : undefined;
    } catch {
      return 'its client-certificate-data is no certificate';
    }
  }

  get user(): string {
    return this.#config.getCurrentUser()?.name ?? '(none)';
  }

  close(): void {
    this.#kept?.agent.destroy();
    this.#kept = undefined;
  }

  #agentFor(options: https.RequestOptions): http.Agent {
    // A proxy of the kubeconfig's own comes with the library's agent; one of the environment is Node's business.
    if (this.#config.getCurrentCluster()?.proxyUrl && options.agent instanceof http.Agent) {
      this.#kept = { key: 'proxy', agent: options.agent };
      return options.agent;
    }
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const given = Object.entries({ ca, cert, key, servername, rejectUnauthorized });
    const tls = Object.fromEntries(given.filter(([, value]) => value !== undefined));
    const hash = createHash('sha256').update(JSON.stringify(tls)).digest('hex');
    if (this.#kept?.key !== hash) {
      // As Go's ProxyFromEnvironment: no proxy for this machine itself.
      const proxied = LOOPBACK.test(this.server.hostname) ? {} : { proxyEnv: process.env };
      const kept = { keepAlive: true, maxSockets: 64, ...proxied };
      const plain = this.server.protocol === 'http:';
      const agent = plain ? new http.Agent({ keepAlive: true }) : new https.Agent({ ...kept, ...tls });
      this.#kept = { key: hash, agent };
    }
    return this.#kept.agent;
  }
}

async function readConfig(options: AccessOptions): Promise<KubeConfig> {
  const file = await findKubeconfig(options.kubeconfig);
  const { KubeConfig: Loaded } = await loadKubernetes();
  const config = new Loaded();
  if (file === undefined) {
    config.loadFromCluster();
  } else {
    try {
      config.loadFromString(JSON.stringify(file));
    } catch (error) {
      throw new ConfigError(`kubeconfig: ${describeError(error)}`);
    }
  }
  selectContext(config, options.context);
  for (const user of config.getUsers()) for (const secret of [user.token, user.password]) hide(secret);
  return config;
}

function selectContext(config: KubeConfig, wanted: string | undefined): void {
  const contexts = config.getContexts().map(({ name }) => name);
  const known = contexts.length === 0 ? 'it has none' : `it has ${contexts.join(', ')}`;
  const chosen = wanted ?? config.getCurrentContext();
  if (!chosen) {
    throw new ConfigError(`context: none is given, and the kubeconfig has no current-context; ${known}`);
  }
  const context = config.getContextObject(chosen);
  if (context === null) throw new ConfigError(`context: "${chosen}" isn't in the kubeconfig; ${known}`);
  config.setCurrentContext(chosen);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new ConfigError(
      `kubeconfig: context ${chosen} names cluster "${context.cluster}", which it hasn't`,
    );
  }
  if (context.user && config.getCurrentUser() === null) {
    throw new ConfigError(`kubeconfig: context ${chosen} names user "${context.user}", which it hasn't`);
  }
  const server = URL.parse(cluster.server);
  if (server === null || !['http:', 'https:'].includes(server.protocol)) {
    throw new ConfigError(`kubeconfig: the server of cluster ${cluster.name} is no http address`);
  }
  if (server.protocol === 'http:') {
    if (!LOOPBACK.test(server.hostname)) {
      throw new ConfigError(
        `kubeconfig: cluster ${cluster.name} is reached over plain http (${server.host}), where credentials could be read`,
      );
    }
    // The library wants this said; it is about TLS, and there is none.
    Object.assign(cluster, { skipTLSVerify: true });
  }
}

/** The program's own words, and how it may be had. */
function describeCredentialFault(error: unknown, user: { name: string; exec?: unknown } | null): string {
  const exec = (user?.exec ?? undefined) as { command?: string; installHint?: string } | undefined;
  const said = describeError(error).trim().slice(0, 500);
  if (exec === undefined) return `the credentials of user ${user?.name ?? '(none)'} can't be read: ${said}`;
  const hint = exec.installHint === undefined ? '' : `; ${exec.installHint.trim().slice(0, 300)}`;
  const why = said === '' || said === 'Error' ? 'it ended with an error and no word' : said;
  return `the credential program "${exec.command ?? ''}" of user ${user?.name ?? ''} failed: ${why}${hint}`;
}

function hide(secret: string | null | undefined): void {
  if (!secret || masked.has(secret)) return;
  masked.add(secret);
  addSecret(secret);
}
