/** What stands before an environment's deployments (REST, "Get an environment"). Needs `actions: read`. */
import { describeError } from '@sluice/runtime/errors';
import type { Repository, Rest } from './comments.ts';

export type Protection =
  | { isProtected: boolean }
  /** GitHub doesn't say: no right to ask, no answer. */
  | { isProtected: undefined; why: string };

/** Protected by reviewers, a waiting time, a custom rule or a choice of branches. One that doesn't exist yet is not. */
export async function protectionOf(rest: Rest, where: Repository & { name: string }): Promise<Protection> {
  const { owner, repo, name } = where;
  try {
    const { data } = await rest.repos.getEnvironment({ owner, repo, environment_name: name });
    const rules = data.protection_rules ?? [];
    return { isProtected: rules.length > 0 || (data.deployment_branch_policy ?? null) !== null };
  } catch (error) {
    const status =
      typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
    if (status === 404) return { isProtected: false };
    return { isProtected: undefined, why: describeError(error) };
  }
}
