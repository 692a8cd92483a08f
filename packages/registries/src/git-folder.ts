/**
 * `git:models/v2.0`: the card's folder committed to the branch that the workflow runs on, and tagged by its own name, in one
 * atomic push. The tag is made once: a name that holds another card is never moved. Works beside the checkout: its
 * index and files stay as they are.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessError, run } from '@sluice/process/run';
import { ConfigError, GateError, InfraError } from '@sluice/runtime/errors';
import { commentLine, type Comment, type Promoted, type RegistryContext } from './registry.ts';

const TRIES = 5;
const GIT_TIMEOUT_MS = 120_000;
const BOT = 'github-actions[bot]';
const BOT_MAIL = '41898282+github-actions[bot]@users.noreply.github.com';

export interface GitFolder {
  /** As the user wrote it. */
  given: string;
  /** Relative to the checkout, with `/`; the tag's name too. */
  folder: string;
}

/** The tag's object on the server; null when there is none. Tells early whether the server can be reached. */
export async function observeTag(target: GitFolder, context: RegistryContext): Promise<string | null> {
  const git = gitIn(context);
  branchOf(target, context);
  const listed = await git(['ls-remote', 'origin', `refs/tags/${target.folder}`]);
  return /^([0-9a-f]{40,64})\t/u.exec(listed)?.[1] ?? null;
}

/**
 * @param files names in the folder; the first is what tells whether the tag holds the same
 * @throws GateError when the tag holds something else
 */
