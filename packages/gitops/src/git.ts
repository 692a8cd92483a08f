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
const WHO = { name: 'github-actions[bot]', email: '41898282+github-actions[bot]@users.noreply.github.com' };

export interface Change {
  path: string;
  /** null takes the file away. */
  text: string | null;
  mode: string;
}

export interface TreeEntry {
  mode: string;
  sha: string;
}

export class Git {
  readonly folder: string;
  readonly #options: GitOptions;
  readonly #env: NodeJS.ProcessEnv;
  #made = 0;

  constructor(folder: string, options: GitOptions) {
    this.folder = folder;
    this.#options = options;
    this.#env = environment(options);
  }

  /** Without a connection. */
  async local(args: readonly string[], input?: string): Promise<string> {
    const { stdout } = await run('git', ['--git-dir', this.folder, ...args], {
      env: this.#env,
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
  async commit(parent: string | undefined, changes: readonly Change[], message: string): Promise<string> {
    this.#made += 1;
    const lines = [
      `commit refs/work/${this.#made}`,
      'mark :1',
      `committer ${WHO.name} <${WHO.email}> ${Math.floor(Date.now() / 1000)} +0000`,
      data(message),
      ...(parent === undefined ? [] : [`from ${parent}`]),
      ...changes.flatMap(({ path, text, mode }) =>
        text === null ? [`D ${quoted(path)}`] : [`M ${mode} inline ${quoted(path)}`, data(text)],
      ),
      '',
      'get-mark :1',
      'done',
      '',
    ];
    const args = ['fast-import', '--quiet', '--done', '--date-format=raw'];
    return (await this.local(args, lines.join('\n'))).trim();
  }

  /** Whether `commit` is in `of`'s history, or is it; false where one isn't known here. */
  async isAncestor(commit: string, of: string): Promise<boolean> {
    return (
      (await exitCode(['--git-dir', this.folder, 'merge-base', '--is-ancestor', commit, of], this.#env)) === 0
    );
  }
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

/** As fast-import reads a path that holds anything. */
function quoted(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

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
  return {
    ...Object.fromEntries(kept),
    ...(Object.fromEntries(numbered) as Record<string, string>),
    GIT_CONFIG_COUNT: String(settings.length),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
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
