/** Why GitHub would not do something, with the permission that would help. */
import { describeError } from '@sluice/runtime/errors';

/** @param permission as it stands in a workflow: `pull-requests: write` */
export function explainRefusal(error: unknown, permission: string): string {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  const said = describeError(error);
  return status === 401 || status === 403 || status === 404
    ? `${said}; give the job \`permissions: {${permission}}\` (a pull request from a fork has a token that only reads)`
    : said;
}
