/** Comments of ours, found again by a hidden marker and by who wrote them. */
import type { getOctokit } from './client.ts';

export type Rest = ReturnType<typeof getOctokit>['rest'];

export interface Repository {
  owner: string;
  repo: string;
}

/** GitHub takes 65,536 characters. */
const LONGEST_BODY = 65_000;
const PAGE = 100;
/** So many pages are looked through: a pull request with more comments gets a second one of ours. */
const PAGES = 10;

/** A line that readers don't see. `name` may hold anything: what could end the comment is taken out. */
export function markerOf(name: string): string {
  return `<!-- sluice:${name.replace(/[^\w./-]/gu, '_').replaceAll('--', '-')} -->`;
}

/** The one comment of ours on a pull request or issue: written anew, or changed where it stands. */
export async function keepComment(
  rest: Rest,
  where: Repository & { issue_number: number },
  marker: string,
  text: string,
): Promise<'created' | 'updated' | 'unchanged'> {
  const body = bodyOf(marker, text);
  const isOurs = await ourComments(rest);
  for (let page = 1; page <= PAGES; page += 1) {
    const { data } = await rest.issues.listComments({ ...where, per_page: PAGE, page });
    const found = data.find((comment) => isOurs(comment) && comment.body?.startsWith(marker) === true);
    if (found !== undefined) {
      if (found.body === body) return 'unchanged';
      const { owner, repo } = where;
      await rest.issues.updateComment({ owner, repo, comment_id: found.id, body });
      return 'updated';
    }
    if (data.length < PAGE) break;
  }
  await rest.issues.createComment({ ...where, body });
  return 'created';
}

/** A comment on a commit, once for a marker. */
export async function commentOnCommit(
  rest: Rest,
  where: Repository & { commit_sha: string },
  marker: string,
  text: string,
): Promise<'created' | 'unchanged'> {
  const isOurs = await ourComments(rest);
  const { data } = await rest.repos.listCommentsForCommit({ ...where, per_page: PAGE });
  if (data.some((comment) => isOurs(comment) && comment.body.startsWith(marker))) return 'unchanged';
  await rest.repos.createCommitComment({ ...where, body: bodyOf(marker, text) });
  return 'created';
}

function bodyOf(marker: string, text: string): string {
  const whole = text.length > LONGEST_BODY ? `${text.slice(0, LONGEST_BODY)}\n\n… cut` : text;
  return `${marker}\n${whole.toWellFormed()}`;
}

type Written = { user: { login: string; type: string } | null };

/**
 * Whose comments are ours: the token's own person; for a token of an app or a job, which GitHub doesn't tell its name, any
 * bot's. A marker that somebody else wrote is not taken over: they could change the verdict below it afterwards.
 */
async function ourComments(rest: Rest): Promise<(comment: Written) => boolean> {
  try {
    const { data } = await rest.users.getAuthenticated();
    return ({ user }) => user?.login === data.login;
  } catch {
    return ({ user }) => user?.type === 'Bot';
  }
}
