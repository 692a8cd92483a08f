/** `gitops-mode: pull-request`: a change is a pull request; people, or their rules, merge it. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadGithub } from '@sluice/github/load';
import type { Rest } from '@sluice/github/comments';
import { ConfigError, GateError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { formatDuration } from '@sluice/runtime/units';
import type { GitAddress } from './address.ts';
import type { CommitPlace } from './commit.ts';
import type { Edited, Landed } from './repository.ts';

interface Options extends CommitPlace {
  address: GitAddress;
  token: string | undefined;
  /** Until it is merged. */
  deadlineMs: number;
  log: Logger;
  signal: AbortSignal;
  pollMs?: number;
}

interface Pull {
  number: number;
  html_url: string;
  state: string;
  merged: boolean;
  merge_commit_sha: string | null;
  mergeable: boolean | null;
  head: { ref: string };
}

const POLL_MS = 10_000;

export class PullRequests {
  readonly #options: Options;
  readonly #rest: Rest;
  readonly #where: { owner: string; repo: string };

  private constructor(options: Options, rest: Rest, where: { owner: string; repo: string }) {
    this.#options = options;
    this.#rest = rest;
    this.#where = where;
  }

  static async open(options: Options): Promise<PullRequests> {
    const [owner = '', repo = ''] = (options.address.slug ?? '').split('/');
    const { rest } = (await loadGithub()).getOctokit(options.token ?? '');
    return new PullRequests(options, rest, { owner, repo });
  }

  /**
   * Opens a pull request for the change, or finds the one that an earlier run opened, and waits until it is merged. Others
   * of the same workload are closed: merged later, they would bring back what was left behind.
   *
   * @throws GateError when it is closed without a merge; InfraError after the deadline
   */
  async merge(edit: (tip: string | undefined) => Promise<Edited | undefined>): Promise<Landed> {
    const { repository, ref, log, deadlineMs, signal, pollMs = POLL_MS } = this.#options;
    const end = Date.now() + deadlineMs;
    for (;;) {
      const tip = await repository.fetch(ref);
      const edited = await edit(tip);
      if (edited === undefined || tip === undefined) {
        await this.#closeOthers(undefined);
        return { sha: tip ?? '', made: false };
      }
      const opened = await this.#openFor(tip, edited);
      log.notice(`waiting for the merge of ${opened.html_url}: ${subjectOf(edited)}`);
      for (;;) {
        const pull = await this.#get(opened.number);
        if (pull.merged) return { sha: await this.#merged(pull), made: true };
        if (pull.state === 'closed')
          throw new GateError(
            `pull request ${pull.html_url} was closed without being merged: ${subjectOf(edited)}`,
          );
        if (Date.now() > end)
          throw new InfraError(
            `pull request ${pull.html_url} was not merged in ${formatDuration(deadlineMs)}; merge it, or let a rule merge what this token opens`,
          );
        // Others' changes in the same place: ours is made anew on top of them.
        if (pull.mergeable === false) break;
        await sleep(pollMs, undefined, { signal });
      }
    }
  }

  async #openFor(tip: string, edited: Edited): Promise<Pull> {
    const { repository, branch, log } = this.#options;
    const content = JSON.stringify([...edited.changes]);
    const key = createHash('sha256').update(content).digest('hex').slice(0, 10);
    const head = `${this.#prefix}${key}-${tip.slice(0, 10)}`;
    await this.#closeOthers(`${this.#prefix}${key}-`);
    const [known] = (await this.#open()).filter((pull) => pull.head.ref.startsWith(`${this.#prefix}${key}-`));
    if (known !== undefined) {
      const pull = await this.#get(known.number);
      if (pull.mergeable !== false) return pull;
      await this.#close(pull, 'the branch has moved on; the same change follows on top of it');
    }
    if ((await repository.fetch(`refs/heads/${head}`)) === undefined)
      await repository.propose(tip, `refs/heads/${head}`, edited);
    const [title = '', , ...body] = edited.message.split('\n');
    try {
      const { data } = await this.#rest.pulls.create({
        ...this.#where,
        title,
        body: body.join('\n'),
        head,
        base: branch,
      });
      log.info(`opened ${data.html_url}`);
      return { ...data, mergeable: data.mergeable ?? null };
    } catch (error) {
      throw new ConfigError(
        `the token may not open a pull request in ${this.#where.owner}/${this.#where.repo}: ${(error as Error).message}; it needs \`contents: write\` and \`pull-requests: write\``,
      );
    }
  }

  get #prefix(): string {
    const { workload, path } = this.#options;
    const place = createHash('sha256').update(path).digest('hex').slice(0, 6);
    return `sluice/${workload.namespace ?? 'default'}-${workload.name}-${place}/`;
  }

  async #open(): Promise<{ number: number; head: { ref: string } }[]> {
    const { data } = await this.#rest.pulls.list({
      ...this.#where,
      state: 'open',
      base: this.#options.branch,
      per_page: 100,
    });
    return data.filter(({ head }) => head.ref.startsWith(this.#prefix));
  }

  /** @param keep the beginning of the branches that stay */
  async #closeOthers(keep: string | undefined): Promise<void> {
    for (const pull of await this.#open())
      if (keep === undefined || !pull.head.ref.startsWith(keep))
        await this.#close(pull, 'the rollout went on without it');
  }

  async #close({ number }: { number: number }, why: string): Promise<void> {
    await this.#rest.issues.createComment({
      ...this.#where,
      issue_number: number,
      body: `Closed by Sluice: ${why}.`,
    });
    await this.#rest.pulls.update({ ...this.#where, pull_number: number, state: 'closed' });
  }

  async #get(number: number): Promise<Pull> {
    const { data } = await this.#rest.pulls.get({ ...this.#where, pull_number: number });
    return data;
  }

  /** As it stands on the branch: a merge, a squash or a rebase made another commit of it. */
  async #merged({ merge_commit_sha: sha, html_url: url }: Pull): Promise<string> {
    const { repository, ref } = this.#options;
    const tip = await repository.fetch(ref);
    if (sha !== null && tip !== undefined && (await repository.contains(sha, tip))) return sha;
    if (tip === undefined) throw new InfraError(`${url} was merged, and its branch is gone`);
    return tip;
  }
}

function subjectOf({ message }: Edited): string {
  return message.split('\n')[0] ?? '';
}
