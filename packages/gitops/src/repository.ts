/** A branch of the GitOps repository: read at its tip, changed by commits on top of it, pushed without force. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, ConfigError, InfraError } from '@sluice/runtime/errors';
import { ProcessError } from '@sluice/process/run';
import { explained, Git, type GitOptions } from './git.ts';

/** A file may be text of this many bytes; manifests are far smaller. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Races lost in a row before somebody is said to push all the time. */
const TRIES = 12;
const PAUSE_MS = 200;
/** Deep enough that a commit of ours is found below whatever came after it. */
const DEPTH = 50;
const REGULAR = ['100644', '100755'];

export type Files = ReadonlyMap<string, string>;
/** By path; null takes a file away. */
export type FileChanges = ReadonlyMap<string, string | null>;

export interface Edited {
  changes: FileChanges;
  /** Subject, and what follows after an empty line. */
  message: string;
}

export interface Landed {
  /** The commit at the tip of the ref; ours, or what was there where nothing was left to change. */
  sha: string;
  /** Whether a commit was made. */
  made: boolean;
}

/** What a push came to. */
type Pushed = 'landed' | 'raced';

export class Repository {
  readonly #git: Git;
  readonly #options: GitOptions;
  readonly #folder: string;
  /** What the server's refs were when we last heard of them. */
  readonly #tips = new Map<string, string>();
  readonly #modes = new Map<string, string>();
  /** By their digest: a blob never changes. */
  readonly #blobs = new Map<string, string>();
  #work: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, options: GitOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#git = new Git(join(folder, 'git'), options);
  }

  static async open(options: GitOptions): Promise<Repository> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-gitops-'));
    const opened = new Repository(folder, options);
    leaveNothing(folder);
    try {
      await opened.#git.local(['init', '-q', '--bare']);
      return opened;
    } catch (error) {
      await opened.close();
      throw new ConfigError(`apply: gitops needs Git on the runner: ${describeError(error)}`);
    }
  }

  async close(): Promise<void> {
    await this.#work.catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Brings the ref (`refs/heads/main`) here; undefined: the server has none such. */
  fetch(ref: string): Promise<string | undefined> {
    return this.#alone(() => this.#fetch(ref));
  }

  async #fetch(ref: string): Promise<string | undefined> {
    const known = this.#tips.get(ref);
    const spec = `+${ref}:${ref}`;
    const depth = known === undefined ? [`--depth=${DEPTH}`] : [];
    for (let tried = 1; ; tried += 1) {
      try {
        await this.#git.remote(['fetch', '-q', '--no-tags', '--no-write-fetch-head', ...depth], [spec]);
        return await this.#heard(ref);
      } catch (error) {
        if (error instanceof ProcessError && /couldn't find remote ref/.test(error.stderr)) {
          this.#tips.delete(ref);
          return undefined;
        }
        const told = explained(error, this.#options.address);
        if (tried >= 3 || !(told instanceof InfraError)) throw told;
        await sleep(1_000 * tried, undefined, { signal: this.#options.signal });
      }
    }
  }

  async #heard(ref: string): Promise<string | undefined> {
    const sha = await this.#git.shaOf(ref);
    if (sha !== undefined) this.#tips.set(ref, sha);
    return sha;
  }

  /** The text files below `path` at a commit; links and submodules are left out, so that nothing leads out of the repository. */
  async read(commit: string, path: string): Promise<Files> {
    const files = new Map<string, string>();
    for (const [name, { mode, sha }] of await this.#git.tree(commit, path)) {
      if (!REGULAR.includes(mode)) continue;
      const text = this.#blobs.get(sha) ?? (await this.#git.blob(sha));
      this.#blobs.set(sha, text);
      this.#modes.set(name, mode);
      if (text.length <= MAX_FILE_BYTES && !text.includes('\0')) files.set(name, text);
    }
    return files;
  }

  /** Paths below `path`, with their kind: 120000 is a link. */
  async modes(commit: string, path: string): Promise<Map<string, string>> {
    return new Map([...(await this.#git.tree(commit, path))].map(([name, { mode }]) => [name, mode]));
  }

  contains(commit: string, of: string): Promise<boolean> {
    return this.#git.isAncestor(commit, of);
  }

  /** Commits up to `tip` that touch `path`, newest first, at most `count`. */
  async log(tip: string, path: string, count: number): Promise<{ sha: string; subject: string }[]> {
    const args = ['log', `-${count}`, '--format=%H%x00%s', tip, ...(path === '' ? [] : ['--', path])];
    const lines = (await this.#git.local(args)).split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const [sha = '', subject = ''] = line.split('\0');
      return { sha, subject };
    });
  }

  /**
   * Commits what `edit` makes of the tip, and pushes it. After a lost race the new tip is fetched and `edit` is asked
   * again, so that our change stands on top of the others'.
   *
   * @param edit undefined: nothing to change; what it throws is thrown on
   * @throws ConfigError where the server refuses, with its words
   */
  change(ref: string, edit: (tip: string | undefined) => Promise<Edited | undefined>): Promise<Landed> {
    return this.#alone(async () => {
      for (let tried = 1; ; tried += 1) {
        // What was heard last is enough to begin with: a push on top of anything else is refused.
        const known = tried === 1 ? this.#tips.get(ref) : undefined;
        const tip = known ?? (await this.#fetch(ref));
        const edited = await edit(tip);
        if (edited === undefined) {
          const now = known === undefined ? tip : await this.#fetch(ref);
          if (now === tip) return { sha: tip ?? '', made: false };
          continue;
        }
        const sha = await this.#commit(tip, edited);
        if ((await this.#push(sha, ref)) === 'landed') return { sha, made: true };
        if (tried >= TRIES)
          throw new InfraError(
            `${this.#options.address.shown}: others push to ${short(ref)} all the time; ${TRIES} tries were overtaken`,
          );
        await sleep(PAUSE_MS * tried * (0.5 + Math.random()), undefined, { signal: this.#options.signal });
      }
    });
  }

  /** A commit on another ref than the one it stands on: for a pull request. */
  propose(base: string, ref: string, edited: Edited): Promise<string> {
    return this.#alone(async () => {
      const sha = await this.#commit(base, edited);
      if ((await this.#push(sha, ref)) === 'raced')
        throw new InfraError(`${this.#options.address.shown}: ${short(ref)} is there already`);
      return sha;
    });
  }

  #commit(parent: string | undefined, { changes, message }: Edited): Promise<string> {
    const files = [...changes].map(([path, text]) => ({
      path,
      text,
      mode: this.#modes.get(path) ?? '100644',
    }));
    return this.#git.commit(parent, files, message);
  }

  async #push(sha: string, ref: string): Promise<Pushed> {
    const { address } = this.#options;
    try {
      await this.#git.remote(['push', '-q', '--porcelain'], [`${sha}:${ref}`]);
      this.#tips.set(ref, sha);
      return 'landed';
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error;
      const said = `${error.stdout}\n${error.stderr}`;
      if (RACED.test(said)) return 'raced';
      // The answer of a push may be lost after the server has taken it.
      const tip = await this.#fetch(ref).catch(() => undefined);
      if (tip !== undefined && (await this.#git.isAncestor(sha, tip))) return 'landed';
      if (!/\[remote rejected\]|\[rejected\]|! \S*\t/.test(said)) throw explained(error, address);
      throw new ConfigError(
        `${address.shown} refuses the push to ${short(ref)}: ${wordsOf(said)}${PROTECTED.test(said) ? '; let the token push there, or use `gitops-mode: pull-request`' : ''}`,
      );
    }
  }

  /** One at a time: two would write one index and one ref. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#work.catch(() => undefined).then(work);
    this.#work = mine;
    return mine;
  }
}

const folders = new Set<string>();

/** A run that ends without closing takes its clones with it. */
function leaveNothing(folder: string): void {
  if (folders.size === 0)
    process.once('exit', () => {
      for (const each of folders) rmSync(each, { recursive: true, force: true });
    });
  folders.add(folder);
}

/** Git's words, and those of servers, for a tip that has moved since it was read. */
const RACED =
  /\(fetch first\)|\(non-fast-forward\)|cannot lock ref|failed to lock|incorrect old value|reference already exists|is at [0-9a-f]+ but expected/;
const PROTECTED = /protected branch|GH006|GH013|not allowed to push|pre-receive/i;

/** The server's own, else Git's. */
function wordsOf(said: string): string {
  const lines = said.split('\n').map((line) => line.trim());
  const theirs = lines.filter((line) => line.startsWith('remote:')).map((line) => line.slice(7).trim());
  const gits = lines.filter((line) => line.startsWith('!')).map((line) => line.replace(/^.*\[/, '['));
  return [...(theirs.some((line) => line !== '') ? theirs : gits)]
    .filter((line) => line !== '')
    .join(' | ')
    .slice(0, 600);
}

function short(ref: string): string {
  return ref.replace(/^refs\/heads\//, '');
}
