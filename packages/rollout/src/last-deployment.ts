/** What runs in a GitHub environment: the newest of its deployments whose latest status is `success`. */
import { ConfigError, describeError, InfraError } from '@sluice/runtime/errors';
import type { DeploymentPayload } from './github-deployment.ts';
import { readPayload } from './github-deployment.ts';

export interface LastDeployment {
  id: number;
  /** null when another tool deployed, which wrote none of ours. */
  payload: DeploymentPayload | null;
}

/** So many of the newest are looked through; a failed one is followed by another try or by an undo. */
const NEWEST = 100;

/**
 * null when none succeeded. ConfigError where GitHub refuses, with the permission that is missing.
 *
 * @param repository `owner/name`
 */
export async function lastDeployment(
  environment: string,
  repository: string,
  token: string,
): Promise<LastDeployment | null> {
  const [owner = '', repo = ''] = repository.split('/');
  const { loadGithub } = await import('@sluice/github/load');
  const { repos } = (await loadGithub()).getOctokit(token).rest;
  try {
    const { data } = await repos.listDeployments({ owner, repo, environment, per_page: NEWEST });
    for (const { id, payload } of data) {
      const statuses = await repos.listDeploymentStatuses({ owner, repo, deployment_id: id, per_page: 1 });
      if (statuses.data[0]?.state === 'success') return { id, payload: readPayload(payload) };
    }
    return null;
  } catch (error) {
    const status =
      typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
    const why = `GitHub would not list the deployments of ${environment} in ${repository}: ${describeError(error)}`;
    if (status === 401 || status === 403 || status === 404) {
      throw new ConfigError(
        `input \`environment\`: ${why}; the token needs \`permissions: {deployments: read}\``,
      );
    }
    throw new InfraError(why, { cause: error });
  }
}