export async function publishFolder(
  target: GitFolder,
  files: readonly string[],
  comment: Comment,
  context: RegistryContext,
): Promise<Promoted> {
  const branch = branchOf(target, context);
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-git-'));
  try {
    const git = gitIn(context, { GIT_INDEX_FILE: join(scratch, 'index') });
    const paths = files.map((file) => `${target.folder}/${file}`);
    const blobs = await Promise.all(
      paths.map(async (path) => ({ path, sha: await git(['hash-object', '-w', '--', path]) })),
    );
    for (let attempt = 1; ; attempt += 1) {
      const known = await knownTag(git, target, blobs[0]);
      if (known !== undefined) return known;
      await git(['fetch', '--quiet', '--no-tags', 'origin', `refs/heads/${branch}`]);
      const tip = await git(['rev-parse', 'FETCH_HEAD']);
      const commit = await commitOnto(git, tip, blobs, `${target.folder}: ${commentLine(comment)}`);
      const tag = await makeTag(git, target.folder, commit, commentLine(comment));
      try {
        const refs = [`${commit}:refs/heads/${branch}`, `${tag}:refs/tags/${target.folder}`];
        await git(['push', '--quiet', '--atomic', 'origin', ...refs]);
        return { target: target.given, from: null, to: commit, changed: true };
      } catch (error) {
        // Somebody pushed in between: the same files go on top of theirs.
        if (!isRace(error) || attempt >= TRIES) throw explained(error, target, branch);
        context.log.info(`${target.given}: ${branch} moved on, trying again on top of it`);
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

type Git = (args: string[], input?: string) => Promise<string>;

/** Done already, or taken by something else; undefined while the name is free. */
async function knownTag(
  git: Git,
  { given, folder }: GitFolder,
  first: { path: string; sha: string } | undefined,
): Promise<Promoted | undefined> {
  if ((await git(['ls-remote', 'origin', `refs/tags/${folder}`])) === '') return undefined;
  await git(['fetch', '--quiet', '--no-tags', 'origin', `refs/tags/${folder}`]);
  const commit = await git(['rev-parse', 'FETCH_HEAD^{commit}']);
  const held = await git(['rev-parse', `${commit}:${first?.path ?? ''}`]).catch(() => '');
  if (held === first?.sha) return { target: given, from: commit, to: commit, changed: false };
  throw new GateError(
    `the tag ${folder} is there already and holds another card; a version is promoted once: give the new one a folder of its own, or delete the tag`,
  );
}

async function commitOnto(
  git: Git,
  tip: string,
  blobs: readonly { path: string; sha: string }[],
  message: string,
): Promise<string> {
  await git(['read-tree', tip]);
  for (const { path, sha } of blobs)
    await git(['update-index', '--add', '--cacheinfo', `100644,${sha},${path}`]);
  const tree = await git(['write-tree']);
  if (tree === (await git(['rev-parse', `${tip}^{tree}`]))) return tip;
  return git(['commit-tree', tree, '-p', tip], message);
}

async function makeTag(git: Git, name: string, commit: string, message: string): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000);
  const head = `object ${commit}\ntype commit\ntag ${name}\ntagger ${BOT} <${BOT_MAIL}> ${seconds} +0000\n`;
  return git(['mktag'], `${head}\n${message}\n`);
}

function branchOf({ given }: GitFolder, { env }: RegistryContext): string {
  const branch = /^refs\/heads\/(.+)$/u.exec(env['GITHUB_REF'] ?? '')?.[1];
  if (branch === undefined)
    throw new ConfigError(
      `\`promote\` = '${given}' commits to the branch that the workflow runs on, and this run is of ${env['GITHUB_REF'] || 'none'}; promote after the merge`,
    );
  return branch;
}

/** Git in the checkout. What checkout left for credentials is used; without it the job's token, for GitHub's own host only. */
function gitIn(context: RegistryContext, more: Record<string, string> = {}): Git {
  const { env, githubToken, workspace, signal } = context;
  const server = env['GITHUB_SERVER_URL'] ?? 'https://github.com';
  const who = {
    GIT_AUTHOR_NAME: BOT,
    GIT_AUTHOR_EMAIL: BOT_MAIL,
    GIT_COMMITTER_NAME: BOT,
    GIT_COMMITTER_EMAIL: BOT_MAIL,
  };
  const own: NodeJS.ProcessEnv = { ...env, ...who, GIT_TERMINAL_PROMPT: '0', ...more };
  const plain: Git = async (args, input) => {
    const options = { cwd: workspace, env: own, signal, timeoutMs: GIT_TIMEOUT_MS };
    return (await run('git', args, { ...options, ...(input === undefined ? {} : { input }) })).stdout.trim();
  };
  const header = `http.${server.replace(/\/+$/u, '')}/.extraheader`;
  let ready: Promise<void> | undefined;
  const prepare = async (): Promise<void> => {
    if (githubToken === undefined) return;
    // Two Authorization headers would be refused.
    const kept = await plain(['config', '--get-all', header]).catch(() => '');
    if (kept !== '') return;
    const basic = Buffer.from(`x-access-token:${githubToken}`).toString('base64');
    context.addSecret?.(basic);
    own['GIT_CONFIG_COUNT'] = '1';
    own['GIT_CONFIG_KEY_0'] = header;
    own['GIT_CONFIG_VALUE_0'] = `AUTHORIZATION: basic ${basic}`;
  };
  return async (args, input) => {
    await (ready ??= prepare());
    return plain(args, input);
  };
}

function isRace(error: unknown): boolean {
  return (
    error instanceof ProcessError &&
    /non-fast-forward|fetch first|stale info|cannot lock ref|failed to update ref/u.test(error.stderr)
  );
}

function explained(error: unknown, { given }: GitFolder, branch: string): unknown {
  if (!(error instanceof ProcessError)) return error;
  if (/403|denied|protected branch|Authentication failed|could not read Username/u.test(error.stderr))
    return new ConfigError(
      `${given}: the push to ${branch} was refused (${error.stderr.trim().split('\n').at(-1) ?? ''}); give the job \`permissions: {contents: write}\`, and let it past the branch's rules`,
      { cause: error },
    );
  return new InfraError(`${given}: the push to ${branch} failed: ${error.stderr.trim().slice(-300)}`, {
    cause: error,
  });
}
