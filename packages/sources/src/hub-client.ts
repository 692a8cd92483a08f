/**
 * A client of the Hub's protocol, as far as pulling needs it: revision to commit, the tree of a commit, references,
 * and the bytes of a file. The token goes to the hub's own origin only; redirects (to a CDN) are followed here, hop by
 * hop, so that no header of ours travels further.
 */
import { request } from '@sluice/http/client';
import type { HttpResponse } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { nextPage, readRefs, readRepoInfo, readScanPage, readTreePage } from './hub-answers.ts';
import type { RefNames, RepoInfo, TreeFile } from './hub-answers.ts';
import type { RepoType } from './grammar.ts';
import type { Chosen } from './hub-address.ts';
import { describeRefusal, describeUnknownRevision } from './hub-refusals.ts';
import { withStatus } from './remote-http.ts';
import type { Located } from './source.ts';

export interface HubClientOptions {
  endpoint: string;
  /** The user's input that names the repository, for messages; default is `model`. */
  input?: string;
  /** What the repositories are that this client is asked for; default is `model`. */
  repoType?: RepoType;
  token: Chosen<string> | undefined;
  log: Logger;
  signal: AbortSignal;
  /** Silence on a connection that counts as broken. */
  stallTimeoutMs: number;
  retries?: number;
}

/** A request's answer that starts at byte `start` of the file, which may be 0 although more was asked. */
export interface OpenedFile {
  response: HttpResponse;
  start: number;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What a CDN answers to a signed address that has ended. */
const REFUSALS = new Set([401, 403, 404, 410]);
const MAX_HOPS = 5;
/** A repository with more pages than this is no model; it stops a hub that links in a circle. */
const MAX_PAGES = 1000;

export class HubClient {
  readonly endpoint: string;
  readonly #options: HubClientOptions;
  /** Where a file's hub address last led to: further ranges go there at once, and cost the hub no request. */
  readonly #located = new Map<string, string>();

  constructor(options: HubClientOptions) {
    this.endpoint = options.endpoint;
    this.#options = options;
  }

  /** The commit that a branch, tag or commit id stands for; an unknown one is a ConfigError with the nearest names. */
  async resolveRevision(repo: string, revision: string): Promise<RepoInfo> {
    const what = `${repo} at ${revision}`;
    const url = `${this.#api(repo)}/revision/${encodeURIComponent(revision)}`;
    const response = await this.#get(url);
    if (response.status === 404 && response.headers['x-error-code'] === 'RevisionNotFound') {
      response.body.destroy();
      const refs = await this.listRefs(repo).catch(() => undefined);
      throw new ConfigError(describeUnknownRevision(repo, revision, refs, this.#options.input));
    }
    this.#check(response, repo, what);
    return readRepoInfo(await response.json(), what);
  }

  async listRefs(repo: string): Promise<RefNames> {
    const what = `the references of ${repo}`;
    const response = await this.#get(`${this.#api(repo)}/refs`);
    this.#check(response, repo, what);
    return readRefs(await response.json(), what);
  }

  /** All files of a commit, over all pages. */
  async listTree(repo: string, commit: string): Promise<TreeFile[]> {
    return this.#listPages(repo, commit, `the file list of ${repo}`, false, readTreePage);
  }

  /** What the hub's own scan says of each file of a commit; a file it says nothing of is not in it. 50 files a request. */
  async listScans(repo: string, commit: string): Promise<Map<string, string>> {
    return new Map(await this.#listPages(repo, commit, `the hub's scan of ${repo}`, true, readScanPage));
  }

  async #listPages<T>(
    repo: string,
    commit: string,
    what: string,
    expand: boolean,
    read: (page: unknown, what: string) => T[],
  ): Promise<T[]> {
    const entries: T[] = [];
    let url: string | undefined = `${this.#api(repo)}/tree/${commit}?recursive=true&expand=${expand}`;
    for (let page = 0; url !== undefined; page++) {
      if (page === MAX_PAGES) throw new InfraError(`${what} has more than ${MAX_PAGES} pages`);
      const response: HttpResponse = await this.#get(url);
      this.#check(response, repo, what);
      entries.push(...read(await response.json(), what));
      const next = nextPage(response.headers['link']);
      url = next === undefined ? undefined : new URL(next, url).href;
    }
    return entries;
  }

  /**
   * Opens a file's bytes from `start` to `end` (counted in; without it to the file's end). The caller reads
   * `response.body`, and resumes by calling again. `signal` ends this one request, beside the client's own. A server that
   * finds the range wrong (416) is asked for the whole file.
   */
  async openFile(
    repo: string,
    commit: string,
    path: string,
    start: number,
    signal = this.#options.signal,
    end?: number,
  ): Promise<OpenedFile> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const address = `${this.#page(repo)}/resolve/${commit}/${encoded}`;
    let url = this.#located.get(address) ?? address;
    let range = start > 0 || end !== undefined ? `bytes=${start}-${end ?? ''}` : undefined;
    for (let hop = 0; hop <= MAX_HOPS; hop++) {
      const headers = { 'accept-encoding': 'identity', ...(range !== undefined && { range }) };
      const response = await this.#get(url, headers, signal);
      const sent = response.headers['x-repo-commit'];
      if (sent !== undefined && sent !== commit) {
        response.body.destroy();
        throw new InfraError(
          `${path}: the hub answered with commit ${JSON.stringify(sent)} where ${commit} was asked`,
        );
      }
      const location = response.headers['location'];
      if (REDIRECTS.has(response.status) && location !== undefined) {
        response.body.resume();
        url = redirectTarget(url, location, path);
        continue;
      }
      if (REFUSALS.has(response.status) && this.#located.get(address) === url) {
        // A signed address ends some day: the hub gives another.
        response.body.resume();
        this.#located.delete(address);
        url = address;
        continue;
      }
      if (response.status === 416 && range !== undefined) {
        response.body.resume();
        range = undefined;
        continue;
      }
      this.#check(response, repo, path);
      if (url !== address) this.#located.set(address, url);
      if (response.status === 206) return { response, start: rangeStart(response, start, path) };
      return { response, start: 0 };
    }
    throw new InfraError(`${path}: more than ${MAX_HOPS} redirects`);
  }

  /**
   * The address that the hub sends to for a file's bytes, when it is another origin and serves ranges: it can be asked
   * without any header of ours. undefined otherwise.
   */
  async locateFile(
    repo: string,
    commit: string,
    path: string,
    signal: AbortSignal,
  ): Promise<Located | undefined> {
    const { response } = await this.openFile(repo, commit, path, 0, signal, 0);
    if (response.status === 206) response.body.resume();
    else response.body.destroy();
    const ours = new URL(response.url).origin === new URL(this.endpoint).origin;
    if (response.status !== 206 || ours) return undefined;
    return { url: response.url, headers: () => ({}), etag: null };
  }

  #api(repo: string): string {
    return `${this.endpoint}/api/${this.#type}s/${repo}`;
  }

