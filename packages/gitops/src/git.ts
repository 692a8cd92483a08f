/** Git as a child process on a bare repository of its own: nothing is checked out, no hook and no filter of the repository runs. */
import { spawn } from 'node:child_process';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { ProcessError, run } from '@sluice/process/run';
import type { GitAddress } from './address.ts';

export interface GitOptions {
  address: GitAddress;
  /** Goes to the address's own origin only, in the child's environment: never on a command line, in a file or in a log. */
  token?: string | undefined;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** One exchange with the server. */
const NETWORK_MS = 120_000;
/** Of the caller's own environment, what tells how to reach a server; the rest of GIT_* would change what is done, or print headers. */
const KEPT = /^GIT_(SSH|SSH_COMMAND|SSH_VARIANT|SSL_.*|PROXY_.*|HTTP_PROXY_.*|CONFIG_GLOBAL|CONFIG_SYSTEM)$/;
const FILE_MODE = '100644';

export interface TreeEntry {
  mode: string;
  sha: string;
}

export class Git {
  readonly folder: string;
  readonly #options: GitOptions;
  readonly #env: NodeJS.ProcessEnv;

  constructor(folder: string, options: GitOptions) {
    this.folder = folder;
    this.#options = options;
    this.#env = environment(options);
  }

  /** Without a connection. */
  async local(args: readonly string[], more: { input?: string; index?: string } = {}): Promise<string> {
    const { input, index } = more;
    const { stdout } = await run('git', ['--git-dir', this.folder, ...args], {
      env: index === undefined ? this.#env : { ...this.#env, GIT_INDEX_FILE: index },
      ...(input === undefined ? {} : { input }),
    });
    return stdout;
  }

  /** With the address behind `verb`; the URL is kept in no file. @throws ProcessError with Git's words */
  async remote(verb: readonly string[], rest: readonly string[]): Promise<string> {
    const args = ['--git-dir', this.folder, ...verb, this.#options.address.url, ...rest];
    const { stdout } = await run('git', args, {
      env: this.#env,
      timeoutMs: NETWORK_MS,
      signal: this.#options.signal,
    });
    return stdout;
  }

  /** undefined: the ref isn't there. */
  async shaOf(ref: string): Promise<string | undefined> {
    const text = await this.local(['for-each-ref', '--format=%(objectname)', ref]);
    return text.trim() === '' ? undefined : text.trim();
  }

  /** Every file below `path` ('' is the root), by its path in the repository. */
  async tree(commit: string, path: string): Promise<Map<string, TreeEntry>> {
    const text = await this.local([
      'ls-tree',
      '-r',
      '-z',
      '--full-tree',
      commit,
      ...(path === '' ? [] : ['--', path]),
    ]);
    const entries = text.split('\0').filter((line) => line !== '');
    return new Map(
      entries.map((line): [string, TreeEntry] => {
        const [head, name] = split(line, '\t');
        const [mode = '', , sha = ''] = head.split(' ');
        return [name, { mode, sha }];
      }),
    );
  }

  /** Bytes that are no UTF-8 come back changed: read only what is text. */
  blob(sha: string): Promise<string> {
    return this.local(['cat-file', 'blob', sha]);
  }

  /** A commit on top of `parent` (none: the first of its ref) with these files changed; null takes one away. */
  async commit(
    parent: string | undefined,
    changes: ReadonlyMap<string, string | null>,
    message: string,
    index: string,
  ): Promise<string> {
    await this.local(['read-tree', ...(parent === undefined ? ['--empty'] : [parent])], { index });
    const lines: string[] = [];
    for (const [path, text] of changes) {
      const modes = parent === undefined ? undefined : await this.tree(parent, path);
      const sha =
        text === null
          ? NOTHING
          : (await this.local(['hash-object', '-w', '--stdin'], { input: text })).trim();
      lines.push(`${text === null ? '0' : (modes?.get(path)?.mode ?? FILE_MODE)} ${sha}\t${path}\0`);
    }
    await this.local(['update-index', '-z', '--index-info'], { index, input: lines.join('') });
    const tree = (await this.local(['write-tree'], { index })).trim();
    const parents = parent === undefined ? [] : ['-p', parent];
    return (await this.local(['commit-tree', tree, ...parents, '-F', '-'], { input: message })).trim();
  }

  /** Whether `commit` is in `of`'s history, or is it; false where one isn't known here. */
  async isAncestor(commit: string, of: string): Promise<boolean> {
    return (
      (await exitCode(['--git-dir', this.folder, 'merge-base', '--is-ancestor', commit, of], this.#env)) === 0
    );
  }
}

const NOTHING = '0'.repeat(40);

function split(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return [text.slice(0, at), text.slice(at + by.length)];
}

function exitCode(args: string[], env: NodeJS.ProcessEnv): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn('git', args, { env, stdio: 'ignore' });
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
}

function environment({ address, token, env }: GitOptions): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('GIT_') || KEPT.test(name));
  const settings: [string, string][] = [
    ['core.hooksPath', '/dev/null'],
    ['credential.helper', ''],
    ['protocol.ext.allow', 'never'],
    // What a server sends elsewhere would be asked there with our token.
    ['http.followRedirects', 'false'],
    ['gc.auto', '0'],
  ];
  if (token !== undefined && address.origin !== undefined)
    settings.push([`http.${address.origin}/.extraHeader`, `Authorization: Basic ${basic(token)}`]);
  const numbered = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  const who = { NAME: 'github-actions[bot]', EMAIL: '41898282+github-actions[bot]@users.noreply.github.com' };
  return {
    ...Object.fromEntries(kept),
    ...(Object.fromEntries(numbered) as Record<string, string>),
    GIT_CONFIG_COUNT: String(settings.length),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    ...{ GIT_AUTHOR_NAME: who.NAME, GIT_AUTHOR_EMAIL: who.EMAIL },
    ...{ GIT_COMMITTER_NAME: who.NAME, GIT_COMMITTER_EMAIL: who.EMAIL },
    LC_ALL: 'C',
  };
}

/** As GitHub, GitLab, Gitea and Bitbucket take a token over HTTP. */
export function basic(token: string): string {
  return Buffer.from(`x-access-token:${token}`).toString('base64');
}

/** What Git says when it can't get in, in words that say what to do; hostile text is the server's. */
export function explained(error: unknown, address: GitAddress): Error {
  if (!(error instanceof ProcessError)) return error as Error;
  const said = error.stderr.trim().split('\n').slice(-5).join(' | ');
  const where = `input \`gitops-repository\` = ${address.shown}`;
  if (/could not read Username|Authentication failed|HTTP Basic|Permission denied|403|401/.test(said))
    return new ConfigError(
      `${where}: not let in; give \`gitops-token\` a token that may read and write it (${said})`,
    );
  if (/not found|does not appear to be a git repository|does not exist|Repository not found/i.test(said))
    return new ConfigError(`${where}: there is no such repository, or the token may not see it (${said})`);
  if (/requested URL returned error: 30\d|redirect/i.test(said))
    return new ConfigError(
      `${where}: the server sends elsewhere, which is not followed; give the new address (${said})`,
    );
  return new InfraError(`${where}: ${said || error.message}`);
}
