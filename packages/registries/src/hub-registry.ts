/**
 * `hf:org/name`: a hub's repository as a registry. A version is a commit; one that was registered here also has the tag
 * `sluice-<hex of the digest>`, which is made once. A name is any other tag.
 */
import { ConfigError } from '@sluice/runtime/errors';
import { HubApi } from './hub-api.ts';
import { lostRace } from './lost-race.ts';
import { neededFiles } from './needed-files.ts';
import type { Comment, Registered, RegistryContext, Subject } from './registry.ts';
import { commentLine } from './registry.ts';
import { VersionPointer } from './version-pointer.ts';

const TRIES = 3;
/** What describes the repository rather than belongs to the weights stays when they change. */
const KEPT = /^(?:README|LICEN[CS]E|NOTICE|\.git)/iu;
const LONGEST_TITLE = 72;

export async function registerOnHub(
  repo: string,
  subject: Subject,
  context: RegistryContext,
): Promise<Registered> {
  const done = (version: string, changed: boolean): Registered => ({
    ...{ target: `hf:${repo}`, version, changed },
    address: `hf://${repo}@${version}`,
  });
  const own = ownCommit(repo, subject);
  if (own !== undefined) return done(own, false);
  const api = new HubApi(repo, context);
  const name = digestTag(subject);
  const known = (await api.tags())?.get(name);
  if (known !== undefined) return done(known, false);
  const files = neededFiles(`hf:${repo}`, subject);
  await api.createRepository();
  for (let attempt = 1; ; attempt += 1) {
    const head = await api.head();
    const paths = new Set(files.files.map(({ path }) => path));
    const remove = head.paths.filter((path) => !paths.has(path) && !KEPT.test(path));
    const line = commentLine(subject.comment);
    const title = line.length > LONGEST_TITLE ? `${line.slice(0, LONGEST_TITLE - 1)}…` : line;
    const tags = Object.entries({ ...subject.tags, 'sluice.digest': subject.digest });
    const description = [line, '', ...tags.map(([key, value]) => `${key}: ${value}`)].join('\n');
    const commit = await api.commit({ title, description, parent: head.commit, files, remove });
    if (commit !== undefined && (await api.createTag(name, commit, line))) return done(commit, true);
    // Another run was quicker: with the same digest, or with another one on the same branch.
    const winner = (await api.tags())?.get(name);
    if (winner !== undefined) return done(winner, false);
    if (attempt >= TRIES) throw lostRace(`hf:${repo} (main)`, head.commit, null);
  }
}

export class HubTag extends VersionPointer {
  readonly #api: HubApi;
  readonly #repo: string;
  readonly #tag: string;

  constructor(api: HubApi, repo: string, tag: string) {
    super(`hf:${repo}@${tag}`);
    this.#api = api;
    this.#repo = repo;
    this.#tag = tag;
  }

  /** A repository that isn't there yet has no tag either: `register` makes it. */
  async observe(): Promise<string | null> {
    return (await this.#api.tags())?.get(this.#tag) ?? null;
  }

  protected async versionOf(subject: Subject): Promise<string> {
    const version = ownCommit(this.#repo, subject) ?? (await this.#api.tags())?.get(digestTag(subject));
    if (version !== undefined) return version;
    throw new ConfigError(
      `no commit of ${this.#repo} is known to hold ${subject.digest}, which came from ${subject.source}; add \`register: hf:${this.#repo}\`, which uploads it`,
    );
  }

  /** A hub makes tags and removes them, but never moves one: between the two there is none. */
  protected async move(commit: string | null, from: string | null, comment: Comment): Promise<void> {
    if (from !== null) await this.#api.deleteTag(this.#tag);
    if (commit === null) return;
    const message = commentLine(comment);
    try {
      if (await this.#api.createTag(this.#tag, commit, message)) return;
    } catch (error) {
      if (from !== null) await this.#api.createTag(this.#tag, from, 'put back').catch(() => undefined);
      throw error;
    }
    throw lostRace(this.target, from, await this.observe());
  }
}

/** Weights that came from this repository are their own version. */
export function ownCommit(
  repo: string,
  { source, revision }: Pick<Subject, 'source' | 'revision'>,
): string | undefined {
  const named = source.replace(/^hf:\/\//u, '').replace(/@.*$/u, '');
  return named === repo && /^[0-9a-f]{40}$/u.test(revision) ? revision : undefined;
}

function digestTag({ digest }: Subject): string {
  return digest.replace(/^sha256:/u, 'sluice-');
}