  /** A model's page stands at the top, all others below their type. */
  #page(repo: string): string {
    return this.#type === 'model' ? `${this.endpoint}/${repo}` : `${this.endpoint}/${this.#type}s/${repo}`;
  }

  get #type(): RepoType {
    return this.#options.repoType ?? 'model';
  }

  /** Where a token for the Xet storage of a commit's files is had. */
  xetTokenUrl(repo: string, commit: string): string {
    return `${this.#api(repo)}/xet-read-token/${commit}`;
  }

  async #get(
    url: string,
    headers: Record<string, string> = {},
    signal = this.#options.signal,
  ): Promise<HttpResponse> {
    const { token, log, stallTimeoutMs, retries } = this.#options;
    return request(url, {
      headers: { 'user-agent': 'sluice-model-pull/0.1', ...headers },
      redirects: 'manual',
      log,
      signal,
      stallTimeoutMs,
      ...(retries !== undefined && { retries }),
      ...(token && { token: { value: token.value, origin: new URL(this.endpoint).origin } }),
    });
  }

  #check(response: HttpResponse, repo: string, what: string): void {
    if (response.status >= 200 && response.status < 300) return;
    response.body.destroy();
    const refusal = describeRefusal({
      status: response.status,
      code: response.headers['x-error-code'] ?? null,
      repo,
      what,
      endpoint: this.endpoint,
      page: this.#page(repo),
      input: this.#options.input ?? 'model',
      fromHub: new URL(response.url).origin === new URL(this.endpoint).origin,
      tokenFrom: this.#options.token?.from ?? null,
    });
    throw withStatus(refusal, response.status);
  }
}

/** A redirect from https to plain http would show a signed address, and the weights, to the whole way. */
function redirectTarget(from: string, location: string, path: string): string {
  const target = new URL(location, from);
  if (from.startsWith('https:') && target.protocol !== 'https:') {
    throw new InfraError(
      `${path}: the hub redirects to ${target.protocol}//${target.host}, away from https; refused`,
    );
  }
  return target.href;
}

/** Where a 206 starts; one that starts elsewhere than asked would be written at the wrong place. */
function rangeStart(response: HttpResponse, asked: number, path: string): number {
  const match = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '');
  if (!match || Number(match[1]) !== asked) {
    response.body.destroy();
    throw new InfraError(`${path}: bytes from ${asked} on were asked, the server sent others`);
  }
  return asked;
}
