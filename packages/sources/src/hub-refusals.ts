/** What a hub's refusal means to the user, decided from status and `X-Error-Code` alone. */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { editDistance } from '@sluice/runtime/input-parsers';
import type { RefNames } from './hub-answers.ts';

export interface Refusal {
  status: number;
  /** `X-Error-Code`: RepoNotFound, RevisionNotFound, EntryNotFound, GatedRepo; null when absent. */
  code: string | null;
  repo: string;
  /** The user's input that names the repository. */
  input: string;
  /** What was asked for, in words. */
  what: string;
  endpoint: string;
  /** The repository's page for people. */
  page: string;
  /** false: a CDN refused, whose 403 is no judgement about the user. */
  fromHub: boolean;
  /** Where the token came from; null when none was sent. */
  tokenFrom: string | null;
}

/** The error that a refusal stands for: ConfigError where the user can mend it, InfraError elsewhere. */
export function describeRefusal(refusal: Refusal): ConfigError | InfraError {
  const { status, code, repo, input, what, endpoint, page, fromHub, tokenFrom } = refusal;
  if (!fromHub) return new InfraError(`${what}: the server that the hub redirected to answered ${status}`);
  if (code === 'GatedRepo') {
    const token = tokenFrom === null ? 'no token was given' : `the token from ${tokenFrom} has no access`;
    return new ConfigError(
      `input \`${input}\` = ${JSON.stringify(repo)} is gated and ${token}: ask for access at ${page}, ` +
        'then pass a read token of that account by `token`',
    );
  }
  if (status === 401 && tokenFrom !== null && code !== 'RepoNotFound') {
    return new ConfigError(
      `the hub ${endpoint} refused the token from ${tokenFrom}: it is wrong, expired or revoked; pass a valid read token by \`token\``,
    );
  }
  if (code === 'RepoNotFound' || status === 401 || (status === 404 && code === null)) {
    const mend =
      tokenFrom === null
        ? 'check its spelling; if it is private, pass a read token by `token`'
        : `check its spelling, and that the token from ${tokenFrom} may read it`;
    return new ConfigError(
      `input \`${input}\` = ${JSON.stringify(repo)} is not known to the hub ${endpoint}: ${mend}`,
    );
  }
  if (status === 403) {
    const who = tokenFrom === null ? 'without a token' : `with the token from ${tokenFrom}`;
    return new ConfigError(
      `input \`${input}\` = ${JSON.stringify(repo)} may not be read ${who}: the hub ${endpoint} answered 403; ` +
        'pass a token whose account and scopes allow it',
    );
  }
  return new InfraError(
    `${what}: the hub ${endpoint} answered ${status}${code === null ? '' : ` (${code})`}`,
  );
}

/** Names what does exist, the nearest first: a mistyped tag is the usual case. */
export function describeUnknownRevision(
  repo: string,
  revision: string,
  refs: RefNames | undefined,
  input = 'model',
): string {
  const named = input === 'model' ? 'input `revision` =' : `input \`${input}\`: revision`;
  const head = `${named} ${JSON.stringify(revision)} does not exist in ${repo}`;
  // Git takes the beginning of a commit id, hubs don't.
  const short = /^[0-9a-f]{7,39}$/.test(revision) ? '; a commit needs all its 40 digits' : '';
  if (!refs) return `${head}; name a branch, a tag or a full commit id`;
  const near = nearestNames(revision, [...refs.tags, ...refs.branches]).map((name) => JSON.stringify(name));
  if (near.length === 0) return `${head}, which has no branches or tags`;
  return `${head}; the nearest that do are ${near.join(', ')}${short}`;
}

export function nearestNames(wanted: string, names: readonly string[], count = 5): string[] {
  const distance = (name: string): number => editDistance(wanted.toLowerCase(), name.toLowerCase());
  return [...new Set(names)]
    .map((name) => ({ name, distance: distance(name) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name);
}
