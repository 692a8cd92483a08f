/**
 * GitHub deployments and their statuses, as people see them in the repository. They are a picture of the rollout,
 * never its truth: a token that may not write them costs a warning, not the rollout.
 */
import type { getOctokit } from '@actions/github';
import { describeError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { addSecret, hideSecrets } from '@sluice/runtime/secrets';

/** What a deployment's payload says: enough to find the release on the target again. */
export interface DeploymentPayload {
  releaseDigest: string;
  service: string;
  version: string;
  /** Digests of what moved with it; null when they are not known, as in deployments of 0.1.0. */
  weights: string | null;
  adapter: string | null;
}

export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'inactive' | 'error';

export interface Deployments {
  /** The id of a new deployment; null when GitHub can't be told. */
  create(payload: DeploymentPayload, description: string): Promise<number | null>;
  mark(id: number | null, state: DeploymentState, description: string): Promise<void>;
  /** The same, but only while GitHub still shows it as under way: for what a dead run left behind. */
  settle(id: number | null, state: DeploymentState, description: string): Promise<void>;
  /** The newest deployment of this environment and service with that release; null when there is none. */
  find(releaseDigest: string, service: string): Promise<number | null>;
}

export interface DeploymentOptions {
  environment: string | undefined;
  token: string | undefined;
  /** `owner/name`. */
  repository: string;
  sha: string;
  runUrl: string;
  log: Logger;
}

/** GitHub's limit for a status's description. */
const DESCRIPTION = 140;

/** `description` cut to what GitHub takes, without secrets. */
export function shortDescription(text: string): string {
  const line = hideSecrets(text).replace(/\s+/g, ' ').trim();
  return line.length <= DESCRIPTION ? line : `${line.slice(0, DESCRIPTION - 1)}…`;
}

const NOWHERE: Deployments = {
  create: () => Promise.resolve(null),
  mark: () => Promise.resolve(),
  settle: () => Promise.resolve(),
  find: () => Promise.resolve(null),
};

/**
 * What the clean-up step needs to tell GitHub: the runner gives it the inputs of the step again, so that the token never
 * lies in a state file.
 */
export function deploymentInputs(env: NodeJS.ProcessEnv): Pick<DeploymentOptions, 'environment' | 'token'> {
  const read = (name: string): string | undefined => env[`INPUT_${name}`]?.trim() || undefined;
  const token = read('GITHUB-TOKEN');
  if (token !== undefined) addSecret(token);
  return { environment: read('ENVIRONMENT'), token };
}

/** The address of a run without what may stand before its host: a name and a password. */
export function publicUrl(url: string): string | undefined {
  try {
    const parsed = new URL(url);
    parsed.username = '';
    parsed.password = '';
    return parsed.href;
  } catch {
    return undefined;
  }
}

/** The client for one environment; silent without `environment`, a warning without a token. */
export async function deploymentsOf(options: DeploymentOptions): Promise<Deployments> {
  const { environment, token, log } = options;
  if (environment === undefined) return NOWHERE;
  if (token === undefined) {
    log.warning(`environment ${environment}: no \`github-token\`, so GitHub shows no deployment`);
    return NOWHERE;
  }
  const [owner, repo] = options.repository.split('/');
  if (owner === undefined || repo === undefined) {
    log.warning(`environment ${environment}: GITHUB_REPOSITORY is not set, so GitHub shows no deployment`);
    return NOWHERE;
  }
  const { loadGithub } = await import('@sluice/github/load');
  const github = await loadGithub();
  return new GitHubDeployments(github.getOctokit(token).rest.repos, { owner, repo }, environment, options);
}

type Repos = ReturnType<typeof getOctokit>['rest']['repos'];

class GitHubDeployments implements Deployments {
  readonly #repos: Repos;
  readonly #repository: { owner: string; repo: string };
  readonly #environment: string;
  readonly #options: DeploymentOptions;

  constructor(
    repos: Repos,
    repository: { owner: string; repo: string },
    environment: string,
    options: DeploymentOptions,
  ) {
    this.#repos = repos;
    this.#repository = repository;
    this.#environment = environment;
    this.#options = options;
  }

  async create(payload: DeploymentPayload, description: string): Promise<number | null> {
    return await this.#try('create a deployment', null, async () => {
      const { data } = await this.#repos.createDeployment({
        ...this.#repository,
        ref: this.#options.sha,
        environment: this.#environment,
        description: shortDescription(description),
        payload: { ...payload },
        auto_merge: false,
        // Without it GitHub answers 409 while any check of the commit runs, this job's own among them.
        required_contexts: [],
      });
      return 'id' in data ? data.id : null;
    });
  }

  async mark(id: number | null, state: DeploymentState, description: string): Promise<void> {
    if (id === null) return;
    const log_url = publicUrl(this.#options.runUrl);
    await this.#try('set a deployment status', undefined, async () => {
      await this.#repos.createDeploymentStatus({
        ...this.#repository,
        deployment_id: id,
        state,
        description: shortDescription(description),
        ...(log_url === undefined ? {} : { log_url }),
      });
    });
  }

  async settle(id: number | null, state: DeploymentState, description: string): Promise<void> {
    if (id === null) return;
    const latest = await this.#try('list the statuses of a deployment', undefined, async () => {
      const { data } = await this.#repos.listDeploymentStatuses({
        ...this.#repository,
        deployment_id: id,
        per_page: 1,
      });
      return data[0]?.state ?? 'pending';
    });
    if (latest === undefined || !['in_progress', 'pending', 'queued'].includes(latest)) return;
    await this.mark(id, state, description);
    this.#options.log.info(`GitHub showed deployment ${id} as ${latest}; it is ${state} now`);
  }

  async find(releaseDigest: string, service: string): Promise<number | null> {
    return await this.#try('list deployments', null, async () => {
      const { data } = await this.#repos.listDeployments({
        ...this.#repository,
        environment: this.#environment,
        per_page: 100,
      });
      const match = data.find(({ payload }) => {
        const read = readPayload(payload);
        return read?.releaseDigest === releaseDigest && read.service === service;
      });
      return match?.id ?? null;
    });
  }

  async #try<T>(what: string, otherwise: T, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      const forbidden =
        error instanceof Error && 'status' in error && (error.status === 403 || error.status === 404);
      const mend = forbidden ? '; the job needs `permissions: {deployments: write}`' : '';
      this.#options.log.warning(`GitHub would not ${what}: ${describeError(error)}${mend}`);
      return otherwise;
    }
  }
}

/** GitHub gives a payload back as the object or as its JSON text, depending on how it was sent. */
export function readPayload(payload: unknown): DeploymentPayload | null {
  let value = payload;
  if (typeof value === 'string') {
    try {
      value = JSON.parse(value) as unknown;
    } catch {
      return null;
    }
  }
  if (typeof value !== 'object' || value === null) return null;
  const { releaseDigest, service, version, weights, adapter } = value as Record<string, unknown>;
  if (typeof releaseDigest !== 'string' || typeof service !== 'string') return null;
  const digest = (part: unknown): string | null => (typeof part === 'string' ? part : null);
  return {
    releaseDigest,
    service,
    version: typeof version === 'string' ? version : '',
    weights: digest(weights),
    adapter: digest(adapter),
  };
}
