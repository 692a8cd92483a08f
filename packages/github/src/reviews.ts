/** Who let this run's deployments through: the reviews of its environments. */
import type { Repository, Rest } from './comments.ts';

export interface EnvironmentReview {
  state: string;
  login: string;
  environments: string[];
}

/** GitHub tells no time of a review. Needs `actions: read`. */
export async function listReviews(
  rest: Rest,
  where: Repository & { run_id: number },
): Promise<EnvironmentReview[]> {
  const { data } = await rest.actions.getReviewsForRun({ ...where });
  return data.map(({ state, user, environments }) => ({
    state,
    login: user.login,
    environments: environments.flatMap(({ name }) => name ?? []),
  }));
}
